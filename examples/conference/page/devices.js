// Microphone, camera and screen.

const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

// What there is and what we may have: both, one, or none of the two.
export async function microphoneAndCamera() {
  for (const wish of [{ audio: AUDIO, video: VIDEO }, { audio: AUDIO }, { video: VIDEO }]) {
    const stream = await media(wish);
    if (stream) return { microphone: stream.getAudioTracks()[0], camera: stream.getVideoTracks()[0] };
  }
  return {};
}

export async function camera() {
  return (await media({ video: VIDEO }))?.getVideoTracks()[0];
}

// Throws if it was called off.
export async function screen() {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
  const [video] = stream.getVideoTracks();
  video.contentHint = "detail";
  return { video, audio: stream.getAudioTracks()[0] };
}

async function media(wish) {
  try {
    return await navigator.mediaDevices.getUserMedia(wish);
  } catch {
    return null; // not there, not allowed, or (without HTTPS) not even to be asked for
  }
}
