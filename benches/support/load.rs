//! What is sent: how many sources, what their packets look like, and what arrives together.

use std::time::Duration;

use lahn::params::MediaKind;
use lahn::srtp::{AeadBackend, Profile};
use lahn::{Config, CongestionConfig};

use super::raw::{Packets, Shape};

/// What arrives between two drains, over and over.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub packets: Packets,
    /// Publishers; every receiver gets all of them.
    pub sources: u32,
    /// Of how many of them a frame is in each batch; the next batch has the next ones.
    pub together: u32,
    /// Virtual time between two batches.
    pub interval: Duration,
}

impl Load {
    /// A camera: frames of five packets of 1,200 bytes, thirty in a second (1.4 Mbit/s). A frame
    /// leaves its encoder at once, so its packets arrive together.
    pub const VIDEO: Self = Self {
        packets: Packets { kind: MediaKind::Video, payload: 1_200, frame: 5 },
        sources: 1,
        together: 1,
        interval: Duration::from_micros(33_333),
    };

    /// Four people who speak, 120 bytes of Opus each every 20 ms. One packet of each is in a
    /// batch: what a driver at load finds when it comes back to its socket.
    pub const AUDIO: Self = Self {
        packets: Packets::audio(120),
        sources: 4,
        together: 4,
        interval: Duration::from_millis(20),
    };

    /// The same, but each packet is drained by itself: what a driver with little to do finds.
    /// Each datagram costs a change of receiver.
    pub const AUDIO_ALONE: Self =
        Self { together: 1, interval: Duration::from_millis(5), ..Self::AUDIO };

    /// Many cameras, of ten of which at most a frame arrives together.
    pub fn gallery(sources: u32) -> Self {
        let together = sources.min(10);
        Self {
            sources,
            together,
            interval: Self::VIDEO.interval * together / sources,
            ..Self::VIDEO
        }
    }

    /// Packets that a batch brings to each receiver.
    pub const fn batch(&self) -> u64 {
        self.together as u64 * self.packets.frame
    }

    /// A call of this load.
    pub fn shape(&self, receivers: u32, profile: Profile, aead: Option<AeadBackend>) -> Shape {
        let congestion = CongestionConfig::OFF;
        let config = Config { aead_backend: aead, congestion, ..Config::default() };
        Shape { receivers, sources: self.sources, packets: self.packets, profile, config }
    }
}
