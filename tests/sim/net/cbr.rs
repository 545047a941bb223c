//! Cross traffic at a constant bit rate, as UDP.

use super::Time;
use super::network::RouteId;

/// A source that sends a packet every so often, and nothing answers.
#[derive(Clone, Copy, Debug)]
pub struct CbrConfig {
    /// The number its packets carry.
    pub flow: u32,
    /// The way.
    pub route: RouteId,
    /// Bits per second on the wire.
    pub rate: u64,
    /// Bytes of each packet.
    pub bytes: u32,
    /// From when.
    pub from: Time,
    /// Until when, exclusive.
    pub until: Time,
}
