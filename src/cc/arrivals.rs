//! When the packets of one publisher arrived, by transport-wide sequence number, and the feedback
//! made of it (draft-holmer-rmcat-transport-wide-cc-extensions-01).
//!
//! Knows nothing of streams: one number space per transport.

use std::time::Instant;

use crate::base::{ExtSeq, Seq, SeqUnwrapper, Ssrc};
use crate::wire::rtcp::Compound;

/// Numbers remembered at first: at 500 packets a second and feedback each 100 ms twice what is
/// needed.
const LEAST: usize = 128;
/// Numbers remembered at most: the same for 5,000 packets a second, and more.
const SPAN: usize = 4_096;
/// Statuses in one feedback packet: with the worst chunks they still fit into 1,000 bytes.
const MOST_STATUSES: usize = 300;
/// A number so far below the newest is a sender that started over, not reordering.
const MOST_REORDERING: u64 = 1_000;

/// The arrivals not yet reported, and those just reported, for packets that come late.
#[derive(Debug)]
pub(crate) struct Arrivals {
    epoch: Instant,
    seen: SeqUnwrapper,
    /// At `number` modulo its length, a power of two: the number and its arrival in ticks of
    /// 250 µs. Without memory before the first arrival; grows to hold all that is not told yet.
    ring: Vec<(ExtSeq, i64)>,
    /// First number the next feedback speaks of; `None` when there is nothing to tell.
    base: Option<ExtSeq>,
    /// The number after the last that was told: what is missing from here on has to be told too.
    next: Option<ExtSeq>,
    feedback_count: u8,
}

