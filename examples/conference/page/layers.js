// Layers and reasons in words.

const REASONS = {
  started: "the first picture to come",
  constraint: "the tile's size or your choice changed",
  paused: "paused: nobody looks",
  resumed: "somebody looks again",
  missing: "the sender stopped the better one",
  available: "the sender sends a better one again",
  restarted: "the sender started over",
  loss: "packets were lost on the way",
  bandwidth: "the link carries no more",
};

export function layerName(layer) {
  if (!layer) return "nothing";
  const spatial = layer.rid ?? `spatial ${layer.spatial}`;
  const within = layer.rid && layer.spatial ? `, spatial ${layer.spatial}` : "";
  return `${spatial}${within}, temporal ${layer.temporal}`;
}

// Lines for a tile that receives: which layer is sent, and why this one.
export function describeReceived(received) {
  const { layer, target, reason, paused, pausedByBandwidth, limitedByBandwidth } = received;
  if (!layer && paused) return [REASONS.paused];
  if (!layer && pausedByBandwidth) return ["paused: link"];
  const lines = [layer ? `layer ${layerName(layer)}` : "waits for a picture"];
  if (layerName(layer) !== layerName(target)) lines.push(`wanted ${layerName(target)}`);
  if (layer) lines.push(why(reason, limitedByBandwidth));
  if (layer && limitedByBandwidth && reason !== "bandwidth") lines.push("limited by the link");
  return lines;
}

function why(reason, limited) {
  if (reason === "bandwidth" && !limited) return "the link carries more again";
  return REASONS[reason] ?? "for a reason this page does not know";
}

// Lines for the tile of one's own: what of the camera is sent, and what the others want of it.
export function describePublished(encodings, demand) {
  const lines = encodings.map((one) => {
    const name = one.rid ?? "picture";
    const unwanted = demand && (one.rid ? !demand.rids.includes(one.rid) : !demand.layer);
    if (!one.active) return `${name} ${unwanted ? "stopped: nobody wants it" : "not sent"}`;
    const size = one.width ? `${one.width}×${one.height}  ` : "";
    return `${name} ${size}${Math.round(one.framesPerSecond)} fps`;
  });
  if (demand) lines.push(`in demand: ${demand.layer ? `up to ${layerName(demand.layer)}` : "nothing"}`);
  return lines;
}
