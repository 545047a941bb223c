// The live figures: what the browser measures (getStats) beside what the engine measures.

import { describePublished, describeReceived } from "./layers.js";

export class Figures {
  #before = new Map(); // tile -> {at, bytes, packets, lost, frames}

  // Call once a second; `camera` is the section that ours is published in.
  async update(tiles, call, camera) {
    const published = call.stats?.published?.[camera];
    if (tiles.own && published) {
      tiles.own.figures.textContent = describePublished(published, call.demand.of(camera)).join("\n");
    }
    for (const tile of tiles.received()) {
      const report = await inbound(tile.receiver);
      if (report) tile.figures.textContent = this.#describe(tile, report, call);
    }
  }

  #describe(tile, report, call) {
    const now = { at: report.timestamp, bytes: report.bytesReceived, packets: report.packetsReceived,
      lost: report.packetsLost, frames: report.framesDecoded };
    const before = this.#before.get(tile) ?? now;
    this.#before.set(tile, now);
    const seconds = (now.at - before.at) / 1000;
    const rate = seconds > 0 ? ((now.bytes - before.bytes) * 8) / seconds : 0;
    const lost = Math.max(0, now.lost - before.lost);
    const loss = lost / Math.max(1, lost + now.packets - before.packets);
    const frames = report.framesPerSecond ?? (seconds > 0 ? (now.frames - before.frames) / seconds : 0);
    const engine = call.stats?.received?.[tile.mid];
    const roundTrip = engine?.roundTripTime ?? call.stats?.transport?.roundTripTime;
    const lines = [
      `${report.frameWidth ?? 0}×${report.frameHeight ?? 0}  ${Math.round(frames)} fps`,
      `${bits(rate)}  loss ${(loss * 100).toFixed(1)} %`,
      `rtt ${roundTrip == null ? "–" : `${(roundTrip * 1000).toFixed(1)} ms`}`,
    ];
    if (engine) {
      lines.push(`engine ${bits(engine.bitrate)}  loss ${(engine.fractionLost * 100).toFixed(1)} %`);
      lines.push(...describeReceived(newest(engine, call.layers.get(tile.mid))));
    }
    return lines.join("\n");
  }
}

export function describeTransport(stats) {
  const { transport } = stats;
  const secured = [transport.dtlsVersion, transport.srtpProfile].filter(Boolean).join(", ");
  return `↑ ${bits(transport.incomingBitrate)}  ↓ ${bits(transport.outgoingBitrate)}  ${secured}`;
}

// What flows and why: as the figures say, unless it has changed since.
function newest(engine, change) {
  if (!change) return engine;
  const { layer, reason } = change;
  const held = { paused: reason === "paused", pausedByBandwidth: !layer && reason === "bandwidth" };
  return { ...engine, ...held, layer, reason };
}

async function inbound(receiver) {
  for (const report of (await receiver.getStats()).values()) {
    if (report.type === "inbound-rtp") return report;
  }
  return null;
}

export function bits(rate) {
  return rate >= 1e6 ? `${(rate / 1e6).toFixed(1)} Mbit/s` : `${Math.round(rate / 1e3)} kbit/s`;
}
