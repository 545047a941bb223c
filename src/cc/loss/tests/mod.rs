//! What libwebrtc's `LossBasedBweV2Test` (M138) asks for, restated with its numbers: packets of
//! 15,000 bytes, observations of 250 ms. Of its constants two sets: [`long`] and [`short`].
//!
//! Not here, as there is nothing to configure or disable: `EnabledWhenGivenValidConfiguration…`,
//! `DisabledWhen…` (4), `ReturnsDelayBasedEstimateWhen…` (2), and
//! `EstimateIncreaseSlowlyFromInstantUpperBoundInAlrIfFieldTrial`, whose candidate M138 does not
//! use. `UseByteLossRate` is how it is always done.
mod link;
mod verdicts;

use super::super::packet::{Class, Ecn, SentPacket};
use super::*;

const OBSERVATION: u64 = 250_000;
const INCREASE_WINDOW: u64 = 300_000;
const PACKET: u16 = 15_000;
const KBPS: u64 = 1_000;
const NO_BOUND: u64 = u64::MAX;

const LIMITS: RateLimits = RateLimits { start: 300 * KBPS, least: KBPS, most: NO_BOUND };

/// A window of 15 observations, made anew from the first.
fn long() -> Tuning {
    Tuning {
        ramp_up: 1.2,
        candidates: [1.1, 1.0, 0.95],
        bias: 0.01,
        inherent_balance: 14_000.0,
        inherent_offset: 0.9,
        newton_iterations: 2,
        newton_step: 0.4,
        instant_memory: 0.97,
        instant_balance: 90_000.0,
        instant_offset: 0.1,
        memory: 0.98,
        least_observations: 1,
        most_increase: 1.5,
        ..Tuning::DEFAULT
    }
}

/// Two observations.
fn short() -> Tuning {
    Tuning { least_observations: 1, window: 2, ..Tuning::DEFAULT }
}

fn packet(at: u64, wire_bytes: u16, arrives: bool) -> PacketResult {
    let sent =
        SentPacket { at: Micros(at), wire_bytes, class: Class::Video, probe: None, ect1: false };
    let arrived = arrives.then(|| i64::try_from(at).expect("small") + 250_000);
    PacketResult { sent, arrived, ecn: Ecn::NotEct }
}

fn received(first: u64) -> Vec<PacketResult> {
    vec![packet(first, PACKET, true), packet(first + OBSERVATION, PACKET, true)]
}

fn tenth_lost(first: u64) -> Vec<PacketResult> {
    (0..10).map(|i| packet(first + i * OBSERVATION, PACKET, i < 9)).collect()
}

fn half_lost(first: u64) -> Vec<PacketResult> {
    vec![packet(first, PACKET, true), packet(first + OBSERVATION, PACKET, false)]
}

fn all_lost(first: u64, packets: u64) -> Vec<PacketResult> {
    let mut results: Vec<_> =
        (0..packets - 1).map(|i| packet(first + i * 10_000, PACKET, false)).collect();
    results.push(packet(first + OBSERVATION, PACKET, false));
    results
}

struct Lab {
    loss: LossBased,
    delay_based: u64,
    in_alr: bool,
    acked: Option<u64>,
}

impl Lab {
    fn new(tuning: Tuning, estimate: u64) -> Self {
        let mut loss = LossBased::tuned(LIMITS, tuning);
        loss.reinitialize(estimate);
        Self { loss, delay_based: NO_BOUND, in_alr: false, acked: None }
    }

    fn delay_based(self, delay_based: u64) -> Self {
        Self { delay_based, ..self }
    }

    fn in_alr(self) -> Self {
        Self { in_alr: true, ..self }
    }

    fn acked(self, acked: u64) -> Self {
        Self { acked: Some(acked), ..self }
    }

    fn most(mut self, most: u64) -> Self {
        self.loss.set_limits(RateLimits { least: 10 * KBPS, most, ..LIMITS });
        self
    }

    fn feed(&mut self, results: &[PacketResult]) -> u64 {
        let now = results.last().expect("packets").sent.at;
        self.loss.on_feedback(now, results, self.delay_based, self.in_alr, self.acked);
        self.estimate()
    }

