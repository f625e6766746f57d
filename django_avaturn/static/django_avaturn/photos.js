/**
 * <avaturn-photos>: an avatar from three photos.
 *
 * The photos are in its <avaturn-photo> elements. States (data-state): idle, uploading,
 * handing-over, processing, ready, failed. Events, both bubbling: avaturn:photos-ready
 * (cancelable: then nothing is offered; detail.avatar) and avaturn:error (detail.code,
 * detail.message). Property: avatar, once there is one.
 */

const SLOWEST = 15000; // ms between two questions

/** Something that a person is told of; `code` chooses the words. */
class Failure extends Error {
  constructor(code, detail = "", errors = {}) {
    super(detail || code);
    Object.assign(this, { code, detail, errors });
  }
}

const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

const pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

class AvaturnPhotos extends HTMLElement {
  avatar = null;
  #texts = {};
  #gone; // aborts when the element leaves the page
  #attempt; // aborts an upload
  #retry;

  connectedCallback() {
    this.#texts = JSON.parse(this.dataset.texts);
    const { signal } = (this.#gone = new AbortController());
    const on = (name, listener) => this.addEventListener(name, listener, { signal });
    on("submit", this.#submitted);
    on("change", this.#changed);
    on("click", this.#clicked);
    if (this.avatar && this.dataset.state === "processing") this.#follow(this.avatar);
    else if (this.dataset.state !== "ready" || !this.avatar) this.#show("idle");
  }

  disconnectedCallback() {
    this.#gone.abort(new Failure("closed"));
    this.#attempt?.abort(new Failure("closed"));
    this.querySelector("dialog.avaturn-camera")?.close();
  }

  get #form() {
    return this.querySelector("form");
  }

  get #panel() {
    return this.querySelector(".avaturn-photos-progress");
  }

  get #slots() {
    return [...this.querySelectorAll("avaturn-photo")];
  }

  #changed = ({ target }) => target.type === "radio" && this.#sayBody();

  #clicked = ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    if (target.closest("avaturn-editor")) return;
    if (action === "cancel") this.#attempt?.abort(new Failure("cancelled"));
    if (action === "retry") this.#retry();
    if (action === "back") this.#backTo(this.querySelector(".avaturn-file"));
    if (action === "again") this.#startAnew();
  };

  // The way to Avaturn.

  #submitted = async (event) => {
    event.preventDefault();
    await Promise.all(this.#slots.map((slot) => slot.ready));
    if (this.#isComplete()) this.#send();
  };

  #isComplete() {
    for (const slot of this.#slots)
      if (!slot.photo && !slot.hasAttribute("data-invalid")) slot.fail(this.#texts.missing);
    if (!new FormData(this.#form).has("body-type")) this.#sayBody(this.#texts.body);
    return !this.#focusError();
  }

  #sayBody(text = "") {
    const note = this.querySelector(".avaturn-body .avaturn-slot-note");
    note.textContent = text;
    note.dataset.kind = text && "error";
  }

  #focusError() {
    const wrong = this.querySelector("[data-invalid] .avaturn-file");
    const body = this.querySelector(".avaturn-body [data-kind=error]");
    const first = wrong ?? (body && this.querySelector("[name=body-type]"));
    first?.focus();
    return !!first;
  }

  async #send() {
    const attempt = (this.#attempt = new AbortController());
    const body = new FormData(this.#form);
    for (const { dataset, photo } of this.#slots)
      body.append(dataset.part, photo, `${dataset.part}.jpg`);
    this.#showThumbs();
    this.#show("uploading");
    this.#progress(0);
    this.#panel.focus(); // the button is about to vanish
    try {
      this.avatar = await this.#post(body, attempt.signal);
      this.#follow(this.avatar);
    } catch (error) {
      this.#fail(error, () => this.#send());
    }
  }

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
          reject(new Failure("not_authenticated"));
        if (status === 201 && response?.id) resolve(response);
        const { code = "unavailable", detail, errors } = response ?? {};
        reject(new Failure(status === 413 ? "too_large" : code, detail, errors));
      };
      request.onerror = () => reject(new Failure("network"));
      request.onabort = () => reject(signal.reason);
      signal.addEventListener("abort", () => request.abort());
      request.send(body);
    });
  }

