//! One receiver: what it got.

use std::time::Instant;

use lahn::srtp::{Protector, ReceiveIndex, Unprotector};
use lahn::wire::rtcp::{self, SenderReport};
use lahn::wire::rtp::{RtpHeader, split_rtx, without_padding};
use lahn::{ConferenceId, EndpointId, Engine, SourceId, Ssrc, SubscriptionId};

use super::session::{self, Form, RTX_PAYLOAD_TYPE};

pub struct Receiver {
    pub endpoint: EndpointId,
    pub subscription: SubscriptionId,
    pub ssrc: Ssrc,
    /// Since this was taken last.
    pub got: Vec<Got>,
    pub reports: Vec<Report>,
    pub goodbyes: u32,
    pub(super) number: u8,
    pub(super) seals: Protector,
    opens: Unprotector,
    /// Of the media, and of its retransmissions.
    indices: [ReceiveIndex; 2],
}

/// A packet that came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Got {
    /// Milliseconds since the beginning.
    pub at: u64,
    pub seq: u16,
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Vec<u8>,
    pub descriptor: Option<Vec<u8>>,
    /// It came as a retransmission (RFC 4588).
    pub is_again: bool,
}

/// A sender report that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    pub at: u64,
    pub ntp: u64,
    pub timestamp: u32,
}

impl Got {
    /// Which of the publisher's packets it is.
    pub fn tag(&self) -> u32 {
        u32::from_be_bytes(*self.payload.last_chunk().expect("packets are tagged"))
    }
}

impl Receiver {
    pub(super) fn join(
        engine: &mut Engine,
        now: Instant,
        conference: ConferenceId,
        source: SourceId,
        form: Form,
        number: u8,
    ) -> Self {
        let (ours, theirs) = session::keys(number);
        let path = session::path(number);
        let endpoint = engine.add_raw_endpoint(now, conference, path, ours).expect("room");
        let subscription = engine.subscribe(now, endpoint, source).expect("it may");
        let ssrc = Ssrc(0x2000_0000 + u32::from(number));
        engine.set_session(now, endpoint, &session::receiving(form, ssrc)).expect("good");
        Self {
            endpoint,
            subscription,
            ssrc,
            got: Vec::new(),
            reports: Vec::new(),
            goodbyes: 0,
            number,
            seals: Protector::new(&theirs),
            opens: Unprotector::new(&theirs),
            indices: Default::default(),
        }
    }

    pub(super) fn on_datagram(&mut self, at: u64, mut datagram: Vec<u8>) {
        if (192..=223).contains(&datagram[1]) {
            return self.on_rtcp(at, &mut datagram);
        }
        let header = RtpHeader::parse(&datagram).expect("RTP");
        let (ssrc, seq, header_len) = (header.ssrc, header.sequence_number, header.len());
        let index = &mut self.indices[usize::from(ssrc != self.ssrc)];
        let opened = self.opens.rtp(index, ssrc, seq, header_len, &mut datagram);
        let len = opened.expect("authentic and new").len();
        let header = RtpHeader::parse(&datagram).expect("RTP");
        let payload = without_padding(&header, &datagram[header_len..header_len + len]);
        let mut payload = payload.expect("padding is sound");
        let is_again = header.payload_type == RTX_PAYLOAD_TYPE;
        let mut seq = header.sequence_number;
        if is_again {
            // Padding of a probe has no payload.
            let Some(again) = split_rtx(payload) else { return };
            (seq, payload) = again;
        }
        let find = |id| header.extensions().find(|(held, _)| *held == id);
        self.got.push(Got {
            at,
            seq: seq.0,
            timestamp: header.timestamp.0,
            marker: header.marker,
            payload: payload.to_vec(),
            descriptor: find(session::DESCRIPTOR).map(|(_, value)| value.to_vec()),
            is_again,
        });
    }

    fn on_rtcp(&mut self, at: u64, datagram: &mut [u8]) {
        let compound = self.opens.rtcp(datagram).expect("authentic");
        for packet in rtcp::parse(compound).expect("it parses") {
            match packet {
                rtcp::Packet::SenderReport(SenderReport { sender, ntp, rtp, .. }) => {
                    assert_eq!(sender, self.ssrc);
                    self.reports.push(Report { at, ntp: ntp.0, timestamp: rtp.0 });
                }
                rtcp::Packet::Goodbye(_) => self.goodbyes += 1,
                _ => {}
            }
        }
    }
}
