//! One packet as a publisher sends it.

use super::super::publish::PlainPacket;

#[derive(Clone, Default, Debug)]
pub struct Packet {
    /// Which encoding, low to high.
    pub encoding: u8,
    pub ssrc: u32,
    /// Unwrapped; the lowest 16 bits go over the wire.
    pub seq: u64,
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Vec<u8>,
    pub descriptor: Option<Vec<u8>>,
    /// Frame marking (RFC 9626).
    pub marking: Option<Vec<u8>>,
    /// `abs-capture-time` (UQ32.32).
    pub capture_time: Option<u64>,
    /// Bytes of padding behind the payload.
    pub padding: u8,
}

impl Packet {
    pub fn of(packet: &PlainPacket) -> Self {
        Self {
            encoding: packet.encoding,
            ssrc: packet.ssrc,
            seq: packet.seq,
            timestamp: packet.timestamp,
            marker: packet.marker,
            payload: packet.payload.clone(),
            descriptor: packet.descriptor.clone(),
            marking: None,
            capture_time: packet.capture_time,
            padding: 0,
        }
    }
}