    /// Nothing gets lost any more, from the `n`th observation until it is in this state; then the
    /// number of the next observation.
    fn recover(&mut self, mut n: u64, state: LossState) -> u64 {
        while self.loss.state() != state {
            assert!(n < 1_000, "never gets there");
            self.feed(&received(n * OBSERVATION));
            n += 1;
        }
        n
    }

    fn estimate(&self) -> u64 {
        self.loss.estimate().unwrap_or(NO_BOUND)
    }
}

#[test]
fn estimate_needs_a_start_value_and_feedback() {
    let mut lab = Lab::new(long(), 600 * KBPS);
    assert_eq!(lab.loss.estimate(), None);
    assert_ne!(lab.feed(&received(0)), NO_BOUND);

    let mut loss = LossBased::tuned(LIMITS, long());
    loss.on_feedback(Micros(0), &received(0), NO_BOUND, false, None);
    assert_eq!(loss.estimate(), None, "no start value");
}

#[test]
fn start_value_is_the_delay_based_estimate() {
    let mut loss = LossBased::tuned(LIMITS, short());
    assert_eq!(loss.estimate(), None);
    loss.on_feedback(Micros(0), &received(0), 600 * KBPS, false, None);
    assert_eq!(loss.estimate(), Some(600 * KBPS));
}

#[test]
fn three_observations_are_needed() {
    let mut lab = Lab::new(Tuning::DEFAULT, 600 * KBPS);
    for n in 0..2 {
        assert_eq!(lab.feed(&received(2 * n * OBSERVATION)), NO_BOUND);
    }
    assert_ne!(lab.feed(&received(4 * OBSERVATION)), NO_BOUND);
}

#[test]
fn feedback_on_less_than_an_observation_makes_no_estimate() {
    let mut lab = Lab::new(long(), 600 * KBPS);
    lab.feed(&[packet(0, PACKET, true), packet(OBSERVATION / 2, PACKET, true)]);
    assert_eq!(lab.loss.estimate(), None);
    lab.loss.on_feedback(Micros(0), &[], NO_BOUND, false, None);
    assert_eq!(lab.loss.estimate(), None);
}

#[test]
fn value_that_was_set_holds_until_the_next_observation() {
    let mut lab = Lab::new(long(), 600 * KBPS);
    assert_ne!(lab.feed(&received(0)), 600 * KBPS);
    lab.loss.reinitialize(600 * KBPS);
    assert_eq!(lab.estimate(), 600 * KBPS);
    assert_ne!(lab.feed(&received(2 * OBSERVATION)), 600 * KBPS);
}

#[test]
fn acknowledged_rate_counts_from_the_next_observation_on() {
    let (mut one, mut other) = (Lab::new(long(), 600 * KBPS), Lab::new(long(), 600 * KBPS));
    assert_eq!(one.feed(&received(0)), 660 * KBPS, "a tenth more");
    other.feed(&received(0));
    one = one.acked(900 * KBPS);
    assert_eq!(one.estimate(), 660 * KBPS);
    assert_ne!(one.feed(&received(2 * OBSERVATION)), other.feed(&received(2 * OBSERVATION)));
}

#[test]
fn estimate_is_fair_to_tcp_when_far_too_much_is_lost() {
    let mut lab = Lab::new(long(), 600 * KBPS);
    assert_eq!(lab.feed(&all_lost(0, 2)), 100 * KBPS);
}

#[test]
fn delay_based_estimate_bounds_it() {
    let mut lab = Lab::new(long(), 600 * KBPS);
    assert!(lab.feed(&received(0)) > 600 * KBPS);
    lab.delay_based = 500 * KBPS;
    assert_eq!(lab.feed(&received(2 * OBSERVATION)), 500 * KBPS);
}

#[test]
fn rising_loss_takes_it_down_to_what_is_acknowledged() {
    let mut lab = Lab::new(long(), 600 * KBPS).acked(300 * KBPS);
    lab.feed(&half_lost(0));
    assert!(lab.feed(&all_lost(2 * OBSERVATION, 2)) <= 300 * KBPS);
}

#[test]
fn same_feedback_again_changes_nothing() {
    let mut lab = Lab::new(long(), 600 * KBPS).acked(300 * KBPS);
    let estimate = lab.feed(&received(0));
    assert_eq!(lab.feed(&received(0)), estimate);
}

