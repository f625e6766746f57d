/**
 * <avaturn-photos>: an avatar from three photos.
 *
 * The photos are in its <avaturn-photo> elements. States (data-state): idle, uploading,
 * handing-over, processing, ready, failed. Events, all bubbling: avaturn:consent (detail.version;
 * where the site asks for it), avaturn:photos-ready (cancelable: then nothing is offered;
 * detail.avatar) and avaturn:error (detail.code, detail.message). Property: avatar, once there is
 * one.
 */

const SLOWEST = 15000; // ms between two questions
const CHOICES = ["body-type", "consent"]; // without which nothing is sent, as far as they are there

/** Something that a person is told of; `code` chooses the words. */
class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} detail
   * @param {Record<string, string[]>} errors by field
   */
  constructor(code, detail = "", errors = {}) {
    super(detail || code);
    this.code = code;
    this.detail = detail;
    this.errors = errors;
  }
}

/** @param {string} name */
const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** @param {number} ms @param {AbortSignal} signal */
const pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop); // it outlives thousands of them
      resolve(undefined);
    }, ms);
    signal.addEventListener("abort", stop);
  });

class AvaturnPhotos extends HTMLElement {
  avatar = /** @type {Avatar?} */ (null);
  #texts = /** @type {Texts} */ ({});
  #gone = new AbortController(); // aborts when the element leaves the page
  /** @type {AbortController | undefined} */
  #attempt; // from a click on "send" until there is an answer
  /** @type {(() => void) | undefined} */
  #retry;

  connectedCallback() {
    this.#texts = JSON.parse(this.dataset.texts);
    const { signal } = (this.#gone = new AbortController());
    /** @type {(name: string, listener: (event: any) => void) => void} */
    const on = (name, listener) => this.addEventListener(name, listener, { signal });
    on("submit", this.#submitted);
    on("change", this.#changed);
    on("click", this.#clicked);
    if (this.avatar && this.dataset.state === "processing") this.#follow(this.avatar);
    else if (this.dataset.state !== "ready" || !this.avatar) this.#show("idle");
  }

  disconnectedCallback() {
    this.#gone.abort(new Refusal("closed"));
    this.#stop("closed");
    this.querySelector("dialog.avaturn-camera")?.close();
  }

  get #form() {
    return /** @type {HTMLFormElement} */ (this.querySelector("form"));
  }

  get #panel() {
    return this.querySelector(".avaturn-photos-progress");
  }

  get #slots() {
    return [...this.querySelectorAll("avaturn-photo")];
  }

  /** @param {{ target: HTMLInputElement }} event */
  #changed = ({ target }) => this.#choices.includes(target.name) && this.#say(target.name);

  /** @param {{ target: HTMLElement }} event */
  #clicked = ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    if (target.closest("avaturn-editor")) return;
    if (action === "cancel") this.#stop("cancelled");
    if (action === "retry") this.#retry?.();
    if (action === "back") this.#backTo(this.querySelector(".avaturn-file"));
    if (action === "again") this.#startAnew();
  };

  // The way to Avaturn.

