// The page of the free plan: people sign in for themselves, in a window of its own.
import { setState } from "./screens.js";

export const PROJECT = location.pathname === "/iframe";
export const SIGNED_IN = "avaturn-sandbox-sign-in";

const ADDRESS = "/iframe/sign-in";
const FEATURES = "popup,width=440,height=560";
/** @type {ById} */
const byId = (id) => /** @type {any} */ (document.getElementById(id));

// The token, once somebody has signed in.
/** @returns {Promise<string>} */
export function signIn() {
  setState("sign-in");
  return new Promise((resolve) => {
    const desk = new Desk(resolve);
    byId("sign-in").addEventListener("click", () => desk.open());
  });
}

class Desk {
  /** @param {(token: string) => void} done */
  constructor(done) {
    this.done = done;
    this.popup = /** @type {Window?} */ (null);
    this.timer = 0;
    this.hear = this.hear.bind(this);
    window.addEventListener("message", this.hear);
  }

  open() {
    byId("blocked").hidden = true;
    if (this.popup && !this.popup.closed) return this.popup.focus();
    this.popup = window.open(ADDRESS, SIGNED_IN, FEATURES);
    this.say(this.popup ? "Go on in the window that has opened." : "");
    byId("blocked").hidden = Boolean(this.popup);
    byId("sign-in").textContent = this.popup ? "Show the sign-in window" : "Try again";
    if (this.popup) this.watch();
  }

  // Nobody tells when a window is closed by hand.
  watch() {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.popup?.closed && this.closed(), 400);
  }

  closed() {
    clearInterval(this.timer);
    this.say("The sign-in window was closed.");
    byId("sign-in").textContent = "Try again";
  }

  /** @param {MessageEvent} event */
  hear(event) {
    const known = this.popup && event.source === this.popup && event.origin === location.origin;
    if (!known || event.data?.source !== SIGNED_IN) return;
    clearInterval(this.timer);
    window.removeEventListener("message", this.hear);
    this.done(event.data.token);
  }

  /** @param {string} text */
  say(text) {
    byId("sign-in-message").textContent = text;
  }
}