#[test]
fn feedback_within_an_observation_changes_nothing() {
    let mut lab = Lab::new(long(), 600 * KBPS);
    let estimate = lab.feed(&received(0));
    assert_eq!(lab.feed(&received(OBSERVATION - 1_000)), estimate);
}

#[test]
fn without_loss_it_rises_to_the_delay_based_estimate() {
    let mut lab = Lab::new(long(), 600 * KBPS).delay_based(5_000 * KBPS);
    assert_eq!(lab.feed(&received(0)), 5_000 * KBPS);
    assert_eq!(lab.feed(&received(2 * OBSERVATION)), 5_000 * KBPS);
}

#[test]
fn after_a_hold_it_rises_by_the_lower_factor() {
    let mut lab = Lab::new(short(), 600 * KBPS).delay_based(5_000 * KBPS).acked(100 * KBPS);
    let at_loss = lab.feed(&all_lost(0, 2));
    lab.recover(2, LossState::Increasing);
    assert_eq!(lab.estimate(), at_loss * 12 / 10);
}

#[test]
fn delay_has_the_say_again_after_the_link_recovered() {
    let tuning = Tuning {
        candidates: [100.0, 1.0, 0.5],
        instant_balance: 10_000_000.0,
        most_increase: 100.0,
        heeds_unexplained_loss: false,
        ..short()
    };
    let mut lab = Lab::new(tuning, 600 * KBPS).delay_based(600 * KBPS).acked(300 * KBPS);
    lab.feed(&all_lost(0, 2));
    assert_eq!(lab.loss.state(), LossState::Decreasing);
    lab = lab.acked(600 * KBPS);
    for n in 1..3 {
        lab.feed(&received(n * OBSERVATION));
        assert_eq!(lab.loss.state(), LossState::DelayBased, "{n}");
    }
}

#[test]
fn delay_has_no_say_without_an_estimate() {
    let tuning = Tuning {
        candidates: [100.0, 1.0, 0.5],
        instant_balance: 10_000_000.0,
        most_increase: 100.0,
        ..short()
    };
    let mut lab = Lab::new(tuning, 600 * KBPS);
    lab.feed(&all_lost(0, 2));
    assert_eq!(lab.loss.state(), LossState::Decreasing);
    lab = lab.acked(600 * KBPS);
    lab.feed(&received(OBSERVATION));
    assert_ne!(lab.loss.state(), LossState::DelayBased);
}

/// Prefers high rates whatever is lost, and no instant bound.
fn bold() -> Tuning {
    Tuning { bias_until: 0.99, ramp_up: 1.2, instant_balance: 10_000_000.0, ..short() }
}

#[test]
fn after_a_decrease_it_rises_to_a_multiple_of_the_acknowledged_rate() {
    let mut lab = Lab::new(bold(), 600 * KBPS).delay_based(5_000 * KBPS).acked(300 * KBPS);
    let first = lab.feed(&all_lost(0, 2));
    assert_eq!(lab.loss.state(), LossState::Decreasing);
    assert!(first < 600 * KBPS);
    lab = lab.acked(first * 9 / 10);
    let n = lab.recover(1, LossState::Increasing);
    let second = lab.estimate();
    assert_eq!(second, first * 9 / 10 * 12 / 10);
    // What is acknowledged may fall: no reason to go down.
    assert_eq!(lab.feed(&received(n * OBSERVATION)), second);
}

#[test]
fn it_rises_by_a_bit_when_what_is_acknowledged_allows_no_more() {
    let mut lab = Lab::new(bold(), 600 * KBPS).delay_based(5_000 * KBPS).acked(300 * KBPS);
    let first = lab.feed(&all_lost(0, 2));
    lab = lab.acked(first / 2);
    lab.recover(1, LossState::Increasing);
    assert_eq!(lab.estimate(), first + 1);
}

#[test]
fn growth_is_bounded_within_a_window_after_a_decrease() {
    let mut lab = Lab::new(long(), 600 * KBPS).delay_based(5_000 * KBPS).acked(300 * KBPS);
    lab.feed(&received(0));
    lab = lab.acked(5_000 * KBPS);
    let estimate = lab.feed(&half_lost(INCREASE_WINDOW - 2_000));
    assert_eq!(lab.feed(&received(INCREASE_WINDOW - 1_000)), estimate);
}

