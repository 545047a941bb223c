//! One packet as it leaves the publisher, before SRTP.

use std::time::Instant;

use super::Identity;

#[derive(Clone, Debug)]
pub struct PlainPacket {
    /// Which of the publisher's encodings, low to high.
    pub encoding: u8,
    pub ssrc: u32,
    /// Unwrapped; the lowest 16 bits go over the wire. May begin close below a wrap: who loses the
    /// first packets of an SSRC, loses its roll-over counter too (RFC 3711 §3.3.1).
    pub seq: u64,
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Vec<u8>,
    /// The dependency descriptor, if packets carry one.
    pub descriptor: Option<Vec<u8>>,
    /// `abs-capture-time` (UQ32.32), where this packet tells it.
    pub capture_time: Option<u64>,
    /// When the picture was captured really.
    pub captured: Instant,
    pub identity: Identity,
}
