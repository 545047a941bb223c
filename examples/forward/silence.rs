//! Encodings that their publisher stops and starts again: what lies between is not sent, and what
//! comes after is numbered as if it had never been, or as another stream.

use std::time::Duration;

use lahn::Ssrc;

use crate::recording::{Carries, Recording};
use crate::script::{Script, Stop, Time, Wrong};

/// A [`Stop`] whose encoding is known.
#[derive(Debug)]
pub(crate) struct Silence {
    /// `None`: all of them.
    pub(crate) encoding: Option<usize>,
    pub(crate) from: Duration,
    /// `None`: for good.
    pub(crate) to: Option<Duration>,
    pub(crate) new_ssrc: bool,
    /// What each encoding is since.
    resumed: Vec<Option<Resumed>>,
}

/// How a stream goes on.
#[derive(Clone, Copy, Debug)]
struct Resumed {
    ssrc: Ssrc,
    /// To add to its numbers.
    seq: u16,
    timestamp: u32,
}

impl Silence {
    pub(crate) fn new(stop: &Stop, script: &Script, recording: &Recording) -> Result<Self, Wrong> {
        Ok(Self {
            encoding: recording.find(stop.encoding.as_ref(), script)?,
            from: stop.from.0,
            to: stop.to.map(|Time(to)| to),
            new_ssrc: stop.new_ssrc,
            resumed: vec![None; recording.encodings.len()],
        })
    }

    /// Whether what is of `encoding` and this old is not sent.
    pub(crate) fn covers(&self, encoding: Option<usize>, at: Duration) -> bool {
        self.is_of(encoding) && at >= self.from && self.to.is_none_or(|to| at < to)
    }

    /// Whether what is of `encoding` and this old comes after.
    pub(crate) fn is_over(&self, encoding: Option<usize>, at: Duration) -> bool {
        self.is_of(encoding) && self.to.is_some_and(|to| at >= to)
    }

    /// Makes of a packet that comes after what the publisher sends then; `last` is the number of
    /// the encoding's packet before. `false`: it would make no sense there.
    pub(crate) fn rewrite(
        &mut self,
        carries: Carries,
        bytes: &mut [u8],
        last: Option<u16>,
    ) -> bool {
        match carries {
            Carries::Media { encoding, .. } => self.rewrite_media(encoding, bytes, last),
            Carries::Rtcp { encoding: Some(encoding) } => self.rewrite_report(encoding, bytes),
            // Retransmissions name numbers of the stream as it was.
            Carries::Repair { .. } => false,
            Carries::Rtcp { encoding: None } | Carries::Other => true,
        }
    }

    fn is_of(&self, encoding: Option<usize>) -> bool {
        self.encoding.is_none() || self.encoding == encoding
    }

    fn rewrite_media(&mut self, encoding: usize, bytes: &mut [u8], last: Option<u16>) -> bool {
        let (Some(resumed), &mut [_, _, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3, ..]) =
            (self.resumed.get_mut(encoding), &mut *bytes)
        else {
            return false;
        };
        let seq = u16::from_be_bytes([s0, s1]);
        let timestamp = u32::from_be_bytes([t0, t1, t2, t3]);
        let ssrc = u32::from_be_bytes([i0, i1, i2, i3]);
        let resumed = resumed.get_or_insert_with(|| {
            if self.new_ssrc {
                let ssrc = Ssrc(ssrc.wrapping_add(NEXT_SSRC));
                let seq = FIRST_SEQ.wrapping_sub(seq);
                return Resumed { ssrc, seq, timestamp: NEXT_TIMESTAMP };
            }
            let next = last.map_or(seq, |last| last.wrapping_add(1));
            Resumed { ssrc: Ssrc(ssrc), seq: next.wrapping_sub(seq), timestamp: 0 }
        });
        let timestamp = timestamp.wrapping_add(resumed.timestamp);
        bytes[2..4].copy_from_slice(&seq.wrapping_add(resumed.seq).to_be_bytes());
        bytes[4..8].copy_from_slice(&timestamp.to_be_bytes());
        bytes[8..12].copy_from_slice(&resumed.ssrc.0.to_be_bytes());
        true
    }

    /// A sender report (RFC 3550 §6.4.1) tells of the stream that is now. What stands behind it
    /// in the compound is left as it is.
    fn rewrite_report(&self, encoding: usize, bytes: &mut [u8]) -> bool {
        const SENDER_REPORT: u8 = 200;
        let (Some(resumed), &mut [_, SENDER_REPORT, ..]) =
            (self.resumed.get(encoding).copied().flatten(), &mut *bytes)
        else {
            return false;
        };
        let Some(timestamp) = bytes.get(16..).and_then(|rest| rest.first_chunk()) else {
            return false;
        };
        let timestamp = u32::from_be_bytes(*timestamp).wrapping_add(resumed.timestamp);
        bytes[4..8].copy_from_slice(&resumed.ssrc.0.to_be_bytes());
        bytes[16..20].copy_from_slice(&timestamp.to_be_bytes());
        true
    }
}

/// From the SSRC of a stream to that of the one that follows it.
const NEXT_SSRC: u32 = 0x0100_0000;
const NEXT_TIMESTAMP: u32 = 0x5a5a_5a5a;
const FIRST_SEQ: u16 = 9_000;
