// Which screen is up, and the two that offer avatars.
import { picture } from "./service.js";

const root = document.documentElement;
const STUDIO = ["editor", "saving", "exported"];
/** @type {ById} */
const byId = (id) => /** @type {any} */ (document.getElementById(id));

/** @param {string} state */
export function setState(state) {
  const screen = STUDIO.includes(state) ? "studio" : state;
  const changed = root.dataset.state !== state;
  root.dataset.state = state;
  for (const element of document.querySelectorAll("[data-screen]")) {
    element.hidden = element.dataset.screen !== screen;
  }
  if (changed && screen !== "studio") focusTitle(screen);
}

// A reader of the screen is told where it is; nobody else sees a ring.
/** @param {string} screen */
function focusTitle(screen) {
  const title = document.querySelector(`[data-screen="${screen}"] h1`);
  if (!title || !document.hasFocus()) return;
  title.tabIndex = -1;
  title.focus({ preventScroll: true, focusVisible: false });
}

/** @param {string} text @param {() => void} [retry] */
export function showError(text, retry) {
  byId("error-text").textContent = text;
  byId("retry").hidden = !retry;
  byId("retry").onclick = retry || null;
  setState("error");
}

/** @param {number} share */
export function showProgress(share) {
  byId("progress").value = share;
  setState("processing");
}

/**
 * @param {string} testid
 * @param {{ title: string, note: string, image?: HTMLElement, label: string, disabled?: boolean }} texts
 * @param {() => void} act
 */
function choice(testid, { title, note, image, label, disabled }, act) {
  const button = document.createElement("button");
  Object.assign(button, {
    type: "button",
    className: "choice",
    disabled: Boolean(disabled),
    onclick: act,
  });
  button.dataset.testid = testid;
  button.setAttribute("aria-label", label);
  const [name, small] = [document.createElement("b"), document.createElement("small")];
  [name.textContent, small.textContent] = [title, note];
  button.append(
    image || Object.assign(document.createElement("i"), { textContent: "+" }),
    name,
    small,
  );
  if (!image) button.classList.add("fresh");
  return button;
}

/** @param {Look} look @param {string} crop */
function portrait(look, crop) {
  return Object.assign(document.createElement("img"), {
    src: picture(look, crop),
    alt: "",
    decoding: "async",
  });
}

const NOTES = {
  ready: "Edit",
  processing: "Still in work…",
  pending: "Waiting for photos",
  failed: "Did not work out",
};

/**
 * @param {StudioAvatar[]} avatars
 * @param {{ edit: (avatar: StudioAvatar) => void, create: () => void }} acts
 */
export function showDashboard(avatars, { edit, create }) {
  const tiles = avatars.map((avatar, index) => {
    const title = `Avatar ${index + 1}`;
    const texts = {
      title,
      note: NOTES[avatar.status],
      label: `Edit ${title}`,
      image: portrait(avatar.look, "figure"),
    };
    const unusable = avatar.status === "failed" || avatar.status === "pending";
    return choice(`edit-${avatar.id}`, { ...texts, disabled: unusable }, () => edit(avatar));
  });
  tiles.unshift(
    choice(
      "new-avatar",
      { title: "New avatar", note: "Start from scratch", label: "New avatar" },
      create,
    ),
  );
  byId("avatars").replaceChildren(
    ...tiles.map((tile) => {
      const item = document.createElement("li");
      item.append(tile);
      return item;
    }),
  );
  setState("dashboard");
}

/** @param {Body[]} bodies @param {{ start: (body: Body) => void, back?: () => void }} acts */
export function showStarters(bodies, { start, back }) {
  byId("starters").replaceChildren(
    ...bodies.map((body) => {
      const texts = {
        title: body.label,
        note: body.gender === "male" ? "Male body" : "Female body",
      };
      const label = `Start with ${body.label}, ${texts.note.toLowerCase()}`;
      return choice(
        `start-${body.name}`,
        { ...texts, label, image: portrait(body.look, "figure") },
        () => start(body),
      );
    }),
  );
  byId("back").hidden = !back;
  byId("back").onclick = back || null;
  setState("create");
}
