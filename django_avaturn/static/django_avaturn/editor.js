/**
 * <avaturn-editor>: opens the Avaturn editor in a frame and saves what it exports.
 *
 * States (data-state): idle, opening, ready, saving, saved, failed. Events, all bubbling:
 * avaturn:ready, avaturn:export (cancelable; detail is the SDK's result), avaturn:saved
 * (detail.avatar), avaturn:error (detail.code, detail.message), avaturn:close.
 * Methods: open(), close(). `element.sdk` is the official SDK object while the editor is open.
 */

/** Something that a person is told of; `code` chooses the words. */
class Failure extends Error {
  constructor(code, detail = "") {
    super(detail || code);
    this.code = code;
    this.detail = detail;
  }
}

const SETTLE = 20000; // ms to wait for the model before the page says that it comes later

let frames = 0;

const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** The SDK believes any window that speaks its protocol; this one believes its own frame only. */
const guarded = (AvaturnSDK, origin) =>
  class extends AvaturnSDK {
    messageHandler(event) {
      const frame = this.sceneRef?.contentWindow;
      const own = frame && event.source === frame && event.origin === origin;
      if (own && event.data && typeof event.data === "object") super.messageHandler(event);
    }
  };

/** Rejects when the signal aborts, with the reason it was given. */
const aborted = (signal) =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

class AvaturnEditor extends HTMLElement {
  sdk = null;
  #attempt = null; // AbortController of what is open or opening
  #messages = {};
  #onRetry = null;
  #renewed = false; // whether the link has been renewed once already
  #saves = Promise.resolve();
  #brokenImport = false;
  #observer = null;

