import assert from "node:assert/strict";
import { test } from "node:test";
import { scaled } from "../../django_avaturn/static/django_avaturn/photo.js";

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
