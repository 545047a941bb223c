// What is published and nobody wants is not encoded: the server says which encodings are wanted
// (SIGNALLING.md, "demand"), and the others are stopped until they are wanted again.

// So that a viewer who looks away for a moment costs no key frame.
const STOP_AFTER_MS = 2000;

export class Demand {
  #pc;
  #wanted = new Map(); // mid -> {layer, rids}
  #timers = new Map(); // mid -> timer
  #steps = Promise.resolve();

  constructor(pc) { this.#pc = pc; }

  // What the server said last of this section; undefined: nothing, so all is sent.
  of(mid) { return this.#wanted.get(mid); }

  // At once what is wanted again; what no longer is, if it stays so.
  heed({ mid, layer, rids }) {
    this.#wanted.set(mid, { layer, rids });
    clearTimeout(this.#timers.get(mid));
    this.#next(mid, false);
    this.#timers.set(mid, setTimeout(() => this.#next(mid, true), STOP_AFTER_MS));
  }

  end() { for (const timer of this.#timers.values()) clearTimeout(timer); }

  // One after the other: what setParameters() gets must be of the newest getParameters().
  #next(mid, stops) {
    this.#steps = this.#steps.then(() => this.#apply(mid, stops)).catch(() => { /* section is gone */ });
  }

  async #apply(mid, stops) {
    const sender = this.#pc.getTransceivers().find((one) => one.mid === mid)?.sender;
    const { layer, rids } = this.#wanted.get(mid);
    const parameters = sender?.getParameters();
    if (!parameters?.encodings?.length) return;
    let changed = false;
    for (const encoding of parameters.encodings) {
      const wanted = encoding.rid === undefined ? layer !== null : rids.includes(encoding.rid);
      if (encoding.active === wanted || (!wanted && !stops)) continue;
      encoding.active = wanted;
      changed = true;
    }
    if (changed) await sender.setParameters(parameters);
  }
}
