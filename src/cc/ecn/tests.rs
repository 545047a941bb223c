use std::collections::VecDeque;

use super::*;
use crate::cc::packet::{Class, SentPacket};

const QUEUELESS: Micros = Micros(0);

fn result(at: Micros, ecn: Option<Ecn>) -> PacketResult {
    let class = Class::Video;
    let sent = SentPacket { at, wire_bytes: 1_200, class, probe: None, ect1: true };
    PacketResult { sent, arrived: ecn.map(|_| 0), ecn: ecn.unwrap_or_default() }
}

/// Tells of one round trip of 100 ms: packets sent in its first half, told of at its end.
struct Rounds {
    control: EcnControl,
    now: Micros,
}

impl Rounds {
    fn new() -> Self {
        Self { control: EcnControl::new(true), now: Micros::millis(100) }
    }

    fn tell(&mut self, queue_delay: Micros, marks: &[Option<Ecn>]) -> Option<Reduction> {
        let results: Vec<_> = marks.iter().map(|ecn| result(self.now, *ecn)).collect();
        self.now = self.now.plus(Micros::millis(100));
        self.control.on_feedback(self.now, &results, queue_delay)
    }

    /// Of `packets`, the first `marked` are.
    fn marked(&mut self, queue_delay: Micros, marked: usize, packets: usize) -> Option<Reduction> {
        let mut marks = vec![Some(Ecn::Ect); packets];
        marks[..marked].fill(Some(Ecn::Ce));
        self.tell(queue_delay, &marks)
    }

    /// With the path found to be good, and alpha down to nothing.
    fn settled() -> Self {
        let mut rounds = Self::new();
        for _ in 0..200 {
            assert_eq!(rounds.marked(QUEUELESS, 0, 10), None);
        }
        assert_eq!(rounds.control.state(), EcnState::Capable);
        rounds
    }
}

#[test]
fn without_being_wanted_nothing_is_sent_as_ect_and_nothing_asked_for() {
    let mut control = EcnControl::new(false);
    assert_eq!(control.codepoint(), EcnCodepoint::NotEct);
    let marked = [result(Micros(1), Some(Ecn::Ce)); 50];
    assert_eq!(control.on_feedback(Micros(2), &marked, QUEUELESS), None);
    assert_eq!(control.state(), EcnState::Off);
}

#[test]
fn path_that_carries_the_field_is_found_to_do_so() {
    let mut rounds = Rounds::new();
    assert_eq!(rounds.control.codepoint(), EcnCodepoint::Ect1);
    rounds.marked(QUEUELESS, 0, 29);
    assert_eq!(rounds.control.state(), EcnState::Testing);
    rounds.marked(QUEUELESS, 1, 1);
    assert_eq!(rounds.control.state(), EcnState::Capable);
    assert_eq!(rounds.control.codepoint(), EcnCodepoint::Ect1);
}

#[test]
fn bleached_field_ends_it_for_good_at_first_and_later() {
    for mut rounds in [Rounds::new(), Rounds::settled()] {
        for _ in 0..5 {
            rounds.tell(QUEUELESS, &[Some(Ecn::NotEct), Some(Ecn::Ect)]);
        }
        assert_eq!(rounds.control.codepoint(), EcnCodepoint::Ect1);
        for _ in 0..6 {
            rounds.tell(QUEUELESS, &[Some(Ecn::NotEct), Some(Ecn::Ect)]);
        }
        assert_eq!(rounds.control.state(), EcnState::Failed(EcnFailure::Bleached));
        assert_eq!(rounds.control.codepoint(), EcnCodepoint::NotEct);
        assert_eq!(rounds.marked(QUEUELESS, 10, 100), None);
        assert_eq!(rounds.control.codepoint(), EcnCodepoint::NotEct, "for good");
    }
}

#[test]
fn path_that_carries_nothing_sent_as_ect_is_told_from_one_that_loses() {
    let mut rounds = Rounds::new();
    rounds.tell(QUEUELESS, &[None; 9]);
    assert_eq!(rounds.control.state(), EcnState::Testing);
    rounds.tell(QUEUELESS, &[None]);
    assert_eq!(rounds.control.state(), EcnState::Failed(EcnFailure::Lost));

    let mut rounds = Rounds::new();
    rounds.tell(QUEUELESS, &[Some(Ecn::Ect)]);
    rounds.tell(QUEUELESS, &[None; 20]);
    assert_eq!(rounds.control.state(), EcnState::Testing);
}

#[test]
fn packets_that_were_not_sent_as_ect_say_nothing() {
    let mut rounds = Rounds::new();
    let mut other = result(Micros::millis(1), Some(Ecn::NotEct));
    other.sent.ect1 = false;
    rounds.control.on_feedback(Micros::millis(100), &[other; 100], QUEUELESS);
    assert_eq!(rounds.control.state(), EcnState::Testing);
}

#[test]
fn reduction_follows_the_fraction_marked_smoothed_over_rounds() {
    for (marked, factor) in [(1, 0.95), (5, 0.75), (9, 0.55)] {
        let mut rounds = Rounds::settled();
        let first = rounds.marked(Micros::millis(2), marked, 10).expect("marks").factor;
        assert!(first > 0.99, "one round says little: {first}");
        let last = (0..200).map(|_| rounds.marked(Micros::millis(2), marked, 10)).last();
        let last = last.flatten().expect("marks").factor;
        assert!((last - factor).abs() < 0.001, "{last} at {marked} of 10");
    }
}

