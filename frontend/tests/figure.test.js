// The arithmetic of the sandbox's figure.
import assert from "node:assert/strict";
import { test } from "node:test";
import { multiply, projection, viewMatrix } from "../../django_avaturn/sandbox/static/camera.js";
import { buildScene, STRIDE } from "../../django_avaturn/sandbox/static/mesh.js";

const packed = (numbers, Type) => Buffer.from(Type.from(numbers).buffer).toString("base64");
const part = (role, opacity, points) => ({
  role,
  gloss: 0.5,
  color: [1, 0.5, 0.25, opacity],
  positions: packed(points, Int16Array),
  indices: packed([0, 1, 2], Uint16Array),
});
const near = (got, wanted) => assert.ok(Math.abs(got - wanted) < 1e-6, `${got} is not ${wanted}`);

// Flat in z, turned towards the eye; heights in quarters of a millimetre.
const triangle = (height) => [0, height, 0, 400, height, 0, 0, height + 400, 0];
const plain = buildScene({ scale: 4000, parts: [] });
const pedestal = plain.vertices.length / STRIDE;

test("the pedestal is there, opaque, and below the figure", () => {
  assert.equal(plain.opaque, plain.faces.length);
  assert.ok(plain.faces.length > 0);
  assert.deepEqual([plain.height, plain.eyeHeight], [0, 0]);
});

test("positions, colour and gloss arrive, with normals of length one", () => {
  const { vertices, height } = buildScene({ scale: 4000, parts: [part("", 1, triangle(4000))] });
  const corner = [...vertices.slice(pedestal * STRIDE, (pedestal + 1) * STRIDE)];
  assert.deepEqual(corner, [0, 1, 0, 0, 0, 1, 1, 0.5, 0.25, 1, 0.5, 0]);
  near(height, 1.1);
  for (let i = 3; i < vertices.length; i += STRIDE) {
    const length = Math.hypot(...vertices.slice(i, i + 3));
    if (length) near(length, 1);
  }
});

test("what is seen through comes last, whatever the order", () => {
  const parts = [part("", 0.3, triangle(0)), part("", 1, triangle(0))];
  const { vertices, faces, opaque } = buildScene({ scale: 4000, parts });
  assert.equal(faces.length - opaque, 3);
  const opacity = (index) => vertices[index * STRIDE + 9];
  assert.ok([...faces.slice(0, opaque)].every((index) => opacity(index) === 1));
  assert.ok([...faces.slice(opaque)].every((index) => opacity(index) < 0.5));
});

test("eyes blink about their own middle", () => {
  const { vertices, eyeHeight } = buildScene({
    scale: 4000,
    parts: [part("eyes", 1, triangle(6000))],
  });
  near(eyeHeight, 1.55);
  const blink = [...Array(3).keys()].map((n) => vertices[(pedestal + n) * STRIDE + 11]);
  assert.deepEqual(blink, [1, 1, 1]);
});

test("a matrix times one is itself", () => {
  const one = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const some = viewMatrix({ yaw: 0.3, pitch: 0.1, distance: 2, height: 1 });
  const single = Float32Array.from(some);
  assert.deepEqual(multiply(some, one), single);
  assert.deepEqual(multiply(one, some), single);
});

test("what is looked at is in the middle, in front of the eye", () => {
  const view = viewMatrix({ yaw: 0.7, pitch: 0.2, distance: 3, height: 0.8 });
  const m = multiply(projection(1.5), view);
  const [x, y, , w] = [0, 1, 2, 3].map((row) => m[4 + row] * 0.8 + m[12 + row]);
  near(x, 0);
  near(y, 0);
  near(w, 3);
});
