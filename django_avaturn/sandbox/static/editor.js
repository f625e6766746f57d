// The way of a session: from its link to an exported avatar.
import { Host } from "./host.js";
import { requestsFor } from "./requests.js";
import { setState, showDashboard, showError, showProgress, showStarters } from "./screens.js";
import { call } from "./service.js";
import { Studio } from "./studio.js";

const FAULTS = {
  auth_error: "This link has expired or was used up. Close the editor and open it again.",
  avatar_load_error: "This avatar could not be loaded.",
  scene_error: "The studio could not be set up.",
};
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const query = new URLSearchParams(location.search);

let session = { catalogue: null, openAvatar: null };
let studio = null;

const host = new Host(requestsFor(openStudio, () => session));
document.body.classList.toggle("noui", query.getAll("noui").includes("true"));
start();

function openStudio() {
  if (!session.openAvatar) throw new Error("No avatar is open yet");
  return studio;
}

function fail(type, retry) {
  showError(FAULTS[type], retry);
  host.report(type, FAULTS[type]);
}

function failed(fault, type = "avatar_load_error") {
  if (fault.status === 401) fail("auth_error");
  else fail(type, () => location.reload());
}

async function start() {
  let opened;
  try {
    opened = await call("/editor/session");
  } catch (fault) {
    host.open();
    return failed(fault, "scene_error");
  }
  session = { ...opened, openAvatar: null };
  await greet();
  if (session.scenario in FAULTS) return fail(session.scenario);
  studio = new Studio(session.catalogue, session.scenario, tell);
  try {
    await firstScreen();
  } catch (fault) {
    failed(fault);
  }
  if (document.documentElement.dataset.state !== "error") host.callback("load");
  if (session.scenario === "reload") reloadOnce();
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

function tell(name, data) {
  if (name === "failure") return data.status === 401 ? fail("auth_error") : undefined;
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

function create(back) {
  showStarters(session.catalogue.bodies, { start: guarded(begin), back });
}

async function begin(body) {
  setState("loading");
  await open(await call("/editor/avatars", { body: body.id }));
}

async function edit(avatar) {
  let current = avatar;
  while (current && ["pending", "processing"].includes(current.status)) {
    showProgress(current.progress);
    await wait(700);
    current = await call(`/editor/avatars/${avatar.id}`);
  }
  if (!current || current.status === "failed") return fail("avatar_load_error");
  setState("loading");
  await open(current);
}

async function open(avatar) {
  await studio.open(avatar);
  session.openAvatar = avatar.id;
  const defaults = await host.ask("ask_for_defaults");
  if (defaults) await wearDefaults(defaults);
}

function wearDefaults({ overrideSaved, assets }) {
  if (!overrideSaved && session.kind === "edit_existing") return;
  const changes = {};
  for (const asset of session.catalogue.assets) {
    if (assets.includes(asset.id)) changes[asset.slot] = asset.name;
  }
  return studio.change(changes);
}

function guarded(step) {
  return (...given) => step(...given).catch((fault) => failed(fault));
}
