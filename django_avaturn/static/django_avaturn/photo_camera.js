/**
 * The camera of <avaturn-photos>: live video in its dialog, an outline over it, a shutter.
 * The preview is a mirror, the picture is not.
 */

const SECONDS = 3; // until the picture is taken: time to turn the head

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {string} facingMode */
const open = (facingMode) => {
  const wanted = { facingMode, width: { ideal: 1920 }, height: { ideal: 1440 } };
  return navigator.mediaDevices.getUserMedia({ video: wanted });
};

/** @param {MediaStream} [stream] */
const stop = (stream) => {
  for (const track of stream?.getTracks() ?? []) track.stop();
};

/**
 * Shows one camera after the other: a phone cannot open two at a time. What is chosen later takes
 * over from what is still on its way.
 * @param {HTMLVideoElement} video
 * @param {(facing: string) => void} shown
 */
const makePlayer = (video, shown) => {
  let round = {};
  /** @type {MediaStream | undefined} */
  let stream;
  let last = Promise.resolve();

  /** @param {string} facing */
  const show = (facing) => {
    const mine = (round = {});
    const current = () => mine === round;
    const turn = async () => {
      if (!current()) return;
      stop(stream);
      const opened = await open(facing);
      if (!current()) return stop(opened);
      video.srcObject = stream = opened;
      shown(facing);
      await video.play();
    };
    last = last.then(turn).catch((error) => {
      if (current()) throw error;
    });
    return last;
  };

  const end = () => {
    round = {};
    stop(stream);
    if (video.srcObject === stream) video.srcObject = null;
  };
  return { show, end };
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
  const player = makePlayer(video, (facing) => {
    dialog.classList.toggle("is-mirror", facing === "user");
  });
  let facing = "user";
  let picture = null;

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
      player.show(facing).catch(() => dialog.close());
    }
  };

  find("strong").textContent = title;
  find(".avaturn-camera-pose").textContent = pose;
  stage.querySelector("svg")?.remove();
  stage.append(outline.cloneNode(true));
  count.textContent = "";
  try {
    await player.show(facing);
    find("[data-camera=shutter]").disabled = false;
    const devices = await navigator.mediaDevices.enumerateDevices();
    const cameras = devices.filter(({ kind }) => kind === "videoinput").length;
    find("[data-camera=switch]").hidden = cameras < 2;
    if (!dialog.isConnected) return null; // the page has gone on while it asked for the camera
    dialog.addEventListener("click", clicked, { signal: closed.signal });
    dialog.showModal();
    find("[data-camera=shutter]").focus();
    await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
    return picture;
  } finally {
    closed.abort();
    player.end();
  }
};