  /** @param {Event} event */
  #submitted = (event) => {
    event.preventDefault();
    this.#try();
  };

  /** One attempt at a time: a second click must not make a second avatar. */
  async #try() {
    if (this.#attempt) return;
    const attempt = (this.#attempt = new AbortController());
    try {
      await Promise.all(this.#slots.map((slot) => slot.ready));
      if (!attempt.signal.aborted && this.#isComplete()) await this.#send(attempt.signal);
    } finally {
      if (this.#attempt === attempt) this.#attempt = undefined;
    }
  }

  /** @param {string} code */
  #stop(code) {
    this.#attempt?.abort(new Refusal(code));
    this.#attempt = undefined;
  }

  #isComplete() {
    for (const slot of this.#slots)
      if (!slot.photo && !slot.hasAttribute("data-invalid")) slot.fail(this.#texts.missing);
    const given = new FormData(this.#form);
    for (const name of this.#choices) if (!given.has(name)) this.#say(name, this.#texts[name]);
    return !this.#focusError();
  }

  get #choices() {
    return CHOICES.filter((name) => this.#form.elements.namedItem(name));
  }

  /** @param {string} name */
  #say(name, text = "") {
    const field = this.#form.querySelector(`[name=${name}]`)?.closest("fieldset");
    const note = field?.querySelector(".avaturn-slot-note");
    if (!note) return;
    note.textContent = text;
    note.dataset.kind = text && "error";
  }

  #focusError() {
    const photo = this.querySelector("[data-invalid] .avaturn-file");
    const choice = this.querySelector("fieldset:has([data-kind=error]) input");
    const first = photo ?? choice;
    first?.focus();
    return !!first;
  }

  /** @param {AbortSignal} signal */
  async #send(signal) {
    const body = new FormData(this.#form);
    for (const { dataset, photo } of this.#slots)
      body.append(dataset.part, /** @type {Blob} */ (photo), `${dataset.part}.jpg`);
    this.#showThumbs();
    this.#show("uploading");
    this.#progress(0);
    this.#panel.focus(); // the button is about to vanish
    try {
      const avatar = await this.#post(body, signal);
      this.avatar = avatar;
      if (body.has("consent")) this.#emit("avaturn:consent", { version: body.get("consent") });
      this.#follow(avatar);
    } catch (error) {
      this.#fail(error, () => this.#try());
    }
  }

  /** @param {FormData} body @param {AbortSignal} signal @returns {Promise<Avatar>} */
  #post(body, signal) {
    const { url, csrfToken, csrfCookie, csrfHeader } = this.dataset;
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch() tells nothing of what has been sent
      request.open("POST", url);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader(csrfHeader, csrfToken || cookie(csrfCookie) || "");
      request.responseType = "json";
      request.upload.onprogress = ({ loaded, total }) => this.#progress(loaded / total);
      request.upload.onload = () => this.#show("handing-over");
      request.onload = () => {
        const { status, response, responseURL } = request;
        if (responseURL && responseURL !== new URL(url, document.baseURI).href)
          reject(new Refusal("not_authenticated"));
        if (status === 201 && response?.id) resolve(response);
        const { code = "unavailable", detail, errors } = response ?? {};
        reject(new Refusal(status === 413 ? "too_large" : code, detail, errors));
      };
      request.onerror = () => reject(new Refusal("network"));
      request.onabort = () => reject(signal.reason);
      signal.addEventListener("abort", () => request.abort());
      request.send(body);
    });
  }

  /**
   * Asks until the avatar is made; the server asks Avaturn meanwhile.
   * @param {Avatar} begun
   */
  async #follow(begun) {
    const { signal } = this.#gone;
    /** @type {Avatar?} */
    let avatar = begun;
    this.#show("processing", this.#texts.wait);
    try {
      for (let wait = 1000; ; wait = Math.min(wait * 1.3, SLOWEST)) {
        if (avatar?.status === "ready") return this.#ready(avatar);
        if (avatar?.status === "failed") throw new Refusal("broken");
        if (avatar?.gone_at) throw new Refusal("not_found");
        await pause(wait, signal);
        avatar = await this.#get(`${this.dataset.url}${begun.id}/`, signal);
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** @param {string} url @param {AbortSignal} signal @returns {Promise<Avatar?>} */
  async #get(url, signal) {
    const request = { headers: { Accept: "application/json" }, signal };
    const answer = await fetch(url, request).catch(() => null);
    if (!answer) return null; // ask again
    if (answer.redirected || [401, 403].includes(answer.status))
      throw new Refusal("not_authenticated");
    if ([404, 410].includes(answer.status)) throw new Refusal("not_found");
    return answer.ok ? answer.json() : null;
  }

  /** @param {Avatar} avatar */
  #ready(avatar) {
    this.avatar = avatar;
    this.#show("ready", this.#texts.made);
    const { next } = this.dataset;
    if (!this.#emit("avaturn:photos-ready", { avatar }, true)) return;
    if (next) location.assign(next);
    else this.#offerEditor(avatar);
  }

  /** @param {Avatar} avatar */
  #offerEditor(avatar) {
    const template = /** @type {HTMLTemplateElement} */ (this.querySelector("template"));
    const content = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    const editor = /** @type {HTMLElement} */ (content.querySelector("avaturn-editor"));
    editor.dataset.avatar = avatar.id;
    this.querySelector(".avaturn-photos-edit").replaceChildren(content);
    if (this.#panel === document.activeElement) this.querySelector(".avaturn-open").focus();
  }

  // What is seen.

  /** @param {HTMLElement} place */
  #backTo(place) {
    this.#show("idle");
    place.focus();
  }

  #startAnew() {
    this.avatar = null;
    for (const slot of this.#slots) slot.remove();
    this.#form.reset();
    this.#backTo(this.querySelector(".avaturn-file"));
  }

  /** @param {unknown} error @param {() => void} [retry] */
  #fail(error, retry) {
    const { code = "unavailable", detail = "", errors = {} } = /** @type {Refusal} */ (error);
    if (code === "closed") return;
    if (code === "cancelled")
      return this.#backTo(this.querySelector("form .avaturn-photos-submit"));
    const exact = code === "too_large" && detail; // the site's own limit, not its web server's
    const message = exact || (this.#texts[code] ?? (detail || this.#texts.unavailable));
    if (code === "invalid") {
      this.#show("idle");
      for (const slot of this.#slots) this.#mark(slot, errors[slot.dataset.part]);
      for (const name of this.#choices) if (errors[name]) this.#say(name, errors[name].join(" "));
      this.#focusError();
    } else {
      this.#retry = retry;
      this.#show("failed", code === "broken" ? this.#texts.better : "", message);
      const [again, back] = ["retry", "back"].map((name) => this.#button(name));
      again.hidden = !retry;
      if (this.#panel.contains(document.activeElement)) (retry ? again : back).focus();
    }
    this.#emit("avaturn:error", { code, message });
  }

  /** @param {string} name @param {object} detail */
  #emit(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable, detail }));
  }

  /** @param {AvaturnPhoto} slot @param {string[]} [texts] */
  #mark(slot, texts) {
    if (texts) slot.fail(texts.join(" "));
  }

  /** @param {string} action */
  #button(action) {
    return this.#panel.querySelector(`[data-action=${action}]`);
  }

  /** @param {string} state */
  #show(state, more = "", message = this.#texts[state] ?? "") {
    this.dataset.state = state;
    const busy = ["uploading", "handing-over", "processing"].includes(state);
    this.setAttribute("aria-busy", String(busy));
    this.querySelector(".avaturn-photos-status").textContent = message;
    this.querySelector(".avaturn-photos-more").textContent = more;
    if (state !== "ready") this.querySelector(".avaturn-photos-edit").replaceChildren();
    if (busy && state !== "uploading") this.#progress();
  }

  /**
   * Of the upload, from 0 to 1; without a number it goes on and on.
   * @param {number} [part]
   */
  #progress(part) {
    const bar = /** @type {HTMLProgressElement} */ (this.querySelector("progress"));
    const percent = part === undefined ? "" : `${Math.floor(part * 100)} %`;
    if (part === undefined) bar.removeAttribute("value");
    else bar.value = part * 100;
    this.querySelector(".avaturn-percent").textContent = percent;
  }

  #showThumbs() {
    const thumbs = this.#slots.map(({ preview }) => {
      const { width, height } = preview;
      const copy = Object.assign(document.createElement("canvas"), { width, height });
      copy.getContext("2d")?.drawImage(preview, 0, 0);
      return copy;
    });
    this.querySelector(".avaturn-thumbs").replaceChildren(...thumbs);
  }
}

if (!customElements.get("avaturn-photos")) customElements.define("avaturn-photos", AvaturnPhotos);
