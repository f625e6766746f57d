// photos.js: how often photos are sent, what is told where they are not taken, and how it waits.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { afterEach, beforeEach, mock, test } from "node:test";
import { answering, button, deferred, defined, from, part, reply, settle } from "./page.js";
import "../../django_avaturn/static/django_avaturn/photos.js";

const TEXTS = { too_large: "Use smaller ones.", unavailable: "Try again." };
const MADE = { id: "x", status: "processing" };

let requests;

class Request {
  upload = {};
  open() {}
  setRequestHeader() {}
  send = () => void requests.push(this);
  abort() {
    this.aborted = true;
    this.onabort();
  }
  /** The server's answer; of HTML a browser makes no response where it wants JSON. */
  answer(status, response = null) {
    Object.assign(this, { status, response, responseURL: "https://site.example/avatars/" });
    this.onload();
  }
}

beforeEach(() => {
  requests = [];
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.XMLHttpRequest = Request;
  globalThis.FormData = class {
    has = () => false;
    append() {}
  };
  document.createElement = () => part({ getContext: () => null });
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** The form with three photos; they are being read until `read()`. */
const filled = () => {
  const [ready, read] = deferred();
  const element = new (defined("avaturn-photos"))();
  const data = { url: "/avatars/", texts: JSON.stringify(TEXTS), state: "idle", csrfHeader: "X" };
  Object.assign(element.dataset, data);
  const slot = (name) =>
    part({ dataset: { part: name }, photo: new Blob(), preview: {}, ready, remove() {} });
  const slots = ["a", "b", "c"].map(slot);
  element.querySelectorAll = (selector) => (selector === "avaturn-photo" ? slots : []);
  element.parts.set("form", part({ elements: { namedItem: () => null } }));
  for (const invalid of ["[data-invalid] .avaturn-file", "fieldset:has([data-kind=error]) input"])
    element.parts.set(invalid, null);
  element.connectedCallback();
  const errors = [];
  element.addEventListener("avaturn:error", ({ detail }) => errors.push(detail));
  return { element, read, errors, slots };
};

const send = (element) => from(element, "submit", element.querySelector("form"));
const click = (element, action) => from(element, "click", button({ action }));

test("two clicks while photos are being read send them once", async () => {
  const { element, read } = filled();
  send(element);
  await settle();
  send(element);
  read();
  await settle();
  assert.deepEqual([requests.length, element.dataset.state], [1, "uploading"]);
});

test("a click while they are on their way sends nothing more", async () => {
  const { element, read } = filled();
  read();
  send(element);
  await settle();
  send(element);
  await settle();
  assert.deepEqual([requests.length, requests[0].aborted], [1, undefined]);
});

for (const [what, drop] of [
  ["cancelled", (element) => click(element, "cancel")],
  ["left with the page", (element) => element.disconnectedCallback()],
])
  test(`what waits for photos can be ${what}`, async () => {
    const { element, read } = filled();
    send(element);
    await settle();
    drop(element);
    read();
    await settle();
    assert.deepEqual([requests.length, element.dataset.state], [0, "idle"]);
  });

test("an upload that is cancelled can be begun again", async () => {
  const { element, read } = filled();
  read();
  send(element);
  await settle();
  click(element, "cancel");
  await settle();
  assert.deepEqual([requests[0].aborted, element.dataset.state], [true, "idle"]);
  send(element);
  await settle();
  assert.deepEqual([requests.length, element.dataset.state], [2, "uploading"]);
});

test("a form that lacks a photo can be sent once it is there", async () => {
  const { element, read, slots } = filled();
  read();
  slots[1].photo = null;
  slots[1].fail = mock.fn();
  element.parts.set("[data-invalid] .avaturn-file", part());
  send(element);
  await settle();
  assert.deepEqual([requests.length, slots[1].fail.mock.callCount()], [0, 1]);
  slots[1].photo = new Blob();
  element.parts.set("[data-invalid] .avaturn-file", null);
  send(element);
  await settle();
  assert.equal(requests.length, 1);
});

test("a second click on Retry sends nothing more", async () => {
  const { element, read } = filled();
  read();
  send(element);
  await settle();
  requests[0].onerror();
  await settle();
  assert.equal(element.dataset.state, "failed");
  for (const _ of "12") click(element, "retry");
  await settle();
  assert.equal(requests.length, 2);
});

for (const [what, response, message] of [
  ["a web server in front of the site", null, TEXTS.too_large],
  [
    "the site, which knows its limit",
    { code: "too_large", detail: "Up to 15 MB." },
    "Up to 15 MB.",
  ],
])
  test(`photos that are too large for ${what}`, async () => {
    const { element, read, errors } = filled();
    read();
    send(element);
    await settle();
    requests[0].answer(413, response);
    await settle();
    assert.deepEqual(errors, [{ code: "too_large", message }]);
    assert.equal(element.querySelector(".avaturn-photos-status").textContent, message);
  });

test("however long it asks, it does not gather listeners", async () => {
  const calls = answering(() => reply(200, MADE));
  const { element, read } = filled();
  read();
  send(element);
  await settle();
  requests[0].answer(201, MADE);
  const asked = async (times) => {
    while (calls.length < times) {
      await settle();
      mock.timers.tick(20_000);
    }
    await settle();
    return getEventListeners(calls[0].signal, "abort").length;
  };
  assert.equal(await asked(2), await asked(20));
  element.disconnectedCallback();
});

test("an element that goes while it asks does not ask again", async () => {
  const [answered, answer] = deferred();
  const calls = answering(() => answered);
  const { element, read } = filled();
  read();
  send(element);
  await settle();
  requests[0].answer(201, MADE);
  await settle();
  mock.timers.tick(1000);
  await settle();
  assert.equal(calls.length, 1);
  element.disconnectedCallback();
  answer(reply(503));
  await settle();
  mock.timers.tick(60_000);
  await settle();
  assert.equal(calls.length, 1);
});