impl Arrivals {
    /// Nothing arrived yet; ticks count from `epoch`.
    pub(crate) fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            seen: SeqUnwrapper::default(),
            ring: Vec::new(),
            base: None,
            next: None,
            feedback_count: 0,
        }
    }

    /// The packet with `number` arrived. A second arrival of the same number changes nothing.
    pub(crate) fn note(&mut self, now: Instant, number: Seq) {
        if let Some(highest) = self.seen.highest()
            && highest.0.saturating_sub(self.seen.peek(number).0) > MOST_REORDERING
        {
            self.seen = SeqUnwrapper::default();
            self.base = None;
            self.next = None;
        }
        let number = self.seen.unwrap(number);
        if self.arrival(number).is_some() {
            return;
        }
        let ticks = now.saturating_duration_since(self.epoch).as_micros() / 250;
        let first_untold = self.base.or(self.next).unwrap_or(number).min(number);
        self.base = Some(first_untold);
        self.make_room(first_untold);
        let place = self.place(number);
        self.ring[place] = (number, i64::try_from(ticks).unwrap_or(i64::MAX));
    }

    /// Whether there is anything to report.
    pub(crate) const fn is_due(&self) -> bool {
        self.base.is_some()
    }

    /// Writes one feedback packet. `false` when it did not fit; call again while
    /// [`is_due`](Self::is_due), there may be more than one packet's worth.
    pub(crate) fn write(&mut self, sender: Ssrc, media: Ssrc, out: &mut Compound<'_>) -> bool {
        let (Some(untold), Some(highest)) = (self.base, self.seen.highest()) else {
            return true;
        };
        // One feedback packet has to name an arrival: a gap too long for that is left out.
        let mut numbers = (untold.0..=highest.0).map(ExtSeq);
        let Some(arrived) = numbers.find(|number| self.arrival(*number).is_some()) else {
            self.base = None;
            return true;
        };
        let too_far = arrived.0 - untold.0 >= MOST_STATUSES as u64;
        let base = if too_far { arrived } else { untold };
        let mut statuses = [None; MOST_STATUSES];
        let count = usize::try_from(highest.0 - base.0 + 1).unwrap_or(SPAN).min(MOST_STATUSES);
        for (number, status) in (base.0..).zip(&mut statuses[..count]) {
            *status = self.arrival(ExtSeq(number));
        }
        let taken =
            out.transport_cc(sender, media, base.seq(), self.feedback_count, &statuses[..count]);
        if taken == 0 {
            return false;
        }
        self.feedback_count = self.feedback_count.wrapping_add(1);
        let next = ExtSeq(base.0 + taken as u64);
        self.base = (next <= highest).then_some(next);
        self.next = Some(next);
        true
    }

    fn arrival(&self, number: ExtSeq) -> Option<i64> {
        let (held, ticks) = *self.ring.get(self.place(number))?;
        (held == number && number.0 != 0).then_some(ticks)
    }

    /// No two numbers from `oldest` to the highest shall have one place, if the bound allows.
    fn make_room(&mut self, oldest: ExtSeq) {
        let highest = self.seen.highest().unwrap_or(oldest);
        let before = self.ring.len();
        let mut len = before.max(LEAST);
        while highest.0 - oldest.0 >= len as u64 && len < SPAN {
            len *= 2;
        }
        if len > before {
            let held = std::mem::replace(&mut self.ring, vec![(ExtSeq(0), 0); len]);
            for (number, ticks) in held.into_iter().filter(|(number, _)| number.0 != 0) {
                let place = self.place(number);
                self.ring[place] = (number, ticks);
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "masked below the length")]
    const fn place(&self, number: ExtSeq) -> usize {
        (number.0 & (self.ring.len() as u64).wrapping_sub(1)) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wire::rtcp::{self, Packet};

    fn report(arrivals: &mut Arrivals) -> Vec<(u16, Option<i64>)> {
        let mut out = [0; 1_200];
        let mut compound = Compound::new(&mut out);
        assert!(arrivals.write(Ssrc(1), Ssrc(2), &mut compound));
        let len = compound.len();
        let mut statuses = Vec::new();
        for packet in rtcp::parse(&out[..len]).expect("our own feedback parses") {
            if let Packet::TransportCc(feedback) = packet {
                statuses.extend(feedback.packets().map(|(seq, at)| (seq.0, at)));
            }
        }
        statuses
    }

    #[expect(clippy::disallowed_methods, reason = "tests need some instant to start from")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn feedback_names_each_arrival_once_and_gaps_as_lost_across_the_wrap() {
        let epoch = start();
        let mut arrivals = Arrivals::new(epoch);
        for (number, at) in [(65_534, 100), (65_535, 101), (1, 110)] {
            arrivals.note(epoch + Duration::from_millis(at), Seq(number));
        }
        assert_eq!(
            report(&mut arrivals),
            [(65_534, Some(400)), (65_535, Some(404)), (0, None), (1, Some(440))]
        );
        assert!(!arrivals.is_due());
    }

    #[test]
    fn loss_between_two_reports_is_told_in_the_second() {
        let epoch = start();
        let mut arrivals = Arrivals::new(epoch);
        arrivals.note(epoch, Seq(10));
        report(&mut arrivals);
        arrivals.note(epoch, Seq(12));
        assert_eq!(report(&mut arrivals), [(11, None), (12, Some(0))]);
    }

    #[test]
    fn gap_longer_than_a_report_is_left_out() {
        let epoch = start();
        let mut arrivals = Arrivals::new(epoch);
        arrivals.note(epoch, Seq(10));
        report(&mut arrivals);
        arrivals.note(epoch, Seq(20_000));
        assert_eq!(report(&mut arrivals), [(20_000, Some(0))]);
        assert!(!arrivals.is_due());
    }

    #[test]
    fn packet_that_comes_after_its_report_is_reported_then() {
        let epoch = start();
        let mut arrivals = Arrivals::new(epoch);
        arrivals.note(epoch + Duration::from_millis(1), Seq(10));
        arrivals.note(epoch + Duration::from_millis(1), Seq(12));
        report(&mut arrivals);
        arrivals.note(epoch + Duration::from_millis(5), Seq(11));
        assert_eq!(report(&mut arrivals), [(11, Some(20)), (12, Some(4))]);
    }

    #[test]
    fn memory_grows_with_what_is_not_told_yet_and_nothing_is_lost() {
        let epoch = start();
        let mut arrivals = Arrivals::new(epoch);
        assert_eq!(arrivals.ring.capacity(), 0);
        for number in 0..100_u16 {
            arrivals.note(epoch, Seq(number));
        }
        assert_eq!(report(&mut arrivals).len(), 100);
        for number in 100..1_000 {
            arrivals.note(epoch + Duration::from_millis(number.into()), Seq(number));
            if number % 50 == 0 {
                report(&mut arrivals);
            }
        }
        assert_eq!(arrivals.ring.len(), LEAST, "few wait at a time");
        let mut gap = Arrivals::new(epoch);
        gap.note(epoch, Seq(0));
        gap.note(epoch, Seq(200));
        let ends = report(&mut gap);
        assert_eq!((ends[0], ends[200]), ((0, Some(0)), (200, Some(0))));

        let mut told = Vec::new();
        for number in 1_000..6_000 {
            arrivals.note(epoch + Duration::from_millis(number.into()), Seq(number));
        }
        while arrivals.is_due() {
            told.extend(report(&mut arrivals));
        }
        assert_eq!(arrivals.ring.len(), SPAN);
        let arrived: Vec<_> = told.into_iter().filter(|(_, at)| at.is_some()).collect();
        // All that are remembered, each with its time.
        assert_eq!(arrived.len(), SPAN);
        for (number, at) in arrived {
            assert_eq!(at, Some(4 * i64::from(number)));
        }
    }

    #[test]
    fn sender_that_starts_over_is_followed() {
        let epoch = start();
        let mut arrivals = Arrivals::new(epoch);
        arrivals.note(epoch, Seq(20_000));
        report(&mut arrivals);
        arrivals.note(epoch, Seq(5));
        assert_eq!(report(&mut arrivals), [(5, Some(0))]);
    }
}