#[test]
fn growth_goes_on_after_the_window() {
    let mut lab = Lab::new(long(), 600 * KBPS).delay_based(5_000 * KBPS).acked(300 * KBPS);
    lab.feed(&received(0));
    lab = lab.acked(5_000 * KBPS);
    let estimate = lab.feed(&received(INCREASE_WINDOW - 1_000));
    assert!(lab.feed(&received(INCREASE_WINDOW + 1_000)) >= estimate);
}

#[test]
fn growth_within_the_window_is_a_third_at_most() {
    let mut lab = Lab::new(Tuning { ramp_up: 100.0, ..short() }, 1_000 * KBPS)
        .delay_based(20_000 * KBPS)
        .acked(200 * KBPS);
    let mut last = lab.feed(&all_lost(0, 2));
    assert_eq!(lab.loss.state(), LossState::Decreasing);
    lab = lab.acked(1_000 * KBPS);
    for n in 1..40 {
        let next = lab.feed(&received(n * OBSERVATION));
        if lab.loss.state() == LossState::DelayBased {
            break;
        }
        assert!(next <= last.max(1_000 * KBPS) * 13 / 10 + 1, "{last} -> {next} at {n}");
        last = next;
    }
}

#[test]
fn no_growth_while_more_is_lost_than_the_link_loses_of_its_own() {
    let tuning = Tuning { candidates: [1.2; 3], ..short() };
    let mut lab = Lab::new(tuning, 600 * KBPS);
    lab.feed(&tenth_lost(0));
    assert_eq!(lab.feed(&tenth_lost(OBSERVATION)), 600 * KBPS);
}

#[test]
fn high_rates_are_preferred_below_a_loss_and_low_ones_above() {
    let with = |bias_until, heeds_unexplained_loss| {
        let tuning = Tuning { bias_until, heeds_unexplained_loss, ..short() };
        let mut lab = Lab::new(tuning, 600 * KBPS).delay_based(5_000 * KBPS);
        lab.feed(&tenth_lost(0));
        lab.feed(&tenth_lost(OBSERVATION))
    };
    assert!(with(0.2, false) > 600 * KBPS);
    assert!(with(0.05, true) < 600 * KBPS);
}

#[test]
fn it_never_exceeds_the_limit() {
    let mut lab = Lab::new(long(), 1_000 * KBPS).most(1_000 * KBPS);
    assert!(lab.feed(&received(0)) <= 1_000 * KBPS);
}

#[test]
fn it_falls_to_the_acknowledged_rate_only_if_that_says_something() {
    let lab = || {
        Lab::new(short(), 600 * KBPS)
            .most(1_000_000 * KBPS)
            .delay_based(5_000 * KBPS)
            .acked(100 * KBPS)
    };
    let in_alr = lab().in_alr().feed(&all_lost(0, 2));
    assert!(100 * KBPS < in_alr && in_alr < 600 * KBPS, "{in_alr}");
    assert_eq!(lab().feed(&all_lost(0, 2)), 100 * KBPS);
}

#[test]
fn what_is_acknowledged_is_a_floor() {
    let with = |acked_floor| {
        Lab::new(Tuning { acked_floor, ..short() }, 600 * KBPS)
            .most(1_000_000 * KBPS)
            .acked(500 * KBPS)
            .feed(&all_lost(0, 2))
    };
    assert_eq!(with(1.0), 500 * KBPS);
    assert!(with(0.0) < 500 * KBPS);
}

#[test]
fn instant_bound_is_a_decrease() {
    let tuning = Tuning { candidates: [1.0; 3], instant_balance: 10_000.0, ..short() };
    let mut lab = Lab::new(tuning, 500 * KBPS).most(1_000_000 * KBPS).acked(100 * KBPS);
    assert_eq!(lab.feed(&tenth_lost(0)), 200 * KBPS);
    assert_eq!(lab.loss.state(), LossState::Decreasing);
}

#[test]
fn floor_that_rises_is_an_increase() {
    let tuning = Tuning { candidates: [1.0; 3], acked_floor: 10.0, ..short() };
    let mut lab = Lab::new(tuning, 500 * KBPS).most(1_000_000 * KBPS).acked(KBPS);
    lab.feed(&half_lost(0));
    assert_eq!(lab.loss.state(), LossState::Decreasing);
    lab = lab.acked(200 * KBPS);
    assert_eq!(lab.feed(&half_lost(2 * OBSERVATION)), 2_000 * KBPS);
    assert_eq!(lab.loss.state(), LossState::Increasing);
}

