/**
 * <avaturn-files>: follows the avatars in data-pending, and each that is saved, until their files
 * are stored. Dispatches avaturn:stored on the document (detail.avatar), renews the user's
 * portraits, and takes one where none can come.
 */

const LONGEST = 15000; // ms between two questions
const PATIENCE = 600000; // ms until it stops asking

/** @type {Map<string, object>} */
const followed = new Map(); // by avatar id: who asks for it
const pictured = new Set();

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** @param {Partial<Portrait>?} file */
const mark = (file) => (file ? `${file.state} ${file.version} ${file.wanted ?? ""}` : "");
/** @param {Partial<Portrait>?} file */
const isOpen = (file) => file?.state === "pending" && !file.wanted;
/** @param {Avatar} avatar */
const isMade = ({ status, confirmed, gone_at }) =>
  gone_at || !confirmed || /^(ready|failed)$/.test(status);

/**
 * Puts in a picture, or none; one of picture and initials is read.
 * @param {HTMLElement} element
 * @param {Portrait?} [portrait]
 */
const show = (element, portrait) => {
  const { alt, size = "" } = element.dataset;
  const img = element.querySelector("img") ?? Object.assign(new Image(+size, +size), { alt });
  const { url, thumbnail } = portrait ?? {};
  const initials = element.querySelector("svg");
  if (initials) initials.ariaHidden = url ? "true" : null;
  if (!url) return img.remove();
  img.srcset = thumbnail ? `${thumbnail} 128w, ${url} 512w` : "";
  img.sizes = `${size}px`;
  img.src = url;
  if (!img.isConnected) element.append(img);
};

/** @param {Portrait?} portrait the user's own */
const showPortrait = (portrait) => {
  for (const element of document.querySelectorAll("avaturn-portrait[data-own]"))
    show(element, portrait);
};

class AvaturnFiles extends HTMLElement {
  connectedCallback() {
    for (const id of this.dataset.pending.split(" ").filter(Boolean))
      if (!followed.has(id)) this.follow({ id });
  }

  /**
   * Asks for an avatar until its files are there; `avatar` may be as the REST API shows it.
   * @param {Known} avatar
   */
  async follow(avatar) {
    const url = `${this.dataset.avatarsUrl}${avatar.id}/`;
    const round = {}; // a later save takes over
    followed.set(avatar.id, round);
    const current = () => followed.get(avatar.id) === round;
    await this.#ask(avatar, url, current).finally(() => current() && followed.delete(avatar.id));
  }

  /** @param {Known} avatar @param {string} url @param {() => boolean} current */
  async #ask(avatar, url, current) {
    const until = Date.now() + PATIENCE;
    let heard = "";
    for (let wait = 1000; current() && Date.now() < until; wait *= 1.4) {
      const now = avatar.model === undefined ? await this.#get(url) : avatar;
      avatar = { id: avatar.id };
      if (now === undefined) return; // deleted, or logged out
      if (now) {
        const told = now.status + mark(now.model) + mark(now.portrait);
        if (told !== heard) this.#tell(now);
        heard = told;
        if (now.portrait?.wanted && now.model?.state === "ready") return this.#picture(now, url);
        if (isMade(now) && !isOpen(now.model) && !isOpen(now.portrait)) return;
      }
      await pause(Math.min(wait, LONGEST));
    }
  }

  /** @param {Avatar} avatar */
  #tell(avatar) {
    if (avatar.active) showPortrait(avatar.portrait);
    document.dispatchEvent(new CustomEvent("avaturn:stored", { detail: { avatar } }));
  }

  /** Another avatar may be the active one now. */
  async refresh() {
    const profile = await this.#get(this.dataset.profileUrl);
    const active = profile?.avatars.find((/** @type {Avatar} */ avatar) => avatar.active);
    if (active) this.#tell(active);
    else if (profile) showPortrait(null);
  }

  /** @param {Avatar} avatar @param {string} url */
  async #picture(avatar, url) {
    const model = url + avatar.model?.version;
    if (pictured.has(model)) return;
    pictured.add(model);
    try {
      const address = new URL(this.dataset.portraitUrl, document.baseURI).href;
      const { sendPortrait } = await import(address);
      const sent = await sendPortrait(avatar, `${url}renders/`, this.dataset);
      if (sent) this.#tell(sent);
    } catch (error) {
      console.debug("avaturn: no portrait taken", error); // the next visit tries again
    }
  }

  /** @param {string} url @returns {Promise<any>} */
  async #get(url) {
    const request = { headers: { Accept: "application/json" } };
    const answer = await fetch(url, request).catch(() => null);
    if (answer?.ok && !answer.redirected) return answer.json().catch(() => undefined);
    return /^[24](?!29)/.test(`${answer?.status}`) ? undefined : null; // null: try again
  }
}

// Each tag brings one; the first does the work.
const one = () => document.querySelector("avaturn-files");

if (!customElements.get("avaturn-files")) {
  customElements.define("avaturn-files", AvaturnFiles);
  document.addEventListener("avaturn:saved", ({ detail }) => one()?.follow(detail.avatar));
  document.addEventListener("avaturn:changing", ({ detail }) => {
    if (detail.action === "delete") followed.delete(detail.id);
  });
  document.addEventListener("avaturn:changed", () => one()?.refresh());
}

// The signed address of a picture may have run out.
document.addEventListener(
  "error",
  ({ target }) => {
    if (target instanceof Element && target.matches("avaturn-portrait img"))
      show(/** @type {HTMLElement} */ (target.parentElement));
  },
  true,
);
