// What each tile needs of its picture: its size in device pixels, whether anybody sees it, whether
// it is on stage, and what the viewer chose by hand. The server turns that into constraints.

const SETTLE_MS = 200;

// Of the chooser in a tile. "auto": by size.
export const CHOICES = { auto: "auto", l: "low", m: "middle", h: "high", pause: "pause" };
const LAYERS = { l: 0, m: 1, h: 2 };

export class Views {
  #call = null;
  #tiles = new Map(); // figure -> tile
  #sent = new WeakMap(); // tile -> what the server knows of it
  #timer = null;
  #sizes = new ResizeObserver((entries) => this.#measure(entries));
  #sights = new IntersectionObserver((entries) => this.#look(entries));

  constructor() {
    document.addEventListener("visibilitychange", () => this.changed());
  }

  watch(tile) {
    this.#tiles.set(tile.figure, tile);
    try {
      this.#sizes.observe(tile.figure, { box: "device-pixel-content-box" });
    } catch {
      this.#sizes.observe(tile.figure);
    }
    this.#sights.observe(tile.figure);
    tile.video.addEventListener("resize", () => this.changed());
  }

  forget(tile) {
    this.#tiles.delete(tile.figure);
    this.#sizes.unobserve(tile.figure);
    this.#sights.unobserve(tile.figure);
  }

  // The tiles show what `call` brings.
  update(call) {
    if (this.#call !== call) this.#sent = new WeakMap();
    this.#call = call;
    this.changed();
  }

  // Something about a tile is different; what it all comes to is told in a moment.
  changed() {
    this.#timer ??= setTimeout(() => this.#tell(), SETTLE_MS);
  }

  #measure(entries) {
    for (const { target, devicePixelContentBoxSize: exact, contentRect } of entries) {
      const tile = this.#tiles.get(target);
      if (!tile) continue;
      const width = exact?.[0].inlineSize ?? contentRect.width * devicePixelRatio;
      const height = exact?.[0].blockSize ?? contentRect.height * devicePixelRatio;
      tile.size = { width: side(width), height: side(height) };
    }
    this.changed();
  }

  #look(entries) {
    for (const { target, isIntersecting } of entries) {
      const tile = this.#tiles.get(target);
      if (tile) tile.inView = isIntersecting;
    }
    this.changed();
  }

  #tell() {
    this.#timer = null;
    const news = [];
    for (const tile of this.#tiles.values()) {
      if (!tile.receiver || !tile.size) continue;
      const view = describe(tile);
      const text = JSON.stringify(view);
      if (this.#sent.get(tile) === text) continue;
      this.#sent.set(tile, text);
      news.push(view);
    }
    if (news.length) this.#call?.view(news);
  }
}

function describe(tile) {
  const { mid, staged } = tile;
  const choice = tile.choice.value;
  const paused = choice === "pause" || document.hidden || tile.inView === false;
  const view = { mid, onStage: staged, paused };
  return choice in LAYERS ? { ...view, maxSpatial: LAYERS[choice] } : { ...view, ...pictured(tile) };
}

// A picture that is cut to fill its tile needs the tile's size; one that is shown whole, less.
function pictured({ size, video }) {
  const { videoWidth, videoHeight } = video;
  if (!videoWidth || getComputedStyle(video).objectFit !== "contain") return size;
  const scale = Math.min(size.width / videoWidth, size.height / videoHeight);
  return { width: side(Math.floor(videoWidth * scale)), height: side(Math.floor(videoHeight * scale)) };
}

function side(pixels) { return Math.min(16384, Math.max(1, Math.round(pixels))); }
