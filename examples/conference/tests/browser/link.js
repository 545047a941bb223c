// Notes about each 60 ms, as often as the browser counts anew, what the one picture and the one sound that this page receives say of themselves.
// Samples go out with how long ago they were taken: no clock is shared.
(async () => {
  const receiver = (kind) => {
    const source = call.sources.find((one) => one.kind === kind);
    return source && call.receiver(source);
  };
  const [video, audio] = [receiver("video"), receiver("audio")];
  if (!video || !audio) return "";
  const inbound = async (one) =>
    [...(await one.getStats()).values()].find(({ type }) => type === "inbound-rtp") ?? {};
  const samples = [];
  let counted;
  const note = async () => {
    const [picture, sound] = await Promise.all([inbound(video), inbound(audio)]);
    const { frameHeight = 0, framesDecoded = 0, bytesReceived = 0, packetsLost = 0, freezeCount = 0,
      totalFreezesDuration = 0, pliCount = 0 } = picture;
    const { concealedSamples = 0, concealmentEvents = 0, totalSamplesReceived = 0,
      packetsLost: soundLost = 0 } = sound;
    if (sound.timestamp === counted) return;
    counted = sound.timestamp;
    samples.push({ at: performance.now(), frameHeight, framesDecoded, bytesReceived, packetsLost,
      freezeCount, totalFreezesDuration, pliCount, concealedSamples, concealmentEvents,
      totalSamplesReceived, soundLost });
  };
  setInterval(note, 60);
  globalThis.takeSamples = async () => {
    const now = performance.now();
    return JSON.stringify(samples.splice(0).map(({ at, ...rest }) => ({ age: now - at, ...rest })));
  };
  return "ready";
})()
