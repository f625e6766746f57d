// Turns what the server sends into one interleaved list of vertices, and makes the pedestal.

export const STRIDE = 12; // x y z, nx ny nz, r g b a, gloss, blink

/** @param {string} text */
function decode(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

/** @param {Float32Array} vertices @param {number} first @param {ArrayLike<number>} indices */
function addNormals(vertices, first, indices) {
  /** @param {number} index */
  const at = (index) => (first + index) * STRIDE;
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [at(indices[i]), at(indices[i + 1]), at(indices[i + 2])];
    const u = [0, 1, 2].map((k) => vertices[b + k] - vertices[a + k]);
    const v = [0, 1, 2].map((k) => vertices[c + k] - vertices[a + k]);
    const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    for (const corner of [a, b, c]) for (let k = 0; k < 3; k++) vertices[corner + 3 + k] += n[k];
  }
}

/** @param {Float32Array} vertices */
function normalise(vertices) {
  for (let i = 3; i < vertices.length; i += STRIDE) {
    const length = Math.hypot(vertices[i], vertices[i + 1], vertices[i + 2]) || 1;
    for (let k = 0; k < 3; k++) vertices[i + k] /= length;
  }
}

// Opaque triangles come first, see-through ones after `opaque` indices.
/** @param {{ scale: number, parts: PackedPart[] }} payload @returns {Scene} */
export function buildScene(payload) {
  const parts = [...pedestal(), ...payload.parts.map((part) => unpack(part, payload.scale))];
  parts.sort((a, b) => Number(a.color[3] < 1) - Number(b.color[3] < 1));
  const count = parts.reduce((sum, part) => sum + part.points.length / 3, 0);
  const vertices = new Float32Array(count * STRIDE);
  const faces = [];
  let first = 0,
    opaque = 0;
  const eyes = { low: Infinity, high: -Infinity };
  for (const part of parts) {
    place(vertices, first, part, eyes);
    addNormals(vertices, first, part.indices);
    for (const index of Array.from(part.indices)) faces.push(first + index);
    first += part.points.length / 3;
    if (part.color[3] === 1) opaque = faces.length;
  }
  normalise(vertices);
  const eyeHeight = eyes.high > 0 ? (eyes.low + eyes.high) / 2 : 0;
  return { vertices, faces: new Uint16Array(faces), opaque, eyeHeight, height: top(vertices) };
}

/** @param {PackedPart} part @param {number} scale @returns {Part} */
function unpack(part, scale) {
  const points = Float32Array.from(
    new Int16Array(decode(part.positions)),
    (value) => value / scale,
  );
  return { ...part, points, indices: new Uint16Array(decode(part.indices)) };
}

/**
 * @param {Float32Array} vertices
 * @param {number} first
 * @param {Part} part
 * @param {{ low: number, high: number }} eyes
 */
function place(vertices, first, part, eyes) {
  for (let i = 0; i < part.points.length / 3; i++) {
    const at = (first + i) * STRIDE;
    vertices.set(part.points.subarray(i * 3, i * 3 + 3), at);
    vertices.set(part.tints ? part.tints[i] : part.color, at + 6);
    vertices[at + 10] = part.gloss;
    if (part.role !== "eyes") continue;
    vertices[at + 11] = 1;
    eyes.low = Math.min(eyes.low, vertices[at + 1]);
    eyes.high = Math.max(eyes.high, vertices[at + 1]);
  }
}

/** @param {Float32Array} vertices */
function top(vertices) {
  let highest = 0;
  for (let i = 1; i < vertices.length; i += STRIDE) highest = Math.max(highest, vertices[i]);
  return highest;
}

// A round plate with the figure's soft shadow painted on it.
/** @returns {Part[]} */
function pedestal() {
  const rings = [
    [0, 0],
    [0.12, 0],
    [0.2, 0],
    [0.28, 0],
    [0.36, 0],
    [0.5, 0],
    [0.515, -0.008],
    [0.52, -0.02],
    [0.52, -0.06],
  ];
  const shade = [0.7, 0.73, 0.79, 0.88, 0.95, 0.99, 1, 0.97, 0.9];
  const steps = 44;
  /** @type {number[]} */
  const points = [];
  /** @type {number[]} */
  const indices = [];
  /** @type {Colour[]} */
  const tints = [];
  rings.forEach(([radius, y], row) => {
    for (let step = 0; step < steps; step++) {
      const angle = (2 * Math.PI * step) / steps;
      points.push(radius * Math.sin(angle), y, radius * Math.cos(angle));
      tints.push([0.93 * shade[row], 0.935 * shade[row], 0.985 * shade[row], 1]);
      if (!row) continue;
      const a = row * steps + step;
      const b = row * steps + ((step + 1) % steps);
      indices.push(a, b, b - steps, a, b - steps, a - steps);
    }
  });
  return [
    {
      points: Float32Array.from(points),
      indices,
      tints,
      color: [1, 1, 1, 1],
      gloss: 0.05,
      role: "",
    },
  ];
}
