/**
 * <avaturn-viewer>: an avatar's picture, and on demand the model in 3D.
 *
 * States (data-state): picture, loading, shown, failed, unsupported. Events, both bubbling:
 * avaturn:viewer-load, avaturn:viewer-error. Methods: show(), update({src, poster, srcset,
 * version}). It updates itself when avaturn:stored tells of new files of its avatar.
 */

let broken = false; // a browser remembers that a module failed to load

let pending = null; // shared: model-viewer can be defined only once

const loadModelViewer = async (address) => {
  if (customElements.get("model-viewer")) return;
  await (pending ??= load(address).finally(() => (pending = null)));
};

const load = async (address) => {
  const url = new URL(address, document.baseURI);
  if (broken) url.searchParams.set("again", Date.now());
  try {
    await import(url.href);
  } catch (error) {
    broken = true;
    throw error;
  }
};

const hasWebGL = () => {
  try {
    const context = document.createElement("canvas").getContext("webgl2");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return Boolean(context);
  } catch {
    return false;
  }
};

const make = (src, attributes) => {
  const viewer = document.createElement("model-viewer");
  for (const [name, value] of Object.entries(attributes)) viewer.setAttribute(name, value);
  const bar = document.createElement("div"); // in place of model-viewer's own, which lingers
  bar.slot = "progress-bar";
  viewer.append(bar);
  viewer.src = src;
  return viewer;
};

const loaded = (viewer) =>
  new Promise((resolve, reject) => {
    viewer.addEventListener("load", resolve, { once: true });
    viewer.addEventListener("error", ({ detail }) => {
      // A texture that is missing leaves a model that can be looked at.
      if (detail?.type === "loadfailure") reject(new Error("the model could not be loaded"));
    });
  });

const frames = async (count) => {
  for (let n = 0; n < count; n += 1) await new Promise(requestAnimationFrame);
};

const FULL_BODY = { "camera-orbit": "0deg 85deg auto", "min-camera-orbit": "auto auto 0.8m" };

/** A picture of head and shoulders, as a Blob: `size` pixels square, transparent background. */
export const takePortrait = async (src, modelViewerUrl, { size = 512 } = {}) => {
  if (!hasWebGL()) throw new Error("no WebGL");
  await loadModelViewer(modelViewerUrl);
  const room = document.createElement("div");
  room.className = "avaturn-viewer-darkroom";
  room.setAttribute("aria-hidden", "true");
  room.inert = true;
  room.style.cssText = `inline-size:${size / devicePixelRatio}px;aspect-ratio:1`;
  // Without viewer.css on the page, the room must be out of sight all the same.
  room.style.position = "fixed";
  room.style.zIndex = "-1";
  room.style.opacity = "0";
  room.style.pointerEvents = "none";
  room.style.inset = "0 auto auto 0";
  document.body.append(room);
  const ModelViewer = customElements.get("model-viewer");
  const { minimumRenderScale } = ModelViewer;
  ModelViewer.minimumRenderScale = 1; // on a slow machine it would draw fewer pixels
  const pose = async (attributes) => {
    const viewer = make(src, { loading: "eager", "interaction-prompt": "none", ...attributes });
    viewer.style.cssText = "inline-size:100%;block-size:100%;--poster-color:transparent";
    const done = loaded(viewer);
    room.replaceChildren(viewer);
    await done;
    return viewer;
  };
  try {
    // Twice, because a camera that is moved after loading ends up off centre.
    const { y } = (await pose({})).getDimensions();
    const viewer = await pose({
      "camera-target": `0m ${(0.9 * y).toFixed(3)}m 0m`,
      "camera-orbit": `0deg 88deg ${(0.55 * y).toFixed(3)}m`,
      "field-of-view": "30deg",
      "min-camera-orbit": "auto auto 0.2m",
    });
    await frames(3);
    return await viewer.toBlob({ mimeType: "image/webp", qualityArgument: 0.92 });
  } finally {
    ModelViewer.minimumRenderScale = minimumRenderScale;
    room.remove();
  }
};

class AvaturnViewer extends HTMLElement {
  #texts = {};
  #observer = null;
  #gone = null; // AbortController
  #round = null; // what is loading or shown
  #failures = 0;

