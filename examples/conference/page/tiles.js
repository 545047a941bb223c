// The pictures: one tile per participant, one more per shared screen, laid out to fill the stage.
// Everything others choose (names) goes in as text, never as markup.

const SPEAKING = 0.02; // audio level, 0-1, that counts as speech
const ASPECT = 16 / 9;

export class Tiles {
  #stage;
  #tiles = new Map();  // "participant:camera" or "participant:screen" -> tile
  #voices = new Map(); // mid -> {audio, participant, receiver}

  constructor(stage) {
    this.#stage = stage;
    new ResizeObserver(() => this.#fit()).observe(stage);
    setInterval(() => this.#listen(), 200);
  }

  // Shows what the call now has; `own` is {name, camera, microphone} of ourselves.
  update(call, own) {
    const wanted = new Map();
    wanted.set("own", { name: `${own.name} (you)`, track: own.camera, own: true,
      silent: !own.microphone, dark: !own.camera });
    for (const { id, name, microphone, camera } of call.participants.values()) {
      wanted.set(`${id}:camera`, { name, silent: !microphone, dark: !camera });
    }
    for (const source of call.sources) {
      const receiver = call.receiver(source);
      const from = call.participants.get(source.participant);
      if (source.kind !== "video" || !receiver || !from) continue;
      const key = `${source.participant}:${source.label}`;
      const dark = source.label === "camera" && !from.camera;
      const name = source.label === "screen" ? `${from.name}: screen` : from.name;
      wanted.set(key, { name, track: receiver.track, receiver, mid: source.mid, dark,
        silent: source.label === "camera" && !from.microphone, screen: source.label === "screen" });
    }
    for (const [key, tile] of this.#tiles) {
      if (!wanted.has(key)) { tile.figure.remove(); this.#tiles.delete(key); }
    }
    for (const [key, what] of wanted) this.#show(key, what);
    this.#hear(call);
    this.#fit();
  }

  clear() {
    for (const { figure } of this.#tiles.values()) figure.remove();
    for (const { audio } of this.#voices.values()) audio.remove();
    this.#tiles.clear();
    this.#voices.clear();
  }

  // Tiles with something received in them.
  *received() {
    for (const tile of this.#tiles.values()) if (tile.receiver) yield tile;
  }

  #show(key, what) {
    let tile = this.#tiles.get(key);
    if (!tile) {
      tile = build();
      this.#tiles.set(key, tile);
      this.#stage.append(tile.figure);
    }
    tile.receiver = what.receiver ?? null;
    tile.mid = what.mid ?? null;
    tile.name.textContent = what.name;
    tile.initial.textContent = [...what.name][0]?.toUpperCase() ?? "?";
    for (const kind of ["own", "screen", "silent", "dark"]) tile.figure.classList.toggle(kind, !!what[kind]);
    if (!tile.receiver) tile.figures.textContent = "";
    play(tile.video, what.track);
  }

  #hear(call) {
    const wanted = call.sources.filter(({ kind }) => kind === "audio");
    for (const [mid, { audio }] of this.#voices) {
      if (!wanted.some((source) => source.mid === mid)) { audio.remove(); this.#voices.delete(mid); }
    }
    for (const source of wanted) {
      const receiver = call.receiver(source);
      if (!receiver) continue;
      const known = this.#voices.get(source.mid);
      const audio = known?.audio ?? document.body.appendChild(document.createElement("audio"));
      audio.autoplay = true;
      play(audio, receiver.track);
      this.#voices.set(source.mid, { audio, receiver, participant: source.participant });
    }
  }

  #listen() {
    const loud = new Set();
    for (const { receiver, participant } of this.#voices.values()) {
      const level = receiver.getSynchronizationSources()[0]?.audioLevel ?? 0;
      if (level > SPEAKING) loud.add(`${participant}:camera`);
    }
    for (const [key, { figure }] of this.#tiles) figure.classList.toggle("speaking", loud.has(key));
  }

  // As many columns as make the tiles largest.
  #fit() {
    const count = this.#tiles.size;
    const { clientWidth: width, clientHeight: height } = this.#stage;
    let best = { columns: 1, rows: 1, size: 0 };
    for (let columns = 1; columns <= count; columns++) {
      const rows = Math.ceil(count / columns);
      const size = Math.min(width / columns, (height / rows) * ASPECT);
      if (size > best.size) best = { columns, rows, size };
    }
    this.#stage.style.setProperty("--columns", best.columns);
    this.#stage.style.setProperty("--rows", best.rows);
  }
}

function play(element, track) {
  const now = element.srcObject?.getTracks()[0];
  if (now === (track ?? undefined)) return;
  element.srcObject = track ? new MediaStream([track]) : null;
}

function build() {
  const make = (tag, className) => Object.assign(document.createElement(tag), { className });
  const figure = make("figure", "tile");
  const video = Object.assign(make("video", ""), { autoplay: true, playsInline: true, muted: true });
  const initial = make("div", "initial");
  initial.setAttribute("aria-hidden", "true");
  const figures = make("pre", "figures");
  const caption = make("figcaption", "");
  const name = make("span", "");
  const muted = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  muted.setAttribute("class", "muted");
  muted.setAttribute("role", "img");
  muted.setAttribute("aria-label", "muted");
  muted.setAttribute("viewBox", "0 0 24 24");
  for (const d of ["M9 9v2a3 3 0 0 0 5 2M15 9V6a3 3 0 0 0-6-.5", "M5 11a7 7 0 0 0 11 5M19 11v1M12 18v3M4 3l16 18"]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    muted.append(path);
  }
  caption.append(muted, name);
  figure.append(video, initial, figures, caption);
  return { figure, video, initial, figures, name };
}
