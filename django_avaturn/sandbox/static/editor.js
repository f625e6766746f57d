// The way of a session: from its link to an exported avatar.
import { Host } from "./host.js";
import { PROJECT, signIn } from "./project.js";
import { requestsFor } from "./requests.js";
import { setState, showDashboard, showError, showProgress, showStarters } from "./screens.js";
import { call, Refused, useToken } from "./service.js";
import { Studio } from "./studio.js";

/** @type {Record<string, string>} */
const FAULTS = {
  auth_error: PROJECT
    ? "You are signed out. Sign in again to go on."
    : "This link has expired or was used up. Close the editor and open it again.",
  avatar_load_error: "This avatar could not be loaded.",
  scene_error: "The studio could not be set up.",
};
/** @param {number} milliseconds */
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const query = new URLSearchParams(location.search);
// A project has no custom UI: without requests nobody could press Next.
const BARE = !PROJECT && query.getAll("noui").includes("true");
const EVENTS = PROJECT ? ["export"] : BARE ? ["load"] : undefined;

let session = /** @type {EditorSession} */ ({ openAvatar: null });
let studio = /** @type {Studio?} */ (null);

const host = new Host(PROJECT ? {} : requestsFor(openStudio, () => session), EVENTS);
document.body.classList.toggle("noui", BARE);
start();

function openStudio() {
  if (!studio || !session.openAvatar) throw new Error("No avatar is open yet");
  return studio;
}

/** @param {string} type @param {() => void} [retry] */
function fail(type, retry) {
  showError(FAULTS[type], retry);
  host.report(type, FAULTS[type]);
}

/** @param {unknown} fault */
function failed(fault, type = "avatar_load_error") {
  const reload = () => location.reload();
  if (isSignedOut(fault)) fail("auth_error", PROJECT ? reload : undefined);
  else fail(type, reload);
}

/** @param {unknown} fault */
function isSignedOut(fault) {
  return fault instanceof Refused && fault.status === 401;
}

async function start() {
  let opened;
  try {
    if (PROJECT) await enter();
    opened = await call("/editor/session");
  } catch (fault) {
    host.open();
    return failed(fault, "scene_error");
  }
  session = { ...opened, openAvatar: null };
  if (!PROJECT) await greet();
  if (session.scenario in FAULTS) return fail(session.scenario);
  studio = new Studio(session.catalogue, session.scenario, tell);
  try {
    await firstScreen();
  } catch (fault) {
    failed(fault);
  }
  if (!BARE && document.documentElement.dataset.state !== "error") host.callback("load");
  if (session.scenario === "reload") reloadOnce();
}

// The embedding page hears that the frame is up before anybody has signed in.
async function enter() {
  session = { ...session, ...(await call("/iframe/settings")) };
  await greet();
  useToken(await signIn());
  setState("loading");
}

async function greet() {
  if (session.scenario === "silent") return;
  if (session.scenario === "slow_handshake") await wait(session.slowSeconds * 1000);
  host.open({ accepts: session.scenario !== "handshake_refused" });
}

function reloadOnce() {
  if (query.has("reloaded")) return;
  query.append("reloaded", "true");
  setTimeout(() => location.replace(`?${query}`), 300);
}

/** @param {string} name @param {unknown} data */
function tell(name, data) {
  if (name === "failure") return isSignedOut(data) ? fail("auth_error") : undefined;
  return host.callback(name, data);
}

function firstScreen() {
  if (session.kind === "edit_existing") {
    return edit(session.avatars.find((avatar) => avatar.id === session.avatarId));
  }
  if (session.kind === "create" || !session.avatars.length) return create();
  return dashboard();
}

function dashboard() {
  showDashboard(session.avatars, { edit: guarded(edit), create: () => create(dashboard) });
}

/** @param {() => void} [back] */
function create(back) {
  showStarters(session.catalogue.bodies, { start: guarded(begin), back });
}

/** @param {Body} body */
async function begin(body) {
  setState("loading");
  await open(await call("/editor/avatars", { body: body.id }));
}

/** @param {StudioAvatar} [avatar] */
async function edit(avatar) {
  let current = avatar;
  while (current && ["pending", "processing"].includes(current.status)) {
    showProgress(current.progress);
    await wait(700);
    current = await call(`/editor/avatars/${current.id}`);
  }
  if (!current || current.status === "failed") return fail("avatar_load_error");
  setState("loading");
  await open(current);
}

/** @param {StudioAvatar} avatar */
async function open(avatar) {
  const defaults = PROJECT ? undefined : await host.ask("ask_for_defaults");
  await studio?.open({ ...avatar, look: dressed(avatar, defaults) });
  session.openAvatar = avatar.id;
  if (BARE) host.callback("load");
}

// What was saved before stays on, unless the embedding page wants otherwise.
/**
 * @param {StudioAvatar} avatar
 * @param {import("@avaturn/sdk").DefaultAssets} [defaults]
 * @returns {Look}
 */
function dressed({ look, saved }, defaults) {
  if (!defaults || (saved && !defaults.overrideSaved)) return look;
  const worn = session.catalogue.assets.filter((asset) => defaults.assets.includes(asset.id));
  return { ...look, ...Object.fromEntries(worn.map((asset) => [asset.slot, asset.name])) };
}

/**
 * @template Given
 * @param {(given: Given) => Promise<void>} step
 * @returns {(given: Given) => Promise<void>}
 */
function guarded(step) {
  return (given) => step(given).catch((fault) => failed(fault));
}
