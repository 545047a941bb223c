//! Cross traffic at a constant bit rate, as UDP (T8).

use super::Time;
use super::network::RouteId;
use super::packet::{Head, Kind};

/// A source that sends a packet every so often, and nothing answers.
#[derive(Clone, Copy, Debug)]
pub struct CbrConfig {
    /// The number its packets carry.
    pub flow: u32,
    /// The way.
    pub route: RouteId,
    /// Bits per second on the wire, more than 0.
    pub rate: u64,
    /// Bytes of each packet.
    pub bytes: u32,
    /// From when.
    pub from: Time,
    /// Until when, exclusive.
    pub until: Time,
}

/// A source and how much it has sent.
pub(super) struct Cbr {
    config: CbrConfig,
    sent: u64,
}

impl Cbr {
    pub(super) fn new(config: CbrConfig) -> Self {
        Self { config, sent: 0 }
    }

    /// When the next packet goes: counted from the beginning, so that no rounding adds up.
    pub(super) fn next(&self) -> Option<Time> {
        let CbrConfig { rate, bytes, from, until, .. } = self.config;
        let bits = u128::from(self.sent) * u128::from(bytes) * 8;
        let at = from + (bits * 1_000_000 / u128::from(rate)) as Time;
        (at < until).then_some(at)
    }

    pub(super) fn send(&mut self) -> (RouteId, Head) {
        self.sent += 1;
        let CbrConfig { flow, route, bytes, .. } = self.config;
        (route, Head::new(flow, bytes, Kind::Other))
    }
}