  connectedCallback() {
    this.#texts = JSON.parse(this.dataset.texts || "{}");
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    this.#button.addEventListener("click", () => this.show(), { signal });
    document.addEventListener("avaturn:stored", this.#stored, { signal });
    this.#stage.querySelectorAll("model-viewer").forEach((old) => old.remove()); // of a page cache
    this.#offer();
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
    this.#gone.abort();
    this.#round = null;
    this.#stage.querySelectorAll("model-viewer").forEach((old) => old.remove());
  }

  /** Loads the model and shows it in place of the picture. */
  async show() {
    this.#observer?.disconnect();
    const { src, alt, modelViewerUrl } = this.dataset;
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
      viewer = make(this.#failures ? `${src}#${this.#failures}` : src, { alt, ...FULL_BODY, ...this.#manners() });
      viewer.addEventListener("progress", ({ detail }) => {
        if (current()) this.#progress.value = detail.totalProgress;
      });
      const done = loaded(viewer);
      this.#stage.prepend(viewer);
      await done;
      if (!current()) return void viewer.remove();
      for (const one of this.#stage.querySelectorAll("model-viewer")) if (one !== viewer) one.remove();
      viewer.addEventListener("error", ({ detail }) => {
        if (current() && detail?.type === "webglcontextlost") this.#enter("failed");
      });
      this.#enter("shown");
      if (byHand) viewer.shadowRoot.querySelector(".userInput")?.focus();
      this.#emit("avaturn:viewer-load");
    } catch (error) {
      viewer?.remove();
      this.#failures += 1;
      if (!current()) return;
      old?.classList.remove("avaturn-viewer-old");
      this.#enter("failed");
      if (byHand) this.#button.focus();
      this.#emit("avaturn:viewer-error", { message: error.message });
    }
  }

  /** Takes new addresses; what is shown stays until the new model is there. */
  update({ src, poster, srcset = "", version = "" }) {
    if (poster) this.#setPoster(poster, srcset);
    if (!src || (version && version === this.dataset.version)) return;
    this.dataset.src = src;
    this.dataset.version = version;
    this.#download.href = src;
    const busy = /^(loading|shown|failed)$/.test(this.dataset.state);
    if (busy) this.show();
    else this.#offer();
  }

  #stored = ({ detail: { avatar } }) => {
    if (avatar.id !== this.dataset.avatar) {
      if (!("follow" in this.dataset && avatar.active)) return;
      this.dataset.avatar = avatar.id; // another one is the user's active avatar now
    }
    const { model, portrait } = avatar;
    const srcset = portrait?.thumbnail ? `${portrait.thumbnail} 128w, ${portrait.url} 512w` : "";
    this.update({ src: model?.url, version: model?.version, poster: portrait?.url, srcset });
  };

  /** Shows the model when it comes into view, or offers to. */
  #offer() {
    const { src, reveal } = this.dataset;
    this.#observer?.disconnect();
    this.#enter("picture");
    const hold = navigator.connection?.saveData || !this.#motion;
    if (!src || reveal !== "visible" || hold || !hasWebGL()) return;
    this.#button.hidden = true;
    this.#observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.show();
    });
    this.#observer.observe(this);
  }

  #setPoster(url, srcset) {
    let img = this.#stage.querySelector("img");
    if (!img) {
      img = Object.assign(new Image(512, 512), { alt: this.dataset.alt });
      img.className = "avaturn-viewer-poster";
      this.#stage.querySelector("svg")?.replaceWith(img);
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
    return this.querySelector("progress");
  }

  get #download() {
    return this.querySelector(".avaturn-viewer-download");
  }

  #enter(state) {
    this.dataset.state = state;
    const { src } = this.dataset;
    this.setAttribute("aria-busy", String(state === "loading"));
    this.#progress.hidden = state !== "loading";
    this.#progress.removeAttribute("value");
    this.#button.hidden = !src || !/^(picture|failed)$/.test(state);
    this.#button.textContent = this.#texts[state === "failed" ? "retry" : "show"];
    this.#download.hidden = state !== "unsupported";
    const message = state === "picture" && !src ? this.#texts.empty : this.#texts[state];
    this.querySelector(".avaturn-viewer-status").textContent = message ?? "";
  }

  #emit(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

if (!customElements.get("avaturn-viewer")) customElements.define("avaturn-viewer", AvaturnViewer);
