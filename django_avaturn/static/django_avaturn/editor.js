/**
 * <avaturn-editor>: opens the Avaturn editor in a frame and saves what it exports.
 *
 * States (data-state): idle, opening, ready, saving, saved, failed. For events and methods see
 * frame.js, which is loaded only when the editor opens.
 */

const failure = (code, detail = "") => Object.assign(new Error(detail || code), { code, detail });

const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** Rejects when the signal aborts, with the reason it was given. */
const aborted = (signal) =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

// A browser remembers that a module failed to load; another address makes it ask again.
const places = new Map();

const load = async (address) => {
  const url = new URL(places.get(address) ?? address, document.baseURI);
  try {
    return await import(url.href);
  } catch {
    url.searchParams.set("again", Date.now());
    places.set(address, url.href);
    throw failure("sdk");
  }
};

class AvaturnEditor extends HTMLElement {
  sdk = null;
  #attempt = null; // AbortController of what is open or opening
  #frame = null; // of frame.js: what the editor says, and saving
  #messages = {};
  #onRetry = null;
  #renewed = false; // whether the link has been renewed once already
  #startOver = true; // where that is wanted, until a session has done so
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
    if (this.#dialog && !this.#dialog.open) {
      this.#startOver = true;
      this.#dialog.showModal();
    }
    await this.#open();
  }

  /** Closes the editor and frees its frame, and with it the camera. */
  close() {
    if (this.#dialog?.open) this.#dialog.close();
    else this.#closed();
  }

  /** Saves the avatar as it stands. */
  async save() {
    if (!this.sdk) throw failure("closed", this.#messages.failed);
    return this.#frame.save();
  }

  /** The file that came with an export. */
  async modelOf(result) {
    return this.#frame?.modelOf(result);
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
    const timer = setTimeout(() => attempt.abort(failure("timeout")), limit * 1000);
    this.#show("opening");
    const { sdkUrl, frameUrl } = this.dataset;
    try {
      const parts = Promise.all([this.#session(attempt.signal), load(sdkUrl), load(frameUrl)]);
      const [session, sdk, { Frame }] = await Promise.race([parts, aborted(attempt.signal)]);
      this.#frame ??= new Frame(this, this.#inside);
      const opened = this.#frame.open(sdk.AvaturnSDK, session.url, attempt);
      await Promise.race([opened, aborted(attempt.signal)]);
      this.#show("ready");
      if (this.contains(document.activeElement)) this.#stage.querySelector("iframe")?.focus();
      this.#emit("avaturn:ready", { sessionId: session.id });
    } catch (error) {
      if (this.#attempt === attempt) this.#fail(error, () => this.open());
    } finally {
      clearTimeout(timer);
    }
  }

  async #session(signal) {
    const { type, avatar, startOver, sessionsUrl } = this.dataset;
    const body = {
      ...(type && { type }),
      ...(avatar && { avatar_id: avatar }),
      ...(!avatar && startOver !== undefined && { start_over: this.#startOver }),
    };
    const session = await this.#post(sessionsUrl, body, { signal });
    this.#startOver = false; // not again when the link is renewed
    return session;
  }

  #reported(error) {
    const expired = error?.type === "auth_error";
    if (!expired || this.#renewed) {
      this.#fail(failure(expired ? "expired" : "failed"), () => this.open());
    } else {
      this.#renewed = true;
      this.#open();
    }
  }

  async #post(url, body, options, send = fetch) {
    const { csrfToken, csrfCookie, csrfHeader } = this.dataset;
    const form = body instanceof FormData;
    const headers = {
      Accept: "application/json",
      ...(!form && { "Content-Type": "application/json" }),
      [csrfHeader]: csrfToken || cookie(csrfCookie) || "",
    };
    const sent = form ? body : JSON.stringify(body);
    const request = { method: "POST", headers, body: sent, ...options };
    const response = await send(url, request).catch(() => {
      throw failure("network");
    });
    if (response.redirected) throw failure("not_authenticated");
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw failure(answer.code ?? "unavailable", answer.detail);
    return answer;
  }

  /** Tells it, and offers to try again. `avatarId`: it was made, but could not be saved. */
  #fail({ code, detail }, retry, avatarId) {
    const saving = avatarId !== undefined;
    const known = this.#messages[code] ?? detail;
    if (!known) code = saving ? "unavailable" : "failed";
    const reason = known || this.#messages[code];
    const message = saving ? `${this.#messages.unsaved} ${reason}` : reason;
    if (!saving) this.#tearDown();
    this.#onRetry = () => {
      this.querySelector(".avaturn-panel").focus(); // the button is about to vanish
      retry();
    };
    this.#show("failed", message);
    this.toggleAttribute("data-unsaved", saving);
    if (this.#dialog?.open) this.#retry.focus();
    this.#emit("avaturn:error", { code, message, ...(saving && { avatarId }) });
    return failure(code, message);
  }

  #tearDown() {
    this.#attempt?.abort(failure("closed"));
    this.#attempt = null;
    this.sdk?.destroy();
    this.sdk = null;
    this.#stage?.replaceChildren(); // destroy() leaves the frame, and the camera on
  }

  #show(state, message = this.#messages[state] ?? "") {
    this.dataset.state = state;
    this.removeAttribute("data-unsaved");
    this.setAttribute("aria-busy", String(state === "opening" || state === "saving"));
    for (const status of this.querySelectorAll("[role=status]"))
      if (status.textContent !== message) status.textContent = message;
    this.#retry.hidden = state !== "failed";
  }

  #emit(name, detail = {}, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable, detail }));
  }

  #inside = {
    isCurrent: (attempt) => attempt === this.#attempt,
    reported: (error) => this.#reported(error),
    post: (...given) => this.#post(...given),
    fail: (...given) => this.#fail(...given),
    show: (...given) => this.#show(...given),
    emit: (...given) => this.#emit(...given),
    text: (code) => this.#messages[code],
  };
}

if (!customElements.get("avaturn-editor")) customElements.define("avaturn-editor", AvaturnEditor);
