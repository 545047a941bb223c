//! Packets that did not come, and when to ask for them (RFC 4585 §6.2.1).
//!
//! A gap may be reordering, so it waits [`REORDERING`]; then it is asked for once a round trip,
//! [`MOST_TRIES`] times at most. Held in a fixed number of places: when more is missing than that,
//! no retransmission helps and the stream needs a key frame.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::base::{ExtSeq, Seq};

/// How long a gap may be mere reordering.
const REORDERING: Duration = Duration::from_millis(10);
/// How often a packet is asked for.
const MOST_TRIES: u8 = 10;
/// How many packets may be missing at a time.
const MOST_MISSING: usize = 256;
/// Asking more often than this is pointless however short the round trip.
const LEAST_SPACING: Duration = Duration::from_millis(20);

/// What is missing, lowest number first.
#[derive(Debug)]
pub(crate) struct Missing {
    packets: VecDeque<Lost>,
    /// No packet is due before; recomputed when polled.
    deadline: Option<Instant>,
    /// Something was asked for in vain, or not at all because it was too much.
    given_up: bool,
}

#[derive(Clone, Copy, Debug)]
struct Lost {
    ext: ExtSeq,
    due: Instant,
    tries: u8,
}

impl Missing {
    /// Nothing is missing; takes memory with the first loss.
    pub(crate) const fn new() -> Self {
        Self { packets: VecDeque::new(), deadline: None, given_up: false }
    }

    /// `until` came, `from..until` did not (empty when nothing is missing).
    pub(crate) fn on_gap(&mut self, now: Instant, from: ExtSeq, until: ExtSeq) {
        if from == until {
            return;
        }
        if until.0 - from.0 > MOST_MISSING as u64 {
            self.clear();
            self.given_up = true;
            // So that it is found out soon.
            self.deadline = Some(now);
            return;
        }
        let due = now + REORDERING;
        for ext in from.0..until.0 {
            if self.packets.len() == MOST_MISSING {
                self.packets.pop_front();
            }
            self.packets.push_back(Lost { ext: ExtSeq(ext), due, tries: 0 });
        }
        self.deadline = Some(self.deadline.map_or(due, |deadline| deadline.min(due)));
    }

    /// `ext` came after all.
    pub(crate) fn on_arrival(&mut self, ext: ExtSeq) {
        if let Ok(place) = self.packets.binary_search_by_key(&ext, |lost| lost.ext) {
            self.packets.remove(place);
        }
        if self.packets.is_empty() {
            self.deadline = None;
        }
    }

    /// Puts what is due into `lost`, ascending; what was tried often enough is given up.
    pub(crate) fn poll(&mut self, now: Instant, rtt: Duration, lost: &mut Vec<Seq>) {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        let given_up = &mut self.given_up;
        self.packets.retain_mut(|packet| {
            if packet.due > now {
                return true;
            }
            if packet.tries == MOST_TRIES {
                *given_up = true;
                return false;
            }
            packet.tries += 1;
            packet.due = now + rtt.max(LEAST_SPACING);
            lost.push(packet.ext.seq());
            true
        });
        self.deadline = self.packets.iter().map(|packet| packet.due).min();
    }

    /// Whether something was given up since this was asked last.
    pub(super) const fn take_given_up(&mut self) -> bool {
        std::mem::replace(&mut self.given_up, false)
    }

    /// Nothing is missing any more: it is too much to repair, or nobody needs it.
    pub(super) fn clear(&mut self) {
        self.packets.clear();
        self.deadline = None;
    }

    /// How many packets are missing.
    pub(crate) fn len(&self) -> usize {
        self.packets.len()
    }

    /// When [`poll`](Self::poll) has something to do.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    fn poll(missing: &mut Missing, now: Instant) -> Vec<u16> {
        let mut lost = Vec::new();
        missing.poll(now, RTT, &mut lost);
        lost.into_iter().map(|seq| seq.0).collect()
    }

    #[expect(clippy::disallowed_methods, reason = "tests need some instant to start from")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn gap_is_asked_for_after_the_reordering_delay_and_then_once_a_round_trip() {
        let now = start();
        let mut missing = Missing::new();
        missing.on_gap(now, ExtSeq(65_535), ExtSeq(65_537));
        assert_eq!(poll(&mut missing, now + Duration::from_millis(9)), []);
        assert_eq!(poll(&mut missing, now + Duration::from_millis(10)), [65_535, 0]);
        assert_eq!(poll(&mut missing, now + Duration::from_millis(59)), []);
        missing.on_arrival(ExtSeq(65_536));
        assert_eq!(poll(&mut missing, now + Duration::from_millis(60)), [65_535]);
    }

    #[test]
    fn packet_that_never_comes_is_given_up_after_ten_tries() {
        let now = start();
        let mut missing = Missing::new();
        missing.on_gap(now, ExtSeq(5), ExtSeq(6));
        let tries = (0..100).filter(|i| !poll(&mut missing, now + RTT * *i).is_empty()).count();
        assert_eq!(tries, usize::from(MOST_TRIES));
        assert!(missing.take_given_up());
        assert_eq!(missing.deadline(), None);
    }

    #[test]
    fn reordered_packet_is_not_asked_for() {
        let now = start();
        let mut missing = Missing::new();
        missing.on_gap(now, ExtSeq(5), ExtSeq(6));
        missing.on_arrival(ExtSeq(5));
        assert_eq!(missing.deadline(), None);
        assert_eq!(poll(&mut missing, now + RTT), []);
    }

    #[test]
    fn more_gaps_than_there_are_places_push_out_the_oldest() {
        let now = start();
        let mut missing = Missing::new();
        missing.on_gap(now, ExtSeq(1_000), ExtSeq(1_200));
        missing.on_gap(now, ExtSeq(2_000), ExtSeq(2_200));
        assert_eq!(poll(&mut missing, now + RTT).len(), MOST_MISSING);
        missing.on_gap(now, ExtSeq(3_000), ExtSeq(4_000));
        assert!(missing.take_given_up() && !missing.take_given_up());
        assert_eq!(poll(&mut missing, now), []);
        assert_eq!(missing.deadline(), None);
    }
}
