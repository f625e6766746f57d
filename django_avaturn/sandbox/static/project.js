// The page of the free plan: people sign in for themselves, in a window of its own.
import { setState } from "./screens.js";

export const PROJECT = location.pathname === "/iframe";
export const SIGNED_IN = "avaturn-sandbox-sign-in";

const ADDRESS = "/iframe/sign-in";
const FEATURES = "popup,width=440,height=560";
const byId = (id) => document.getElementById(id);

// The token, once somebody has signed in.
export function signIn() {
  setState("sign-in");
  return new Promise((resolve) => {
    const desk = new Desk(resolve);
    byId("sign-in").addEventListener("click", () => desk.open());
  });
}

class Desk {
  constructor(done) {
    this.done = done;
    this.popup = null;
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
    this.timer = setInterval(() => this.popup.closed && this.closed(), 400);
  }

  closed() {
    clearInterval(this.timer);
    this.say("The sign-in window was closed.");
    byId("sign-in").textContent = "Try again";
  }

  hear(event) {
    const known = this.popup && event.source === this.popup && event.origin === location.origin;
    if (!known || event.data?.source !== SIGNED_IN) return;
    clearInterval(this.timer);
    window.removeEventListener("message", this.hear);
    this.done(event.data.token);
  }

  say(text) {
    byId("sign-in-message").textContent = text;
  }
}
