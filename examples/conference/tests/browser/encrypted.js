// End-to-end encryption as a page would do it, with a toy cipher: every video frame goes through
// encoded transforms (createEncodedStreams), and what the server sees behind the clear bytes is
// noise. Runs before the page's own scripts. CLEAR is {key, delta}: bytes that stay clear.
(() => {
  const KEY = 0x5eed1234;
  const TRAILER = 4; // the frame's nonce
  const ended = (error) => { globalThis.scrambleError = String(error); };

  // xorshift32: noise enough for whoever has not got the key
  function scramble(bytes, from, to, nonce) {
    let state = (KEY ^ nonce) >>> 0 || 1;
    for (let at = from; at < to; at++) {
      state ^= state << 13; state >>>= 0;
      state ^= state >>> 17;
      state ^= state << 5; state >>>= 0;
      bytes[at] ^= state >>> 11;
    }
  }

  const clear = (frame, length) => Math.min(CLEAR[frame.type] ?? 0, length);

  function seal(frame) {
    const plain = new Uint8Array(frame.data);
    const nonce = crypto.getRandomValues(new Uint32Array(1))[0];
    const sealed = new Uint8Array(plain.length + TRAILER);
    sealed.set(plain);
    scramble(sealed, clear(frame, plain.length), plain.length, nonce);
    new DataView(sealed.buffer).setUint32(plain.length, nonce);
    frame.data = sealed.buffer;
  }

  function open(frame) {
    const length = frame.data.byteLength - TRAILER;
    if (length < 0) return;
    const nonce = new DataView(frame.data).getUint32(length);
    const plain = new Uint8Array(frame.data.slice(0, length));
    scramble(plain, clear(frame, length), length, nonce);
    frame.data = plain.buffer;
  }

  function transform(owner, kind, change) {
    const { readable, writable } = owner.createEncodedStreams();
    const step = (frame, out) => {
      if (kind === "video") { change(frame); globalThis.scrambled = (globalThis.scrambled ?? 0) + 1; }
      out.enqueue(frame);
    };
    readable.pipeThrough(new TransformStream({ transform: step })).pipeTo(writable).catch(ended);
  }

  const Plain = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Plain {
    constructor(options) {
      super({ ...options, encodedInsertableStreams: true });
      this.addEventListener("track", ({ receiver, track }) => transform(receiver, track.kind, open));
    }
    addTransceiver(track, options) {
      const transceiver = super.addTransceiver(track, options);
      transform(transceiver.sender, track.kind, seal);
      return transceiver;
    }
  };
})();
