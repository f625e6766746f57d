// One avatar being changed: the look, the figure that shows it, and saving.

import { buildScene } from "./mesh.js";
import { Panel, slotsOf } from "./panel.js";
import { setState } from "./screens.js";
import { call, figure } from "./service.js";
import { Stage } from "./stage.js";

/** @type {ById} */
const byId = (id) => /** @type {any} */ (document.getElementById(id));

/** @param {Choice[]} list */
const pick = (list) => list[Math.floor(Math.random() * list.length)];

export class Studio {
  avatar = /** @type {StudioAvatar?} */ (null);
  look = /** @type {Look} */ ({}); // until one is open
  saving = false;
  #stage = /** @type {Stage?} */ (null);

  // `told` gets what the embedding page is to hear: (name, data).
  /**
   * @param {Catalogue} catalogue
   * @param {string} scenario
   * @param {(name: string, data: unknown) => void} told
   */
  constructor(catalogue, scenario, told) {
    this.catalogue = catalogue;
    this.scenario = scenario;
    this.told = told;
    this.canvas = byId("figure");
    this.panel = new Panel(byId("options"), catalogue, (...choice) => this.choose(...choice));
    byId("panel").addEventListener("submit", (event) => {
      event.preventDefault();
      this.next();
    });
    byId("surprise").addEventListener("click", () => this.surprise());
    byId("turn-left").addEventListener("click", () => this.stage.turn(-0.6));
    byId("turn-right").addEventListener("click", () => this.stage.turn(0.6));
    byId("closer").addEventListener("click", () =>
      this.frame(this.stage.framing === "head" ? "body" : "head"),
    );
  }

  get stage() {
    return (this.#stage ??= new Stage(this.canvas));
  }

  /** @param {StudioAvatar} avatar */
  async open(avatar) {
    this.avatar = avatar;
    this.look = { ...avatar.look };
    this.panel.show(this.look);
    await this.draw();
    this.say("");
    setState("editor");
  }

  /** @param {Framing} name */
  frame(name) {
    this.stage.frame(name);
    byId("closer").setAttribute("aria-pressed", String(name === "head"));
  }

  async draw() {
    const look = this.look;
    const scene = buildScene(await figure(look));
    if (look !== this.look) return; // a later choice was quicker
    this.stage.show(scene);
    this.canvas.dataset.look = Object.values(look).join(" ");
  }

  // Draws the new look; what the page says about saving no longer holds.
  /** @param {Partial<Look>} changes */
  change(changes) {
    this.look = { ...this.look, ...changes };
    this.panel.show(this.look);
    if (document.documentElement.dataset.state === "exported") setState("editor");
    this.say("");
    return this.draw().catch(() => this.say("The figure could not be drawn.", "bad"));
  }

  /** @param {Slot} slot @param {Choice} option @param {Framing} framing */
  choose(slot, option, framing) {
    this.frame(framing);
    this.change({ [slot]: option.value });
    if (slot === "body") this.told("bodySet", option.id);
    else if (slot === "hair_color")
      this.told("changeParam", { key: "hair_color", value: option.value });
    else if (slot !== "skin") this.told("assetSet", option.id || "");
  }

  surprise() {
    const slots = slotsOf(this.catalogue);
    /** @type {Record<string, string | number>} */
    const changes = {};
    for (const slot of this.panel.names)
      if (slot !== "body") changes[slot] = pick(slots[slot]).value;
    this.frame("body");
    this.change(changes);
  }

  async next() {
    if (this.saving) return;
    try {
      const result = await this.save();
      this.told("export", result);
      if (this.scenario === "two_exports") this.told("export", result);
    } catch (fault) {
      this.told("failure", fault);
    }
  }

  async save() {
    this.busy(true);
    setState("saving");
    this.say("");
    try {
      const result = await call(`/editor/avatars/${this.avatar?.id}/export`, { look: this.look });
      setState("exported");
      this.say("Saved. You can go on changing it.", "good");
      return result;
    } catch (fault) {
      setState("editor");
      this.say("Could not save. Please try again.", "bad");
      throw fault;
    } finally {
      this.busy(false);
    }
  }

  /** @param {boolean} yes */
  busy(yes) {
    this.saving = yes;
    byId("next").disabled = yes;
    byId("next").textContent = yes ? "Saving…" : "Next";
  }

  /** @param {string} text */
  say(text, mood = "") {
    byId("message").textContent = text;
    byId("message").className = mood;
  }
}
