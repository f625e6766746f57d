// The sandbox's side of the SDK's protocol.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Host } from "../../django_avaturn/sandbox/static/host.js";
import { settle } from "./page.js";

const SDK = "v1.avaturn-sdk";
let peer;
let posted;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  posted = [];
  peer = { postMessage: ({ date, source, ...message }) => posted.push(message) };
  globalThis.window = { parent: peer, addEventListener: () => {} };
  location.search = "?sdk=true";
});

const host = (requests = {}, events = undefined) => {
  const made = new Host(requests, events);
  made.open();
  posted = [];
  return made;
};
const hear = (to, message, source = peer) =>
  to.hear({ source, data: { source: SDK, type: "MESSAGE", key: "k", ...message } });

test("it speaks first, and says whether it accepts", () => {
  new Host({}).open({ accepts: false });
  const [{ type, eventName, isOk }] = posted;
  assert.deepEqual([posted.length, type, eventName, isOk], [1, "RESPONSE", "sdk_handshake", false]);
});

test("a page of its own is silent", () => {
  location.search = "";
  host().callback("load");
  assert.deepEqual(posted, []);
});

test("a handshake is answered, its confirmation is not", () => {
  const open = host();
  hear(open, { eventName: "sdk_handshake" });
  hear(open, { eventName: "sdk_handshake_confirmation" });
  assert.deepEqual(
    posted.map(({ eventName }) => eventName),
    ["sdk_handshake"],
  );
});

test("requests are answered under their key", async () => {
  const open = host({ double: (data) => data * 2, nothing: () => {} });
  hear(open, { eventName: "double", key: "a", data: 21 });
  hear(open, { eventName: "nothing", key: "b" });
  await settle();
  assert.deepEqual(posted, [
    { type: "RESPONSE", eventName: "double", key: "a", data: 42, isOk: true },
    { type: "RESPONSE", eventName: "nothing", key: "b", data: null, isOk: true },
  ]);
});

test("a request that fails, or that there is not, is refused", async () => {
  const refuse = () => {
    throw new Error("No such asset: x");
  };
  const open = host({ refuse });
  hear(open, { eventName: "refuse" });
  hear(open, { eventName: "unknown" });
  await settle();
  assert.deepEqual(
    posted.map(({ data, isOk }) => [data, isOk]),
    [
      ["No such asset: x", false],
      ["There is no unknown here", false],
    ],
  );
});

for (const [what, message, source] of [
  ["another window", { eventName: "double" }, {}],
  ["another protocol", { eventName: "double", source: "v2" }, undefined],
])
  test(`${what} is not heard`, async () => {
    const double = mock.fn();
    hear(host({ double }), message, source);
    await settle();
    assert.equal(double.mock.callCount(), 0);
    assert.deepEqual(posted, []);
  });

test("only the events that are wanted are told of", () => {
  const open = host({}, ["export"]);
  open.callback("load");
  open.callback("export", { avatarId: "x" });
  assert.deepEqual(
    posted.map(({ key }) => key),
    ["export"],
  );
});

test("a question is answered, or given up after a while", async () => {
  const open = host();
  const first = open.ask("ask_for_defaults");
  hear(open, { type: "RESPONSE", key: posted[0].key, data: { assets: [] } });
  assert.deepEqual(await first, { assets: [] });
  const second = open.ask("ask_for_defaults");
  mock.timers.tick(400);
  assert.equal(await second, undefined);
  assert.equal(open.waiting.size, 0);
});
