// Types of the elements and events of django-avaturn, for sites that use TypeScript. The modules
// beside this file are checked against it. Those of the SDK are in the package @avaturn/sdk.

import type { AvaturnSDK, ExportAvatarResult } from "@avaturn/sdk";

/** A file of an avatar; `url` and what follows speak of the one that is stored already. */
export interface AvaturnFile {
  readonly state: "pending" | "ready" | "failed";
  readonly url: string | null;
  readonly version: string;
  readonly size: number | null;
  readonly stored_at: string | null;
}

export interface AvaturnPortrait extends AvaturnFile {
  readonly thumbnail: string | null;
  /** Whether the owner's browser should take one of the model and send it. */
  readonly wanted: boolean;
}

/** An avatar as the REST API shows it. */
export interface AvaturnAvatar {
  readonly id: string;
  /** `pending`, `processing`, `ready`, `failed`; Avaturn may add others. */
  readonly status: string;
  readonly active: boolean;
  readonly confirmed: boolean;
  readonly gender: "female" | "male" | "";
  readonly body_id: string;
  readonly supports_face_animations: boolean | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly gone_at: string | null;
  readonly model: AvaturnFile | null;
  readonly portrait: AvaturnPortrait | null;
}

/** `<avaturn-editor>`. */
export interface AvaturnEditorElement extends HTMLElement {
  /** Avaturn's official object, made safe, while the editor is open. */
  readonly sdk: AvaturnSDK | null;
  /** Opens the editor, with a new link; what was open before is closed. */
  open(): Promise<void>;
  /** Closes the editor and frees its frame, and with it the camera. */
  close(): void;
  /**
   * Saves the avatar as it stands, as the editor's Next button does. Resolves with nothing where a
   * listener has prevented the default of `avaturn:export`. Rejects with an Error, whose `code` is
   * that of `avaturn:error`.
   */
  save(): Promise<AvaturnAvatar | undefined>;
  /** The file that came with an export; null where there is but a link, undefined if not open yet. */
  modelOf(result: ExportAvatarResult): Promise<Blob | null | undefined>;
}

/** `<avaturn-viewer>`. */
export interface AvaturnViewerElement extends HTMLElement {
  /** Loads the model and shows it in place of the picture. */
  show(): Promise<void>;
  /** Takes new addresses; what is shown stays until the new model is there. */
  update(addresses: {
    src?: string | null;
    poster?: string;
    srcset?: string;
    version?: string;
  }): void;
}

/** `<avaturn-gallery>`. */
export interface AvaturnGalleryElement extends HTMLElement {
  /** Shows what has changed. */
  refresh(): Promise<void>;
}

/** `<avaturn-photos>`. */
export interface AvaturnPhotosElement extends HTMLElement {
  /** The avatar, once it is made or in the making. */
  readonly avatar: AvaturnAvatar | null;
}

/** An action of the gallery. */
export interface AvaturnAction {
  action: string;
  id: string;
}

/** What each event tells, in its `detail`. All of them bubble up to the document. */
export interface AvaturnEvents {
  "avaturn:ready": { sessionId: string | null };
  /** Cancelable: then nothing is saved. */
  "avaturn:export": ExportAvatarResult;
  "avaturn:saved": { avatar: AvaturnAvatar };
  /** `avatarId` where it is about saving. */
  "avaturn:error": { code: string; message: string; avatarId?: string };
  "avaturn:close": Record<string, never>;
  "avaturn:consent": { version: string };
  "avaturn:load": Record<string, never>;
  "avaturn:asset": { id: string };
  "avaturn:body": { id: string };
  "avaturn:param": { key: "hair_color"; value: string };
  "avaturn:stored": { avatar: AvaturnAvatar };
  "avaturn:changing": AvaturnAction;
  "avaturn:changed": AvaturnAction;
  /** Cancelable: then nothing is offered. */
  "avaturn:photos-ready": { avatar: AvaturnAvatar };
  "avaturn:viewer-load": Record<string, never>;
  "avaturn:viewer-error": { message: string };
}

type AvaturnEventMap = { [Name in keyof AvaturnEvents]: CustomEvent<AvaturnEvents[Name]> };

declare global {
  interface HTMLElementTagNameMap {
    "avaturn-editor": AvaturnEditorElement;
    "avaturn-viewer": AvaturnViewerElement;
    "avaturn-gallery": AvaturnGalleryElement;
    "avaturn-photos": AvaturnPhotosElement;
  }
  interface HTMLElementEventMap extends AvaturnEventMap {}
  interface DocumentEventMap extends AvaturnEventMap {}
}
