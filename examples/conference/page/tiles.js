// The pictures: one tile per participant, one more per shared screen, laid out to fill the stage;
// one of them large if it was clicked on.
// Everything others choose (names) goes in as text, never as markup.

import { build, play } from "./tile.js";
import { Views } from "./views.js";

const SPEAKING = 0.02; // audio level, 0-1, that counts as speech
const ASPECT = 16 / 9;

export class Tiles {
  #stage;
  #tiles = new Map();  // "participant:camera" or "participant:screen" -> tile
  #voices = new Map(); // mid -> {audio, participant, receiver}
  #views = new Views();

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
      if (!wanted.has(key)) this.#remove(key, tile);
    }
    for (const [key, what] of wanted) this.#show(key, what);
    this.#hear(call);
    this.#fit();
    this.#views.update(call);
  }

  clear() {
    for (const [key, tile] of this.#tiles) this.#remove(key, tile);
    for (const { audio } of this.#voices.values()) audio.remove();
    this.#voices.clear();
  }

  // Tiles with something received in them.
  *received() {
    for (const tile of this.#tiles.values()) if (tile.receiver) yield tile;
  }

  // The tile of our own camera.
  get own() { return this.#tiles.get("own"); }

  #add(key) {
    const tile = build();
    this.#tiles.set(key, tile);
    this.#stage.append(tile.figure);
    tile.figure.tabIndex = 0;
    tile.figure.addEventListener("click", ({ target }) => {
      if (!tile.choice.contains(target)) this.#putOnStage(tile);
    });
    tile.figure.addEventListener("keydown", ({ target, key: pressed }) => {
      if (target === tile.figure && pressed === "Enter") this.#putOnStage(tile);
    });
    tile.choice.addEventListener("change", () => this.#views.changed());
    this.#views.watch(tile);
    return tile;
  }

  #remove(key, tile) {
    this.#views.forget(tile);
    tile.figure.remove();
    this.#tiles.delete(key);
  }

  // Large, and nobody else is; once more, and all are equal again.
  #putOnStage(chosen) {
    for (const tile of this.#tiles.values()) tile.staged = tile === chosen && !tile.staged;
    this.#fit();
    this.#views.changed();
  }

  #show(key, what) {
    const tile = this.#tiles.get(key) ?? this.#add(key);
    tile.receiver = what.receiver ?? null;
    tile.mid = what.mid ?? null;
    tile.name.textContent = what.name;
    tile.initial.textContent = [...what.name][0]?.toUpperCase() ?? "?";
    for (const kind of ["own", "screen", "silent", "dark"]) tile.figure.classList.toggle(kind, !!what[kind]);
    tile.choice.hidden = !tile.receiver;
    if (!tile.receiver && !what.own) tile.figures.textContent = "";
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
    const staged = [...this.#tiles.values()].some((tile) => tile.staged);
    this.#stage.classList.toggle("staged", staged && count > 1);
    for (const tile of this.#tiles.values()) tile.figure.classList.toggle("staged", tile.staged);
    this.#stage.style.setProperty("--others", Math.max(1, count - 1));
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
