// Watches the one picture that this page receives: what is decoded, what the server says of layers.
(async () => {
  const source = call.sources.find(({ kind }) => kind === "video");
  const receiver = source && call.receiver(source);
  if (!receiver) return "";
  const figure = [...document.querySelectorAll(".tile")]
    .find((tile) => tile.querySelector("video").srcObject?.getTracks()[0] === receiver.track);
  if (!figure) return "";
  let last;
  const watch = globalThis.watch = { layers: [], gap: 0, wallGap: 0, backwards: 0 };
  call.addEventListener("layer", ({ detail: { mid, layer, reason } }) => {
    if (mid !== source.mid) return;
    const name = layer?.rid ?? layer?.spatial ?? "none";
    if (name !== last) watch.layers.push(`${name} ${reason}`);
    last = name;
  });

  const video = figure.querySelector("video");
  let before = null;
  const shown = (now, { rtpTimestamp }) => {
    if (before) {
      const ticks = (rtpTimestamp - before.rtpTimestamp) | 0;
      if (ticks < 0) watch.backwards++;
      watch.gap = Math.max(watch.gap, ticks / 90);
      watch.wallGap = Math.max(watch.wallGap, now - before.now);
    }
    before = { rtpTimestamp, now };
    video.requestVideoFrameCallback(shown);
  };
  video.requestVideoFrameCallback(shown);

  watch.forget = () => {
    before = null;
    Object.assign(watch, { gap: 0, wallGap: 0, backwards: 0 });
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
    const { layers, gap, wallGap, backwards } = watch;
    const engine = call.stats?.received?.[source.mid];
    return JSON.stringify({ frameWidth, frameHeight, framesDecoded, framesDropped, freezeCount,
      keyFramesDecoded, pliCount, nackCount, packetsLost, layers, gap, wallGap, backwards,
      target: engine?.target, text: figure.querySelector(".figures").textContent });
  };
  return "ready";
})()
