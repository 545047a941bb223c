//! What participants publish: Opus every 20 ms, or VP8 at 30 frames per second in several
//! packets, with payload descriptors a forwarder can read and bytes that name the packet.

use std::time::{Duration, Instant};

use str0m::media::{MediaKind, Mid, Pt, Rid};

use super::net::Dice;

/// What to publish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Medium {
    Audio,
    Video,
    /// Video in three encodings, `l`, `m` and `h`.
    Simulcast,
}

/// The restriction ids of [`Medium::Simulcast`], low to high.
pub const RIDS: [&str; 3] = ["l", "m", "h"];

impl Medium {
    pub const fn kind(self) -> MediaKind {
        match self {
            Self::Audio => MediaKind::Audio,
            Self::Video | Self::Simulcast => MediaKind::Video,
        }
    }
}

/// A packet as it was published.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Instant,
    pub seq: u64,
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Vec<u8>,
    /// First packet of a key frame, or any packet of audio.
    pub is_entry: bool,
}

/// One stream being published: a source, or one encoding of it.
pub struct Publication {
    pub kind: MediaKind,
    pub mid: Mid,
    pub rid: Option<Rid>,
    pub pt: Pt,
    pub sent: Vec<Sent>,
    /// Not silent.
    pub active: bool,
    /// The next frame will be a key frame.
    pub key_frame_wanted: bool,
    pub next_at: Instant,
    pub packets_per_frame: u16,
    pub payload_bytes: usize,
    /// Whole frames published.
    pub frames: u32,
    pub next_seq: u64,
    timestamp: u32,
    dice: Dice,
}

impl Publication {
    pub fn new(
        kind: MediaKind,
        mid: Mid,
        rid: Option<Rid>,
        pt: Pt,
        at: Instant,
        seed: u64,
    ) -> Self {
        let mut dice = Dice::new(seed);
        let size = match rid.as_deref() {
            Some("l") => 1,
            Some("m") => 2,
            _ => 4,
        };
        Self {
            kind,
            mid,
            rid,
            pt,
            sent: Vec::new(),
            active: true,
            key_frame_wanted: true,
            next_at: at,
            packets_per_frame: if kind == MediaKind::Audio { 1 } else { size },
            payload_bytes: if kind == MediaKind::Audio { 80 } else { 700 },
            frames: 0,
            // In the lower half, as RFC 3711 §3.3.1 needs it: a first packet lost just below the
            // wrap would leave the receiver with the wrong roll-over counter.
            next_seq: dice.below(30_000),
            timestamp: dice.next() as u32,
            dice,
        }
    }

    /// The packets of the next frame; moves on to the one after it.
    pub fn next_frame(&mut self, now: Instant) -> Vec<Sent> {
        let is_key = self.kind == MediaKind::Video && std::mem::take(&mut self.key_frame_wanted);
        let frame: Vec<Sent> = (0..self.packets_per_frame)
            .map(|place| {
                let last = place + 1 == self.packets_per_frame;
                let first = place == 0;
                Sent {
                    at: now,
                    seq: self.next_seq + u64::from(place),
                    timestamp: self.timestamp,
                    marker: last && self.kind == MediaKind::Video,
                    payload: self.payload(is_key, first),
                    is_entry: self.kind == MediaKind::Audio || (is_key && first),
                }
            })
            .collect();
        self.next_seq += u64::from(self.packets_per_frame);
        self.frames += 1;
        self.timestamp = self.timestamp.wrapping_add(self.ticks_per_frame());
        self.next_at += self.frame_interval();
        self.sent.extend(frame.iter().cloned());
        frame
    }

    fn frame_interval(&self) -> Duration {
        match self.kind {
            MediaKind::Audio => Duration::from_millis(20),
            MediaKind::Video => Duration::from_micros(33_333),
        }
    }

    fn ticks_per_frame(&self) -> u32 {
        match self.kind {
            MediaKind::Audio => 960,
            MediaKind::Video => 3_000,
        }
    }

    fn payload(&mut self, is_key: bool, first: bool) -> Vec<u8> {
        let mut payload = Vec::with_capacity(self.payload_bytes);
        if self.kind == MediaKind::Video {
            self.write_vp8_head(&mut payload, is_key, first);
        }
        while payload.len() < self.payload_bytes {
            payload.extend_from_slice(&self.dice.next().to_be_bytes());
        }
        payload
    }

    /// RFC 7741 §4.2 (15-bit picture id, TL0PICIDX, TID), then §4.3 in a frame's first packet.
    fn write_vp8_head(&self, payload: &mut Vec<u8>, is_key: bool, first: bool) {
        let [_, _, high, low] = self.frames.to_be_bytes();
        payload.extend_from_slice(&[0x80 | u8::from(first) << 4, 0xe0, 0x80 | high, low, low, 0]);
        if first && is_key {
            payload
                .extend_from_slice(&[0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01]);
        } else if first {
            payload.extend_from_slice(&[0x11, 0x02, 0x00]);
        }
    }
}
