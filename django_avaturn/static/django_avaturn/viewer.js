/**
 * <avaturn-viewer>: an avatar's picture, and on demand the model in 3D.
 *
 * States (data-state): picture, loading, shown, failed, unsupported. Events, both bubbling:
 * avaturn:viewer-load, avaturn:viewer-error. Methods: show(), update({src, poster, srcset,
 * version}). It updates itself when avaturn:stored tells of new files of its avatar. What an
 * editor on the page exports with the file it shows at once, while the server stores its own copy.
 */

let broken = false; // a browser remembers that a module failed to load

/** @type {Promise<void>?} */
let pending = null; // shared: model-viewer can be defined only once

/** @param {string} address */
export const loadModelViewer = async (address) => {
  if (customElements.get("model-viewer")) return;
  await (pending ??= load(address).finally(() => (pending = null)));
};

/** @param {string} address */
const load = async (address) => {
  const url = new URL(address, document.baseURI);
  if (broken) url.searchParams.set("again", `${Date.now()}`);
  await import(url.href).catch((error) => {
    broken = true;
    throw error;
  });
};

let webGL = false; // once seen: to look takes a context, and a browser has few of them

export const hasWebGL = () => (webGL ||= findsWebGL());

const findsWebGL = () => {
  try {
    const context = document.createElement("canvas").getContext("webgl2");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return Boolean(context);
  } catch {
    return false;
  }
};

/** @param {string} src @param {Record<string, string>} attributes */
export const make = (src, attributes) => {
  const viewer = document.createElement("model-viewer");
  for (const [name, value] of Object.entries(attributes)) viewer.setAttribute(name, value);
  const bar = document.createElement("div"); // in place of model-viewer's own, which lingers
  bar.slot = "progress-bar";
  viewer.append(bar);
  viewer.src = src;
  return viewer;
};

/** @param {ModelViewer} viewer */
export const loaded = (viewer) =>
  new Promise((resolve, reject) => {
    viewer.addEventListener("load", resolve, { once: true });
    viewer.addEventListener("error", (/** @type {any} */ { detail }) => {
      // A texture that is missing leaves a model that can be looked at.
      if (detail?.type === "loadfailure") reject(new Error("the model could not be loaded"));
    });
  });

/** @typedef {{ id: string, state: string, url: string }} Preview an export that is shown ahead */

/** @param {Preview?} preview */
const release = (preview) => preview?.url && URL.revokeObjectURL(preview.url);

const FULL_BODY = { "camera-orbit": "0deg 85deg auto", "min-camera-orbit": "auto auto 0.8m" };
const BUSY = /^(loading|shown|failed)$/; // a model was to be shown

/** @implements {Viewer} */
class AvaturnViewer extends HTMLElement {
  #texts = /** @type {Texts} */ ({});
  #observer = /** @type {IntersectionObserver?} */ (null);
  #gone = new AbortController();
  #round = /** @type {object?} */ (null); // what is loading or shown
  #failures = 0;
  #preview = /** @type {Preview?} */ (null);

