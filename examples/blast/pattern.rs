//! What a publisher sends, and when: frames of so many bytes, cut into packets as libwebrtc cuts
//! them, over and over.

use std::fs;
use std::time::Duration;

use lahn::params::MediaKind;

use crate::endpoint::LEAST_PAYLOAD;
use crate::options::{Media, Options};
use crate::random;

/// Longest payload: 1,200 bytes of datagram without header and the longest tag.
const MOST_PAYLOAD: usize = 1_160;

/// One packet of the pattern.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Planned {
    /// Since the pattern's beginning.
    pub(crate) at: Duration,
    pub(crate) payload_len: usize,
    pub(crate) first: bool,
    pub(crate) last: bool,
    pub(crate) key_frame: bool,
    /// Of the pattern.
    pub(crate) frame: u64,
    /// When its frame was taken, since the pattern's beginning.
    pub(crate) taken: Duration,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) packets: Vec<Planned>,
    /// How many frames they are.
    pub(crate) frames: u64,
    /// How long it takes.
    pub(crate) period: Duration,
    pub(crate) kind: MediaKind,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    /// After the one before.
    delta: Duration,
    bytes: usize,
    key: bool,
}

impl Pattern {
    pub(crate) fn new(options: &Options) -> Result<Self, String> {
        let frames = match &options.media {
            Media::Camera => camera(options.seed),
            Media::Microphone => microphone(options.seed),
            Media::Recorded(file) => {
                let text = fs::read_to_string(file);
                read(&text.map_err(|error| format!("{}: {error}", file.display()))?)?
            }
            Media::Constant { payload, per_second } => constant(*payload, *per_second)?,
        };
        let pacing = options.pacing.filter(|_| options.media != Media::Microphone);
        Ok(Self::of(&frames, options.media.kind(), pacing))
    }

    /// The place of the first packet of the frame that is taken at `share` (0-1) of the period.
    pub(crate) fn place_at(&self, share: f64) -> usize {
        let frame = (self.frames as f64 * share) as u64;
        self.packets.iter().position(|packet| packet.frame == frame).unwrap_or(0)
    }

    fn of(frames: &[Frame], kind: MediaKind, pacing: Option<f64>) -> Self {
        let period: Duration = frames.iter().map(|frame| frame.delta).sum();
        let bytes: usize = frames.iter().map(|frame| frame.bytes).sum();
        let seconds_per_byte = pacing.map(|x| period.as_secs_f64() / (bytes as f64 * x));
        let (mut packets, mut taken, mut free) = (Vec::new(), Duration::ZERO, Duration::ZERO);
        for (number, frame) in (0..).zip(frames) {
            if number > 0 {
                taken += frame.delta;
            }
            let parts: Vec<_> = parts(frame.bytes).collect();
            for (place, payload_len) in parts.iter().copied().enumerate() {
                let at = taken.max(free);
                let spread = seconds_per_byte.map_or(0.0, |seconds| seconds * payload_len as f64);
                free = at + Duration::from_secs_f64(spread);
                packets.push(Planned {
                    at,
                    payload_len,
                    first: place == 0,
                    last: place + 1 == parts.len(),
                    key_frame: frame.key,
                    frame: number,
                    taken,
                });
            }
        }
        Self { packets, frames: frames.len() as u64, period, kind }
    }
}

/// As few packets as hold the frame, as equal as can be, the smaller ones first.
fn parts(bytes: usize) -> impl Iterator<Item = usize> {
    let bytes = bytes.max(LEAST_PAYLOAD);
    let count = bytes.div_ceil(MOST_PAYLOAD);
    (0..count).map(move |place| (bytes + place) / count)
}

/// Ten seconds at 30 frames per second, 1.5 Mbit/s with headers: a key frame, then frames of five
/// packets.
fn camera(seed: u64) -> Vec<Frame> {
    const KEY_FRAME: usize = 60_000;
    let delta = Duration::from_nanos(33_333_333);
    let key = Frame { delta, bytes: KEY_FRAME, key: true };
    let others = (1..300).map(|number| {
        let bytes = 5_480 + (random::mix(seed, number) % 320) as usize;
        Frame { delta, bytes, key: false }
    });
    [key].into_iter().chain(others).collect()
}

