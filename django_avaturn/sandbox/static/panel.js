// The choices beside the figure: native radio buttons, so the keyboard works by itself.

/** @type {Choice} */
const EMPTY = { name: "none", value: "none", label: "None" };
/** @type {Record<Slot, string>} */
const TITLES = {
  body: "Body",
  skin: "Skin tone",
  hair: "Hair",
  hair_color: "Hair colour",
  outfit: "Outfit",
  shoes: "Shoes",
  glasses: "Glasses",
};
/** @type {Partial<Record<Slot, Framing>>} */
const FRAMING = { hair: "head", hair_color: "head", glasses: "head", shoes: "feet" };

/** @param {Catalogue} catalogue @returns {Record<Slot, Choice[]>} */
export function slotsOf(catalogue) {
  /** @type {(slot: Slot, extra?: Choice[]) => Choice[]} */
  const worn = (slot, extra = []) => [
    ...extra,
    ...catalogue.assets
      .filter((asset) => asset.slot === slot)
      .map((asset) => ({ ...asset, value: asset.name })),
  ];
  return {
    body: catalogue.bodies.map((body) => ({ ...body, value: body.id })),
    skin: catalogue.skinTones,
    hair: worn("hair", [{ ...EMPTY, label: "Bald" }]),
    hair_color: catalogue.hairColors,
    outfit: worn("outfit"),
    shoes: worn("shoes", [{ ...EMPTY, label: "Barefoot" }]),
    glasses: worn("glasses", [EMPTY]),
  };
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {object} properties
 * @param {Node[]} children
 */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export class Panel {
  // `choose(slot, option, framing)` is called when a person picks something.
  /**
   * @param {HTMLElement} place
   * @param {Catalogue} catalogue
   * @param {(slot: Slot, option: Choice, framing: Framing) => void} choose
   */
  constructor(place, catalogue, choose) {
    this.place = place;
    this.slots = slotsOf(catalogue);
    this.choose = choose;
    place.replaceChildren(...this.names.map((slot) => this.section(slot)));
  }

  get names() {
    return /** @type {Slot[]} */ (Object.keys(this.slots));
  }

  /** @param {Slot} slot */
  section(slot) {
    const swatches = this.slots[slot].some((option) => option.color);
    const list = make("div", { className: swatches ? "swatches" : "tiles" });
    list.append(
      ...this.slots[slot].map((option) =>
        swatches ? this.swatch(slot, option) : this.tile(slot, option),
      ),
    );
    const title = make("legend", { textContent: TITLES[slot] }, make("span"));
    const set = make("fieldset", {}, title, list);
    set.dataset.slot = slot;
    return set;
  }

  /** @param {Slot} slot @param {Choice} option */
  input(slot, option) {
    const input = make("input", {
      type: "radio",
      name: slot,
      value: option.value,
      ariaLabel: option.label,
    });
    input.dataset.testid = `option-${slot}-${option.name}`;
    input.addEventListener("change", () => {
      this.label(slot, option);
      this.choose(slot, option, FRAMING[slot] || "body");
    });
    return input;
  }

  /** @param {Slot} slot @param {Choice} option */
  tile(slot, option) {
    const tile = make(
      "label",
      { className: "tile", title: option.label },
      this.input(slot, option),
    );
    if (option.preview)
      tile.append(
        make("img", {
          src: option.preview,
          alt: "",
          loading: "lazy",
          decoding: "async",
          fetchPriority: "low",
        }),
      );
    else tile.classList.add("empty");
    if (slot === "body") tile.classList.add("tall");
    if (!option.preview || slot === "body") tile.append(make("em", { textContent: option.label }));
    if (option.id) tile.dataset.id = option.id;
    return tile;
  }

  /** @param {Slot} slot @param {Choice} option */
  swatch(slot, option) {
    const swatch = make(
      "label",
      { className: "swatch", title: option.label },
      this.input(slot, option),
    );
    swatch.style.setProperty("--swatch", option.color ?? null);
    return swatch;
  }

  /** @param {Slot} slot @param {Choice} [option] */
  label(slot, option) {
    this.place.querySelector(`[data-slot="${slot}"] legend span`).textContent = option
      ? option.label
      : "";
  }

  /** @param {Look} look */
  show(look) {
    for (const slot of this.names) {
      const chosen = this.slots[slot].find((option) => String(option.value) === String(look[slot]));
      for (const input of this.place.querySelectorAll(`input[name="${slot}"]`)) {
        input.checked = input.value === String(chosen?.value);
      }
      this.label(slot, chosen);
    }
  }

  // Only these assets are on offer.
  /** @param {string[]} ids */
  limit(ids) {
    for (const tile of this.place.querySelectorAll(".tile[data-id]")) {
      if (tile.closest("[data-slot=body]")) continue;
      tile.hidden = !ids.includes(tile.dataset.id ?? "");
    }
  }
}