#[test]
fn at_the_limit_delay_has_the_say() {
    let mut loss = LossBased::tuned(LIMITS, short());
    loss.set_limits(RateLimits { least: 10 * KBPS, most: 1_000 * KBPS, ..LIMITS });
    let mut lab = Lab { loss, delay_based: 2_000 * KBPS, in_alr: false, acked: None };
    assert_eq!(lab.feed(&received(0)), 1_000 * KBPS);
    assert_eq!(lab.loss.state(), LossState::DelayBased);
    assert!(lab.feed(&half_lost(OBSERVATION)) < 1_000 * KBPS);
    assert_eq!(lab.loss.state(), LossState::Decreasing);
    lab.recover(2, LossState::DelayBased);
    assert_eq!(lab.estimate(), 1_000 * KBPS);
}

#[test]
fn link_is_padded_while_it_rises_after_a_decrease() {
    let tuning = Tuning { padding: Micros::millis(1_000), ..short() };
    let mut lab = Lab::new(tuning, 2_500 * KBPS);
    lab.feed(&half_lost(0));
    assert_eq!(lab.loss.state(), LossState::Decreasing);
    lab.recover(1, LossState::Increasing);
}

#[test]
fn after_a_large_loss_it_rises_slowly() {
    let tuning = Tuning { padding: Micros::millis(1_000), ..short() };
    let mut lab = Lab::new(tuning, 2_500 * KBPS).in_alr();
    let at_loss = lab.feed(&half_lost(0));
    assert_eq!(lab.loss.state(), LossState::Decreasing);
    lab.feed(&received(OBSERVATION));
    let later = lab.feed(&received(2 * OBSERVATION));
    assert_eq!(lab.loss.state(), LossState::Increasing);
    assert!(later.abs_diff(at_loss) < 100 * KBPS, "{at_loss} -> {later}");
}

#[test]
fn loss_while_padding_takes_it_down_to_what_is_acknowledged() {
    let tuning =
        Tuning { padding: Micros::millis(1_000), instant_balance: 10_000_000.0, ..short() };
    let mut lab = Lab::new(tuning, 1_000 * KBPS).in_alr();
    let mut n = 0;
    while lab.loss.state() != LossState::Decreasing {
        lab.feed(&all_lost(n * OBSERVATION, 2));
        n += 1;
    }
    n = lab.recover(n, LossState::Increasing);
    assert!(lab.estimate() > 900 * KBPS);
    lab = lab.acked(100 * KBPS);
    assert_eq!(lab.feed(&all_lost(n * OBSERVATION, 2)), 100 * KBPS);
    assert_eq!(lab.loss.state(), LossState::Decreasing);
}

#[test]
fn rising_ends_with_the_padding_when_it_leads_nowhere() {
    let tuning = Tuning { padding: Micros::millis(1_000), ramp_up: 2.0, ..short() };
    let mut lab = Lab::new(tuning, 2_500 * KBPS).acked(51 * KBPS);
    assert_eq!(lab.feed(&half_lost(0)), 51 * KBPS);
    assert_eq!(lab.loss.state(), LossState::Decreasing);
    lab = lab.acked(26 * KBPS);
    let rose = lab.recover(1, LossState::Increasing);
    let ended = lab.recover(rose, LossState::Decreasing);
    assert_eq!((ended - 1 - rose) * OBSERVATION, 1_000_000);
}

#[test]
fn what_is_held_is_no_less_than_what_is_acknowledged() {
    let tuning = Tuning { hold_growth: 10.0, ..short() };
    let mut lab = Lab::new(tuning, 2_500 * KBPS);
    lab.feed(&half_lost(0));
    assert_eq!(lab.loss.state(), LossState::Decreasing);
    lab = lab.acked(1_000 * KBPS);
    assert_eq!(lab.feed(&half_lost(OBSERVATION)), 1_000 * KBPS);
    assert_eq!(lab.loss.state(), LossState::Decreasing);
}

