// gallery.js: what is wrong, as a key of the page's texts.
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { ask } from "../../django_avaturn/static/django_avaturn/gallery.js";
import { answering, reply } from "./page.js";

afterEach(() => mock.restoreAll());

test("a page is asked for anew, whatever the browser has kept", async () => {
  const calls = answering(() => reply(200, "<html>"));
  assert.equal(await (await ask("/avatar/", {})).text(), "<html>");
  assert.equal(calls[0].cache, "no-store");
});

test("a conflict is an answer", async () => {
  answering(() => reply(409, { detail: "It is in use." }));
  assert.equal((await ask("/avatar/", {})).status, 409);
});

const redirected = () => Object.defineProperty(reply(200), "redirected", { value: true });
for (const [what, answer, message] of [
  ["no network", () => Promise.reject(new TypeError("Failed to fetch")), "network"],
  ["the way to the log-in", redirected, "login"],
  ["an avatar that is gone", () => reply(404), "404"],
  ["an expired token", () => reply(403), "403"],
  ["a server error", () => reply(500), "500"],
])
  test(`${what} is ${message}`, async () => {
    answering(answer);
    await assert.rejects(ask("/avatar/", {}), { message });
  });