  connectedCallback() {
    this.#messages = JSON.parse(this.dataset.messages || "{}");
    this.#stage.replaceChildren(); // what a page cache may have kept
    this.#dialog?.removeAttribute("open");
    this.#show("idle");
    this.addEventListener("click", this.#clicked);
    this.#dialog?.addEventListener("close", this.#closed);
    if (!this.#dialog) this.#openWhenVisible();
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
    this.#tearDown();
  }

  /** Opens the editor, with a new link; what was open before is closed. */
  async open() {
    this.#renewed = false;
    if (this.#dialog && !this.#dialog.open) this.#dialog.showModal();
    await this.#open();
  }

  /** Closes the editor and frees its frame, and with it the camera. */
  close() {
    if (this.#dialog?.open) this.#dialog.close();
    else this.#closed();
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  get #stage() {
    return this.querySelector(".avaturn-stage");
  }

  get #retry() {
    return this.querySelector("[data-action=retry]");
  }

  #clicked = (event) => {
    const action = event.target.closest?.("[data-action]")?.dataset.action;
    if (action === "open") this.open();
    if (action === "close") this.close();
    if (action === "retry") this.#onRetry?.();
  };

  #closed = () => {
    this.#tearDown();
    if (this.dataset.state !== "saving" && this.dataset.state !== "saved") this.#show("idle");
    this.#emit("avaturn:close");
  };

  #openWhenVisible() {
    this.#observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        this.#observer.disconnect();
        this.open();
      },
      { rootMargin: "200px" },
    );
    this.#observer.observe(this);
  }

  async #open() {
    this.#tearDown();
    const attempt = (this.#attempt = new AbortController());
    const limit = Number(this.dataset.timeout) || 25;
    const timer = setTimeout(() => attempt.abort(new Failure("timeout")), limit * 1000);
    this.#show("opening");
    try {
      const parts = Promise.all([this.#session(attempt.signal), this.#loadSdk()]);
      const [session, sdk] = await Promise.race([parts, aborted(attempt.signal)]);
      await Promise.race([this.#embed(session, sdk, attempt), aborted(attempt.signal)]);
      this.#show("ready");
      if (this.contains(document.activeElement)) this.#stage.querySelector("iframe")?.focus();
      this.#emit("avaturn:ready", { sessionId: session.id });
    } catch (error) {
      if (this.#attempt === attempt) this.#fail(error, () => this.open());
    } finally {
      clearTimeout(timer);
    }
  }

  #session(signal) {
    const { type, avatar, sessionsUrl } = this.dataset;
    const body = { ...(type && { type }), ...(avatar && { avatar_id: avatar }) };
    return this.#post(sessionsUrl, body, { signal });
  }

  async #loadSdk() {
    const url = new URL(this.dataset.sdkUrl, document.baseURI);
    // A browser remembers that a module failed to load; another address makes it ask again.
    if (this.#brokenImport) url.searchParams.set("again", Date.now());
    try {
      return (await import(url.href)).AvaturnSDK;
    } catch {
      this.#brokenImport = true;
      throw new Failure("sdk");
    }
  }

  async #embed(session, AvaturnSDK, attempt) {
    const address = new URL(session.url);
    if (!/^https?:$/.test(address.protocol)) throw new Failure("failed");
    const sdk = (this.sdk = new (guarded(AvaturnSDK, address.origin))());
    const current = (handler) => (data) => attempt === this.#attempt && handler(data);
    sdk.on("export", current((result) => this.#exported(result))); // before init, or it is missed
    sdk.on("error", current((error) => this.#reported(error)));
    this.#watchPolicy(address.origin, attempt);
    const opened = sdk.init(this.#stage, { url: session.url, iframeClassName: "avaturn-frame" });
    const frame = this.#stage.querySelector("iframe");
    if (frame) {
      frame.id = `avaturn-frame-${++frames}`; // the SDK would remove a second frame of its own id
      frame.title = this.#messages.frame;
    }
    await opened.catch(() => {
      throw new Failure("failed");
    });
  }

  /** A frame that the page's Content-Security-Policy forbids stays silent: say so at once. */
  #watchPolicy(origin, attempt) {
    const watch = (event) => {
      const blocked = /^(frame|child|default)-src/.test(event.effectiveDirective);
      if (blocked && event.blockedURI.startsWith(origin)) attempt.abort(new Failure("blocked"));
    };
    document.addEventListener("securitypolicyviolation", watch, { signal: attempt.signal });
  }

  #reported(error) {
    const expired = error?.type === "auth_error";
    if (!expired || this.#renewed) {
      this.#fail(new Failure(expired ? "expired" : "failed"), () => this.open());
    } else {
      this.#renewed = true;
      this.#open();
    }
  }

  #exported(result) {
    if (!result?.avatarId) return;
    if (!this.#emit("avaturn:export", result, true)) return;
    this.#saves = this.#saves.then(() => this.#save(result));
  }

  async #save(result) {
    // The model itself is fetched by the server; a data URL would not fit into a request.
    const { url, ...rest } = result;
    const body = result.urlType === "httpURL" ? { ...rest, url } : rest;
    const place = `${this.dataset.avatarsUrl}${encodeURIComponent(result.avatarId)}/exports/`;
    this.#show("saving");
    try {
      // keepalive: leaving the page right after Next must not lose the avatar.
      const avatar = await this.#post(place, body, { keepalive: true });
      if (avatar.model?.state === "pending") this.#settle(avatar.id);
      else this.#show("saved");
      this.#emit("avaturn:saved", { avatar });
      if (this.#dialog?.open) this.close();
    } catch (error) {
      this.#fail(error, () => this.#save(result), true);
    }
  }

  /** Recorded, and the model is on its way: files.js tells when it has come. */
  #settle(id) {
    const over = new AbortController();
    const settle = (state) => {
      over.abort();
      clearTimeout(timer);
      const message = state === "ready" ? undefined : this.#messages.later;
      if (this.dataset.state === "saving") this.#show("saved", message);
    };
    const stored = ({ detail: { avatar } }) => {
      const state = avatar.id === id && avatar.model?.state;
      if (state && state !== "pending") settle(state);
    };
    const timer = setTimeout(settle, SETTLE);
    document.addEventListener("avaturn:stored", stored, { signal: over.signal });
  }

  async #post(url, body, options) {
    const { csrfToken, csrfCookie, csrfHeader } = this.dataset;
    const headers = {
      Accept: "application/json",
      "Content-Type": "application/json",
      [csrfHeader]: csrfToken || cookie(csrfCookie) || "",
    };
    const request = { method: "POST", headers, body: JSON.stringify(body), ...options };
    const response = await fetch(url, request).catch(() => {
      throw new Failure("network");
    });
    if (response.redirected) throw new Failure("not_authenticated");
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Failure(answer.code ?? "unavailable", answer.detail);
    return answer;
  }

  #fail(error, retry, saving = false) {
    const code = error instanceof Failure ? error.code : "failed";
    const reason = this.#messages[code] ?? (error.detail || this.#messages.failed);
    const message = saving ? `${this.#messages.unsaved} ${reason}` : reason;
    if (!saving) this.#tearDown();
    this.#onRetry = () => {
      this.querySelector(".avaturn-panel").focus(); // the button is about to vanish
      retry();
    };
    this.#show("failed", message);
    this.toggleAttribute("data-unsaved", saving);
    if (this.#dialog?.open) this.#retry.focus();
    this.#emit("avaturn:error", { code, message });
  }

  #tearDown() {
    this.#attempt?.abort(new Failure("closed"));
    this.#attempt = null;
    this.sdk?.destroy();
    this.sdk = null;
    this.#stage?.replaceChildren(); // destroy() leaves the frame, and the camera on
  }

  #show(state, message = this.#messages[state] ?? "") {
    this.dataset.state = state;
    this.removeAttribute("data-unsaved");
    this.setAttribute("aria-busy", String(state === "opening" || state === "saving"));
    for (const status of this.querySelectorAll("[role=status]")) status.textContent = message;
    this.#retry.hidden = state !== "failed";
  }

  #emit(name, detail = {}, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable, detail }));
  }
}

if (!customElements.get("avaturn-editor")) customElements.define("avaturn-editor", AvaturnEditor);
