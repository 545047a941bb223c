//! A publisher that never saw a picture: plaintext RTP packets of each codec, with the descriptors
//! real encoders write, counters that begin anywhere, and bytes that say which packet of which
//! frame each one really is. What is true of every frame stands in the [`Truth`], which the
//! reference receiver reads; the engine sees the packets only.
//!
//! Must not know the engine. Everything follows from a seed.
//!
//! Read next: [`kind`] (what there is to publish), [`pattern`] (which frames, and what they refer
//! to), [`encoding`] (frames become packets), [`truth`].

mod bits;
mod descriptor;
mod encoding;
mod identity;
mod kind;
mod numbers;
mod packet;
mod pattern;
mod payload;
mod truth;

#[path = "../net.rs"]
mod net;

use std::time::{Duration, Instant};

use encoding::Encoding;
pub use identity::{IDENTITY_LEN, Identity, checksum};
pub use kind::{Codec, Kind, Mode};
pub use net::Dice;
pub use packet::PlainPacket;
pub use truth::{Fate, TrueDescriptor, TrueFrame, Truth};

/// Between two pictures: 30 in a second.
pub const FRAME_INTERVAL: Duration = Duration::from_micros(33_333);

/// One camera.
pub struct Publisher {
    kind: Kind,
    truth: Truth,
    encodings: Vec<Encoding>,
    epoch: Option<Instant>,
    captured: Option<Instant>,
    dice: Dice,
}

impl Publisher {
    /// One whose capture times are told (`abs-capture-time`).
    pub fn new(kind: Kind, seed: u64) -> Self {
        Self::with(kind, seed, true)
    }

    /// One that does not tell when pictures were captured.
    pub fn without_capture_times(kind: Kind, seed: u64) -> Self {
        Self::with(kind, seed, false)
    }

    fn with(kind: Kind, seed: u64, tells_capture_time: bool) -> Self {
        let mut dice = Dice::new(seed ^ 0x5eed_0000);
        // The first throws of seeds close together are alike.
        (0..8).for_each(|_| _ = dice.next());
        let truth = Truth::new(kind, seed, tells_capture_time);
        let ntp = dice.next() >> 1;
        let wide_picture_id = dice.chance(0.5);
        let encodings = (0..kind.encodings)
            .map(|place| {
                let dice = Dice::new(dice.next());
                Encoding::new(kind, place, ntp, wide_picture_id, truth.clone(), dice)
            })
            .collect();
        Self { kind, truth, encodings, epoch: None, captured: None, dice }
    }

    /// The packets of the next picture, of every active encoding, low to high. To be called once
    /// per [`FRAME_INTERVAL`], or more seldom. The picture was captured up to 3 ms before `now`.
    pub fn next_frame(&mut self, now: Instant) -> Vec<PlainPacket> {
        let epoch = *self.epoch.get_or_insert(now);
        let jittered = now - Duration::from_micros(self.dice.below(3_000)).min(now - epoch);
        let earliest = self.captured.map_or(jittered, |last| last + Duration::from_micros(100));
        let captured = jittered.max(earliest);
        self.captured = Some(captured);
        let since = captured - epoch;
        self.encodings
            .iter_mut()
            .flat_map(|encoding| encoding.next_picture(captured, since))
            .collect()
    }

    /// The next picture of the encoding will be a key picture.
    pub fn key_frame_wanted(&mut self, encoding: u8) {
        self.encodings[usize::from(encoding)].wants_key = true;
    }

    /// An encoding stops, or comes back: under the same SSRC, beginning with a key frame.
    pub fn set_active(&mut self, encoding: u8, active: bool) {
        self.encodings[usize::from(encoding)].set_active(active);
    }

    /// So many spatial layers are sent from the next picture on, 1-3. One that comes back begins
    /// where its structure lets it: with what it takes from the layer below, or a key frame.
    pub fn set_spatial_layers(&mut self, encoding: u8, layers: u8) {
        self.encodings[usize::from(encoding)].set_spatial_layers(layers);
    }

    /// The encoding starts over: a new SSRC, all counters anywhere.
    pub fn restart(&mut self, encoding: u8) {
        self.encodings[usize::from(encoding)].restart();
    }

    /// What a sender report about the encoding tells at `now`: NTP and RTP time of one moment
    /// (RFC 3550 §6.4.1).
    pub fn clock(&self, encoding: u8, now: Instant) -> (u64, u32) {
        let since = self.epoch.map_or(Duration::ZERO, |epoch| now - epoch);
        self.encodings[usize::from(encoding)].clock(since)
    }

    pub fn ssrc(&self, encoding: u8) -> u32 {
        self.encodings[usize::from(encoding)].ssrc()
    }

    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What is true of everything published; grows with it.
    pub fn truth(&self) -> Truth {
        self.truth.clone()
    }
}
