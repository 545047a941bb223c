//! What the publisher sends and what of it arrives when: the recording, with encodings that stop
//! and come back, and all that happens on the way up. Knows neither engine nor keys.

use std::time::Duration;

use lahn::wire::rtp::RtpHeader;
use lahn::{ExtSeq, Ssrc};

use crate::journal::What;
use crate::link::{Path, Sent};
use crate::recording::{Carries, Recorded, Recording};
use crate::script::{Script, Wrong};
use crate::silence::Silence;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) sent: Vec<Outgoing>,
    /// When, and which of `sent`.
    pub(crate) arrivals: Vec<(Duration, usize)>,
    /// When encodings get another SSRC.
    pub(crate) new_ssrcs: Vec<(Duration, usize, Ssrc)>,
    pub(crate) notes: Vec<(Duration, What)>,
    /// Newest of each SSRC.
    indices: Vec<(Ssrc, ExtSeq)>,
    /// Of each encoding: the stream it is now, and the number of its newest packet.
    newest: Vec<Option<(Ssrc, u16)>>,
    rtp: u64,
}

/// A packet as the publisher sends it.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) at: Duration,
    pub(crate) carries: Carries,
    /// Plaintext.
    pub(crate) bytes: Vec<u8>,
    /// `None`: RTCP.
    pub(crate) rtp: Option<Rtp>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rtp {
    pub(crate) ssrc: Ssrc,
    /// The sequence number, extended: what it is sealed under.
    pub(crate) index: ExtSeq,
    pub(crate) header_len: usize,
}

impl Plan {
    pub(crate) fn new(
        script: &Script,
        recording: &Recording,
        up: &mut Path,
    ) -> Result<Self, Wrong> {
        let silences = script.stop.iter().map(|stop| Silence::new(stop, script, recording));
        let mut silences = silences.collect::<Result<Vec<_>, _>>()?;
        let mut plan = Self { newest: vec![None; recording.encodings.len()], ..Self::default() };
        for &Silence { encoding, from, to, new_ssrc, .. } in &silences {
            plan.notes.push((from, What::Stopped { encoding }));
            plan.notes.extend(to.map(|to| (to, What::CameBack { encoding, new_ssrc })));
        }
        for recorded in &recording.packets {
            plan.send(recorded, &mut silences, up);
        }
        Ok(plan)
    }

    fn send(&mut self, recorded: &Recorded, silences: &mut [Silence], up: &mut Path) {
        let Recorded { at, carries, .. } = *recorded;
        let (encoding, number) = match carries {
            Carries::Media { encoding, number } => (Some(encoding), Some(number)),
            Carries::Repair { encoding } | Carries::Rtcp { encoding } => (encoding, None),
            Carries::Other => (None, None),
        };
        let rtcp = matches!(carries, Carries::Rtcp { .. });
        let place = self.rtp;
        self.rtp += u64::from(!rtcp);

        if silences.iter().any(|silence| silence.covers(encoding, at)) {
            return;
        }
        let mut bytes = recorded.bytes.clone();
        let newest = encoding.and_then(|encoding| self.newest[encoding]);
        let mut after = silences.iter_mut().filter(|silence| silence.is_over(encoding, at));
        let last = newest.map(|(_, seq)| seq);
        if !after.all(|silence| silence.rewrite(carries, &mut bytes, last)) {
            return;
        }
        let rtp = if rtcp { None } else { self.index(&bytes) };
        if let (Carries::Media { encoding, .. }, Some(rtp)) = (carries, rtp) {
            if newest.is_some_and(|(ssrc, _)| ssrc != rtp.ssrc) {
                self.new_ssrcs.push((at, encoding, rtp.ssrc));
            }
            self.newest[encoding] = Some((rtp.ssrc, rtp.index.seq().0));
        }
        let outgoing = self.sent.len();
        self.sent.push(Outgoing { at, carries, bytes, rtp });
        if rtcp {
            self.arrivals.push((at, outgoing));
            return;
        }
        let fate = up.fate(Sent { at, encoding, number, place: Some(place) });
        let number = number.unwrap_or(place);
        if fate.lost {
            self.notes.push((at, What::Lost { encoding, first: number, count: 1 }));
            return;
        }
        if !fate.delay.is_zero() {
            self.notes.push((at, What::Delayed { encoding, number, delay: fate.delay }));
        }
        self.arrivals.push((at + fate.delay, outgoing));
        for copy in fate.copies {
            self.notes.push((at, What::Doubled { encoding, number }));
            self.arrivals.push((at + copy, outgoing));
        }
    }

    /// Under which index a packet is sealed. The first one of each SSRC is in the first cycle, as
    /// RFC 3711 §3.3.1 lets both ends assume.
    fn index(&mut self, bytes: &[u8]) -> Option<Rtp> {
        let header = RtpHeader::parse(bytes).ok()?;
        let (ssrc, seq) = (header.ssrc, header.sequence_number);
        let known = self.indices.iter_mut().find(|(known, _)| *known == ssrc);
        let index = match known {
            Some((_, highest)) => {
                let index = highest.nearest(seq);
                *highest = index.max(*highest);
                index
            }
            None => {
                self.indices.push((ssrc, ExtSeq(seq.0.into())));
                ExtSeq(seq.0.into())
            }
        };
        Some(Rtp { ssrc, index, header_len: header.len() })
    }
}
