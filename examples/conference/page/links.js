// The links to the viewers, one's own first: what congestion control makes of each, drawn and in
// words. Names go in as text, never as markup.

import { bits } from "./figures.js";
import { LINES, Plot, SPAN_MS } from "./plot.js";

const STATES = {
  hold: "steady",
  increase: "growing",
  decrease: "lowered",
  drain: "emptying a queue",
  probing: "trying for more",
  "no-feedback": "unheard of",
};

// What bounds the estimate.
const REASONS = {
  start: "nothing yet",
  delay: "packets that queue",
  loss: "packets that get lost",
  "round-trip-time": "a round trip far too long",
  remb: "the browser's word (REMB)",
  ecn: "routers that mark packets (ECN)",
  limit: "the application",
  measured: "what was measured",
  "no-feedback": "the lack of feedback",
};

const UNKNOWN = "not measured: nothing is sent, or nobody tells how it arrives";

export class Links {
  #panel;
  #rows = new Map(); // participant -> row

  constructor(panel) { this.#panel = panel; }

  // Call when there are new figures; `name` is our own.
  update(call, name) {
    const now = performance.now();
    const links = call.stats.links ?? {};
    for (const [id, row] of this.#rows) {
      if (!(id in links)) { row.element.remove(); this.#rows.delete(id); }
    }
    for (const [id, link] of Object.entries(links)) {
      const own = Number(id) === call.me;
      const row = this.#rows.get(id) ?? this.#add(id, own);
      row.name.textContent = own ? `${name} (you)` : call.participants.get(Number(id))?.name ?? "?";
      row.samples.push({ at: now, link });
      while (row.samples[0].at < now - SPAN_MS) row.samples.shift();
      show(row, now);
    }
  }

  clear() {
    this.#panel.replaceChildren();
    this.#rows.clear();
  }

  #add(id, own) {
    const row = build();
    this.#rows.set(id, row);
    if (own) this.#panel.prepend(row.element);
    else this.#panel.append(row.element);
    return row;
  }
}

export function describeState(link) {
  if (!link) return UNKNOWN;
  return `${STATES[link.state] ?? link.state}, bounded by ${REASONS[link.reason] ?? link.reason}`;
}

// The figures that are not drawn.
export function describeRest(link, padding) {
  return [
    `queue ${(link.queueDelay * 1000).toFixed(0)} ms`,
    `loss ${(link.loss * 100).toFixed(1)} %`,
    `arrives ${bits(link.ackedBitrate)}`,
    link.desiredBitrate ? `wished for ${bits(link.desiredBitrate)}` : "no more wished for",
    `padding ${bits(padding)}`,
  ];
}

// bit/s, between the two newest samples.
export function paddingRate(samples) {
  const [before, now] = samples.slice(-2);
  if (!before?.link || !now?.link) return 0;
  const bytes = now.link.paddingBytesSent - before.link.paddingBytesSent;
  return Math.max(0, (bytes * 8000) / Math.max(1, now.at - before.at));
}

function show({ name, state, plot, values, rest, samples }, now) {
  const { link } = samples.at(-1);
  const words = describeState(link);
  state.textContent = words;
  for (const { name: line, of } of LINES) values.get(line).textContent = link ? bits(of(link)) : "–";
  const figures = link ? describeRest(link, paddingRate(samples)) : [];
  rest.replaceChildren(...figures.map((figure) => Object.assign(make("li", ""), { textContent: figure })));
  plot.draw(samples, now, `Link of ${name.textContent}, last ${SPAN_MS / 1000} s: ${words}`);
}

function build() {
  const element = make("article", "link");
  const [name, state, rest] = [make("h2", ""), make("p", "state"), make("ul", "rest")];
  const plot = new Plot();
  const legend = make("dl", "");
  const values = new Map();
  for (const { name: line } of [...LINES].reverse()) {
    const entry = make("div", line);
    const value = make("dd", "");
    entry.append(Object.assign(make("dt", ""), { textContent: line }), value);
    values.set(line, value);
    legend.append(entry);
  }
  element.append(name, state, plot.element, legend, rest);
  return { element, name, state, plot, values, rest, samples: [] };
}

function make(tag, className) { return Object.assign(document.createElement(tag), { className }); }
