// Layers and reasons in words.

const REASONS = {
  started: "the first picture to come",
  constraint: "the tile's size or your choice changed",
  paused: "nobody looks: paused",
  resumed: "somebody looks again",
  missing: "the sender stopped the better one",
  available: "the sender sends a better one again",
  restarted: "the sender started over",
  loss: "packets were lost on the way",
};

export function layerName(layer) {
  if (!layer) return "nothing";
  const spatial = layer.rid ?? `spatial ${layer.spatial}`;
  const within = layer.rid && layer.spatial ? `, spatial ${layer.spatial}` : "";
  return `${spatial}${within}, temporal ${layer.temporal}`;
}

// Lines for a tile that receives.
export function describeReceived({ layer, target, reason }) {
  const lines = [`layer ${layerName(layer)}`];
  if (layerName(layer) !== layerName(target)) lines.push(`wanted ${layerName(target)}`);
  lines.push(REASONS[reason] ?? "for a reason this page does not know");
  return lines;
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
