// Where the eye is: matrices, column by column as WebGL wants them.

export const FIELD = (26 * Math.PI) / 180;

/** @param {Camera} camera */
export function viewMatrix({ yaw, pitch, distance, height }) {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  // Turn the figure about its own axis, tilt it, then step back.
  // biome-ignore format: one column to a line
  return [
    cy, sp * sy, -cp * sy, 0,
    0, cp, sp, 0,
    sy, -sp * cy, cp * cy, 0,
    0, -height * cp, -height * sp - distance, 1,
  ];
}

/** @param {number} aspect width by height */
export function projection(aspect) {
  const near = 0.3,
    far = 20,
    f = 1 / Math.tan(FIELD / 2);
  const depth = near - far;
  return [
    f / aspect,
    0,
    0,
    0,
    0,
    f,
    0,
    0,
    0,
    0,
    (far + near) / depth,
    -1,
    0,
    0,
    (2 * far * near) / depth,
    0,
  ];
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function multiply(a, b) {
  const product = new Float32Array(16);
  for (let column = 0; column < 4; column++) {
    for (let row = 0; row < 4; row++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += a[k * 4 + row] * b[column * 4 + k];
      product[column * 4 + row] = sum;
    }
  }
  return product;
}
