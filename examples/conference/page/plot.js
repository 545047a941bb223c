// One small plot: what a link is taken to carry, what is sent over it and what of it is allotted,
// over the last minute. Colours are the style sheet's, so that they follow light and dark.

export const SPAN_MS = 60_000;

// Without a sample for so long, the line is broken.
const GAP_MS = 3000;

// Drawn from back to front; each is also a class, and a line of the legend.
export const LINES = [
  { name: "sent", of: ({ sentBitrate }) => sentBitrate },
  { name: "allocated", of: ({ allocatedBitrate }) => allocatedBitrate },
  { name: "estimate", of: ({ targetBitrate }) => targetBitrate },
];

// In the picture's own units.
const [WIDTH, HEIGHT] = [256, 96];
const [LEFT, RIGHT, TOP, BOTTOM] = [36, 252, 8, 80];

// Rates that an axis may end at, by power of ten: half of each is easily read, too.
const ENDS = [1, 1.6, 2, 3, 4, 6, 8, 10];
const LEAST_END = 100_000;

export class Plot {
  element = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "plot", role: "img" });
  #lines = new Map();  // name -> path
  #area = shape("path", { class: "area" });
  #rates = [];         // labels of the axis, top to bottom

  constructor() {
    for (const [share, anchor] of [[1, TOP], [0.5, (TOP + BOTTOM) / 2], [0, BOTTOM]]) {
      this.element.append(shape("path", { class: "grid", d: `M${LEFT} ${anchor}H${RIGHT}` }));
      const label = text(LEFT - 4, anchor + 3, "end", "0");
      if (share) this.#rates.push({ share, label });
      this.element.append(label);
    }
    this.element.append(text(LEFT, HEIGHT - 4, "start", `${SPAN_MS / 1000} s ago`));
    this.element.append(text(RIGHT, HEIGHT - 4, "end", "now"), this.#area);
    for (const { name } of LINES) {
      const line = shape("path", { class: `line ${name}` });
      this.#lines.set(name, line);
      this.element.append(line);
    }
  }

  // `samples`: {at, link} each, oldest first; link is null where nothing is known. `label` says the
  // same in words.
  draw(samples, now, label) {
    const links = samples.flatMap(({ link }) => link ?? []);
    const end = axisEnd(links.flatMap((link) => LINES.map(({ of }) => of(link))));
    for (const { share, label: rate } of this.#rates) rate.textContent = short(end * share);
    const x = (at) => RIGHT - ((now - at) / SPAN_MS) * (RIGHT - LEFT);
    const y = (rate) => BOTTOM - (rate / end) * (BOTTOM - TOP);
    for (const { name, of } of LINES) {
      const pieces = unbroken(samples).map((piece) =>
        piece.map(({ at, link }) => `${x(at).toFixed(1)} ${y(of(link)).toFixed(1)}`));
      this.#lines.get(name).setAttribute("d", pieces.map((points) => `M${points.join("L")}`).join(""));
      if (name === "sent") this.#area.setAttribute("d", pieces.map(closed).join(""));
    }
    this.element.setAttribute("aria-label", label);
  }
}

// The least end of the axis that all rates are below.
export function axisEnd(rates) {
  const most = Math.max(LEAST_END, ...rates);
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ENDS.find((end) => end * power >= most);
}

// Runs of samples that are known and follow each other closely.
export function unbroken(samples) {
  const pieces = [];
  let last = null;
  for (const sample of samples) {
    if (!sample.link) { last = null; continue; }
    if (last && sample.at - last.at <= GAP_MS) pieces.at(-1).push(sample);
    else pieces.push([sample]);
    last = sample;
  }
  return pieces;
}

function closed(points) {
  const end = (point) => `${point.split(" ")[0]} ${BOTTOM}`;
  return `M${end(points[0])}L${points.join("L")}L${end(points.at(-1))}Z`;
}

function short(rate) {
  return rate >= 1e6 ? `${Number((rate / 1e6).toFixed(2))} M` : `${Math.round(rate / 1e3)} k`;
}

function shape(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function text(x, y, anchor, content) {
  const element = shape("text", { x, y, "text-anchor": anchor });
  element.textContent = content;
  return element;
}
