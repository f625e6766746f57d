// What the modules may rely on in a page: the elements and attributes that the templates always
// write. tests/packaging/test_frontend.py holds the two together. Not shipped.

type Avatar = import("../django_avaturn/static/django_avaturn/avaturn.d.ts").AvaturnAvatar;
type Portrait = import("../django_avaturn/static/django_avaturn/avaturn.d.ts").AvaturnPortrait;
type Editor = import("../django_avaturn/static/django_avaturn/avaturn.d.ts").AvaturnEditorElement;
type Viewer = import("../django_avaturn/static/django_avaturn/avaturn.d.ts").AvaturnViewerElement;
type Events = import("../django_avaturn/static/django_avaturn/avaturn.d.ts").AvaturnEvents;
type Exported = import("@avaturn/sdk").ExportAvatarResult;
type Sdk = import("@avaturn/sdk").AvaturnSDK;

/** An avatar of which the rest may be known. */
type Known = { readonly id: string; readonly model?: undefined } | Avatar;

type Texts = Readonly<Record<string, string>>;

/** An Error that a person is told of; `code` chooses the words, `detail` are the server's. */
interface Failure extends Error {
  code: string;
  detail?: string;
}

/** Of the official class, what the safe one takes over; part of it is not public. */
interface OpenSdk {
  sceneRef?: HTMLIFrameElement;
  messageHandler(event: MessageEvent): void;
  // biome-ignore lint/suspicious/noExplicitAny: what the editor answers
  sendMessage(type: string, data?: unknown, key?: string, answered?: boolean): Promise<any>;
  init: Sdk["init"];
  on: Sdk["on"];
  destroy(): void;
}

interface Size {
  width: number;
  height: number;
}

/** Where the modules are that show a model. */
interface Viewing {
  viewerUrl: string;
  modelViewerUrl: string;
}

/** What elements say of the page: where its token is. */
interface Page {
  csrfToken?: string;
  csrfCookie: string;
  csrfHeader: string;
}

/** What <avaturn-editor> shares with its Frame. */
interface Inside {
  isCurrent(attempt: AbortController): boolean;
  reported(error: { type?: string } | undefined): void;
  post: Post;
  fail(error: Partial<Failure>, retry?: () => void, avatarId?: string): Failure;
  show(state: string, message?: string): void;
  emit(name: string, detail?: object, cancelable?: boolean): boolean;
  text(code: string): string;
}

/** As much of a request, and of an answer, as an editor needs. */
type Send = (url: string, request: Sent) => Promise<Pick<Response, "ok" | "redirected" | "json">>;

interface Sent {
  method: string;
  headers: Record<string, string>;
  body: string | FormData;
}

type Post = (
  url: string,
  body: object,
  options: Pick<RequestInit, "keepalive" | "signal">,
  send?: Send,
  // biome-ignore lint/suspicious/noExplicitAny: what the server answers
) => Promise<any>;

/** Of @google/model-viewer, what is used. */
interface ModelViewer extends HTMLElement {
  src: string;
  getDimensions(): { x: number; y: number; z: number };
  toBlob(options: { mimeType: string; qualityArgument: number }): Promise<Blob>;
}

interface AvaturnFiles extends HTMLElement {
  follow(avatar: { id: string }): Promise<void>;
  refresh(): Promise<void>;
}

interface AvaturnPhoto extends HTMLElement {
  photo: Blob | null;
  ready: Promise<void>;
  readonly preview: HTMLCanvasElement;
  fail(text: string): void;
  remove(): void;
}

interface HTMLElementTagNameMap {
  "avaturn-files": AvaturnFiles;
  "avaturn-photo": AvaturnPhoto;
  "model-viewer": ModelViewer;
}

interface ParentNode {
  querySelector(selectors: `#avaturn-${string}`): HTMLElement | null;
  querySelector(
    selectors:
      | ".avaturn-stage"
      | ".avaturn-panel"
      | ".avaturn-consent"
      | ".avaturn-gallery-outcome"
      | "summary"
      | ".avaturn-slot-note"
      | ".avaturn-slot-title"
      | ".avaturn-file"
      | ".avaturn-open"
      | ".avaturn-photos-edit"
      | ".avaturn-photos-more"
      | ".avaturn-photos-progress"
      | ".avaturn-photos-status"
      | ".avaturn-percent"
      | ".avaturn-thumbs"
      | ".avaturn-viewer-stage"
      | ".avaturn-viewer-status"
      | ".avaturn-camera-count"
      | ".avaturn-camera-pose"
      | ".avaturn-camera-stage"
      | "form .avaturn-photos-submit"
      | "label span"
      | "strong",
  ): HTMLElement;
  querySelector(
    selectors: `[data-action=${string}]` | `[data-camera=${string}]` | ".avaturn-viewer-show",
  ): HTMLButtonElement;
  querySelector(selectors: ".avaturn-viewer-download"): HTMLAnchorElement;
  querySelector(selectors: ".userInput"): HTMLElement | null; // model-viewer's
  querySelector(selectors: "dialog.avaturn-camera"): HTMLDialogElement;
  querySelector(selectors: "[data-invalid] .avaturn-file"): HTMLElement | null;
  querySelector(
    selectors: "fieldset:has([data-kind=error]) input" | `[name=${string}]`,
  ): HTMLInputElement | null;
  querySelectorAll(
    selectors: "avaturn-portrait[data-own]" | "[role=status]" | ".avaturn-card",
  ): NodeListOf<HTMLElement>;
}

// The example site's Studio.
interface ParentNode {
  querySelector(selectors: ".stage > avaturn-editor"): Editor;
  querySelector(selectors: "[data-studio]"): HTMLFormElement;
  querySelector(selectors: "[data-studio] fieldset"): HTMLFieldSetElement;
  querySelector(selectors: "[data-studio] button"): HTMLButtonElement;
  querySelector(
    selectors: "[data-studio] [role=status]" | `[data-options="${string}"]`,
  ): HTMLElement;
}

interface Element {
  closest(selectors: `[data-${string}]` | ".avaturn-card"): HTMLElement | null;
}

// The target of an event may be an element.
interface EventTarget {
  closest?(selectors: `[data-${string}]`): HTMLElement | null;
}

interface DOMStringMap {
  // <avaturn-editor>
  sessionsUrl: string;
  avatarsUrl: string;
  sdkUrl: string;
  frameUrl: string;
  early: string;
  csrfCookie: string;
  csrfHeader: string;
  messages: string;
  // <avaturn-gallery>
  url: string;
  texts: string;
  // <avaturn-viewer>
  state: string; // once connected
  alt: string;
  src: string;
  version: string;
  // <avaturn-photos>
  cameraUrl: string;
  pose: string;
  part: string;
  // <avaturn-files>
  pending: string;
  profileUrl: string;
  portraitUrl: string;
  viewerUrl: string;
  modelViewerUrl: string;
}

interface Window {
  /** By data-early: what editor_early.html has asked for. */
  readonly avaturnEarly?: Readonly<Record<string, ReturnType<Send>>>;
}

interface Navigator {
  readonly connection?: { readonly saveData?: boolean };
}
