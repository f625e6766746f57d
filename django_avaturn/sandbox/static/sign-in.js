// The small window: asks for a token and hands it to the page that opened it.

import { SIGNED_IN } from "./project.js";
import { call } from "./service.js";

/** @type {ById} */
const byId = (id) => /** @type {any} */ (document.getElementById(id));
const name = byId("name");
const form = byId("form");

// Cross-Origin-Opener-Policy of the embedding page cuts the line between the two.
form.hidden = !window.opener;
byId("lost").hidden = Boolean(window.opener);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn();
});
name.addEventListener("input", () => say(""));
if (window.opener) name.select();

async function signIn() {
  if (!name.value.trim()) return refuse("Please type a name.");
  byId("submit").disabled = true;
  say("");
  try {
    const { token } = await call("/iframe/accounts", { name: name.value });
    window.opener.postMessage({ source: SIGNED_IN, token }, location.origin);
    window.close();
  } catch {
    refuse("Signing in did not work. Please try again.");
  } finally {
    byId("submit").disabled = false;
  }
}

/** @param {string} text */
function refuse(text) {
  say(text);
  name.focus();
}

/** @param {string} text */
function say(text) {
  byId("problem").textContent = text;
  name.setAttribute("aria-invalid", String(Boolean(text)));
}
