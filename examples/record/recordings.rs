//! What is recorded: codecs and scalability modes that the selector has rules of its own for.
//! Bitrates are low, so that each file stays small.

/// One recording.
pub(crate) struct Recording {
    /// Of its files.
    pub(crate) name: &'static str,
    /// As in the SDP: `VP8`, `opus`, `red`.
    pub(crate) codec: &'static str,
    pub(crate) kind: &'static str,
    /// Scalability mode of each encoding (W3C WebRTC SVC); empty for audio.
    pub(crate) mode: &'static str,
    /// Width and height at which the camera is asked to film.
    pub(crate) size: (u16, u16),
    /// As JavaScript: `sendEncodings`.
    encodings: &'static str,
}

pub(crate) const RECORDINGS: [Recording; 11] = [
    video("vp8-simulcast", "VP8", "L1T3", SIMULCAST, SMALL),
    video("h264-simulcast", "H264", "L1T3", SIMULCAST, SMALL),
    video("vp9-simulcast", "VP9", "L1T3", SIMULCAST, SMALL),
    video("vp9-l3t3", "VP9", "L3T3", VP9_SVC, LARGE),
    video("vp9-l3t3-key", "VP9", "L3T3_KEY", VP9_SVC, LARGE),
    video("vp9-l3t3-two", "VP9", "L3T3", ONE, LARGE),
    video("av1-l1t3", "AV1", "L1T3", ONE, SMALL),
    video("av1-l3t3", "AV1", "L3T3", ONE, LARGE),
    video("av1-l3t3-key", "AV1", "L3T3_KEY", ONE, LARGE),
    audio("opus-dtx", "opus"),
    audio("opus-red", "red"),
];

const SMALL: (u16, u16) = (640, 360);
/// Of what is smaller Chromium makes two spatial layers where three are asked for. A quarter of it
/// is even: of an odd height Chromium says one thing in VP9's scalability structure
/// and encodes another.
const LARGE: (u16, u16) = (960, 544);

const SIMULCAST: &str = "[
  { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 40000 },
  { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 110000 },
  { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 280000 }]";
const ONE: &str = "[{ maxBitrate: 550000 }]";
/// With less, Chromium leaves the highest layer out, and says so in `active_decode_targets`.
const VP9_SVC: &str = "[{ maxBitrate: 680000 }]";

const fn video(
    name: &'static str,
    codec: &'static str,
    mode: &'static str,
    encodings: &'static str,
    size: (u16, u16),
) -> Recording {
    Recording { name, codec, kind: "video", mode, size, encodings }
}

const fn audio(name: &'static str, codec: &'static str) -> Recording {
    Recording {
        name,
        codec,
        kind: "audio",
        mode: "",
        size: (0, 0),
        encodings: "[{ maxBitrate: 32000 }]",
    }
}

impl Recording {
    /// What the page is to know of it, as JavaScript.
    pub(crate) fn script(&self) -> String {
        let (width, height) = self.size;
        let Self { codec, kind, mode, encodings, .. } = self;
        format!(
            "const recording = {{ kind: '{kind}', codec: '{kind}/{codec}', mode: '{mode}', \
             width: {width}, height: {height}, encodings: {encodings} }};"
        )
    }
}
