/**
 * The camera of <avaturn-photos>: live video in its dialog, an outline over it, a shutter.
 * The preview is a mirror, the picture is not.
 */

const SECONDS = 3; // until the picture is taken: time to turn the head

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {HTMLVideoElement} video @param {string} facingMode */
const start = async (video, facingMode) => {
  const wanted = { facingMode, width: { ideal: 1920 }, height: { ideal: 1440 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
  video.srcObject = stream;
  await video.play();
  return stream;
};

/** @param {MediaStream} [stream] */
const stop = (stream) => {
  for (const track of stream?.getTracks() ?? []) track.stop();
};

/** @param {HTMLVideoElement} video @returns {Promise<Blob?>} */
const snapshot = (video) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
};

/**
 * Resolves with a JPEG, or with null where the dialog was closed; rejects where there is no camera.
 * `outline` is an SVG element to copy.
 *
 * @param {HTMLDialogElement} dialog
 * @param {{ title: string, pose: string, outline: SVGElement }} about
 * @returns {Promise<Blob?>}
 */
export const takePicture = async (dialog, { title, pose, outline }) => {
  /** @type {HTMLDialogElement["querySelector"]} */
  const find = (/** @type {any} */ selector) => dialog.querySelector(selector);
  const video = /** @type {HTMLVideoElement} */ (find("video"));
  const stage = find(".avaturn-camera-stage");
  const count = find(".avaturn-camera-count");
  const closed = new AbortController();
  let facing = "user";
  /** @type {MediaStream | undefined} */
  let stream;
  let picture = null;

  const show = async () => {
    stop(stream);
    stream = await start(video, facing);
    if (closed.signal.aborted) stop(stream);
    dialog.classList.toggle("is-mirror", facing === "user");
  };

  const shoot = async () => {
    find("[data-camera=shutter]").disabled = true;
    for (let left = SECONDS; left && !closed.signal.aborted; left--) {
      count.textContent = `${left}`;
      await pause(1000);
    }
    if (closed.signal.aborted) return;
    picture = await snapshot(video);
    dialog.close();
  };

  /** @param {Event} event */
  const clicked = ({ target }) => {
    const what = target?.closest?.("[data-camera]")?.dataset.camera;
    if (what === "close") dialog.close();
    if (what === "shutter") shoot();
    if (what === "switch") {
      facing = facing === "user" ? "environment" : "user";
      show().catch(() => dialog.close());
    }
  };

  find("strong").textContent = title;
  find(".avaturn-camera-pose").textContent = pose;
  stage.querySelector("svg")?.remove();
  stage.append(outline.cloneNode(true));
  count.textContent = "";
  await show();
  find("[data-camera=shutter]").disabled = false;
  const devices = await navigator.mediaDevices.enumerateDevices();
  const cameras = devices.filter(({ kind }) => kind === "videoinput").length;
  find("[data-camera=switch]").hidden = cameras < 2;
  dialog.addEventListener("click", clicked, { signal: closed.signal });
  dialog.showModal();
  find("[data-camera=shutter]").focus();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  closed.abort();
  stop(stream);
  video.srcObject = null;
  return picture;
};
