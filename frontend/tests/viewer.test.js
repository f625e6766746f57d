// viewer.js with data-follow: an avatar is never shown as another one.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { deferred, defined, part, settle } from "./page.js";
import "../../django_avaturn/static/django_avaturn/viewer.js";

const A = { id: "A", active: true, model: { state: "ready", url: "/a.glb", version: "va" } };
const B = { ...A, id: "B", model: null, portrait: null };
const MODEL = { state: "ready", url: "/b.glb", version: "vb" };
const PREVIEW = "blob:b";

let shown; // the models in the stage, the upper one first
let page; // what listens to the document

customElements.define("model-viewer", class {});

beforeEach(() => {
  shown = [];
  globalThis.matchMedia = () => ({ matches: false });
  globalThis.Image = class {};
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: {} });
  mock.method(URL, "createObjectURL", () => PREVIEW);
  document.createElement = (name) => {
    const element = part({ name, getContext: () => ({ getExtension: () => null }) });
    const classes = new Set();
    element.classList = { add: (one) => classes.add(one), remove: (one) => classes.delete(one) };
    element.matches = (selector) => selector === name || classes.has(selector.slice(1));
    element.remove = () => (shown = shown.filter((model) => model !== element));
    return element;
  };
});

afterEach(() => page.disconnectedCallback());

/** A viewer of avatar A. */
const viewer = () => {
  const element = (page = new (defined("avaturn-viewer"))());
  const { url: src, version } = A.model;
  const texts = JSON.stringify({ empty: "Not here yet." });
  Object.assign(element.dataset, { texts, avatar: "A", src, version, follow: "", reveal: "click" });
  const stage = element.querySelector(".avaturn-viewer-stage");
  const all = (selector) => shown.filter((model) => model.matches(selector));
  stage.querySelectorAll = all;
  stage.querySelector = (selector) => all(selector)[0] ?? null;
  stage.prepend = (model) => shown.unshift(model);
  element.connectedCallback();
};

/** The model that was put in last is there. */
const load = async () => {
  await settle();
  shown[0].dispatchEvent(new Event("load"));
  await settle();
};

/** The same, in 3D. */
const showing = async () => {
  viewer();
  page.show();
  await load();
};

const stored = async (avatar) => {
  document.dispatchEvent(new CustomEvent("avaturn:stored", { detail: { avatar } }));
  await settle();
};

/** Avatar B is exported by an editor that has its file when the promise says so. */
const exported = async (file) => {
  const event = new CustomEvent("avaturn:export", { detail: { avatarId: "B" } });
  Object.defineProperty(event, "target", { value: { modelOf: () => file } });
  document.dispatchEvent(event);
  await settle();
};

const seen = () => {
  const { avatar, src, version, state } = page.dataset;
  return [avatar, src, version, state, ...shown.map((model) => model.src)];
};

test("an avatar without a model is not shown as the one before", async () => {
  viewer();
  await stored(B);
  assert.deepEqual(seen(), ["B", "", "", "picture"]);
  const { hidden } = page.querySelector(".avaturn-viewer-show");
  const { textContent } = page.querySelector(".avaturn-viewer-status");
  assert.deepEqual([hidden, textContent], [true, "Not here yet."]);
  await stored({ ...B, model: MODEL });
  assert.deepEqual(seen(), ["B", "/b.glb", "vb", "picture"]);
});

test("nor in 3D", async () => {
  await showing();
  assert.deepEqual(seen(), ["A", "/a.glb", "va", "shown", "/a.glb"]);
  await stored(B);
  assert.deepEqual(seen(), ["B", "", "", "picture"]);
});

test("nor while it loads", async () => {
  viewer();
  page.show();
  await settle();
  await stored(B);
  assert.deepEqual(seen(), ["B", "", "", "picture"]);
});

test("one that has a model takes the place at once", async () => {
  await showing();
  await stored({ ...B, model: MODEL });
  assert.deepEqual(seen(), ["B", "/b.glb", "vb", "loading", "/b.glb"]);
  await load();
  assert.deepEqual(seen(), ["B", "/b.glb", "vb", "shown", "/b.glb"]);
});

test("a new model of the same avatar takes the place when it is there", async () => {
  await showing();
  await stored({ ...A, model: { ...A.model, url: "/a2.glb", version: "va2" } });
  assert.deepEqual(seen(), ["A", "/a2.glb", "va2", "loading", "/a2.glb", "/a.glb"]);
  await load();
  assert.deepEqual(seen(), ["A", "/a2.glb", "va2", "shown", "/a2.glb"]);
});

test("an export that is shown ahead stays; nothing else does", async () => {
  await showing();
  await exported(Promise.resolve(new Blob()));
  assert.deepEqual(seen(), ["A", "/a.glb", "va", "loading", PREVIEW, "/a.glb"]);
  await stored(B);
  assert.deepEqual(seen(), ["B", "", "", "loading", PREVIEW]);
  await load();
  assert.deepEqual(seen(), ["B", "", "", "shown", PREVIEW]);
  await stored({ ...B, model: MODEL });
  assert.deepEqual(seen(), ["B", "/b.glb", "vb", "shown", PREVIEW]);
});

test("where it is not kept, the one before does not come back", async () => {
  await showing();
  await exported(Promise.resolve(new Blob()));
  await load();
  await stored(B);
  await stored({ ...B, model: { state: "failed", url: null, version: "" } });
  assert.deepEqual(seen(), ["B", "", "", "picture"]);
});

for (const [what, file, after] of [
  ["comes", new Blob(), ["loading", PREVIEW]],
  ["does not come", null, ["picture"]],
])
  test(`an export that is told of before its file, which ${what}`, async () => {
    const [sent, send] = deferred();
    await showing();
    await exported(sent);
    assert.deepEqual(seen(), ["A", "/a.glb", "va", "shown", "/a.glb"]);
    await stored(B);
    assert.deepEqual(seen(), ["B", "", "", "loading"]);
    send(file);
    await settle();
    assert.deepEqual(seen(), ["B", "", "", ...after]);
  });

test("an export of one that does not become the active one", async () => {
  await showing();
  await exported(Promise.resolve(new Blob()));
  await load();
  await stored({ ...B, id: "C" });
  assert.deepEqual(seen(), ["C", "", "", "picture"]);
});
