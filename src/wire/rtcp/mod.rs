//! RTCP (RFC 3550 §6): compound packets in, compound packets out.
//!
//! Reduced-size compounds (RFC 5506) are welcome: nothing has to come first. Knows no stream and
//! no key: what is read here must come from authenticated SRTCP before it may change anything.
//!
//! Each packet type has a file that both reads and writes it; [`Compound`] is where they are
//! written to.

mod ccfb;
mod compound;
mod fir;
mod nack;
mod pli;
mod remb;
mod report;
mod sdes;
mod transport_cc;

pub use ccfb::{Arrival, ArrivalOffset, CongestionControlFeedback, StreamArrivals};
pub use compound::Compound;
pub use fir::FullIntraRequest;
pub use nack::Nack;
pub use remb::Remb;
pub use report::{ReceiverReport, ReportBlock, Reports, SenderReport};
pub use sdes::{Goodbye, SourceDescription};
pub use transport_cc::TransportCc;

use super::Malformed;
use crate::base::Ssrc;

/// Takes a compound packet apart.
///
/// Versions, lengths and padding of all packets are checked up front, so that a compound is taken
/// as a whole or not at all. A packet whose *body* makes no sense is no error: it comes out as
/// [`Packet::Unknown`], and the others stand.
pub fn parse(compound: &[u8]) -> Result<Packets<'_>, Malformed> {
    if compound.is_empty() {
        return Err(Malformed("RTCP compound is empty"));
    }
    let mut rest = compound;
    while !rest.is_empty() {
        (_, rest) = Frame::split(rest)?;
    }
    Ok(Packets { rest: compound })
}

/// The packets of a compound, in its order; each is read when it is asked for.
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        // `parse` has been through all of it.
        let (frame, rest) = Frame::split(self.rest).ok()?;
        self.rest = rest;
        Some(frame.read())
    }
}

/// One packet of a compound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Packet<'a> {
    /// SR (RFC 3550 §6.4.1).
    SenderReport(SenderReport<'a>),
    /// RR (RFC 3550 §6.4.2).
    ReceiverReport(ReceiverReport<'a>),
    /// SDES (RFC 3550 §6.5).
    SourceDescription(SourceDescription<'a>),
    /// BYE (RFC 3550 §6.6).
    Goodbye(Goodbye<'a>),
    /// Generic NACK (RFC 4585 §6.2.1).
    Nack(Nack<'a>),
    /// PLI (RFC 4585 §6.3.1): the decoder needs a key frame.
    PictureLossIndication {
        /// Who asks.
        sender: Ssrc,
        /// Of which stream.
        media: Ssrc,
    },
    /// FIR (RFC 5104 §4.3.1).
    FullIntraRequest(FullIntraRequest<'a>),
    /// REMB (draft-alvestrand-rmcat-remb-03).
    Remb(Remb<'a>),
    /// Transport-wide congestion control feedback
    /// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
    TransportCc(TransportCc<'a>),
    /// Congestion control feedback (RFC 8888 §3.1).
    CongestionControlFeedback(CongestionControlFeedback<'a>),
    /// Of a type that is not read here, or with a body that makes no sense.
    Unknown {
        /// PT.
        packet_type: u8,
        /// The five bits that are a count or a feedback message type.
        format: u8,
    },
}

/// One packet without its padding: what the common header says (RFC 3550 §6.1), and the rest.
#[derive(Clone, Copy)]
struct Frame<'a> {
    packet_type: u8,
    /// Count of reports, chunks or sources; feedback message type (RFC 4585 §6.1).
    format: u8,
    body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The first packet of `bytes`, and the others. Padding is taken off wherever the P bit
    /// stands, not on the last packet alone, and in any number of bytes: libwebrtc fills up its
    /// transport-cc feedback with 1-3.
    fn split(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Malformed> {
        let (&[first, packet_type, w0, w1], rest) =
            bytes.split_first_chunk::<4>().ok_or(Malformed("RTCP header cut short"))?;
        if first >> 6 != 2 {
            return Err(Malformed("RTCP version is not 2"));
        }
        let words = usize::from(u16::from_be_bytes([w0, w1]));
        let (mut body, rest) =
            rest.split_at_checked(words * 4).ok_or(Malformed("RTCP packet cut short"))?;
        if first & PADDING_BIT != 0 {
            body = unpadded(body).ok_or(Malformed("RTCP padding count is absurd"))?;
        }
        Ok((Self { packet_type, format: first & 0x1f, body }, rest))
    }

    fn read(self) -> Packet<'a> {
        let Self { packet_type, format, body } = self;
        let packet = match (packet_type, format) {
            (SENDER_REPORT, count) => SenderReport::parse(count, body).map(Packet::SenderReport),
            (RECEIVER_REPORT, count) => {
                ReceiverReport::parse(count, body).map(Packet::ReceiverReport)
            }
            (SOURCE_DESCRIPTION, count) => {
                Some(Packet::SourceDescription(SourceDescription::new(count, body)))
            }
            (GOODBYE, count) => Goodbye::parse(count, body).map(Packet::Goodbye),
            (TRANSPORT_FEEDBACK, NACK) => Nack::parse(body).map(Packet::Nack),
            (TRANSPORT_FEEDBACK, TRANSPORT_CC) => TransportCc::parse(body).map(Packet::TransportCc),
            (TRANSPORT_FEEDBACK, CONGESTION_CONTROL) => {
                CongestionControlFeedback::parse(body).map(Packet::CongestionControlFeedback)
            }
            (PAYLOAD_FEEDBACK, PICTURE_LOSS) => pli::parse(body),
            (PAYLOAD_FEEDBACK, FULL_INTRA) => {
                FullIntraRequest::parse(body).map(Packet::FullIntraRequest)
            }
            (PAYLOAD_FEEDBACK, APPLICATION) => Remb::parse(body).map(Packet::Remb),
            _ => None,
        };
        packet.unwrap_or(Packet::Unknown { packet_type, format })
    }
}

fn unpadded(body: &[u8]) -> Option<&[u8]> {
    let count = usize::from(*body.last()?);
    if count == 0 {
        return None;
    }
    body.get(..body.len().checked_sub(count)?)
}

/// An SSRC, and what follows it.
fn split_ssrc(body: &[u8]) -> Option<(Ssrc, &[u8])> {
    let (ssrc, rest) = body.split_first_chunk()?;
    Some((Ssrc(u32::from_be_bytes(*ssrc)), rest))
}

/// The SSRCs of packet sender and media source that every feedback message begins with
/// (RFC 4585 §6.1), and what follows them.
fn split_feedback(body: &[u8]) -> Option<(Ssrc, Ssrc, &[u8])> {
    let (sender, rest) = split_ssrc(body)?;
    let (media, rest) = split_ssrc(rest)?;
    Some((sender, media, rest))
}

/// The SSRCs of a list.
fn ssrcs(list: &[u8]) -> impl Iterator<Item = Ssrc> + Clone {
    list.as_chunks().0.iter().map(|ssrc| Ssrc(u32::from_be_bytes(*ssrc)))
}

const PADDING_BIT: u8 = 0x20;

// Packet types.
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;

// Feedback message types of transport feedback.
const NACK: u8 = 1;
const CONGESTION_CONTROL: u8 = 11;
const TRANSPORT_CC: u8 = 15;

// Feedback message types of payload-specific feedback.
const PICTURE_LOSS: u8 = 1;
const FULL_INTRA: u8 = 4;
const APPLICATION: u8 = 15;

#[cfg(test)]
mod tests;
