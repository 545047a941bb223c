//! The controller as a whole, where no scenario of the simulator looks: bounds, silence, round trips.

use super::super::packet::{Class, Ecn, PacketResult, SentPacket};
use super::*;

const LIMITS: RateLimits = RateLimits { start: 1_000_000, least: 30_000, most: 5_000_000 };

/// A controller that hears of packets of 1,000 bytes at its own target, on a link without a queue.
struct Link {
    gcc: Gcc,
    now: Micros,
    round_trip: Micros,
}

impl Link {
    fn new() -> Self {
        let gcc = Gcc::new(Micros(0), LIMITS);
        Self { gcc, now: Micros(0), round_trip: Micros::millis(60) }
    }

    /// So much time with feedback each 50 ms.
    fn run(&mut self, millis: u64) -> &Output {
        let until = self.now.plus(Micros::millis(millis));
        while self.now < until {
            let count = (self.gcc.output().target * 50 / 8_000_000).max(1);
            let results: Vec<_> = (0..count)
                .map(|nth| {
                    let at = self.now.plus(Micros(nth * 50_000 / count));
                    let (class, ect1) = (Class::Video, false);
                    let sent = SentPacket { at, wire_bytes: 1_000, class, probe: None, ect1 };
                    let arrived = i64::try_from(at.0 + 30_000).ok();
                    PacketResult { sent, arrived, ecn: Ecn::NotEct }
                })
                .collect();
            self.now = self.now.plus(Micros::millis(50));
            let round_trip = Some(self.round_trip);
            let feedback = Feedback { results: &results, in_flight: 0, round_trip };
            self.gcc.on_feedback(self.now, &feedback);
        }
        self.gcc.output()
    }

    fn wait(&mut self, millis: u64) -> &Output {
        // Packets that left long ago: what counts is when anything was heard.
        let oldest = Some(Micros(0));
        self.now = self.now.plus(Micros::millis(millis));
        self.gcc.handle_timeout(self.now, &Outstanding { oldest });
        self.gcc.output()
    }
}

#[test]
fn round_trip_of_seconds_lowers_the_estimate_each_second_and_is_told_as_the_reason() {
    let mut link = Link::new();
    let before = link.run(2_000).target;
    link.round_trip = Micros::millis(3_100);
    let late = *link.run(50);
    assert_eq!(late.reason, CongestionReason::RoundTripTime);
    assert!(late.target <= before / 100 * 82, "{} of {before}", late.target);
    let later = link.run(3_000).target;
    assert!(later < late.target, "{later} of {}", late.target);
}

#[test]
fn silence_halves_the_estimate_and_what_comes_after_it_may_grow_again() {
    let mut link = Link::new();
    let before = link.run(2_000).target;
    let silent = *link.wait(1_050);
    assert_eq!((silent.state, silent.audio_only), (CongestionState::NoFeedback, false));
    assert!(silent.target <= before / 2, "{} of {before}", silent.target);
    assert!(link.wait(2_000).audio_only, "after three seconds only sound goes");
    let heard = *link.run(100);
    assert!(!heard.audio_only && heard.target <= silent.target, "two reports prove nothing");
    assert!(link.run(3_000).target > heard.target);
}

#[test]
fn far_ends_estimate_and_the_limits_bound_whatever_is_found_out() {
    let mut link = Link::new();
    link.run(1_000);
    link.gcc.on_remb(link.now, 400_000);
    let bound = *link.run(1_000);
    assert_eq!((bound.target, bound.reason), (400_000, CongestionReason::Remb));
    let limits = RateLimits { most: 200_000, ..LIMITS };
    link.gcc.set_limits(link.now, limits);
    assert_eq!(link.gcc.output().target, 200_000);
    assert_eq!(link.run(1_000).target, 200_000);
}

#[test]
fn who_tells_of_no_packets_is_followed_by_its_estimate_and_its_losses_alone() {
    let mut gcc = Gcc::new(Micros(0), LIMITS);
    gcc.on_remb(Micros::millis(100), 3_000_000);
    assert_eq!(gcc.output().target, 3_000_000);
    let report = LinkReport { expected: 200, lost: 40, round_trip: None };
    gcc.on_report(Micros::millis(1_000), &report);
    assert_eq!((gcc.output().target, gcc.output().reason), (2_700_000, CongestionReason::Loss));
    gcc.on_remb(Micros::millis(1_100), 500_000);
    assert_eq!((gcc.output().target, gcc.output().reason), (500_000, CongestionReason::Remb));
}

#[test]
fn mark_lowers_the_estimate_and_makes_packets_leave_one_by_one() {
    let mut link = Link::new();
    let before = link.run(2_000).target;
    link.gcc.on_mark(link.now, 0.75);
    let marked = *link.gcc.output();
    assert_eq!((marked.target, marked.reason), (before / 4 * 3, CongestionReason::Ecn));
    assert!(marked.one_by_one && marked.pacing_rate < marked.target * 12 / 10);
}
