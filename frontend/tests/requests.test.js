// What a page may ask of the sandbox's editor through the SDK.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { slotsOf } from "../../django_avaturn/sandbox/static/panel.js";
import { requestsFor } from "../../django_avaturn/sandbox/static/requests.js";

const asset = (id, slot, name, category) => ({ id, slot, name, category, preview: `/${id}.png` });
const body = (id, gender) => ({ id, gender, preview: `/${id}.png` });
const catalogue = {
  bodies: [body("body_0", "male"), body("body_1", "female")],
  assets: [
    asset("a1", "hair", "short", "hairAndHeadwear"),
    asset("a2", "hair", "long", "hairAndHeadwear"),
    asset("a3", "glasses", "round", "eyewear"),
  ],
  skinTones: [],
  hairColors: [],
  eyeColors: ["brown", "blue"],
};

let changes;
let requests;

beforeEach(() => {
  changes = [];
  const look = {
    body: "body_0",
    hair: "long",
    glasses: "none",
    lens: "#11223380",
    hair_color: "#000000",
  };
  const studio = {
    look: { ...look, eyes: "brown", head: 1, arms: 2, chest: 3, skin: 4 },
    change: (change) => changes.push(change),
    stage: { turntable: false, wake: () => {} },
  };
  requests = requestsFor(
    () => studio,
    () => ({ catalogue, openAvatar: "x" }),
  );
  requests.studio = studio;
});

for (const [name, data, change] of [
  ["set_active_asset", "a3", { glasses: "round" }],
  ["set_active_body", "body_1", { body: "body_1" }],
  ["set_eye_color", "blue", { eyes: "blue" }],
  ["set_hair_color", "#AABBCC", { hair_color: "#aabbcc" }],
  ["set_eyewear_color", "#AABBCC", { lens: "#aabbcc80" }],
  ["set_eyewear_color", "transparent", { lens: "#ffffff00" }],
  ["set_body_proportions", { key: "head", value: 500 }, { head: 100 }],
  ["set_body_proportions", { key: "arms", value: -500 }, { arms: -100 }],
  ["set_body_proportions", { key: "chest", value: "odd" }, { chest: 0 }],
  ["set_skin_tone", 70, { skin: 50 }],
  ["set_skin_tone", "-7", { skin: -7 }],
])
  test(`${name}(${JSON.stringify(data)}) changes the look`, () => {
    requests[name](data);
    assert.deepEqual(changes, [change]);
  });

for (const [name, data] of [
  ["set_active_asset", "a9"],
  ["set_active_body", "body_9"],
  ["set_active_animation", "dance"],
  ["set_eye_color", "red"],
  ["set_hair_color", "red"],
  ["set_hair_color", "#aabbccdd"],
  ["set_eyewear_color", ""],
  ["set_body_proportions", { key: "legs", value: 1 }],
])
  test(`${name}(${JSON.stringify(data)}) is refused`, () => {
    assert.throws(() => requests[name](data), Error);
    assert.deepEqual(changes, []);
  });

for (const [name, answer] of [
  ["get_active_assets", { eyewear: "", hairAndHeadwear: "a2", clothing: "", footwear: "" }],
  ["get_avatar_info", { id: "body_0" }],
  ["get_avatar_id", { id: "x" }],
  ["get_eye_color", "brown"],
  ["get_eyewear_color", "#112233"],
  ["get_body_proportions", { head: 1, arms: 2, chest: 3 }],
  ["get_skin_tone", 4],
  ["get_animation_info", { id: "idle" }],
])
  test(`${name}() tells`, () => assert.deepEqual(requests[name](), answer));

test("the turntable turns", () => {
  requests.set_active_animation("turntable");
  assert.deepEqual(requests.get_animation_info(), { id: "turntable" });
});

test("clear glasses have no colour", () => {
  requests.studio.look.lens = "#ffffff00";
  assert.equal(requests.get_eyewear_color(), "transparent");
});

test("what may be taken off can be", () => {
  const slots = slotsOf(catalogue);
  const values = Object.entries(slots).map(([slot, choices]) => [
    slot,
    choices.map(({ value }) => value),
  ]);
  assert.deepEqual(Object.fromEntries(values), {
    body: ["body_0", "body_1"],
    skin: [],
    hair: ["none", "short", "long"],
    hair_color: [],
    outfit: [],
    shoes: ["none"],
    glasses: ["none", "round"],
  });
});
