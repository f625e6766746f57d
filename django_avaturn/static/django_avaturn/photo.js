/**
 * <avaturn-photo>: the place of one photo in <avaturn-photos>.
 *
 * A photo is decoded, set upright and kept as a JPEG without metadata: `photo`, a Blob or null;
 * `ready` is a promise for when it is read. Methods: take(file), remove(), fail(text).
 */

const LONGEST = 4096; // pixels of a side at the most
const SMALL = 480; // pixels of the shorter side, below which there is a warning
const SMALLEST = 64;
const QUALITY = 0.92;
const PREVIEW = 640;

/** @param {Size} image @param {number} longest */
export const scaled = ({ width, height }, longest) => {
  const scale = Math.min(1, longest / Math.max(width, height));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
};

/** @param {ImageBitmap | HTMLCanvasElement} image @param {number} longest */
const drawn = (image, longest, canvas = document.createElement("canvas")) => {
  Object.assign(canvas, scaled(image, longest));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#fff"; // what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
};

/**
 * An Error's message is a key of the form's data-texts.
 * @param {Blob} file
 */
const normalised = async (file) => {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    throw new Error("unreadable");
  });
  const side = Math.min(bitmap.width, bitmap.height);
  if (side < SMALLEST) throw new Error("tiny");
  const canvas = drawn(bitmap, LONGEST);
  bitmap.close();
  /** @type {Blob?} */
  const photo = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!photo) throw new Error("unreadable"); // more than the browser's canvas can hold
  return { photo, canvas, small: side < SMALL };
};

class AvaturnPhoto extends HTMLElement {
  photo = /** @type {Blob?} */ (null);
  ready = Promise.resolve();
  #gone = new AbortController();
  #round = /** @type {object?} */ (null); // a later choice takes over
  #isTaking = false;

  connectedCallback() {
    const { signal } = (this.#gone = new AbortController());
    /** @type {(name: string, listener: (event: any) => void) => void} */
    const on = (name, listener) => this.addEventListener(name, listener, { signal });
    on("change", this.#changed);
    on("click", this.#clicked);
    for (const name of ["dragover", "dragleave", "drop"]) on(name, this.#dragged);
    if (!this.photo) this.#say();
    this.#show();
    this.#offerCamera();
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  /**
   * What it says, by the code of what has happened.
   * @returns {Texts}
   */
  get texts() {
    return JSON.parse(this.#form.dataset.texts);
  }

  get preview() {
    return /** @type {HTMLCanvasElement} */ (this.querySelector("canvas"));
  }

  get input() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input"));
  }

  get #form() {
    return /** @type {HTMLElement} */ (this.closest("avaturn-photos"));
  }

  get #dialog() {
    return this.#form.querySelector("dialog.avaturn-camera");
  }

  /**
   * Reads a file, and keeps it as the photo.
   * @param {Blob} file
   */
  take(file) {
    const round = (this.#round = {});
    /** @type {(what: (result: any) => void) => (result?: any) => void} */
    const current = (what) => (result) => {
      if (round === this.#round) what(result);
    };
    this.ariaBusy = "true";
    this.#say(this.texts.reading);
    this.ready = normalised(file)
      .then(
        current((read) => this.#keep(read)),
        current(({ message }) => this.fail(this.texts[message] ?? this.texts.unreadable)),
      )
      .finally(current(() => (this.ariaBusy = null)));
    return this.ready;
  }

  /**
   * Forgets the photo.
   * @override
   */
  remove() {
    this.#round = null;
    this.ariaBusy = null;
    this.photo = null;
    this.#say();
    this.#show();
  }

  /**
   * Says what is wrong.
   * @param {string} text
   */
  fail(text) {
    this.#say(text, "error");
  }

  /** @param {{ photo: Blob, canvas: HTMLCanvasElement, small: boolean }} read */
  #keep({ photo, canvas, small }) {
    this.photo = photo;
    drawn(canvas, PREVIEW, this.preview);
    this.#say(small ? this.texts.small : "", "warning");
    this.#show();
  }

  #say(text = "", kind = "") {
    const note = this.querySelector(".avaturn-slot-note");
    note.textContent = text;
    note.dataset.kind = kind;
    this.input.setAttribute("aria-invalid", String(kind === "error"));
    this.toggleAttribute("data-invalid", kind === "error");
  }

  #show() {
    const [has, texts] = [!!this.photo, this.texts];
    this.toggleAttribute("data-filled", has);
    this.preview.hidden = !has;
    this.querySelector("[data-action=remove]").hidden = !has;
    this.querySelector("label span").textContent = has ? texts.replace : texts.choose;
    this.querySelector("[data-action=camera]").textContent = has ? texts.retake : texts.take;
  }

  /** @param {{ target: HTMLInputElement }} event */
  #changed = ({ target }) => {
    if (target.files?.length) this.take(target.files[0]);
    target.value = ""; // so that the same file can be chosen again
  };

  /** @param {{ target: HTMLElement }} event */
  #clicked = ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    if (action === "camera") this.#useCamera();
    if (action !== "remove") return;
    this.remove();
    this.input.focus(); // the button is gone
  };

  /** @param {DragEvent & { dataTransfer: DataTransfer }} event */
  #dragged = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    this.toggleAttribute("data-over", event.type === "dragover");
    const [file] = event.dataTransfer.files;
    if (event.type === "drop" && file) this.take(file);
  };

  async #offerCamera() {
    const devices = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []);
    const live = !!devices?.some(({ kind }) => kind === "videoinput");
    this.toggleAttribute("data-live", live);
    this.querySelector("[data-action=camera]").hidden = !live && !this.#hasCameraApp;
  }

  get #hasCameraApp() {
    return matchMedia("(pointer: coarse)").matches;
  }

  async #useCamera() {
    if (!this.hasAttribute("data-live")) return this.#useCameraApp();
    if (this.#isTaking) return; // the browser is still asking whether it may
    this.#isTaking = true;
    const title = this.querySelector(".avaturn-slot-title").textContent;
    const about = { title, pose: this.dataset.pose, outline: this.querySelector("svg") };
    try {
      const url = new URL(this.#form.dataset.cameraUrl, document.baseURI);
      const picture = await (await import(url.href)).takePicture(this.#dialog, about);
      if (picture) await this.take(picture);
    } catch {
      // The next click opens the camera's app, where there is one.
      this.removeAttribute("data-live");
      this.querySelector("[data-action=camera]").hidden = !this.#hasCameraApp;
      // A photo that is there, and good, stays good.
      const good = this.photo && !this.hasAttribute("data-invalid");
      this.#say(this.texts.camera, good ? "warning" : "error");
      this.input.focus();
    }
    this.#isTaking = false;
  }

  #useCameraApp() {
    const input = Object.assign(document.createElement("input"), { type: "file" });
    input.accept = "image/*";
    input.setAttribute("capture", "user");
    input.addEventListener("change", () => input.files?.length && this.take(input.files[0]));
    input.click();
  }
}

if (!customElements.get("avaturn-photo")) customElements.define("avaturn-photo", AvaturnPhoto);
