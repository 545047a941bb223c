// Watches the one picture that this page receives: what is decoded, what the server says of layers.
(async () => {
  const source = call.sources.find(({ kind }) => kind === "video");
  const receiver = source && call.receiver(source);
  if (!receiver) return "";
  const figure = [...document.querySelectorAll(".tile")]
    .find((tile) => tile.querySelector("video").srcObject?.getTracks()[0] === receiver.track);
  if (!figure) return "";
  let last;
  const watch = globalThis.watch = { layers: [], gap: 0, backwards: 0 };
  call.addEventListener("layer", ({ detail: { mid, layer, reason } }) => {
    if (mid !== source.mid) return;
    const name = layer?.rid ?? layer?.spatial ?? "none";
    if (name !== last) watch.layers.push(`${name} ${reason}`);
    last = name;
  });

  // Every frame that is decoded, whether or not a busy machine comes to show it.
  let before = null;
  const frames = new MediaStreamTrackProcessor({ track: receiver.track, maxBufferSize: 60 }).readable.getReader();
  const follow = async () => {
    for (;;) {
      const { value: frame, done } = await frames.read();
      if (done) return;
      const { rtpTimestamp } = frame.metadata();
      frame.close();
      const ticks = before === null ? 0 : (rtpTimestamp - before) | 0;
      before = rtpTimestamp;
      if (ticks < 0) watch.backwards++;
      watch.gap = Math.max(watch.gap, ticks / 90);
    }
  };
  follow();

  watch.forget = () => {
    before = null;
    Object.assign(watch, { gap: 0, backwards: 0 });
    watch.layers.length = 0;
  };
  watch.choose = (choice) => {
    const select = figure.querySelector("select");
    select.value = choice;
    select.dispatchEvent(new Event("change"));
  };
  watch.size = (width, height) => {
    Object.assign(figure.style, { width: `${width}px`, height: `${height}px`, aspectRatio: "auto", maxHeight: "none" });
  };
  watch.scrollAway = (away) => { figure.style.marginTop = away ? "5000px" : ""; };
  watch.look = async () => {
    const report = [...(await receiver.getStats()).values()].find(({ type }) => type === "inbound-rtp");
    const { frameWidth = 0, frameHeight = 0, framesDecoded = 0, framesDropped = 0, freezeCount = 0,
      keyFramesDecoded = 0, pliCount = 0, nackCount = 0, packetsLost = 0 } = report ?? {};
    const { layers, gap, backwards } = watch;
    const engine = call.stats?.received?.[source.mid];
    return JSON.stringify({ frameWidth, frameHeight, framesDecoded, framesDropped, freezeCount,
      keyFramesDecoded, pliCount, nackCount, packetsLost, layers, gap, backwards,
      target: engine?.target, text: figure.querySelector(".figures").textContent });
  };
  return "ready";
})()