#[test]
fn it_recovers_from_the_acknowledged_rate() {
    let mut lab = Lab::new(short(), 2_500 * KBPS);
    assert!(lab.feed(&all_lost(0, 2)) < 1_000 * KBPS);
    lab = lab.acked(1_000 * KBPS);
    assert_eq!(lab.feed(&all_lost(OBSERVATION, 2)), 1_000 * KBPS);
    lab.feed(&received(2 * OBSERVATION));
    assert!(lab.feed(&received(3 * OBSERVATION)) > 1_000 * KBPS);
}

#[test]
fn hold_ends_when_delay_has_the_say() {
    let mut lab = Lab::new(short(), 2_500 * KBPS);
    let estimate = lab.feed(&half_lost(0));
    lab.delay_based = estimate + 10 * KBPS;
    lab.feed(&received(OBSERVATION));
    assert_eq!(lab.feed(&received(2 * OBSERVATION)), estimate + 10 * KBPS);
    assert_eq!(lab.loss.state(), LossState::DelayBased);
}

#[test]
fn each_hold_is_twice_as_long_as_the_one_before() {
    let mut lab = Lab::new(short(), 2_500 * KBPS).delay_based(20_000 * KBPS).acked(100 * KBPS);
    let (mut n, mut held) = (0, Vec::new());
    for _ in 0..3 {
        while lab.loss.state() != LossState::Decreasing {
            lab.feed(&all_lost(n * OBSERVATION, 2));
            n += 1;
        }
        let from = lab.loss.window.now();
        held.push(lab.loss.hold.until.expect("held").since(from).0 / 1_000);
        n = lab.recover(n, LossState::Increasing);
    }
    assert_eq!(held, [300, 600, 1_200]);
}

#[test]
fn bytes_count_not_packets() {
    let mut lab = Lab::new(short(), 500 * KBPS);
    // A third of the packets is lost, but 69 % of the bytes.
    let mut results: Vec<_> = (0..9).map(|i| packet(i * OBSERVATION, PACKET, true)).collect();
    results.extend((0..5).map(|i| packet(9 * OBSERVATION + i, 60_000, false)));
    assert!(lab.feed(&results) < 160 * KBPS);
    assert_eq!(lab.loss.state(), LossState::Decreasing);
}

#[test]
fn one_outlier_is_no_reason_two_are() {
    let tuning = Tuning { window: 5, ..Tuning::DEFAULT };
    let mut lab = Lab::new(tuning, 500 * KBPS).delay_based(500 * KBPS);
    for n in 0..5 {
        lab.feed(&received(n * OBSERVATION));
    }
    lab.feed(&all_lost(5 * OBSERVATION, 2));
    assert_eq!(lab.feed(&received(6 * OBSERVATION)), 500 * KBPS);
    assert!(lab.loss.mean_loss() <= 0.0);
    assert_eq!(lab.loss.state(), LossState::DelayBased);
    assert!(lab.feed(&all_lost(7 * OBSERVATION, 2)) < 500 * KBPS);
    assert_eq!(lab.loss.state(), LossState::Decreasing);
}

#[test]
fn outlier_with_a_burst_is_a_reason() {
    let tuning = Tuning { window: 5, ..Tuning::DEFAULT };
    let mut lab = Lab::new(tuning, 500 * KBPS).delay_based(500 * KBPS);
    for n in 0..5 {
        lab.feed(&received(n * OBSERVATION));
    }
    assert!(lab.feed(&all_lost(5 * OBSERVATION, 5)) <= 500 * KBPS);
    assert_eq!(lab.loss.state(), LossState::Decreasing);
}

#[test]
fn packet_that_comes_after_all_was_not_lost() {
    let mut lab = Lab::new(short(), 2_500 * KBPS).delay_based(2_500 * KBPS);
    lab.feed(&[packet(0, PACKET, true), packet(1, PACKET, false), packet(2, PACKET, true)]);
    let estimate = lab.feed(&[
        packet(1, PACKET, true),
        packet(OBSERVATION, PACKET, true),
        packet(3, PACKET, true),
    ]);
    assert_eq!(estimate, 2_500 * KBPS);
    assert!(lab.loss.mean_loss() <= 0.0);
}

#[test]
fn all_of_it_is_small() {
    let size = size_of::<LossBased>() + size_of::<Tolerance>();
    assert!(size <= 4_096, "{size}");
}