  /** Asks until the avatar is made; the server asks Avaturn meanwhile. */
  async #follow(avatar) {
    const { signal } = this.#gone;
    this.#show("processing", this.#texts.wait);
    try {
      for (let wait = 1000; ; wait = Math.min(wait * 1.3, SLOWEST)) {
        if (avatar?.status === "ready") return this.#ready(avatar);
        if (avatar?.status === "failed") throw new Failure("broken");
        if (avatar?.gone_at) throw new Failure("not_found");
        await pause(wait, signal);
        avatar = await this.#get(`${this.dataset.url}${this.avatar.id}/`, signal);
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  async #get(url, signal) {
    const request = { headers: { Accept: "application/json" }, signal };
    const answer = await fetch(url, request).catch(() => null);
    if (answer?.redirected || [401, 403].includes(answer?.status))
      throw new Failure("not_authenticated");
    if ([404, 410].includes(answer?.status)) throw new Failure("not_found");
    return answer?.ok ? answer.json() : null; // null: ask again
  }

  #ready(avatar) {
    this.avatar = avatar;
    this.#show("ready", this.#texts.made);
    const { next } = this.dataset;
    const event = { bubbles: true, cancelable: true, detail: { avatar } };
    if (!this.dispatchEvent(new CustomEvent("avaturn:photos-ready", event))) return;
    if (next) location.assign(next);
    else this.#offerEditor(avatar);
  }

  #offerEditor(avatar) {
    const content = this.querySelector("template").content.cloneNode(true);
    content.querySelector("avaturn-editor").dataset.avatar = avatar.id;
    this.querySelector(".avaturn-photos-edit").replaceChildren(content);
    if (this.#panel === document.activeElement) this.querySelector(".avaturn-open").focus();
  }

  // What is seen.

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

  #fail(error, retry) {
    const { code = "unavailable", detail = "", errors = {} } = error;
    if (code === "closed") return;
    if (code === "cancelled") return this.#backTo(this.querySelector("form .avaturn-photos-submit"));
    const message = this.#texts[code] ?? (detail || this.#texts.unavailable);
    if (code === "invalid") {
      this.#show("idle");
      for (const slot of this.#slots) this.#mark(slot, errors[slot.dataset.part]);
      if (errors["body-type"]) this.#sayBody(errors["body-type"].join(" "));
      this.#focusError();
    } else {
      this.#retry = retry;
      this.#show("failed", code === "broken" ? this.#texts.better : "", message);
      const [again, back] = ["retry", "back"].map((name) => this.#button(name));
      again.hidden = !retry;
      if (this.#panel.contains(document.activeElement)) (retry ? again : back).focus();
    }
    const told = { bubbles: true, detail: { code, message } };
    this.dispatchEvent(new CustomEvent("avaturn:error", told));
  }

  #mark(slot, texts) {
    if (texts) slot.fail(texts.join(" "));
  }

  #button(action) {
    return this.#panel.querySelector(`[data-action=${action}]`);
  }

  #show(state, more = "", message = this.#texts[state] ?? "") {
    this.dataset.state = state;
    const busy = ["uploading", "handing-over", "processing"].includes(state);
    this.setAttribute("aria-busy", String(busy));
    this.querySelector(".avaturn-photos-status").textContent = message;
    this.querySelector(".avaturn-photos-more").textContent = more;
    if (state !== "ready") this.querySelector(".avaturn-photos-edit").replaceChildren();
    if (busy && state !== "uploading") this.#progress();
  }

  /** Of the upload, from 0 to 1; without a number it goes on and on. */
  #progress(part) {
    const bar = this.querySelector("progress");
    const percent = part === undefined ? "" : `${Math.floor(part * 100)} %`;
    if (part === undefined) bar.removeAttribute("value");
    else bar.value = part * 100;
    this.querySelector(".avaturn-percent").textContent = percent;
  }

  #showThumbs() {
    const thumbs = this.#slots.map(({ preview }) => {
      const { width, height } = preview;
      const copy = Object.assign(document.createElement("canvas"), { width, height });
      copy.getContext("2d").drawImage(preview, 0, 0);
      return copy;
    });
    this.querySelector(".avaturn-thumbs").replaceChildren(...thumbs);
  }
}

if (!customElements.get("avaturn-photos")) customElements.define("avaturn-photos", AvaturnPhotos);
