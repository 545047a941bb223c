//! The end that sends the recording: seals it, reads what the engine asks of it. Must not know when
//! anything is sent; that is the plan's and the stage's.

use std::collections::HashMap;
use std::time::Duration;

use lahn::srtp::{Protector, Unprotector};
use lahn::wire::rtcp::{Packet, parse};
use lahn::{Path, Seq, Ssrc};

use crate::plan::Outgoing;
use crate::session;

/// See the module.
pub(crate) struct Publisher {
    pub(crate) path: Path,
    seals: Protector,
    opens: Unprotector,
    /// Places in the plan by SSRC and number; several, once the numbers have wrapped.
    sent: HashMap<(Ssrc, Seq), Vec<usize>>,
}

/// What the engine asks of a publisher.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    KeyFrame { of: Ssrc, by: &'static str },
    Packets { of: Ssrc, numbers: Vec<Seq> },
}

impl Publisher {
    pub(crate) const NUMBER: u8 = 1;

    pub(crate) fn new(sent: &[Outgoing]) -> Self {
        let (_, keys) = session::keys(Self::NUMBER);
        let mut places: HashMap<_, Vec<usize>> = HashMap::new();
        for (place, rtp) in sent.iter().enumerate().filter_map(|(at, it)| Some((at, it.rtp?))) {
            places.entry((rtp.ssrc, rtp.index.seq())).or_default().push(place);
        }
        Self {
            path: session::path(Self::NUMBER),
            seals: Protector::new(&keys),
            opens: Unprotector::new(&keys),
            sent: places,
        }
    }

    /// The datagram in which a packet goes.
    pub(crate) fn seal(&mut self, packet: &Outgoing) -> Result<Vec<u8>, String> {
        let plain = &packet.bytes;
        let mut datagram = plain.clone();
        datagram.resize(plain.len() + LONGEST_TAG, 0);
        let sealed = match packet.rtp {
            Some(rtp) => {
                let (head, payload) = plain.split_at(rtp.header_len);
                self.seals.rtp(&mut datagram, head.len(), &[], payload, rtp.ssrc, rtp.index)
            }
            None => self.seals.rtcp(&mut datagram, plain.len()),
        };
        let len = sealed.map_err(|error| error.to_string())?.len();
        datagram.truncate(len);
        Ok(datagram)
    }

    /// What the engine asks in a datagram.
    pub(crate) fn take(&mut self, datagram: &mut [u8]) -> Vec<Asked> {
        let Ok(compound) = self.opens.rtcp(datagram) else { return Vec::new() };
        let mut asked = Vec::new();
        for packet in parse(compound).into_iter().flatten() {
            match packet {
                Packet::PictureLossIndication { media, .. } => {
                    asked.push(Asked::KeyFrame { of: media, by: "PLI" });
                }
                Packet::FullIntraRequest(request) => {
                    let each = request.entries();
                    asked.extend(each.map(|(of, _)| Asked::KeyFrame { of, by: "FIR" }));
                }
                Packet::Nack(nack) => {
                    asked.push(Asked::Packets { of: nack.media, numbers: nack.lost().collect() });
                }
                _ => {}
            }
        }
        asked
    }

    /// The place in the plan of the newest packet with this number that was sent by `now`.
    pub(crate) fn find(
        &self,
        plan: &[Outgoing],
        now: Duration,
        ssrc: Ssrc,
        seq: Seq,
    ) -> Option<usize> {
        let places = self.sent.get(&(ssrc, seq))?;
        places.iter().copied().rev().find(|place| plan[*place].at <= now)
    }
}

/// SRTCP's: index and tag.
const LONGEST_TAG: usize = 32;
