//! What a receiver can say in the end.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Encoding, spatial layer, temporal layer.
pub type Layer = (u8, u8, u8);

#[derive(Clone, Default, Debug)]
pub struct Report {
    /// Frames that could be decoded, by layer.
    pub decodable: BTreeMap<Layer, u32>,
    /// Whole frames that could not, for something they refer to was lost before the engine.
    pub undecodable: u32,
    /// Frames of which packets were lost before the engine.
    pub damaged: u32,
    /// Frames left unfinished at a switch or pause.
    pub cut: u32,
    /// Changes of encoding or SSRC, the first one not counted.
    pub switches: u32,
    /// The highest layer that came, whenever it changed: spatial layer of the newest picture,
    /// temporal layer of the newest four.
    pub layers: Vec<(Instant, Layer)>,
    /// Between the arrivals of two frames that can be decoded.
    pub longest_gap: Duration,
    /// Numbers never used, for loss before the engine, or one at a switch.
    pub missing_numbers: u64,
    /// Reordered packets that were not forwarded though others of their frame were.
    pub late_missing: u32,
    /// Packets that came when nobody waited any more.
    pub too_late: u32,
    pub last_decodable: Option<Instant>,
    newest: VecDeque<u8>,
}

impl Report {
    pub fn decodable_frames(&self) -> u32 {
        self.decodable.values().sum()
    }

    /// Decodable frames of an encoding.
    pub fn of_encoding(&self, encoding: u8) -> u32 {
        self.decodable.iter().filter(|(layer, _)| layer.0 == encoding).map(|(_, count)| count).sum()
    }

    pub(super) fn decoded(&mut self, layer: Layer, at: Instant) {
        *self.decodable.entry(layer).or_default() += 1;
        let newest = self.last_decodable.map_or(at, |last| last.max(at));
        let gap = newest - self.last_decodable.unwrap_or(newest);
        self.longest_gap = self.longest_gap.max(gap);
        self.last_decodable = Some(newest);
    }

    /// A picture was forwarded up to this spatial layer.
    pub(super) fn picture(&mut self, at: Instant, encoding: u8, spatial: u8, temporal: u8) {
        let before = self.layers.last().map(|(_, layer)| *layer);
        if before.is_some_and(|before| before.0 != encoding) {
            self.newest.clear();
        }
        self.newest.push_back(temporal);
        if self.newest.len() > 4 {
            self.newest.pop_front();
        }
        let temporal = self.newest.iter().copied().max().unwrap_or_default();
        let layer = (encoding, spatial, temporal);
        if before != Some(layer) {
            self.layers.push((at, layer));
        }
    }
}
