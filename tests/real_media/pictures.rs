//! Pictures, decoded by ffmpeg, and compared bit by bit.

use std::sync::Arc;

use lahn::Layer;

use super::decode::{Frame, decode};
use super::original::Truth;
use super::script::Forwarded;

/// What is to be decoded, and what is to come of it. Each stream begins with a key frame, so one
/// decoder takes them all, one after the other.
#[derive(Default)]
pub struct Pictures {
    frames: Vec<Frame>,
    expected: Vec<Expected>,
}

struct Expected {
    name: Arc<str>,
    at: u64,
    layer: Layer,
    /// Timestamp of the original.
    timestamp: u32,
}

impl Pictures {
    pub fn add(&mut self, name: &str, truth: &Truth, frames: Vec<(Frame, &Forwarded)>) {
        let name = Arc::from(name);
        for (frame, first) in frames {
            self.frames.push(frame);
            self.expected.push(Expected {
                name: Arc::clone(&name),
                at: first.at,
                layer: first.layer.expect("told before it flows"),
                timestamp: truth.packets[first.original].rtp.timestamp,
            });
        }
    }

    /// Each is the same as if nothing had been left out.
    #[track_caller]
    pub fn assert_same(&self, truth: &Truth) {
        let Some(decoded) = decode(truth.codec.expect("video"), &self.frames) else { return };
        let shown = decoded.sizes.iter().zip(&decoded.checksums);
        for (expected, (size, checksum)) in self.expected.iter().zip(shown) {
            let Expected { name, at, layer, timestamp } = expected;
            let pictures = truth.pictures(*layer).expect("ffmpeg is there");
            assert_eq!((*size, *checksum), pictures[timestamp], "{name}: at {at} ms, {layer:?}");
        }
        let stuck = self.expected.get(decoded.sizes.len()).map(|it| (&it.name, it.at));
        assert_eq!((decoded.errors.as_str(), stuck), ("", None));
    }
}
