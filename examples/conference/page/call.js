// One conference as the browser sees it: one WebSocket (SIGNALLING.md), one RTCPeerConnection.
// Knows nothing of the page; tells by events: "change", "layer", "stats", "trouble", "ended".

import { Demand } from "./demand.js";

const RESTART_AFTER_MS = 3000;

export class Call extends EventTarget {
  me = null;
  participants = new Map(); // id -> {id, name, microphone, camera}
  sources = [];             // {mid, participant, kind, label}: what each section brings
  stats = null;             // the engine's figures
  layers = new Map();       // mid -> {layer, reason}: what flows and why, changed since the figures
  pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  demand = new Demand(this.pc);

  #socket;
  #steps = Promise.resolve();
  #labels = new Map();      // own transceiver -> label
  #restart = null;
  #state = null;             // what the others were told last
  #over = false;

  constructor(url) {
    super();
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = (event) => this.#heed(JSON.parse(event.data));
    this.#socket.onclose = () => this.#end("The connection to the server was lost.", true);
    this.pc.onnegotiationneeded = () => this.#next(() => this.#offer());
    this.pc.oniceconnectionstatechange = () => this.#watchIce();
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.#send({ type: "candidate", candidate: candidate.candidate });
    };
  }

  // Resolves once the server has let us in.
  join(name, publishes) {
    return new Promise((resolve, reject) => {
      this.#socket.onopen = () => this.#send({ type: "join", name, publishes });
      this.addEventListener("welcome", resolve, { once: true });
      this.addEventListener("ended", ({ detail }) => reject(new Error(detail.reason)), { once: true });
    });
  }

  // Publishes a track, as encodings.js says; the transceiver that comes back is what unpublish() takes.
  publish(track, label, { encodings = [undefined], codecs = null } = {}) {
    const transceiver = this.#addTransceiver(track, encodings);
    if (codecs) transceiver.setCodecPreferences(codecs);
    if (label === "camera") keepSize(transceiver.sender);
    this.#labels.set(transceiver, label);
    return transceiver;
  }

  unpublish(transceiver) {
    this.#labels.delete(transceiver);
    transceiver.stop();
  }

  // Tells the others, if it is news.
  tellState(microphone, camera) {
    const state = JSON.stringify({ microphone, camera });
    if (state === this.#state) return;
    this.#state = state;
    this.#send({ type: "state", microphone, camera });
  }

  // What tiles want of their pictures: {mid, width, height, maxSpatial, onStage, paused} each.
  view(tiles) { this.#send({ type: "view", tiles }); }

  leave() {
    this.#send({ type: "leave" });
    this.#end("You left.", false);
  }

  // The receiver of a source; none while its section is not (or no longer) there.
  receiver(source) {
    const transceivers = this.pc.getTransceivers();
    const found = transceivers.find(({ mid }) => mid === source.mid);
    return found && found.currentDirection !== "stopped" ? found.receiver : null;
  }

  // Descriptions are set one after the other, whatever arrives meanwhile.
  #next(step) {
    this.#steps = this.#steps.then(async () => { if (!this.#over) await step(); })
      .catch((error) => this.#tell("trouble", { message: error.message }));
  }

  async #offer() {
    if (this.pc.signalingState !== "stable") return; // asked for again once it is
    await this.pc.setLocalDescription();
    const labels = {};
    for (const [transceiver, label] of this.#labels) {
      if (transceiver.mid !== null) labels[transceiver.mid] = label;
    }
    this.#send({ type: "offer", sdp: this.pc.localDescription.sdp, labels });
  }

  async #acceptOffer({ sdp, sources }) {
    if (this.pc.signalingState !== "stable") return; // ours crosses it and wins
    await this.pc.setRemoteDescription({ type: "offer", sdp });
    await this.pc.setLocalDescription();
    this.#send({ type: "answer", sdp: this.pc.localDescription.sdp });
    this.sources = sources;
    this.#tell("change");
  }

  async #acceptAnswer({ sdp }) {
    if (this.pc.signalingState !== "have-local-offer") return;
    await this.pc.setRemoteDescription({ type: "answer", sdp });
  }

  // The first of `encodings` that the browser takes.
  #addTransceiver(track, [sendEncodings, ...others]) {
    const options = { direction: "sendonly", streams: [new MediaStream([track])] };
    if (sendEncodings) options.sendEncodings = sendEncodings;
    try {
      return this.pc.addTransceiver(track, options);
    } catch (error) {
      if (!others.length) throw error;
      return this.#addTransceiver(track, others);
    }
  }

  async #refused({ about, message }) {
    if (about === "view") return; // of a section that has just gone
    if (about === "offer" && this.pc.signalingState === "have-local-offer") {
      await this.pc.setLocalDescription({ type: "rollback" });
    }
    this.#tell("trouble", { message: `The server refused (${about}): ${message}` });
  }

  #heed(message) {
    switch (message.type) {
      case "welcome":
        this.me = message.you;
        this.#tell("welcome");
        break;
      case "participants":
        this.participants = new Map(message.participants.map((one) => [one.id, one]));
        this.#tell("change");
        break;
      case "offer": this.#next(() => this.#acceptOffer(message)); break;
      case "answer": this.#next(() => this.#acceptAnswer(message)); break;
      case "layer":
        this.layers.set(message.mid, message);
        this.#tell("layer", message);
        break;
      case "demand": this.demand.heed(message); break;
      case "stats":
        this.stats = message;
        this.layers.clear();
        this.#tell("stats");
        break;
      case "left": this.#end(message.reason, true); break;
      case "error":
        if (this.me === null) this.#end(message.message, false);
        else this.#next(() => this.#refused(message));
        break;
    }
  }

  #watchIce() {
    clearTimeout(this.#restart);
    const restart = () => { if (!this.#over) this.pc.restartIce(); };
    const state = this.pc.iceConnectionState;
    if (state === "failed") restart();
    if (state === "disconnected") this.#restart = setTimeout(restart, RESTART_AFTER_MS);
    this.#tell("change");
  }

  #send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #end(reason, mayReturn) {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#restart);
    this.demand.end();
    this.pc.close();
    this.#socket.close();
    this.#tell("ended", { reason, mayReturn });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

// Tiles count on the sizes of the layers: when the machine is busy, rather fewer frames than smaller.
async function keepSize(sender) {
  const parameters = sender.getParameters();
  parameters.degradationPreference = "maintain-resolution";
  try { await sender.setParameters(parameters); } catch { /* only a preference */ }
}
