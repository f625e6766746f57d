// The Studio: Avaturn's bare figure, {% avaturn_editor disable_ui=True %}, and controls of our own.
//
// The recipe: wait for `avaturn:load`, ask `editor.sdk` what there is to choose and what is on, tell
// it what the person wants, and call `editor.save()` in the end. `editor.sdk` is Avaturn's official
// SDK object. Each of its methods returns a promise, which rejects with an Error if refused.

import { Wishes } from "./wishes.js";

/** @typedef {{ value: string, label: string, preview?: string, colour?: string }} Choice */
/** @typedef {Awaited<ReturnType<typeof read>>} Look what the figure is and wears */

const editor = document.querySelector(".stage > avaturn-editor");
const form = document.querySelector("[data-studio]");
const controls = document.querySelector("[data-studio] fieldset");
const save = document.querySelector("[data-studio] button");
const status = document.querySelector("[data-studio] [role=status]");

// The SDK takes any hair colour: these are the ones that this site offers. Of eye colours it knows
// just these names, and what they look like is our guess.
const HAIR = {
  Black: "#26211f",
  Brown: "#5d3b28",
  Auburn: "#8a4526",
  Blond: "#dcb160",
  Red: "#c9482b",
  Silver: "#b9bec9",
  Pink: "#ee7fae",
  Blue: "#4b74d6",
};
const EYES = {
  amber: "#a8701f",
  brown: "#5b351c",
  dark_brown: "#38200f",
  gray: "#6b747e",
  light_gray: "#98a2ab",
  gray_green: "#66796a",
  green: "#3c7d4a",
  light_green: "#74a857",
  blue_gray_yellow: "#6f8b86",
  blue: "#2f6fb5",
};
const CATEGORIES = ["hairAndHeadwear", "clothing", "footwear", "eyewear"]; // the SDK's words

// Every control's name says what it sets, and this is how.
/** @type {Record<string, (sdk: Sdk, value: any) => Promise<unknown>>} */
const SET = {
  body: (sdk, id) => sdk.setActiveBody(id),
  hairColor: (sdk, colour) => sdk.setHairColor(colour),
  eyeColor: (sdk, name) => sdk.setEyeColor(name),
  skin: (sdk, value) => sdk.setSkinToneCorrection(Number(value)),
  head: (sdk, value) => sdk.setBodyProportions("head", Number(value)),
  arms: (sdk, value) => sdk.setBodyProportions("arms", Number(value)),
  chest: (sdk, value) => sdk.setBodyProportions("chest", Number(value)),
};
for (const category of CATEGORIES) SET[category] = (sdk, id) => sdk.setActiveAsset(id);

/**
 * What the figure is and wears now, by the names of the controls.
 * @param {Sdk} sdk
 */
async function read(sdk) {
  const [body, assets, hairColor, eyeColor, proportions, skin] = await Promise.all([
    sdk.getActiveBody(),
    sdk.getActiveAssets(), // by category
    sdk.getHairColor(),
    sdk.getEyeColor().catch(() => null), // only avatars with face animations (T2) have one
    sdk.getBodyProportions(), // head, arms and chest
    sdk.getSkinToneCorrection(),
  ]);
  return { body: body.id, ...assets, hairColor, eyeColor, ...proportions, skin };
}

/**
 * Everything that there is to choose, by the names of the controls.
 * @param {Sdk} sdk
 * @param {Look} now
 */
async function choices(sdk, now) {
  const [bodies, assets] = await Promise.all([sdk.getBodyList(), sdk.getAssetList()]);
  /** @param {Record<string, string>} colours */
  const swatches = (colours) =>
    Object.entries(colours).map(([label, colour]) => ({ label, colour }));
  const hair = swatches(HAIR).map((one) => ({ ...one, value: one.colour }));
  if (!hair.some(({ value }) => value === now.hairColor))
    hair.unshift({ label: "As it was", colour: now.hairColor, value: now.hairColor });
  /** @type {Record<string, Choice[]>} */
  const offered = {
    body: bodies.map(({ id, gender, preview }, n) => ({
      value: id,
      label: `${n + 1}, ${gender}`,
      preview,
    })),
    hairColor: hair,
    eyeColor: now.eyeColor ? swatches(EYES).map((one) => ({ ...one, value: one.label })) : [],
  };
  for (const category of CATEGORIES)
    offered[category] = assets
      .filter((asset) => asset.category === category)
      .map(({ id, alias, preview }, n) => ({ value: id, label: alias || `${n + 1}`, preview }));
  return offered;
}

/**
 * One picture or swatch. A radio button is what a keyboard and a screen reader know best.
 * @param {string} name
 * @param {Choice} choice
 */
function option(name, { value, label, preview, colour }) {
  const radio = Object.assign(document.createElement("input"), { type: "radio", name, value });
  radio.ariaLabel = label.replaceAll("_", " ");
  const face = preview
    ? Object.assign(new Image(), { src: preview, alt: "" })
    : document.createElement("span");
  if (colour) face.style.background = colour; // by script: the site's policy forbids style="…"
  const box = Object.assign(document.createElement("label"), { title: radio.ariaLabel });
  box.className = preview ? "option" : "option swatch";
  box.append(radio, face);
  return box;
}

/** @param {Record<string, Choice[]>} offered */
function fill(offered) {
  for (const [name, list] of Object.entries(offered)) {
    const place = form.querySelector(`[data-options="${name}"]`);
    place.replaceChildren(...list.map((one) => option(name, one)));
    /** @type {HTMLElement} */ (place.closest("fieldset")).hidden = !list.length;
  }
}

/**
 * Has every control say what is on.
 * @param {Record<string, any>} now
 */
function show(now) {
  for (const input of form.querySelectorAll("input"))
    if (input.type === "radio") input.checked = input.value === now[input.name];
    else input.value = now[input.name];
}

/** @param {string} text */
function say(text, isError = false) {
  status.textContent = text;
  status.className = isError ? "message error" : "";
}

/**
 * A failed wish: say so, and show how things really are.
 * @param {unknown} error
 */
async function refused(error) {
  say(`That did not work: ${/** @type {Error} */ (error).message}`, true);
  if (editor.sdk) await read(editor.sdk).then(show, () => {});
}

// While there is no figure (the editor opens, or the person still chooses one) nothing can be set.
/** @param {boolean} yes */
function enable(yes) {
  controls.disabled = save.disabled = !yes;
}

editor.addEventListener("avaturn:load", async () => {
  const sdk = /** @type {Sdk} */ (editor.sdk); // is there while the editor is open
  try {
    const now = await read(sdk);
    fill(await choices(sdk, now));
    show(now);
    enable(true);
    say("");
  } catch (error) {
    refused(error);
  }
});

// The stage tells what is wrong, and offers to try again; then there is another `avaturn:load`.
editor.addEventListener("avaturn:error", ({ detail }) => {
  if (!detail.avatarId) enable(false); // else it is about saving, and the figure is still there
});

const wishes = new Wishes(async (name, value) => {
  if (!editor.sdk) throw new Error("the editor is closed");
  await SET[name](editor.sdk, value);
});

form.addEventListener("input", ({ target }) => {
  const { name, value } = /** @type {HTMLInputElement} */ (target);
  say("Not saved yet.");
  wishes.wish(name, value).catch(refused);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  say("Saving…");
  try {
    await wishes.settled();
    await editor.save();
    say("Saved.");
  } catch (error) {
    say(/** @type {Error} */ (error).message, true);
  } finally {
    form.ariaBusy = "false";
  }
});
