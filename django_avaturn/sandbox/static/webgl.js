// Draws with the graphics card.
import { multiply, projection, viewMatrix } from "./camera.js";
import { STRIDE } from "./mesh.js";

const VERTEX = `
attribute vec3 position, normal;
attribute vec4 tint;
attribute vec2 extra;
uniform mat4 camera, view;
uniform vec3 motion; // breath, blink, squash
uniform float eyes;
varying vec3 facing;
varying vec4 colour;
varying float gloss;
void main() {
  vec3 p = position;
  p.y = mix(p.y, eyes + (p.y - eyes) * (1.0 - motion.y), extra.y);
  float up = smoothstep(0.75, 1.35, p.y);
  p.y += motion.x * up;
  p.xz *= 1.0 + motion.x * 1.4 * up * (1.0 - smoothstep(1.3, 1.4, p.y));
  if (p.y > 0.0) { p.y *= 1.0 + motion.z; p.xz *= 1.0 - motion.z * 0.6; }
  facing = mat3(view) * normal;
  colour = tint;
  gloss = extra.x;
  gl_Position = camera * vec4(p, 1.0);
}`;

const FRAGMENT = `
precision mediump float;
varying vec3 facing;
varying vec4 colour;
varying float gloss;
void main() {
  vec3 n = normalize(facing);
  float key = max(0.0, dot(n, normalize(vec3(-0.45, 0.7, 0.8))) * 0.8 + 0.2);
  float fill = max(0.0, dot(n, normalize(vec3(0.8, 0.1, 0.4))));
  float rim = pow(1.0 - max(0.0, n.z), 3.0) * (0.35 + 0.65 * max(0.0, n.y));
  vec3 lit = colour.rgb * (vec3(0.60, 0.61, 0.66) + 0.05 * n.y + key * vec3(0.44, 0.42, 0.38) + fill * 0.06);
  float spark = pow(max(0.0, dot(n, normalize(vec3(-0.25, 0.45, 1.0)))), 28.0) * gloss;
  gl_FragColor = vec4(lit + rim * 0.16 + spark * 0.5, 1.0) * vec4(vec3(colour.a), colour.a);
}`;

/** @param {WebGLRenderingContext} gl @param {number} type @param {string} source */
function compile(gl, type, source) {
  const shader = /** @type {WebGLShader} */ (gl.createShader(type));
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS))
    throw new Error(gl.getShaderInfoLog(shader) ?? "no shader");
  return shader;
}

/** @implements {Painter} */
export class WebglPainter {
  slow = false;
  scene = /** @type {Scene?} */ (null);

  // Throws where there is no WebGL.
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    const gl = canvas.getContext("webgl", {
      antialias: true,
      alpha: true,
      premultipliedAlpha: true,
    });
    if (!gl) throw new Error("no WebGL");
    this.gl = gl;
    this.program = this.link();
  }

  // Again after the context was lost.
  prepare() {
    this.program = this.link();
  }

  link() {
    const gl = this.gl;
    const program = gl.createProgram();
    gl.attachShader(program, compile(gl, gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, compile(gl, gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    let offset = 0;
    for (const [name, size] of Object.entries({ position: 3, normal: 3, tint: 4, extra: 2 })) {
      const place = gl.getAttribLocation(program, name);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, gl.FLOAT, false, STRIDE * 4, offset * 4);
      offset += size;
    }
    gl.enable(gl.DEPTH_TEST);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    return program;
  }

  /** @param {Scene} scene */
  show(scene) {
    const gl = this.gl;
    this.scene = scene;
    gl.bufferData(gl.ARRAY_BUFFER, scene.vertices, gl.STATIC_DRAW);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, scene.faces, gl.STATIC_DRAW);
  }

  /** @param {Pose} pose @param {number} width @param {number} height */
  draw(pose, width, height) {
    const { gl, scene, program } = this;
    if (!scene) return;
    const view = viewMatrix(pose);
    /** @param {string} name */
    const place = (name) => gl.getUniformLocation(program, name);
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniformMatrix4fv(place("camera"), false, multiply(projection(width / height), view));
    gl.uniformMatrix4fv(place("view"), false, view);
    gl.uniform3f(place("motion"), pose.breath, pose.blink, pose.squash);
    gl.uniform1f(place("eyes"), scene.eyeHeight);
    gl.enable(gl.CULL_FACE);
    gl.disable(gl.BLEND);
    gl.drawElements(gl.TRIANGLES, scene.opaque, gl.UNSIGNED_SHORT, 0);
    gl.disable(gl.CULL_FACE);
    gl.enable(gl.BLEND);
    gl.drawElements(
      gl.TRIANGLES,
      scene.faces.length - scene.opaque,
      gl.UNSIGNED_SHORT,
      scene.opaque * 2,
    );
  }
}
