// Draws without a graphics card: triangles into a pixel buffer with depth.
import { multiply, projection, viewMatrix } from "./camera.js";
import { STRIDE } from "./mesh.js";

const MOST_PIXELS = 520000;
const WORDS = 7; // x y depth r g b a

/** @param {number} x @param {number} y @param {number} z */
function unit(x, y, z) {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

/** @param {HTMLCanvasElement} canvas */
const plane = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

const KEY = unit(-0.45, 0.7, 0.8);
const SPARK = unit(-0.25, 0.45, 1);
/** @param {number} low @param {number} high @param {number} at */
const smooth = (low, high, at) => {
  const share = Math.min(1, Math.max(0, (at - low) / (high - low)));
  return share * share * (3 - 2 * share);
};

/** @implements {Painter} */
export class SoftwarePainter {
  slow = true;
  small = document.createElement("canvas");
  image = new ImageData(1, 1);
  pixels = new Uint32Array(1);
  depth = new Float32Array(1);
  points = new Float32Array(0);
  scene = /** @type {Scene?} */ (null);

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.context = plane(canvas);
    this.resize(1, 1);
  }

  prepare() {}

  /** @param {Scene} scene */
  show(scene) {
    this.scene = scene;
    this.points = new Float32Array((scene.vertices.length / STRIDE) * WORDS);
  }

  /** @param {Pose} pose @param {number} width @param {number} height */
  draw(pose, width, height) {
    if (!this.scene) return;
    const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
    const [w, h] = [
      Math.max(1, Math.round(width * shrink)),
      Math.max(1, Math.round(height * shrink)),
    ];
    if (this.image.width !== w || this.image.height !== h) this.resize(w, h);
    this.pixels.fill(0);
    this.depth.fill(Infinity);
    this.project(this.scene, pose, w, h);
    const { faces, opaque } = this.scene;
    for (let i = 0; i < faces.length; i += 3)
      this.triangle(faces[i], faces[i + 1], faces[i + 2], i >= opaque);
    plane(this.small).putImageData(this.image, 0, 0);
    this.context.clearRect(0, 0, width, height);
    this.context.imageSmoothingQuality = "high";
    this.context.drawImage(this.small, 0, 0, width, height);
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    Object.assign(this.small, { width, height });
    this.image = new ImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.depth = new Float32Array(width * height);
  }

  /** @param {Scene} scene @param {Pose} pose @param {number} width @param {number} height */
  project({ vertices, eyeHeight }, pose, width, height) {
    const view = viewMatrix(pose),
      m = multiply(projection(width / height), view);
    for (let i = 0, o = 0; i < vertices.length; i += STRIDE, o += WORDS) {
      let [x, y, z] = [vertices[i], vertices[i + 1], vertices[i + 2]];
      if (vertices[i + 11]) y = eyeHeight + (y - eyeHeight) * (1 - pose.blink);
      y += pose.breath * smooth(0.75, 1.35, y);
      if (y > 0) y *= 1 + pose.squash;
      const w = m[3] * x + m[7] * y + m[11] * z + m[15];
      this.points[o] = (((m[0] * x + m[4] * y + m[8] * z + m[12]) / w) * 0.5 + 0.5) * width;
      this.points[o + 1] = (0.5 - ((m[1] * x + m[5] * y + m[9] * z + m[13]) / w) * 0.5) * height;
      this.points[o + 2] = (m[2] * x + m[6] * y + m[10] * z + m[14]) / w;
      this.light(vertices, i, o, view);
    }
  }

  /** @param {Float32Array} vertices @param {number} i @param {number} o @param {number[]} view */
  light(vertices, i, o, view) {
    const [a, b, c] = [vertices[i + 3], vertices[i + 4], vertices[i + 5]];
    const nx = view[0] * a + view[4] * b + view[8] * c;
    const ny = view[1] * a + view[5] * b + view[9] * c;
    const nz = view[2] * a + view[6] * b + view[10] * c;
    const key = Math.max(0, (nx * KEY[0] + ny * KEY[1] + nz * KEY[2]) * 0.8 + 0.2);
    const rim = (1 - Math.max(0, nz)) ** 3 * (0.35 + 0.65 * Math.max(0, ny)) * 0.16;
    const shine =
      Math.max(0, nx * SPARK[0] + ny * SPARK[1] + nz * SPARK[2]) ** 28 * vertices[i + 10] * 0.5;
    const level = 0.62 + 0.05 * ny + 0.42 * key;
    for (let k = 0; k < 3; k++)
      this.points[o + 3 + k] = 255 * Math.min(1, vertices[i + 6 + k] * level + rim + shine);
    this.points[o + 6] = vertices[i + 9];
  }

  /** @param {number} i @param {number} j @param {number} k @param {boolean} glass */
  triangle(i, j, k, glass) {
    const p = this.points,
      [a, b, c] = [i * WORDS, j * WORDS, k * WORDS];
    const area = (p[b] - p[a]) * (p[c + 1] - p[a + 1]) - (p[c] - p[a]) * (p[b + 1] - p[a + 1]);
    if (area === 0 || (area > 0 && !glass)) return;
    const { width, height } = this.image;
    const left = Math.max(0, Math.floor(Math.min(p[a], p[b], p[c])));
    const right = Math.min(width - 1, Math.ceil(Math.max(p[a], p[b], p[c])));
    const high = Math.max(0, Math.floor(Math.min(p[a + 1], p[b + 1], p[c + 1])));
    const low = Math.min(height - 1, Math.ceil(Math.max(p[a + 1], p[b + 1], p[c + 1])));
    const [bx, by] = [(p[c + 1] - p[a + 1]) / area, (p[a] - p[c]) / area];
    const [cx, cy] = [(p[a + 1] - p[b + 1]) / area, (p[b] - p[a]) / area];
    for (let y = high; y <= low; y++) {
      let u = (left + 0.5 - p[a]) * bx + (y + 0.5 - p[a + 1]) * by;
      let v = (left + 0.5 - p[a]) * cx + (y + 0.5 - p[a + 1]) * cy;
      for (let x = left; x <= right; x++, u += bx, v += cx) {
        if (u < 0 || v < 0 || u + v > 1) continue;
        const at = y * width + x,
          depth = p[a + 2] + u * (p[b + 2] - p[a + 2]) + v * (p[c + 2] - p[a + 2]);
        if (depth >= this.depth[at]) continue;
        this.dot(at, a, b, c, u, v, glass);
        if (!glass) this.depth[at] = depth;
      }
    }
  }

  /**
   * @param {number} at
   * @param {number} a
   * @param {number} b
   * @param {number} c
   * @param {number} u
   * @param {number} v
   * @param {boolean} glass
   */
  dot(at, a, b, c, u, v, glass) {
    const p = this.points,
      t = 1 - u - v;
    let red = p[a + 3] * t + p[b + 3] * u + p[c + 3] * v;
    let green = p[a + 4] * t + p[b + 4] * u + p[c + 4] * v;
    let blue = p[a + 5] * t + p[b + 5] * u + p[c + 5] * v;
    if (glass) {
      const share = p[a + 6],
        under = this.pixels[at];
      red = red * share + (under & 255) * (1 - share);
      green = green * share + ((under >> 8) & 255) * (1 - share);
      blue = blue * share + ((under >> 16) & 255) * (1 - share);
    }
    this.pixels[at] = (255 << 24) | (blue << 16) | (green << 8) | red;
  }
}
