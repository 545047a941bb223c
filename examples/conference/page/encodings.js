// How a camera is published: three versions of the picture (simulcast), or one in layers (SVC) where
// the codec can do that. ?codec=av1, vp9, h264 or vp8 in the page's address chooses the codec; the
// default is whatever browser and server agree on.

// Low to high; what is not watched is stopped (demand.js).
const SIMULCAST = [
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];

// The first that the browser takes.
const MODES = ["L3T3_KEY", "L3T3", "L1T3"];
const LAYERED = ["vp9", "av1"];

// {encodings: possible sendEncodings, the best first; codecs: the only ones to offer, or null}
export function cameraSending(wish) {
  const codecs = only(wish);
  if (!codecs || !LAYERED.includes(wish)) return { encodings: [SIMULCAST], codecs };
  const layered = MODES.map((scalabilityMode) => [{ scalabilityMode, maxBitrate: 2_000_000 }]);
  return { encodings: [...layered, [{ maxBitrate: 2_000_000 }]], codecs };
}

export function screenSending() {
  return { encodings: [[{ maxBitrate: 2_500_000 }]], codecs: null };
}

// The one wished for, with its retransmission; null if there is no such wish or codec. No others:
// the server would choose among them by its own preference.
function only(wish) {
  const { codecs } = RTCRtpReceiver.getCapabilities("video");
  const isWished = ({ mimeType }) => mimeType.toLowerCase() === `video/${wish}`;
  if (!codecs.some(isWished)) return null;
  return codecs.filter((codec) => isWished(codec) || codec.mimeType.toLowerCase() === "video/rtx");
}
