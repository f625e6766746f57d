/**
 * The portrait of an avatar, taken by the browser of its owner where none can come from Avaturn.
 * Imported by files.js once one is wanted; addresses come from the page.
 */

const SIZE = 512; // pixels

/** @param {string} address */
const absolute = (address) => new URL(address, document.baseURI).href;

/** @param {string} name */
const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/**
 * Takes it and sends it to `place`; resolves with the avatar, or null where it came too late.
 *
 * @param {{ model: { url: string, version: string } }} avatar
 * @param {string} place
 * @param {Page & Viewing} page
 * @returns {Promise<Avatar?>}
 */
export const sendPortrait = async ({ model }, place, page) => {
  const body = new FormData();
  body.append("image", await takePortrait(model.url, page, SIZE), "portrait");
  body.append("version", model.version);
  const { csrfToken, csrfCookie, csrfHeader } = page;
  const token = csrfToken || cookie(csrfCookie) || "";
  const headers = { Accept: "application/json", [csrfHeader]: token };
  const answer = await fetch(place, { method: "POST", headers, body });
  return answer.ok ? answer.json() : null;
};

/** @param {number} count */
const frames = async (count) => {
  for (let n = 0; n < count; n += 1) await new Promise(requestAnimationFrame);
};

/**
 * A picture of head and shoulders, as a Blob: `size` pixels square, transparent background.
 *
 * @param {string} src
 * @param {Viewing} page
 * @param {number} size
 * @returns {Promise<Blob>}
 */
const takePortrait = async (src, { viewerUrl, modelViewerUrl }, size) => {
  const { hasWebGL, loadModelViewer, make, loaded } = await import(absolute(viewerUrl));
  if (!hasWebGL()) throw new Error("no WebGL");
  await loadModelViewer(modelViewerUrl);
  const room = document.createElement("div");
  room.className = "avaturn-viewer-darkroom";
  room.setAttribute("aria-hidden", "true");
  room.inert = true;
  room.style.cssText = `inline-size:${size / devicePixelRatio}px;aspect-ratio:1`;
  // Without viewer.css on the page, the room must be out of sight all the same.
  room.style.position = "fixed";
  room.style.zIndex = "-1";
  room.style.opacity = "0";
  room.style.pointerEvents = "none";
  room.style.inset = "0 auto auto 0";
  document.body.append(room);
  const ModelViewer = /** @type {any} */ (customElements.get("model-viewer"));
  const { minimumRenderScale } = ModelViewer;
  ModelViewer.minimumRenderScale = 1; // on a slow machine it would draw fewer pixels
  /** @param {Record<string, string>} attributes @returns {Promise<ModelViewer>} */
  const pose = async (attributes) => {
    const viewer = make(src, { loading: "eager", "interaction-prompt": "none", ...attributes });
    viewer.style.cssText = "inline-size:100%;block-size:100%;--poster-color:transparent";
    const done = loaded(viewer);
    room.replaceChildren(viewer);
    await done;
    return viewer;
  };
  try {
    // Twice, because a camera that is moved after loading ends up off centre.
    const { y } = (await pose({})).getDimensions();
    const viewer = await pose({
      "camera-target": `0m ${(0.9 * y).toFixed(3)}m 0m`,
      "camera-orbit": `0deg 88deg ${(0.55 * y).toFixed(3)}m`,
      "field-of-view": "30deg",
      "min-camera-orbit": "auto auto 0.2m",
    });
    await frames(3);
    return await viewer.toBlob({ mimeType: "image/webp", qualityArgument: 0.92 });
  } finally {
    ModelViewer.minimumRenderScale = minimumRenderScale;
    room.remove();
  }
};
