// photo.js: how large a photo may stay, and what a camera that fails means for the one that is there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { scaled } from "../../django_avaturn/static/django_avaturn/photo.js";
import { button, defined, from, part, settle } from "./page.js";

for (const [what, size, expected] of [
  ["fits", [4096, 3000], [4096, 3000]],
  ["is too wide", [8192, 3000], [4096, 1500]],
  ["is too high", [3001, 8192], [1501, 4096]],
  ["is small and stays so", [64, 64], [64, 64]],
])
  test(`a photo that ${what}`, () => {
    const [width, height] = size;
    assert.deepEqual(Object.values(scaled({ width, height }, 4096)), expected);
  });

/** A slot whose camera cannot be used. */
const pressed = async (photo, invalid = "") => {
  const enumerateDevices = async () => [{ kind: "videoinput" }];
  const value = { mediaDevices: { enumerateDevices } };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value });
  globalThis.matchMedia = () => ({ matches: false });
  const slot = new (defined("avaturn-photo"))();
  const texts = JSON.stringify({ camera: "The camera cannot be used." });
  const missing = import.meta.resolve("./no_camera.js");
  slot.closest = () => part({ dataset: { texts, cameraUrl: missing } });
  const focused = new Promise((resolve) => (slot.querySelector("input").focus = resolve));
  slot.photo = photo;
  slot.connectedCallback();
  if (invalid) slot.fail(invalid);
  await settle();
  from(slot, "click", button({ action: "camera" }));
  await focused; // what comes last
  const { textContent, dataset } = slot.querySelector(".avaturn-slot-note");
  assert.equal(textContent, "The camera cannot be used.");
  return [dataset.kind, slot.hasAttribute("data-invalid")];
};

test("a camera that fails is an error where there is no photo", async () => {
  assert.deepEqual(await pressed(null), ["error", true]);
});

test("a camera that fails leaves a photo what it is", async () => {
  assert.deepEqual(await pressed(new Blob()), ["warning", false]);
  assert.deepEqual(await pressed(new Blob(), "Three different ones."), ["error", true]);
});