/// Ten seconds of Opus: a packet every 20 ms.
fn microphone(seed: u64) -> Vec<Frame> {
    let packet = |number| {
        let bytes = 80 + (random::mix(seed, number) % 41) as usize;
        Frame { delta: Duration::from_millis(20), bytes, key: false }
    };
    (0..500).map(packet).collect()
}

fn constant(payload: usize, per_second: f64) -> Result<Vec<Frame>, String> {
    if !(LEAST_PAYLOAD..=MOST_PAYLOAD).contains(&payload) {
        return Err(format!("--bytes is from {LEAST_PAYLOAD} to {MOST_PAYLOAD}"));
    }
    let delta = Duration::try_from_secs_f64(per_second.recip())
        .ok()
        .filter(|delta| !delta.is_zero())
        .ok_or_else(|| format!("--rate {per_second}"))?;
    let frame = |number| Frame { delta, bytes: payload, key: number == 0 };
    Ok((0..100).map(frame).collect())
}

/// Lines of `<ms since the one before> <bytes> [key]`; empty ones and those with `#` say nothing.
fn read(text: &str) -> Result<Vec<Frame>, String> {
    let mut frames = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let (delta, bytes, key) = match words[..] {
            [] => continue,
            [first, ..] if first.starts_with('#') => continue,
            [delta, bytes] => (delta, bytes, frames.is_empty()),
            [delta, bytes, "key"] => (delta, bytes, true),
            _ => return Err(format!("line {number}: <ms since the one before> <bytes> [key]")),
        };
        let millis =
            delta.parse().ok().and_then(|ms: f64| Duration::try_from_secs_f64(ms / 1e3).ok());
        let (Some(delta), Ok(bytes)) = (millis, bytes.parse()) else {
            return Err(format!("line {number}: not numbers"));
        };
        frames.push(Frame { delta, bytes, key });
    }
    if frames.iter().map(|frame| frame.delta).sum::<Duration>().is_zero() {
        return Err("no frames, or all at once".to_owned());
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_is_cut_into_packets_that_differ_by_one_byte_smaller_first() {
        let cut = |bytes| parts(bytes).collect::<Vec<_>>();
        assert_eq!(cut(5_728), [1_145, 1_145, 1_146, 1_146, 1_146]);
        assert_eq!(cut(2 * MOST_PAYLOAD), [MOST_PAYLOAD; 2]);
        assert_eq!(cut(1), [LEAST_PAYLOAD]);
    }

    #[test]
    fn built_in_camera_sends_a_megabit_and_a_half_in_frames_of_five_packets() {
        let pattern = Pattern::of(&camera(1), MediaKind::Video, Some(2.5));
        let overhead = (24 + 16 + 28) * 8 * pattern.packets.len();
        let payload: usize = pattern.packets.iter().map(|packet| 8 * packet.payload_len).sum();
        let bitrate = (payload + overhead) as f64 / pattern.period.as_secs_f64();
        assert!((1.45e6..1.55e6).contains(&bitrate), "{bitrate}");
        for frame in 1..300 {
            assert_eq!(pattern.packets.iter().filter(|packet| packet.frame == frame).count(), 5);
        }
        assert!(pattern.packets.is_sorted_by_key(|packet| packet.at));
    }

    #[test]
    fn recorded_pattern_is_read_and_what_is_none_is_refused() {
        let frames = read("# from a call\n0 30000\n\n33.3 5000\n33.3 28000 key\n").expect("good");
        assert_eq!(frames.iter().map(|frame| frame.key).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(frames[1].delta, Duration::from_micros(33_300));
        for wrong in ["", "5", "a 5", "5 b", "5 5 5", "0 5"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
