/**
 * <avaturn-editor>: opens the Avaturn editor in a frame and saves what it exports.
 *
 * States (data-state): idle, opening, consent, ready, saving, saved, failed. For events and methods
 * see avaturn.d.ts. What is in frame.js is loaded only when the editor opens.
 */

/** @param {string} code */
const failure = (code, detail = "") => Object.assign(new Error(detail || code), { code, detail });

/** @param {string} name */
const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** Whether Turbo shows a copy that it has kept, until the page itself comes. */
const isPreview = () => document.documentElement.hasAttribute("data-turbo-preview");

/** @type {(signal: AbortSignal) => Promise<never>} */
const aborted = (signal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

// A browser remembers that a module failed to load; another address makes it ask again.
const places = new Map();

/** @param {string} address */
const load = async (address) => {
  const url = new URL(places.get(address) ?? address, document.baseURI);
  try {
    return await import(url.href);
  } catch {
    url.searchParams.set("again", `${Date.now()}`);
    places.set(address, url.href);
    throw failure("sdk");
  }
};

/**
 * Sends to the server. The `code` of an error is the server's, or says how far it got.
 * @type {(page: Page, ...given: Parameters<Post>) => ReturnType<Post>}
 */
export const post = async (page, url, body, options, send = fetch) => {
  const { csrfToken, csrfCookie, csrfHeader } = page;
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
};

/** @implements {Editor} */
class AvaturnEditor extends HTMLElement {
  sdk = /** @type {Editor["sdk"]} */ (null);
  #attempt = /** @type {AbortController?} */ (null); // of what is open or opening
  #frame = /** @type {import("./frame.js").Frame?} */ (null); // what the editor says, and saving
  #messages = /** @type {Texts} */ ({});
  #consent = ""; // the version just agreed to, until a session has recorded it
  #onRetry = /** @type {(() => void)?} */ (null);
  #renewed = false; // whether the link has been renewed once already
  #startOver = true; // where that is wanted, until a session has done so
  #observer = /** @type {IntersectionObserver?} */ (null);

  connectedCallback() {
    this.#messages = JSON.parse(this.dataset.messages || "{}");
    this.#stage.replaceChildren(); // what a page cache may have kept
    this.#dialog?.removeAttribute("open");
    this.#show("idle");
    this.addEventListener("click", this.#clicked);
    this.#dialog?.addEventListener("close", this.#closed);
    if (!this.#dialog && !isPreview()) this.#openWhenVisible();
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
    if (!this.#frame || !this.sdk) throw failure("closed", this.#messages.failed);
    return this.#frame.save(this.sdk);
  }

  /**
   * The file that came with an export.
   * @param {Exported} result
   */
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

  /** @param {Event} event */
  #clicked = ({ target }) => {
    const action = target?.closest?.("[data-action]")?.dataset.action;
    if (action === "open") this.open();
    if (action === "close") this.close();
    if (action === "retry") this.#onRetry?.();
  };

  #closed = () => {
    this.#tearDown();
    if (this.dataset.state !== "saving" && this.dataset.state !== "saved") this.#show("idle");
    this.#emit("avaturn:close");
  };

  /** At once where it is in view: an observer tells only after the page was drawn. */
  #openWhenVisible() {
    const [box] = this.getClientRects();
    if (box?.top < innerHeight + 200 && box.bottom > -200) return void this.open();
    this.#observer = new IntersectionObserver(
      (entries, observer) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
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
    const over = aborted(attempt.signal);
    this.#show("opening");
    const { sdkUrl, frameUrl } = this.dataset;
    try {
      const parts = Promise.all([this.#session(attempt.signal), load(sdkUrl), load(frameUrl)]);
      const [session, sdk, { Frame }] = await Promise.race([parts, over]);
      const frame = (this.#frame ??= new Frame(this, this.#inside));
      const opened = frame.open(sdk.AvaturnSDK, session.url, attempt);
      await Promise.race([opened, over]);
      this.#show("ready");
      if (this.contains(document.activeElement)) this.#stage.querySelector("iframe")?.focus();
      this.#emit("avaturn:ready", { sessionId: session.id });
    } catch (caught) {
      const error = /** @type {Failure} */ (caught);
      if (this.#attempt !== attempt) return;
      const missing = error.code === "consent_required";
      const { consentUrl } = this.dataset;
      if (missing && consentUrl && !this.#consent) return this.#askConsent(attempt, consentUrl);
      if (missing) this.#consent = ""; // the page's text is out of date
      this.#fail(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Opens the editor once the person has agreed, which may take as long as it takes.
   * @param {AbortController} attempt
   * @param {string} consentUrl
   */
  async #askConsent(attempt, consentUrl) {
    try {
      const { agreed } = await load(consentUrl);
      if (this.#attempt !== attempt) return;
      this.#show("consent");
      this.#consent = await agreed(this, attempt.signal);
      this.#open();
    } catch (error) {
      if (this.#attempt === attempt) this.#fail(/** @type {Failure} */ (error));
    }
  }

  /** @param {AbortSignal} signal */
  async #session(signal) {
    const { type, avatar, startOver, sessionsUrl } = this.dataset;
    const body = {
      ...(type && { type }),
      ...(avatar && { avatar_id: avatar }),
      ...(!avatar && startOver !== undefined && { start_over: this.#startOver }),
      ...(this.#consent && { consent: this.#consent }),
    };
    const early = window.avaturnEarly?.[this.dataset.early]; // asked for while the page came
    this.dataset.early = "";
    const send = early && (() => early);
    const session = await post(this.dataset, sessionsUrl, body, { signal }, send);
    this.#startOver = false; // not again when the link is renewed
    if (this.#consent) this.#emit("avaturn:consent", { version: this.#consent });
    this.#consent = "";
    return session;
  }

  /** @type {Inside["reported"]} */
  #reported(error) {
    const expired = error?.type === "auth_error";
    if (!expired || this.#renewed) return void this.#fail(failure(expired ? "expired" : "failed"));
    this.#renewed = true;
    this.#open();
  }

  /**
   * Tells it, and offers to try again. `avatarId`: it was made, but could not be saved.
   * @type {Inside["fail"]}
   */
  #fail({ code = "", detail }, retry = () => this.open(), avatarId) {
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

  /** @param {string} state */
  #show(state, message = this.#messages[state] ?? "") {
    this.dataset.state = state;
    this.removeAttribute("data-unsaved");
    this.setAttribute("aria-busy", String(state === "opening" || state === "saving"));
    for (const status of this.querySelectorAll("[role=status]"))
      if (status.textContent !== message) status.textContent = message;
    this.#retry.hidden = state !== "failed";
  }

  /** @param {string} name */
  #emit(name, detail = {}, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable, detail }));
  }

  /** @type {Inside} */
  #inside = {
    isCurrent: (attempt) => attempt === this.#attempt,
    reported: (error) => this.#reported(error),
    post: (...given) => post(this.dataset, ...given),
    fail: (...given) => this.#fail(...given),
    show: (...given) => this.#show(...given),
    emit: (...given) => this.#emit(...given),
    text: (code) => this.#messages[code],
  };
}

if (!customElements.get("avaturn-editor")) customElements.define("avaturn-editor", AvaturnEditor);
