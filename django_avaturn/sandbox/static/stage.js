// The figure on its pedestal: camera, turning, small signs of life.
import { FIELD } from "./camera.js";
import { SoftwarePainter } from "./software.js";
import { WebglPainter } from "./webgl.js";

const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const STRIP = 40; // pixels
/** @type {Record<Framing, { middle: number, span: number }>} */
const FRAMINGS = {
  body: { middle: 0.455, span: 1.13 },
  head: { middle: 0.83, span: 0.5 },
  feet: { middle: 0.22, span: 0.62 },
};

/** @param {HTMLCanvasElement} canvas @returns {Painter} */
function painterFor(canvas) {
  try {
    return new WebglPainter(canvas);
  } catch {
    return new SoftwarePainter(canvas);
  }
}

export class Stage {
  scene = /** @type {Scene?} */ (null);
  framing = /** @type {Framing} */ ("body");
  held = /** @type {{ x: number, y: number }?} */ (null);
  ticket = 0; // of the next frame
  last = 0; // when the one before was
  restless = 0; // until when
  height = 0;
  distance = 0;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.painter = painterFor(canvas);
    canvas.dataset.painter = this.painter.slow ? "software" : "webgl";
    this.yaw = this.wantedYaw = -0.42;
    this.pitch = this.wantedPitch = 0.06;
    this.zoom = 1;
    this.pop = 0;
    this.turntable = false;
    this.listen();
    new ResizeObserver(() => this.wake()).observe(canvas);
  }

  /** @param {Scene} scene */
  show(scene) {
    const first = !this.scene;
    this.scene = scene;
    this.painter.show(scene);
    if (first) Object.assign(this, this.goal());
    else this.pop = CALM.matches ? 0 : 1;
    this.wake();
  }

  /** @param {Framing} name */
  frame(name) {
    this.framing = name;
    this.zoom = 1;
    this.wake();
  }

  /** @param {number} amount */
  turn(amount) {
    this.wantedYaw += amount;
    this.wake();
  }

  goal() {
    const { middle, span } = FRAMINGS[this.framing];
    const tall = this.scene ? this.scene.height : 1.75;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const least = this.framing === "body" ? 1.12 : 0.62;
    const fit = Math.max(tall * span, (least * height) / Math.max(1, width)) / this.zoom;
    // The badge takes a strip at the top: the figure keeps out of it.
    const shown = fit / Math.max(0.6, 1 - STRIP / Math.max(1, height));
    const lift = (shown - fit) * 0.5 * Math.min(1, 1 / this.zoom);
    return { height: tall * middle + lift, distance: shown / 2 / Math.tan(FIELD / 2) };
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener("pointerdown", (event) => {
      this.held = { x: event.clientX, y: event.clientY };
      canvas.setPointerCapture(event.pointerId);
      canvas.classList.add("held");
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.held) return;
      this.turn((event.clientX - this.held.x) * 0.011);
      this.tilt((event.clientY - this.held.y) * 0.004);
      this.held = { x: event.clientX, y: event.clientY };
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => {
        this.held = null;
        canvas.classList.remove("held");
      });
    }
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.scale(Math.exp(-event.deltaY * 0.0012));
      },
      { passive: false },
    );
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.painter.prepare();
      if (this.scene) this.painter.show(this.scene);
      this.wake();
    });
    document.addEventListener("visibilitychange", () => this.wake());
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {Record<string, () => void>} */
    const moves = {
      ArrowLeft: () => this.turn(-0.3),
      ArrowRight: () => this.turn(0.3),
      ArrowUp: () => this.tilt(0.1),
      ArrowDown: () => this.tilt(-0.1),
      "+": () => this.scale(1.15),
      "=": () => this.scale(1.15),
      "-": () => this.scale(1 / 1.15),
    };
    if (!moves[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    moves[event.key]();
  }

  /** @param {number} amount */
  tilt(amount) {
    this.wantedPitch = Math.min(0.5, Math.max(-0.12, this.wantedPitch + amount));
    this.wake();
  }

  /** @param {number} factor */
  scale(factor) {
    this.zoom = Math.min(2.5, Math.max(0.8, this.zoom * factor));
    this.wake();
  }

  wake() {
    this.restless = performance.now() + 900;
    if (this.ticket || !this.scene) return;
    this.ticket = requestAnimationFrame((now) => this.tick(now));
  }

  /** @param {number} now */
  tick(now) {
    this.ticket = 0;
    if (document.hidden) return;
    // Without a graphics card, idle motion at full speed would only warm the room.
    const pause = this.painter.slow && now > this.restless ? 66 : 0;
    if (!this.last || now - this.last >= pause) this.render(now);
    if (CALM.matches && now > this.restless && !this.turntable) return;
    this.ticket = requestAnimationFrame((next) => this.tick(next));
  }

  /** @param {number} now */
  render(now) {
    const step = Math.min(0.1, (now - (this.last || now)) / 1000);
    this.last = now;
    const ease = CALM.matches ? 1 : 1 - Math.exp(-step * 9);
    const goal = this.goal();
    if (this.turntable) this.wantedYaw += step * 0.7;
    this.yaw += (this.wantedYaw - this.yaw) * ease;
    this.pitch += (this.wantedPitch - this.pitch) * ease;
    this.height += (goal.height - this.height) * ease;
    this.distance += (goal.distance - this.distance) * ease;
    this.pop = Math.max(0, this.pop - step * 2.6);
    this.resize();
    this.painter.draw(this.pose(now / 1000), this.canvas.width, this.canvas.height);
  }

  /** @param {number} seconds @returns {Pose} */
  pose(seconds) {
    const { yaw, pitch, distance, height } = this;
    const squash = Math.sin(this.pop * Math.PI * 3) * 0.018 * this.pop;
    if (CALM.matches) return { yaw, pitch, distance, height, breath: 0, blink: 0, squash: 0 };
    const cycle = seconds % 4.3;
    const blink = cycle < 0.18 ? Math.sin((cycle / 0.18) * Math.PI) * 0.92 : 0;
    const sway = this.held ? 0 : Math.sin(seconds * 0.7) * 0.025;
    return {
      yaw: yaw + sway,
      pitch,
      distance,
      height,
      breath: Math.sin(seconds * 1.9) * 0.0045,
      blink,
      squash,
    };
  }

  resize() {
    const ratio = Math.min(2, devicePixelRatio || 1);
    const width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
  }
}
