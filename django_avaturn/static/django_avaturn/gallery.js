/**
 * <avaturn-gallery>: its forms act without leaving the page.
 *
 * After an action, avaturn:saved and avaturn:stored it fetches the page anew and puts in what has
 * changed; while an editor in it is open it waits. Dispatches avaturn:changing before an action and
 * avaturn:changed after it (bubbling; detail.action, detail.id). Method: refresh(). Editors, and
 * what has data-avaturn-keep, stay.
 */

const KEPT = "avaturn-editor, [data-avaturn-keep], img[data-version]";
const KEY = ["id", "class", "name", "value", "data-avatar", "data-pending", "data-version"];

/** @param {Node} node */
const key = (node) =>
  node.nodeName +
  KEY.map((name) => (node instanceof Element ? node.getAttribute(name) : undefined));

/**
 * Makes `old` what `fresh` is, and leaves alone what is the same.
 * @param {Element} old
 * @param {Element} fresh
 */
const morph = (old, fresh) => {
  if (old.isEqualNode(fresh) || old.matches(KEPT)) return;
  for (const name of old.getAttributeNames())
    if (!fresh.hasAttribute(name) && !/^(open|aria-busy)$/.test(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
  morphChildren(old, fresh);
};

/** @param {Element} old @param {Element} fresh */
const morphChildren = (old, fresh) => {
  const left = [...old.childNodes];
  for (const wanted of [...fresh.childNodes]) {
    // All texts are alike: they must not make it skip an element.
    const at = wanted instanceof Element ? left.findIndex((node) => key(node) === key(wanted)) : -1;
    if (at < 0) old.insertBefore(wanted, left[0] ?? null);
    else {
      for (const gone of left.splice(0, at)) gone.remove();
      morph(/** @type {Element} */ (left.shift()), /** @type {Element} */ (wanted));
    }
  }
  for (const gone of left) gone.remove();
};

/**
 * An Error's message is a key of data-texts.
 * @param {string} url
 * @param {RequestInit} options
 */
export const ask = async (url, options) => {
  const answer = await fetch(url, { cache: "no-store", ...options }).catch(() => {
    throw new Error("network");
  });
  if (answer.redirected) throw new Error("login");
  if (!answer.ok && answer.status !== 409) throw new Error(`${answer.status}`);
  return answer;
};

class AvaturnGallery extends HTMLElement {
  #gone = new AbortController();
  #stale = false; // whether something has changed while an editor was open
  #running = Promise.resolve();
  /** @type {Promise<void> | null} */
  #waiting = null; // a refresh that has not begun: one is enough for all
  #retry = () => {};

  connectedCallback() {
    const { signal } = (this.#gone = new AbortController());
    /** @type {(name: string, listener: (event: any) => void, target?: EventTarget) => void} */
    const on = (name, listener, target = this) =>
      target.addEventListener(name, listener, { signal, capture: name === "error" });
    on("submit", this.#submitted);
    on("click", this.#clicked);
    on("keydown", ({ key, target }) => key === "Escape" && this.#keep(target));
    on("error", ({ target }) => target.matches("img[data-version]") && target.remove());
    on("avaturn:close", () => this.#stale && this.#follow());
    on("avaturn:saved", () => this.#follow(), document);
    on("avaturn:stored", this.#stored, document);
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  /** Shows what has changed, or rejects. */
  refresh() {
    const begin = () => {
      this.#waiting = null;
      return this.#refresh();
    };
    return (this.#waiting ??= this.#running = this.#running.then(begin, begin));
  }

  get #outcome() {
    return this.querySelector(".avaturn-gallery-outcome");
  }

  get #isEditing() {
    return !!this.querySelector("avaturn-editor dialog[open]");
  }

  /** @param {SubmitEvent & { target: HTMLFormElement }} event */
  #submitted = (event) => {
    const form = event.target;
    if (form.getAttribute("action") !== this.dataset.url) return;
    event.preventDefault();
    const card = form.closest(".avaturn-card") ?? form;
    if (card.ariaBusy !== "true") this.#act(card, new FormData(form, event.submitter));
  };

  /** @param {{ target: HTMLElement }} event */
  #clicked = ({ target }) => {
    const what = target.closest("[data-avaturn-click]")?.dataset.avaturnClick;
    if (what === "keep") this.#keep(target);
    if (what === "retry") {
      this.#outcome.focus(); // the button is about to vanish
      this.#say();
      this.#retry();
    }
  };

  /** @param {Element} target */
  #keep(target) {
    const asking = target.closest("details[open]");
    asking?.querySelector("summary").focus();
    asking?.removeAttribute("open");
  }

  /** @param {CustomEvent<Events["avaturn:stored"]>} event */
  #stored = ({ detail: { avatar } }) => {
    const shown = this.querySelector(`#avaturn-${CSS.escape(avatar.id)}`)?.dataset;
    /** @param {"model" | "portrait"} kind */
    const same = (kind) => shown?.[kind] === (avatar[kind]?.state ?? "");
    if (shown?.status !== avatar.status || !same("model") || !same("portrait")) this.#follow();
  };

  /** @param {HTMLElement} card @param {FormData} body */
  async #act(card, body) {
    card.ariaBusy = "true";
    const detail = { action: body.get("action"), id: body.get("avatar") };
    this.#tell("avaturn:changing", detail);
    try {
      const headers = { Accept: "application/json" };
      const answer = await ask(this.dataset.url, { method: "POST", body, headers });
      this.#say((await answer.json()).detail);
      await this.#follow();
      if (answer.ok) this.#tell("avaturn:changed", detail);
    } catch (caught) {
      const error = /** @type {Error} */ (caught);
      if (error.message === "404") await this.#follow();
      this.#fail(error, () => this.#act(card, body));
    }
    card.ariaBusy = null;
  }

  /** @param {string} name @param {object} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  /** Refreshes now, or when the editor is closed. */
  async #follow() {
    this.#stale = this.#isEditing;
    if (!this.#stale)
      await this.refresh().catch((error) => this.#fail(error, () => this.#follow()));
  }

  async #refresh() {
    const fresh = await this.#fetched();
    this.#stale = this.#isEditing; // opened meanwhile
    if (!this.#stale) this.#keepFocus(() => morphChildren(this, fresh));
  }

  /** As this page has it, or where a script has put it in, the gallery's own page. */
  async #fetched() {
    const { signal } = this.#gone;
    for (const url of [location.href, this.dataset.url]) {
      const answer = await ask(url, { signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(this.id);
      if (fresh) return fresh;
    }
    throw new Error("login");
  }

  /** @param {() => void} change */
  #keepFocus(change) {
    const focused = document.activeElement;
    const cards = () => [...this.querySelectorAll(".avaturn-card")];
    const place = cards().findIndex((card) => card.contains(focused));
    change();
    if (place < 0 || focused?.isConnected) return;
    (cards()[place] ?? cards().at(-1) ?? this.querySelector("button"))?.focus();
  }

  #say(text = "", button = "") {
    const [status, retry] = /** @type {Iterable<HTMLElement>} */ (this.#outcome.children);
    status.textContent = text;
    retry.textContent = button;
    retry.hidden = !button;
  }

  /** @param {Error} error @param {() => void} again */
  #fail({ message }, again) {
    if (this.#gone.signal.aborted) return;
    const texts = JSON.parse(this.dataset.texts);
    const [text, button, reload] = texts[message] ?? texts.failed;
    this.#retry = reload ? () => location.reload() : again;
    this.#say(text, button);
  }
}

if (!customElements.get("avaturn-gallery"))
  customElements.define("avaturn-gallery", AvaturnGallery);
