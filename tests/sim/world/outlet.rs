//! Where the engine writes to: each datagram becomes what the network carries. Of RTP only what
//! stands in clear is kept. Read next: [`super`], which sends it on its way.

use lahn::wire::rtp::RtpHeader;
use lahn::{EcnCodepoint, EgressSink, Transmit};

use super::session::{self, TAG_ID, TRANSPORT_CC_ID};
use super::tag::Tag;
use crate::net::Time;

/// IPv4 and UDP.
pub const BELOW: usize = 28;
/// GCM's tag.
const SEALED: usize = 16;

/// An RTP packet as anybody sees it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub sent: Time,
    pub ssrc: u32,
    pub seq: u16,
    pub timestamp: u32,
    /// Transport-wide.
    pub number: Option<u16>,
    /// None: padding.
    pub tag: Option<Tag>,
    /// Bytes with all headers.
    pub wire: u32,
    /// Bytes without any.
    pub payload: u16,
    /// As it left, or as it arrived.
    pub ecn: EcnCodepoint,
}

/// What a packet of the network is to us.
#[derive(Clone, Debug)]
pub enum Body {
    Rtp(Seen),
    /// To a receiver.
    Rtcp(Vec<u8>),
    /// To the engine.
    Said(Vec<u8>),
}

pub struct Outlet {
    pub now: Time,
    /// To which endpoint, and what.
    pub sent: Vec<(u16, Body)>,
    slot: [u8; 1_600],
}

impl Default for Outlet {
    fn default() -> Self {
        Self { now: 0, sent: Vec::new(), slot: [0; 1_600] }
    }
}

impl EgressSink for Outlet {
    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        self.slot.get_mut(..len)
    }

    fn commit(&mut self, transmit: Transmit) {
        let datagram = &self.slot[..transmit.len];
        let is_rtcp = (192..=223).contains(&datagram[1]);
        let body = if is_rtcp {
            Body::Rtcp(datagram.to_vec())
        } else {
            Body::Rtp(Seen::of(self.now, datagram, transmit.ecn))
        };
        self.sent.push((session::number(transmit.path), body));
    }
}

impl Seen {
    fn of(now: Time, datagram: &[u8], ecn: EcnCodepoint) -> Self {
        let header = RtpHeader::parse(datagram).expect("the engine writes RTP");
        let (mut number, mut tag) = (None, None);
        for (id, value) in header.extensions() {
            match id {
                TRANSPORT_CC_ID => number = value.try_into().ok().map(u16::from_be_bytes),
                TAG_ID => tag = Tag::from_bytes(value),
                _ => {}
            }
        }
        Self {
            sent: now,
            ssrc: header.ssrc.0,
            seq: header.sequence_number.0,
            timestamp: header.timestamp.0,
            number,
            tag,
            wire: (datagram.len() + BELOW) as u32,
            payload: (datagram.len() - header.len()).saturating_sub(SEALED) as u16,
            ecn,
        }
    }
}
