// One tile: its elements, and how they are put together.

import { CHOICES } from "./views.js";

// Lines of a microphone that is crossed out.
const MUTED = ["M9 9v2a3 3 0 0 0 5 2M15 9V6a3 3 0 0 0-6-.5", "M5 11a7 7 0 0 0 11 5M19 11v1M12 18v3M4 3l16 18"];

export function build() {
  const figure = make("figure", "tile");
  const video = Object.assign(make("video", ""), { autoplay: true, playsInline: true, muted: true });
  const initial = make("div", "initial");
  initial.setAttribute("aria-hidden", "true");
  const figures = make("pre", "figures");
  const caption = make("figcaption", "");
  const name = make("span", "");
  const choice = make("select", "choice");
  for (const [value, text] of Object.entries(CHOICES)) choice.add(new Option(text, value));
  choice.title = "Which layer to receive";
  choice.setAttribute("aria-label", choice.title);
  caption.append(muted(), name);
  figure.append(video, initial, figures, caption, choice);
  return { figure, video, initial, figures, name, choice, receiver: null, mid: null, size: null,
    inView: true, staged: false };
}

export function play(element, track) {
  const now = element.srcObject?.getTracks()[0];
  if (now === (track ?? undefined)) return;
  element.srcObject = track ? new MediaStream([track]) : null;
}

function make(tag, className) { return Object.assign(document.createElement(tag), { className }); }

function muted() {
  const svg = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const symbol = svg("svg");
  symbol.setAttribute("class", "muted");
  symbol.setAttribute("role", "img");
  symbol.setAttribute("aria-label", "muted");
  symbol.setAttribute("viewBox", "0 0 24 24");
  for (const d of MUTED) {
    const path = svg("path");
    path.setAttribute("d", d);
    symbol.append(path);
  }
  return symbol;
}
