/**
 * <avaturn-files>: follows files until they are stored: those in data-pending, and after each
 * avaturn:saved. Dispatches avaturn:stored on the document (detail.avatar), renews the portraits
 * of the user, and takes one where none can come from Avaturn.
 */

const LONGEST = 15000; // ms between two questions
const PATIENCE = 600000; // ms until it stops asking

const followed = new Map(); // by avatar id: who asks for it
const pictured = new Set();

const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const mark = (file) => (file ? `${file.state} ${file.version} ${file.wanted ?? ""}` : "");
const isOpen = (file) => file?.state === "pending" && !file.wanted;

/** Puts the address of a new picture, or none, into the user's own portraits. */
const showPortrait = (portrait) => {
  for (const element of document.querySelectorAll("avaturn-portrait[data-own]")) {
    const { alt, size } = element.dataset;
    const img = element.querySelector("img") ?? Object.assign(new Image(size, size), { alt });
    if (!portrait?.url) {
      img.remove();
      continue;
    }
    const { url, thumbnail } = portrait;
    img.srcset = thumbnail ? `${thumbnail} 128w, ${url} 512w` : "";
    img.sizes = `${size}px`;
    img.src = url;
    if (!img.isConnected) element.append(img);
  }
};

class AvaturnFiles extends HTMLElement {
  connectedCallback() {
    for (const id of this.dataset.pending.split(" ").filter(Boolean))
      if (!followed.has(id)) this.follow({ id });
  }

  /** Asks for an avatar until its files are there; `avatar` may be as the REST API shows it. */
  async follow(avatar) {
    const url = `${this.dataset.avatarsUrl}${avatar.id}/`;
    const round = {}; // a later save takes over
    followed.set(avatar.id, round);
    await this.#ask(avatar, url, () => followed.get(avatar.id) === round);
    if (followed.get(avatar.id) === round) followed.delete(avatar.id);
  }

  async #ask(avatar, url, current) {
    const until = Date.now() + PATIENCE;
    let heard = "";
    for (let wait = 1000; current() && Date.now() < until; wait *= 1.4) {
      const now = avatar.model === undefined ? await this.#get(url) : avatar;
      avatar = { id: avatar.id };
      if (now === undefined) return; // deleted, or logged out
      if (now) {
        const told = mark(now.model) + mark(now.portrait);
        if (told !== heard) this.#tell(now);
        heard = told;
        if (now.portrait?.wanted && now.model?.state === "ready") return this.#picture(now, url);
        if (!isOpen(now.model) && !isOpen(now.portrait)) return;
      }
      await pause(Math.min(wait, LONGEST));
    }
  }

  #tell(avatar) {
    if (avatar.active) showPortrait(avatar.portrait);
    document.dispatchEvent(new CustomEvent("avaturn:stored", { detail: { avatar } }));
  }

  /** Another avatar may be the active one now. */
  async refresh() {
    const profile = await this.#get(this.dataset.profileUrl);
    const active = profile?.avatars.find((avatar) => avatar.active);
    if (active) this.#tell(active);
    else if (profile) showPortrait(null);
  }

  async #picture(avatar, url) {
    const { version } = avatar.model;
    const { viewerUrl, modelViewerUrl, csrfToken, csrfCookie, csrfHeader } = this.dataset;
    if (pictured.has(url + version)) return;
    pictured.add(url + version);
    try {
      const { takePortrait } = await import(new URL(viewerUrl, document.baseURI).href);
      const image = await takePortrait(avatar.model.url, modelViewerUrl, { size: 512 });
      const body = new FormData();
      body.append("image", image, "portrait");
      body.append("version", version);
      const headers = { Accept: "application/json", [csrfHeader]: csrfToken || cookie(csrfCookie) || "" };
      const answer = await fetch(`${url}renders/`, { method: "POST", headers, body });
      if (answer.ok) this.#tell(await answer.json());
    } catch (error) {
      console.debug("avaturn: no portrait taken", error); // the next visit tries again
    }
  }

  async #get(url) {
    const request = { headers: { Accept: "application/json" } };
    const answer = await fetch(url, request).catch(() => null);
    if (answer?.ok) return answer.json();
    return /^4(?!29)/.test(answer?.status) ? undefined : null; // null: try again
  }
}

// Many tags bring such an element; one of them does the work.
const one = () => document.querySelector("avaturn-files");

if (!customElements.get("avaturn-files")) {
  customElements.define("avaturn-files", AvaturnFiles);
  document.addEventListener("avaturn:saved", ({ detail }) => one()?.follow(detail.avatar));
  document.addEventListener("avaturn:changed", ({ detail }) => {
    if (detail.action === "delete") followed.delete(detail.id);
    one()?.refresh();
  });
}

// A picture that does not load (its signed address may have run out) gives way to the initials.
document.addEventListener(
  "error",
  ({ target }) => target.matches?.("avaturn-portrait img") && target.remove(),
  true,
);