#[test]
fn newest_round_counts_a_sixteenth() {
    let mut rounds = Rounds::settled();
    rounds.marked(Micros::millis(2), 8, 10);
    let factor = rounds.marked(Micros::millis(2), 8, 10).expect("marks").factor;
    assert!((factor - (1.0 - 0.8 / 16.0 / 2.0)).abs() < 0.000_1, "{factor}");
}

#[test]
fn first_mark_of_all_halves_the_rate() {
    let mut rounds = Rounds::new();
    assert_eq!(rounds.marked(QUEUELESS, 1, 10), Some(Reduction { factor: 0.5 }));
}

#[test]
fn rate_is_reduced_once_for_what_was_sent_before_the_last_reduction() {
    let mut rounds = Rounds::settled();
    let sent = rounds.now;
    assert!(rounds.marked(Micros::millis(2), 5, 10).is_some());
    // Told later, but sent before the rate was reduced.
    let late = [result(sent, Some(Ecn::Ce)); 5];
    assert_eq!(rounds.control.on_feedback(rounds.now, &late, Micros::millis(2)), None);
    assert!(rounds.marked(Micros::millis(2), 5, 10).is_some());
}

#[test]
fn marks_on_a_probe_ask_for_nothing() {
    let mut rounds = Rounds::settled();
    let mut probe = result(rounds.now, Some(Ecn::Ce));
    probe.sent.probe = Some(3);
    let now = rounds.now.plus(Micros::millis(100));
    assert_eq!(rounds.control.on_feedback(now, &[probe; 20], Micros::millis(2)), None);
    assert!(rounds.control.alpha < 0.001);
}

#[test]
fn few_marks_in_a_long_queue_are_of_a_classic_one() {
    let mut rounds = Rounds::settled();
    for round in 0..6 {
        assert_eq!(rounds.control.codepoint(), EcnCodepoint::Ect1, "round {round}");
        // CoDel marks a packet in 100 ms, or none.
        rounds.marked(Micros::millis(25), usize::from(round % 2 == 0), 20);
    }
    assert_eq!(rounds.control.state(), EcnState::Failed(EcnFailure::ClassicQueue));
}

#[test]
fn long_queue_that_marks_all_that_waits_is_no_classic_one() {
    let mut rounds = Rounds::settled();
    for _ in 0..20 {
        rounds.marked(Micros::millis(300), 20, 20);
    }
    // The moment of the change, again and again, with good rounds in between.
    for _ in 0..20 {
        rounds.marked(Micros::millis(25), 5, 20);
        rounds.marked(Micros::millis(25), 5, 20);
        rounds.marked(Micros::millis(3), 5, 20);
    }
    assert_eq!(rounds.control.state(), EcnState::Capable);
}

#[test]
fn marks_on_everything_without_a_queue_are_not_believed() {
    let mut rounds = Rounds::new();
    for _ in 0..CAUSELESS_ROUNDS {
        assert!(rounds.marked(Micros::millis(1), 10, 10).is_some());
    }
    assert_eq!(rounds.marked(Micros::millis(1), 10, 10), None);
    assert_eq!(rounds.control.state(), EcnState::Failed(EcnFailure::AlwaysMarked));
}

/// A link of 2 Mbit/s, 50 ms there and back, that marks what waited longer than `threshold`, and
/// a sender that does nothing but go up steadily and down as it is asked to. Queue delay of
/// packets at the 95th percentile, and utilisation, of the last 50 of 60 s.
fn closed_loop(threshold: Micros) -> (Micros, f64) {
    const CAPACITY: f64 = 2e6;
    const PACKET: f64 = 1_200.0 * 8.0;
    let (mut control, mut rate) = (EcnControl::new(true), 300e3_f64);
    let mut told: VecDeque<(f64, PacketResult)> = VecDeque::new();
    let (mut now, mut free, mut feedback) = (0.0_f64, 0.0_f64, 0.05_f64);
    let (mut waits, mut standing) = (Vec::new(), 0.0_f64);
    let micros = |seconds: f64| Micros((seconds * 1e6) as u64);
    while now < 60.0 {
        let wait = (free - now).max(0.0);
        free = now + wait + PACKET / CAPACITY;
        let mark = if micros(wait) > threshold { Ecn::Ce } else { Ecn::Ect };
        told.push_back((free + 0.05, result(micros(now), Some(mark))));
        if now > 10.0 {
            waits.push(micros(wait));
        }
        standing = if now >= feedback { wait } else { standing.min(wait) };
        now += PACKET / rate;
        rate += 100e3 * PACKET / rate;
        if now >= feedback {
            feedback += 0.05;
            let count = told.iter().take_while(|(at, _)| *at <= now).count();
            let results: Vec<_> = told.drain(..count).map(|(_, result)| result).collect();
            if let Some(reduction) = control.on_feedback(micros(now), &results, micros(standing)) {
                rate *= reduction.factor;
            }
        }
    }
    assert_eq!(control.state(), EcnState::Capable);
    waits.sort_unstable();
    let p95 = waits[waits.len() * 95 / 100];
    (p95, waits.len() as f64 * PACKET / (50.0 * CAPACITY))
}

#[test]
fn queue_stays_short_and_the_link_full_behind_a_step_of_one_millisecond() {
    let (p95, used) = closed_loop(Micros::millis(1));
    println!("95th percentile of the queue {p95:?}, link used {used:.3}");
    assert!(p95 <= Micros::millis(20) && used >= 0.9, "{p95:?}, {used}");
}
