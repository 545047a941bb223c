// The page: the entry form, the buttons, and who does what when. In the address, after "?":
// name=…&autojoin=1 joins at once (for tests and bookmarks), codec=… is explained in encodings.js.

import { Call } from "./call.js";
import { camera, microphoneAndCamera, screen } from "./devices.js";
import { cameraSending, screenSending } from "./encodings.js";
import { Figures, describeTransport } from "./figures.js";
import { Links } from "./links.js";
import { Tiles } from "./tiles.js";

const at = (id) => document.getElementById(id);
const conference = decodeURIComponent(location.pathname.slice(1));
const query = new URLSearchParams(location.search);
const tiles = new Tiles(at("tiles"));
const figures = new Figures();
const links = new Links(at("links"));

let call = null;
let own = {};      // {name, microphone, camera}: live tracks of ours
let sent = {};     // {microphone, camera, screen, screenAudio}: transceivers of ours
let attempts = 0;

at("title").textContent = at("where").textContent = conference;
document.title = `${conference} · conference`;
at("name").value = query.get("name") ?? remembered() ?? "";
at("join").addEventListener("submit", (event) => { event.preventDefault(); join(at("name").value); });
at("mute").addEventListener("click", toggleMicrophone);
at("show").addEventListener("click", toggleCamera);
at("share").addEventListener("click", toggleScreen);
at("numbers").addEventListener("click", toggleFigures);
at("leave").addEventListener("click", () => call?.leave());
setInterval(() => { if (call) figures.update(tiles, call, sent.camera?.mid); }, 1000);
if (query.get("autojoin")) join(at("name").value);

async function join(name) {
  at("join").querySelector("button").disabled = true;
  at("notice").textContent = "";
  try {
    own = { name, ...(await microphoneAndCamera()) };
    await enter();
    remember(name);
  } catch (error) {
    back(error.message);
  }
}

async function enter() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const entering = new Call(`${scheme}//${location.host}/-/signalling/${conference}`);
  await entering.join(own.name, Boolean(own.microphone || own.camera));
  attempts = 0;
  call = globalThis.call = entering;
  sent = {};
  if (own.microphone) sent.microphone = call.publish(own.microphone, "microphone");
  if (own.camera) sent.camera = call.publish(own.camera, "camera", cameraSending(query.get("codec")));
  call.addEventListener("change", show);
  call.addEventListener("stats", tell);
  call.addEventListener("trouble", ({ detail }) => say(detail.message));
  call.addEventListener("ended", ({ detail }) => ended(detail));
  at("entry").hidden = true;
  at("stage").hidden = false;
  say(own.microphone || own.camera ? "" : "No microphone or camera: you can watch and listen.");
  show();
}

function show() {
  const hears = Boolean(own.microphone?.enabled);
  call.tellState(hears, Boolean(own.camera));
  tiles.update(call, { name: own.name, camera: own.camera, microphone: hears });
  at("mute").setAttribute("aria-pressed", hears);
  at("mute").disabled = !own.microphone;
  at("show").setAttribute("aria-pressed", Boolean(own.camera));
  at("share").setAttribute("aria-pressed", Boolean(sent.screen));
  at("share").disabled = !navigator.mediaDevices?.getDisplayMedia;
  const others = call.participants.size;
  at("count").textContent = others === 0 ? "nobody else yet" : `${others + 1} participants`;
}

function tell() {
  at("transport").textContent = describeTransport(call.stats);
  links.update(call, own.name);
}

async function ended({ reason, mayReturn }) {
  call = null;
  tiles.clear();
  links.clear();
  if (mayReturn && attempts < 5) {
    say(`${reason} Trying again…`);
    await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempts++));
    try { return await enter(); } catch (error) { return ended({ reason: error.message, mayReturn }); }
  }
  back(reason);
}

function back(notice) {
  for (const track of [own.microphone, own.camera]) track?.stop();
  own = {};
  at("entry").hidden = false;
  at("stage").hidden = true;
  at("join").querySelector("button").disabled = false;
  at("notice").textContent = notice;
}

function toggleMicrophone() {
  own.microphone.enabled = !own.microphone.enabled;
  show();
}

// Off really turns the camera off, light included; nothing has to be negotiated for it.
async function toggleCamera() {
  if (own.camera) {
    own.camera.stop();
    own.camera = undefined;
    await sent.camera.sender.replaceTrack(null);
  } else {
    own.camera = await camera();
    if (!own.camera) return say("There is no camera, or the page may not use it.");
    if (sent.camera) await sent.camera.sender.replaceTrack(own.camera);
    else sent.camera = call.publish(own.camera, "camera", cameraSending(query.get("codec")));
  }
  show();
}

async function toggleScreen() {
  if (sent.screen) return stopSharing();
  let shared;
  try { shared = await screen(); } catch { return; } // called off
  shared.video.onended = stopSharing;
  sent.screen = call.publish(shared.video, "screen", screenSending());
  if (shared.audio) sent.screenAudio = call.publish(shared.audio, "screen-audio");
  show();
}

function stopSharing() {
  for (const transceiver of [sent.screen, sent.screenAudio]) {
    if (!transceiver) continue;
    transceiver.sender.track?.stop();
    call?.unpublish(transceiver);
  }
  sent.screen = sent.screenAudio = undefined;
  if (call) show();
}

function toggleFigures() {
  const plain = at("tiles").classList.toggle("plain");
  at("links").hidden = plain;
  at("numbers").setAttribute("aria-pressed", !plain);
}

function say(text) { at("status").textContent = text; }
function remember(name) { try { localStorage.setItem("name", name); } catch { /* private window */ } }
function remembered() { try { return localStorage.getItem("name"); } catch { return null; } }
