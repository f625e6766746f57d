// photo_camera.js: whatever happens, no camera stays on.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { takePicture } from "../../django_avaturn/static/django_avaturn/photo_camera.js";
import { button, deferred, from, part, settle } from "./page.js";

let asked; // for a camera: which way it faces, and how to answer
let tracks;

beforeEach(() => {
  [asked, tracks] = [[], []];
  const getUserMedia = ({ video }) => {
    const [answered, answer] = deferred();
    asked.push({ facing: video.facingMode, answer });
    return answered;
  };
  const enumerateDevices = async () => [{ kind: "videoinput" }, { kind: "videoinput" }];
  const value = { mediaDevices: { getUserMedia, enumerateDevices } };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value });
});

/** The person allows the camera that was asked for last. */
const allow = async () => {
  await settle();
  const { facing, answer } = asked.at(-1);
  const track = { facing, on: true, stop: () => (track.on = false) };
  tracks.push(track);
  answer({ track, getTracks: () => [track] });
  await settle();
};

const on = () => tracks.filter((track) => track.on).map(({ facing }) => facing);

const opened = () => {
  const dialog = part();
  dialog.showModal = () => {
    if (!dialog.isConnected) throw new DOMException("not in a document", "InvalidStateError");
  };
  dialog.close = () => dialog.dispatchEvent(new Event("close"));
  const video = Object.assign(dialog.querySelector("video"), { play: async () => {} });
  const outline = part({ cloneNode: () => part() });
  const outcome = takePicture(dialog, { title: "Front", pose: "Look", outline });
  return { dialog, video, outcome };
};

const turn = (dialog) => from(dialog, "click", button({ camera: "switch" }));

test("a dialog that is closed switches the camera off", async () => {
  const { dialog, video, outcome } = opened();
  await allow();
  assert.deepEqual([on(), video.srcObject.track], [["user"], tracks[0]]);
  dialog.close();
  assert.equal(await outcome, null);
  assert.deepEqual([on(), video.srcObject], [[], null]);
});

test("so does a form that is swapped out while the browser asks", async () => {
  const { dialog, outcome } = opened();
  dialog.isConnected = false;
  await allow();
  assert.equal(await outcome, null);
  assert.deepEqual([tracks.length, on()], [1, []]);
});

test("a dialog that cannot be shown", async () => {
  const { dialog, outcome } = opened();
  dialog.showModal = () => {
    throw new DOMException("it is open already", "InvalidStateError");
  };
  const refused = assert.rejects(outcome, { name: "InvalidStateError" });
  await allow();
  await refused;
  assert.deepEqual(on(), []);
});

test("video that does not play", async () => {
  const { video, outcome } = opened();
  video.play = () => Promise.reject(new DOMException("interrupted", "AbortError"));
  const refused = assert.rejects(outcome, { name: "AbortError" });
  await allow();
  await refused;
  assert.deepEqual([tracks.length, on()], [1, []]);
});

test("the camera is changed: one is on at a time", async () => {
  const { dialog, video, outcome } = opened();
  await allow();
  turn(dialog);
  await settle();
  assert.deepEqual(on(), []);
  await allow();
  assert.deepEqual([on(), video.srcObject.track], [["environment"], tracks[1]]);
  dialog.close();
  await outcome;
  assert.deepEqual(on(), []);
});

test("of two quick choices the later one wins", async () => {
  const { dialog, video, outcome } = opened();
  await allow();
  for (const _ of "12") {
    turn(dialog);
    await settle();
  }
  await allow(); // the one that is not wanted any more
  assert.deepEqual(
    [asked.map(({ facing }) => facing), on()],
    [["user", "environment", "user"], []],
  );
  await allow();
  assert.deepEqual([on(), video.srcObject.track], [["user"], tracks[2]]);
  dialog.close();
  await outcome;
  assert.deepEqual(on(), []);
});

test("a choice that fails when it is not wanted any more closes nothing", async () => {
  const { dialog, video, outcome } = opened();
  await allow();
  turn(dialog);
  await settle();
  turn(dialog);
  await settle();
  asked.at(-1).answer(Promise.reject(new DOMException("in use", "NotReadableError")));
  await settle();
  await allow();
  assert.deepEqual([on(), video.srcObject.track], [["user"], tracks[1]]);
  dialog.close();
  await outcome;
});

test("a camera that comes when the dialog is closed goes off at once", async () => {
  const { dialog, outcome } = opened();
  await allow();
  turn(dialog);
  await settle();
  dialog.close();
  assert.equal(await outcome, null);
  await allow();
  assert.deepEqual([tracks.length, on()], [2, []]);
});
