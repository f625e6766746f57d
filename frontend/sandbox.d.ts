// What the sandbox's editor page gets from its server, and the elements of its page. Not shipped.

/** As look.py has it. */
interface Look {
  body: string;
  skin: number;
  hair: string;
  hair_color: string;
  outfit: string;
  shoes: string;
  glasses: string;
  lens: string;
  head: number;
  arms: number;
  chest: number;
  eyes: string;
}

type Slot = "body" | "skin" | "hair" | "hair_color" | "outfit" | "shoes" | "glasses";

type Framing = "body" | "head" | "feet";

/** One thing to choose for a slot. */
interface Choice {
  id?: string;
  name: string;
  label: string;
  value: string | number;
  color?: string;
  preview?: string;
}

interface Body {
  id: string;
  name: string;
  label: string;
  gender: "female" | "male";
  look: Look;
  preview: string;
}

interface Asset {
  id: string;
  slot: Slot;
  name: string;
  label: string;
  category: string;
  preview: string;
}

interface Catalogue {
  bodies: Body[];
  assets: Asset[];
  skinTones: Choice[];
  hairColors: Choice[];
  eyeColors: string[];
}

interface StudioAvatar {
  id: string;
  status: "pending" | "processing" | "ready" | "failed";
  progress: number;
  saved: boolean;
  look: Look;
}

interface EditorSession {
  kind: string;
  avatarId: string | null;
  scenario: string;
  slowSeconds: number;
  avatars: StudioAvatar[];
  catalogue: Catalogue;
  openAvatar: string | null;
}

type Colour = number[]; // red, green, blue, opacity, from 0 to 1

/** A part of a figure as it travels. */
interface PackedPart {
  color: Colour;
  role: string;
  gloss: number;
  positions: string;
  indices: string;
}

interface Part {
  color: Colour;
  role: string;
  gloss: number;
  points: Float32Array;
  indices: ArrayLike<number>;
  tints?: Colour[];
}

interface Scene {
  vertices: Float32Array;
  faces: Uint16Array;
  opaque: number;
  eyeHeight: number;
  height: number;
}

interface Camera {
  yaw: number;
  pitch: number;
  distance: number;
  height: number;
}

interface Pose extends Camera {
  breath: number;
  blink: number;
  squash: number;
}

interface Painter {
  readonly slow: boolean;
  prepare(): void;
  show(scene: Scene): void;
  draw(pose: Pose, width: number, height: number): void;
}

// biome-ignore lint/suspicious/noExplicitAny: what the embedding page sends
type Requests = Record<string, (data: any) => unknown>;

interface Message {
  type: "MESSAGE" | "RESPONSE";
  eventName: string;
  key: string;
  data?: unknown;
  isOk: boolean;
}

/** The elements of the pages, by id. */
interface PageElements {
  avatars: HTMLElement;
  back: HTMLButtonElement;
  blocked: HTMLElement;
  closer: HTMLButtonElement;
  "error-text": HTMLElement;
  figure: HTMLCanvasElement;
  form: HTMLFormElement;
  lost: HTMLElement;
  message: HTMLElement;
  name: HTMLInputElement;
  next: HTMLButtonElement;
  options: HTMLElement;
  panel: HTMLFormElement;
  problem: HTMLElement;
  progress: HTMLProgressElement;
  retry: HTMLButtonElement;
  "sign-in": HTMLButtonElement;
  "sign-in-message": HTMLElement;
  starters: HTMLElement;
  submit: HTMLButtonElement;
  surprise: HTMLButtonElement;
  "turn-left": HTMLButtonElement;
  "turn-right": HTMLButtonElement;
}

interface FocusOptions {
  focusVisible?: boolean;
}

type ById = <Id extends keyof PageElements>(id: Id) => PageElements[Id];

interface ParentNode {
  querySelector(selectors: `[data-screen="${string}"] h1`): HTMLElement | null;
  querySelector(selectors: `[data-slot="${Slot}"] legend span`): HTMLElement;
  querySelectorAll(selectors: "[data-screen]" | ".tile[data-id]"): NodeListOf<HTMLElement>;
  querySelectorAll(selectors: `input[name="${Slot}"]`): NodeListOf<HTMLInputElement>;
}
