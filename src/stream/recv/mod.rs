//! One received RTP stream (one SSRC): what came, what is missing, what its sender's clock says.
//!
//! Knows nothing of keys or payloads. Read next: [`reception`], [`missing`], [`compaction`].

mod clock;
mod compaction;
mod missing;
mod reception;

use std::time::{Duration, Instant};

pub(crate) use clock::{ClockOffset, SenderClock};
pub(crate) use reception::Reception;

use crate::base::{BitWindow, ExtSeq, RtpTime, Seq, SeqUnwrapper, Ssrc};
use crate::wire::rtcp::ReportBlock;
use compaction::Compaction;
use missing::Missing;

/// How far back a duplicate is known for one; older packets are of no use to anybody.
const WINDOW_WORDS: usize = 32;
/// How far numbers may jump within one stream (MAX_DROPOUT of RFC 3550 §A.1).
const MOST_DROPOUT: u64 = 3_000;

/// State of one received stream.
#[derive(Debug)]
pub(crate) struct ReceiveStream {
    ssrc: Ssrc,
    unwrapper: SeqUnwrapper,
    seen: BitWindow<WINDOW_WORDS>,
    compaction: Compaction,
    missing: Option<Missing>,
    reception: Reception,
    clock: Option<SenderClock>,
    nacks_sent: u64,
}

/// What a packet is, next to those before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arrival {
    /// New: its number as receivers will count it, without padding packets.
    Fresh(ExtSeq),
    /// Seen before, or too old to tell.
    Duplicate,
}

impl ReceiveStream {
    /// A stream whose first packet is about to come. `nack`: lost packets are asked for again.
    pub(crate) fn new(ssrc: Ssrc, clock_rate: u32, nack: bool, epoch: Instant) -> Self {
        Self {
            ssrc,
            unwrapper: SeqUnwrapper::default(),
            seen: BitWindow::new(),
            compaction: Compaction::default(),
            missing: nack.then(Missing::new),
            reception: Reception::new(clock_rate, epoch),
            clock: None,
            nacks_sent: 0,
        }
    }

    /// Whether a packet with this number is so far ahead that its sender must have started over
    /// (RFC 3550 §A.1): what lies between cannot be asked for, nor waited for.
    pub(crate) fn is_far_behind(&self, seq: Seq) -> bool {
        let highest = self.unwrapper.highest();
        highest.is_some_and(|highest| self.unwrapper.peek(seq).0 > highest.0 + MOST_DROPOUT)
    }

    /// A packet with media in it, of its own or out of a retransmission (which says nothing about
    /// jitter).
    pub(crate) fn on_packet(
        &mut self,
        now: Instant,
        seq: Seq,
        timestamp: RtpTime,
        len: usize,
        repaired: bool,
    ) -> Arrival {
        let Some(ext) = self.accept(now, seq) else {
            return Arrival::Duplicate;
        };
        self.reception.on_packet(now, ext, len, (!repaired).then_some(timestamp));
        self.compaction.compact(ext).map_or(Arrival::Duplicate, Arrival::Fresh)
    }

    /// A packet of padding alone: it has a number, but receivers will not see it.
    pub(crate) fn on_padding(&mut self, now: Instant, seq: Seq) {
        let highest = self.unwrapper.highest();
        let Some(ext) = self.accept(now, seq) else { return };
        self.reception.on_packet(now, ext, 0, None);
        // A gap that turns out to be padding only later has been passed on as a gap already.
        if highest.is_some_and(|highest| ext > highest) {
            self.compaction.remove(ext);
        }
    }

    /// The sender's report (RFC 3550 §6.4.1).
    pub(crate) const fn on_sender_report(&mut self, clock: SenderClock) {
        self.clock = Some(clock);
    }

    /// Fills `lost` with what should be asked for again now; `rtt` spaces the tries.
    pub(crate) fn poll_lost(&mut self, now: Instant, rtt: Duration, lost: &mut Vec<Seq>) {
        if let Some(missing) = &mut self.missing {
            missing.poll(now, rtt, lost);
            self.nacks_sent += u64::from(!lost.is_empty());
        }
    }

    /// Nothing is to be asked for again.
    pub(crate) fn forget_lost(&mut self) {
        self.missing.iter_mut().for_each(Missing::clear);
    }

    /// Whether something was given up since this was asked last.
    pub(crate) fn take_given_up(&mut self) -> bool {
        self.missing.as_mut().is_some_and(Missing::take_given_up)
    }

    /// When [`poll_lost`](Self::poll_lost) may have something.
    pub(crate) fn lost_deadline(&self) -> Option<Instant> {
        self.missing.as_ref().and_then(Missing::deadline)
    }

    /// The report block for its sender (RFC 3550 §6.4.1); starts a new interval.
    pub(crate) fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        let (last_sr, delay_since_last_sr) =
            self.clock.as_ref().map_or((0, 0), |clock| clock.last_sr(now));
        self.reception.report(self.ssrc, last_sr, delay_since_last_sr)
    }

    /// Its SSRC.
    pub(crate) const fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// What its sender says its clock shows.
    pub(crate) const fn clock(&self) -> Option<&SenderClock> {
        self.clock.as_ref()
    }

    /// What came.
    pub(crate) const fn reception(&self) -> &Reception {
        &self.reception
    }

    /// How many packets are missing.
    pub(crate) fn missing(&self) -> usize {
        self.missing.as_ref().map_or(0, Missing::len)
    }

    /// NACK packets sent for it.
    pub(crate) const fn nacks_sent(&self) -> u64 {
        self.nacks_sent
    }

    /// The extended number, if the packet is new; notes gaps on the way.
    fn accept(&mut self, now: Instant, seq: Seq) -> Option<ExtSeq> {
        let before = self.unwrapper.highest();
        let ext = self.unwrapper.peek(seq);
        if !self.seen.mark(ext.0) {
            return None;
        }
        self.unwrapper.unwrap(seq);
        if let Some(missing) = &mut self.missing {
            match before {
                Some(before) if ext > before => missing.on_gap(now, before.next(), ext),
                _ => missing.on_arrival(ext),
            }
        }
        Some(ext)
    }
}
