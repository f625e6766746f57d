// frame.js: the SDK made safe.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { guarded } from "../../django_avaturn/static/django_avaturn/frame.js";
import { settle } from "./page.js";

const ORIGIN = "https://project.avaturn.dev";

/** As careless as the official class: what it hears and sends is written down. */
class Careless {
  heard = [];
  sent = [];
  destroyed = false;
  sceneRef = { contentWindow: { name: "own frame" } };

  messageHandler(event) {
    this.heard.push(event.data);
  }

  sendMessage(type, data, key) {
    return new Promise((resolve, reject) => this.sent.push({ type, data, key, resolve, reject }));
  }

  destroy() {
    this.destroyed = true;
  }
}

let sdk;
const types = () => sdk.sent.map(({ type }) => type);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  sdk = new (guarded(Careless, ORIGIN))();
});

test("its own frame is heard", () => {
  const data = { type: "MESSAGE" };
  sdk.messageHandler({ source: sdk.sceneRef.contentWindow, origin: ORIGIN, data });
  assert.deepEqual(sdk.heard, [data]);
});

const own = { origin: ORIGIN, data: { type: "MESSAGE" } };
for (const [what, forged] of Object.entries({
  "another window": { ...own, source: { name: "another" } },
  "no window": { ...own, source: null },
  "another origin": { ...own, origin: "https://evil.example" },
  "an origin that begins alike": { ...own, origin: `${ORIGIN}.evil.example` },
  "a text": { ...own, data: "sdk_handshake" },
  nothing: { ...own, data: null },
}))
  test(`${what} is not heard`, () => {
    sdk.messageHandler({ source: sdk.sceneRef.contentWindow, ...forged });
    assert.deepEqual(sdk.heard, []);
  });

test("nobody is heard before there is a frame", () => {
  sdk.sceneRef = undefined;
  sdk.messageHandler({ source: undefined, ...own });
  assert.deepEqual(sdk.heard, []);
});

test("calls of one type wait for each other, whatever becomes of them", async () => {
  const first = sdk.sendMessage("set_active_asset", "a");
  const second = sdk.sendMessage("set_active_asset", "b");
  await settle();
  assert.deepEqual(types(), ["set_active_asset"]);
  sdk.sent[0].reject("no such asset");
  await assert.rejects(first, { message: "set_active_asset: no such asset" });
  await settle();
  assert.equal(sdk.sent[1].data, "b");
  sdk.sent[1].resolve("done");
  assert.equal(await second, "done");
});

test("calls of other types do not wait", async () => {
  sdk.sendMessage("get_bodies_list");
  sdk.sendMessage("get_assets_list");
  await settle();
  assert.deepEqual(types(), ["get_bodies_list", "get_assets_list"]);
});

test("an export waits for all of them", async () => {
  sdk.sendMessage("set_hair_color");
  sdk.sendMessage("set_active_body");
  sdk.sendMessage("export_avatar");
  await settle();
  sdk.sent[0].resolve();
  await settle();
  assert.deepEqual(types(), ["set_hair_color", "set_active_body"]);
  sdk.sent[1].resolve();
  await settle();
  assert.equal(types().at(-1), "export_avatar");
});

test("the handshake, and what nobody answers, go out at once", () => {
  sdk.sendMessage("sdk_handshake", null, "sdk_handshake");
  sdk.sendMessage("callback", null, "callback", false);
  assert.deepEqual(types(), ["sdk_handshake", "callback"]);
});

for (const [type, seconds] of [
  ["set_active_body", 20],
  ["export_avatar", 120],
])
  test(`${type} may take ${seconds} seconds`, async () => {
    let outcome = "open";
    sdk.sendMessage(type).catch(({ message }) => (outcome = message));
    await settle();
    mock.timers.tick(seconds * 1000 - 1);
    await settle();
    assert.equal(outcome, "open");
    mock.timers.tick(1);
    await settle();
    assert.equal(outcome, `${type}: no answer within ${seconds} seconds`);
  });

for (const [why, told] of [
  ["not for you", "set_eye_color: not for you"],
  [undefined, "set_eye_color: the editor refuses"],
  [{ odd: true }, "set_eye_color: the editor refuses"],
  [new TypeError("broken"), "broken"],
])
  test(`a refusal becomes an Error: ${told}`, async () => {
    const call = sdk.sendMessage("set_eye_color");
    await settle();
    sdk.sent[0].reject(why);
    await assert.rejects(call, (error) => error instanceof Error && error.message === told);
  });

test("what is on its way ends when the editor is closed", async () => {
  const call = sdk.sendMessage("export_avatar");
  await settle();
  sdk.destroy();
  await assert.rejects(call, { message: "export_avatar: the editor is closed" });
  assert.equal(sdk.destroyed, true);
  await assert.rejects(sdk.sendMessage("get_avatar_id"), /the editor is closed/);
  assert.deepEqual(types(), ["export_avatar"]);
});