  connectedCallback() {
    this.#texts = JSON.parse(this.dataset.texts || "{}");
    const { signal } = (this.#gone = new AbortController());
    this.#button.addEventListener("click", () => this.show(), { signal });
    document.addEventListener("avaturn:stored", this.#stored, { signal });
    document.addEventListener("avaturn:export", this.#exported, { signal });
    document.addEventListener("avaturn:error", this.#refused, { signal });
    this.#removeModels(); // of a page cache
    this.#offer();
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
    this.#gone.abort();
    this.#empty();
    this.#forget();
  }

  /** Loads the model and shows it in place of the picture. */
  async show() {
    this.#observer?.disconnect();
    const { alt, modelViewerUrl } = this.dataset;
    const [src, preview] = [this.#src, this.#preview];
    if (!src) return;
    const byHand = this.contains(document.activeElement);
    if (!hasWebGL()) {
      this.#enter("unsupported");
      if (byHand) this.#download.focus();
      return;
    }
    const round = (this.#round = {});
    const current = () => this.#round === round && this.isConnected;
    const old = this.#stage.querySelector("model-viewer");
    old?.classList.add("avaturn-viewer-old");
    let viewer = null;
    this.#enter("loading");
    try {
      await loadModelViewer(modelViewerUrl);
      if (!current()) return;
      // model-viewer remembers that an address failed; a fragment makes it another one.
      const address = this.#failures ? `${src}#${this.#failures}` : src;
      viewer = make(address, { alt, ...FULL_BODY, ...this.#manners() });
      viewer.addEventListener("progress", (/** @type {any} */ { detail }) => {
        if (current()) this.#progress.value = detail.totalProgress;
      });
      const done = loaded(viewer);
      this.#stage.prepend(viewer);
      await done;
      if (!current()) return void viewer.remove();
      this.#removeModels(viewer);
      viewer.addEventListener("error", (/** @type {any} */ { detail }) => {
        if (current() && detail?.type === "webglcontextlost") this.#enter("failed");
      });
      this.#enter("shown");
      if (byHand) viewer.shadowRoot?.querySelector(".userInput")?.focus();
      this.#emit("avaturn:viewer-load");
    } catch (error) {
      viewer?.remove();
      this.#failures += 1;
      if (!current()) return;
      if (preview?.url && preview === this.#preview) return this.#restore();
      old?.classList.remove("avaturn-viewer-old");
      this.#enter("failed");
      if (byHand) this.#button.focus();
      this.#emit("avaturn:viewer-error", { message: /** @type {Error} */ (error).message });
    } finally {
      if (preview !== this.#preview) release(preview);
    }
  }

  /**
   * Takes new addresses; what is shown stays until the new model is there.
   * @type {Viewer["update"]}
   */
  update({ src, poster, srcset = "", version = "" }) {
    if (poster) this.#setPoster(poster, srcset);
    if (!src || (version && version === this.dataset.version)) return;
    this.#keep(src, version);
    this.#forget();
    this.#renew();
  }

  /** @param {string} src @param {string} version */
  #keep(src, version) {
    Object.assign(this.dataset, { src, version });
    this.#download.href = src;
  }

  /** Shows what is new as far as anything was to be shown. */
  #renew() {
    if (this.#src && BUSY.test(this.dataset.state)) this.show();
    else this.#offer();
  }

  /** @param {CustomEvent<Events["avaturn:stored"]>} event */
  #stored = ({ detail: { avatar } }) => {
    const other = avatar.id !== this.dataset.avatar; // is the user's active avatar now
    if (other && !("follow" in this.dataset && avatar.active)) return;
    this.dataset.avatar = avatar.id;
    const { model, portrait } = avatar;
    const srcset = portrait?.thumbnail ? `${portrait.thumbnail} 128w, ${portrait.url} 512w` : "";
    if (portrait?.url || other) this.#setPoster(portrait?.url, srcset); // never somebody else's
    const ahead = avatar.id === this.#preview?.id;
    if (other) this.#drop(ahead);
    if (ahead) return this.#settle(model ?? {});
    // What a preview shows is newer.
    if (!this.#preview) this.update({ src: model?.url, version: model?.version });
    if (other && !this.#src) this.#offer();
  };

  /** Leaves nothing of the avatar before. @param {boolean} ahead whether the new one is previewed */
  #drop(ahead) {
    this.#keep("", "");
    if (!ahead) this.#forget();
    for (const old of this.#stage.querySelectorAll(".avaturn-viewer-old")) old.remove();
    if (this.#src) return;
    this.#empty();
    this.#enter(BUSY.test(this.dataset.state) ? "loading" : "picture");
  }

  /**
   * Shows an export of the user's at once, if the browser has got its file.
   * @param {CustomEvent<Exported>} event
   */
  #exported = async (event) => {
    const { target, detail } = event;
    const own = "follow" in this.dataset || detail.avatarId === this.dataset.avatar;
    await null; // until all have heard of it
    if (!own || event.defaultPrevented || !hasWebGL()) return;
    const { state } = this.#preview ?? this.dataset;
    this.#forget();
    const preview = (this.#preview = { id: detail.avatarId, state, url: "" });
    const editor = /** @type {Partial<Editor>?} */ (target);
    const model = await editor?.modelOf?.(detail).catch(() => null);
    if (this.#preview !== preview) return;
    if (!model) return this.#restore();
    preview.url = URL.createObjectURL(model);
    this.#renew();
  };

  /** @param {CustomEvent<Events["avaturn:error"]>} event */
  #refused = ({ detail: { avatarId } }) => {
    if (avatarId && avatarId === this.#preview?.id) this.#restore();
  };

  /**
   * What the server has of the figure that is shown already.
   * @param {Partial<NonNullable<Avatar["model"]>>} model
   */
  #settle({ state, url, version = "" }) {
    if (state === "failed") this.#restore();
    if (state !== "ready" || !url || version === this.dataset.version) return;
    const shown = this.#preview?.url && /^(loading|shown)$/.test(this.dataset.state);
    this.#keep(url, version);
    this.#forget();
    if (!shown) this.#renew();
  }

  /** Back to what was there before the preview. */
  #restore() {
    const before = this.#preview;
    this.#forget();
    if (!before?.url && (this.#src || this.dataset.state !== "loading")) return; // it is there
    this.#empty();
    if (before?.url) this.dataset.state = before.state;
    this.#renew();
  }

  /** Ends the preview. */
  #forget() {
    if (this.dataset.state !== "loading") release(this.#preview); // or else when it is loaded
    this.#preview = null;
  }

  #empty() {
    this.#round = null;
    this.#removeModels();
  }

  /** @param {ModelViewer} [kept] */
  #removeModels(kept) {
    for (const viewer of this.#stage.querySelectorAll("model-viewer"))
      if (viewer !== kept) viewer.remove();
  }

  get #src() {
    return this.#preview?.url || this.dataset.src; // what there is to be shown
  }

  /** Shows the model when it comes into view, or offers to. */
  #offer() {
    this.#observer?.disconnect();
    this.#enter("picture");
    const hold = navigator.connection?.saveData || !this.#motion;
    if (!this.#src || this.dataset.reveal !== "visible" || hold || !hasWebGL()) return;
    this.#button.hidden = true;
    this.#observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.show();
    });
    this.#observer.observe(this);
  }

  /** @param {string | null | undefined} url @param {string} srcset */
  #setPoster(url, srcset) {
    let img = this.#stage.querySelector("img");
    if (!url) return img?.remove();
    if (!img) {
      img = Object.assign(new Image(512, 512), { alt: this.dataset.alt });
      img.className = "avaturn-viewer-poster";
      this.#stage.querySelector("svg")?.remove();
      this.#stage.append(img);
    }
    img.srcset = srcset;
    img.src = url;
  }

  #manners() {
    return {
      loading: "eager",
      "camera-controls": "",
      "touch-action": "pan-y",
      "disable-zoom": "",
      "interaction-prompt": "none",
      "shadow-intensity": "0.6",
      ...(this.#motion && { "auto-rotate": "", "auto-rotate-delay": "0" }),
    };
  }

  get #motion() {
    return !matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  get #stage() {
    return this.querySelector(".avaturn-viewer-stage");
  }

  get #button() {
    return this.querySelector(".avaturn-viewer-show");
  }

  get #progress() {
    return /** @type {HTMLProgressElement} */ (this.querySelector("progress"));
  }

  get #download() {
    return this.querySelector(".avaturn-viewer-download");
  }

  /** @param {string} state */
  #enter(state) {
    this.dataset.state = state;
    this.setAttribute("aria-busy", String(state === "loading"));
    this.#progress.hidden = state !== "loading";
    this.#progress.removeAttribute("value");
    this.#button.hidden = !this.#src || !/^(picture|failed)$/.test(state);
    this.#button.textContent = this.#texts[state === "failed" ? "retry" : "show"];
    this.#download.hidden = state !== "unsupported";
    const message = state === "picture" && !this.#src ? this.#texts.empty : this.#texts[state];
    this.querySelector(".avaturn-viewer-status").textContent = message ?? "";
  }

  /** @param {string} name */
  #emit(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

if (!customElements.get("avaturn-viewer")) customElements.define("avaturn-viewer", AvaturnViewer);
