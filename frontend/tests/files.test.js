// files.js: how long, and how often, it asks for an avatar.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { answering, defined, from, part, reply, settle } from "./page.js";
import "../../django_avaturn/static/django_avaturn/files.js";

const READY = { state: "ready", version: "1" };
const DONE = {
  id: "x",
  status: "ready",
  confirmed: true,
  gone_at: null,
  model: READY,
  portrait: READY,
};
const BUSY = { ...DONE, status: "processing", model: null, portrait: null };

let told;
let over;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  told = [];
  over = new AbortController();
  const listener = ({ detail }) => told.push(detail.avatar.status);
  document.addEventListener("avaturn:stored", listener, { signal: over.signal });
});

afterEach(() => {
  over.abort();
  mock.timers.reset();
  mock.restoreAll();
});

const follow = (avatar = { id: "x" }) => {
  const element = new (defined("avaturn-files"))();
  element.dataset = { avatarsUrl: "/avatars/", pending: "" };
  let isOver = false;
  element.follow(avatar).then(() => (isOver = true));
  return { element, isOver: () => isOver };
};

/** After how many ms each question is asked, for as long as `ms`. */
const times = async (calls, ms) => {
  const start = Date.now();
  const asked = [];
  for (let at = 0; at <= ms; at += 20) {
    await settle();
    while (asked.length < calls.length) asked.push(Date.now() - start);
    mock.timers.tick(20);
  }
  return asked;
};

test("what is done is asked for once", async () => {
  const calls = answering(() => reply(200, DONE));
  const { isOver } = follow();
  await settle();
  await settle();
  assert.deepEqual(
    calls.map(({ url }) => url),
    ["/avatars/x/"],
  );
  assert.deepEqual([isOver(), told], [true, ["ready"]]);
});

test("what the page knows already is not asked for", async () => {
  const calls = answering(() => reply(200, DONE));
  const { isOver } = follow(DONE);
  await settle();
  assert.deepEqual([calls.length, isOver(), told], [0, true, ["ready"]]);
});

test("it asks less and less often, tells of changes only, and gives up", async () => {
  const calls = answering(() => reply(200, BUSY));
  const { isOver } = follow();
  const asked = await times(calls, 620_000);
  assert.deepEqual(asked.slice(0, 4), [0, 1000, 2400, 4360]);
  const gaps = asked.slice(1).map((at, n) => at - asked[n]);
  assert.equal(Math.max(...gaps), 15_000);
  assert.ok(asked.at(-1) < 600_000 && asked.at(-1) > 580_000);
  assert.deepEqual([isOver(), told], [true, ["processing"]]);
});

for (const status of [401, 403, 404, 410])
  test(`it stops at ${status}`, async () => {
    const calls = answering(() => reply(status));
    const { isOver } = follow();
    await times(calls, 5000);
    assert.deepEqual([calls.length, isOver(), told], [1, true, []]);
  });

const redirected = (answer) => Object.defineProperty(answer, "redirected", { value: true });
for (const [what, answer] of [
  ["the way to the log-in", () => redirected(reply(200, "<!doctype html>"))],
  ["the way to another API", () => redirected(reply(200, DONE))],
  ["a page", () => reply(200, "<!doctype html>")],
])
  test(`${what} is no answer, and the avatar can be asked for again`, async () => {
    const answers = [answer(), reply(200, DONE)];
    const calls = answering(() => answers.shift());
    for (const asked of [1, 2]) {
      const element = new (defined("avaturn-files"))();
      element.dataset = { avatarsUrl: "/avatars/", pending: "x" };
      element.connectedCallback();
      await settle();
      assert.equal(calls.length, asked);
    }
    assert.deepEqual(told, ["ready"]);
  });

for (const status of [429, 500, 503])
  test(`it goes on after ${status}`, async () => {
    const answers = [reply(status), reply(200, DONE)];
    const calls = answering(() => answers.shift());
    const { isOver } = follow();
    await times(calls, 5000);
    assert.deepEqual([calls.length, isOver(), told], [2, true, ["ready"]]);
  });

test("it goes on where there is no network for a while", async () => {
  const answers = [Promise.reject(new TypeError("Failed to fetch")), reply(200, DONE)];
  const calls = answering(() => answers.shift());
  const { isOver } = follow();
  await times(calls, 5000);
  assert.deepEqual([calls.length, isOver()], [2, true]);
});

test("a later save takes over", async () => {
  const calls = answering(() => reply(200, BUSY));
  const { element, isOver } = follow();
  await settle();
  element.follow({ id: "x" });
  const asked = await times(calls, 3000);
  assert.equal(isOver(), true);
  assert.equal(asked.length, 4); // one of the first, and as many as one follower asks in 3 s
});

for (const [what, avatar] of [
  ["nobody can ask Avaturn about it", { ...BUSY, confirmed: false }],
  ["it is gone", { ...BUSY, gone_at: "2026-11-01T00:00:00Z" }],
  ["it has failed", { ...BUSY, status: "failed" }],
])
  test(`it stops where ${what}`, async () => {
    const calls = answering(() => reply(200, avatar));
    const { isOver } = follow();
    await times(calls, 3000);
    assert.deepEqual([calls.length, isOver()], [1, true]);
  });

/** The user's portrait: initials, and a picture or none. */
const portrait = (picture) => {
  const element = part({ dataset: { alt: "Portrait of Ann", size: "48" } });
  const initials = part({ ariaHidden: picture ? "true" : null });
  const img = picture && part({ remove: () => element.parts.set("img", null) });
  const append = (added) => element.parts.set("img", Object.assign(added, img));
  Object.assign(element, { append, parts: new Map(Object.entries({ svg: initials, img })) });
  globalThis.Image = class {};
  mock.method(document, "querySelectorAll", () => [element]);
  return { element, initials };
};

const show = async (url) => {
  answering(() => reply(200, { ...DONE, active: true, portrait: { ...READY, url } }));
  follow();
  await settle();
};

test("a picture that comes is read in place of the initials", async () => {
  const { element, initials } = portrait(null);
  await show("/ann.webp");
  const { src, alt } = element.querySelector("img");
  assert.deepEqual([src, alt, initials.ariaHidden], ["/ann.webp", "Portrait of Ann", "true"]);
});

test("the initials are read again when the picture is removed", async () => {
  const { element, initials } = portrait(true);
  await show(null);
  assert.deepEqual([element.querySelector("img"), initials.ariaHidden], [null, null]);
});

test("the initials are read again where the picture does not load", () => {
  const { element, initials } = portrait(true);
  const img = Object.assign(element.querySelector("img"), { parentElement: element });
  img.matches = (selector) => selector === "avaturn-portrait img";
  from(document, "error", img);
  assert.deepEqual([element.querySelector("img"), initials.ariaHidden], [null, null]);
});
