//! Trend line and detector together, as libwebrtc's tests have them: packets sent 20 ms apart.

use super::super::groups::Delta;
use super::super::trendline::Trendline;
use super::*;

struct Rig {
    line: Trendline,
    overuse: Overuse,
    sent: u32,
}

/// When the first packet arrived, microseconds.
const FIRST: i64 = 987_654_321_000;

impl Rig {
    fn new() -> Self {
        Self { line: Trendline::default(), overuse: Overuse::new(), sent: 0 }
    }

    /// The next packet, so many microseconds behind the one before.
    fn step(&mut self, apart: i64) -> Usage {
        self.sent += 1;
        let arrived = FIRST + i64::from(self.sent) * apart;
        let slope = self.line.add(Delta { sent: 20_000, arrived: apart }, arrived);
        self.overuse.on_slope(slope, self.line.count(), 20.0, arrived)
    }

    /// What is seen at the 24 packets after the first, in turn.
    fn run(&mut self, apart: i64) -> Vec<Usage> {
        (0..24).map(|_| self.step(apart)).collect()
    }
}

#[test]
fn packets_that_come_as_they_were_sent_are_normal() {
    assert_eq!(Rig::new().run(20_000), [Usage::Normal; 24]);
}

#[test]
fn delivery_slower_by_a_tenth_is_overuse_and_stays_so() {
    let seen = Rig::new().run(22_000);
    let first = seen.iter().position(|usage| *usage == Usage::Over).expect("seen in 24 packets");
    assert!(seen[..first].iter().all(|usage| *usage == Usage::Normal));
    assert!(seen[first..].iter().all(|usage| *usage == Usage::Over), "{seen:?}");
}

#[test]
fn delivery_faster_by_fifteen_percent_is_underuse_and_stays_so() {
    let seen = Rig::new().run(17_000);
    let first = seen.iter().position(|usage| *usage == Usage::Under).expect("seen in 24 packets");
    assert!(seen[..first].iter().all(|usage| *usage == Usage::Normal));
    assert!(seen[first..].iter().all(|usage| *usage == Usage::Under), "{seen:?}");
}

/// A detector, and a slope that is so many times the threshold at which it starts.
fn detector() -> (Overuse, impl Fn(f64) -> f64) {
    (Overuse::new(), |times: f64| times * THRESHOLD / GAIN / 60.0)
}

#[test]
fn overuse_has_to_last_and_to_be_seen_twice() {
    let (mut overuse, slope) = detector();
    assert_eq!(overuse.on_slope(slope(1.5), 100, 50.0, 0), Usage::Normal, "once");
    assert_eq!(overuse.on_slope(slope(1.5), 100, 1.0, 0), Usage::Over, "26 ms, twice");

    let (mut overuse, slope) = detector();
    overuse.on_slope(slope(1.5), 100, 6.0, 0);
    assert_eq!(overuse.on_slope(slope(1.5), 100, 6.0, 0), Usage::Normal, "3 + 6 ms");
    assert_eq!(overuse.on_slope(slope(1.5), 100, 6.0, 0), Usage::Over, "15 ms");
}

#[test]
fn slope_that_recedes_is_no_overuse_yet() {
    let (mut overuse, slope) = detector();
    overuse.on_slope(slope(2.0), 100, 50.0, 0);
    assert_eq!(overuse.on_slope(slope(1.9), 100, 50.0, 0), Usage::Normal);
    assert_eq!(overuse.on_slope(slope(1.9), 100, 50.0, 0), Usage::Over);
}

#[test]
fn one_normal_slope_makes_overuse_begin_anew() {
    let (mut overuse, slope) = detector();
    overuse.on_slope(slope(1.5), 100, 50.0, 0);
    overuse.on_slope(slope(0.5), 100, 50.0, 0);
    assert_eq!(overuse.on_slope(slope(1.5), 100, 50.0, 0), Usage::Normal);
}

#[test]
fn slope_of_few_deltas_weighs_less() {
    let (mut overuse, slope) = detector();
    for _ in 0..10 {
        assert_eq!(overuse.on_slope(slope(1.5), 39, 50.0, 0), Usage::Normal);
    }
    overuse.on_slope(slope(1.5), 41, 50.0, 0);
    assert_eq!(overuse.on_slope(slope(1.5), 41, 50.0, 0), Usage::Over);
}

#[test]
fn single_delta_says_nothing() {
    let (mut overuse, _) = detector();
    assert_eq!(overuse.on_slope(100.0, 1, 50.0, 0), Usage::Normal);
    assert!(overuse.over_for.is_none());
}

#[test]
fn threshold_rises_slowly_with_slopes_beyond_it_and_falls_fast_with_those_below() {
    let (mut overuse, slope) = detector();
    overuse.on_slope(slope(2.0), 100, 5.0, 0);
    assert!((overuse.threshold - 12.5).abs() < 1e-9, "no time passed");
    // 0.87 % of the difference (12.5) in a millisecond, for 10.
    overuse.on_slope(slope(2.0), 100, 5.0, 10_000);
    assert!((overuse.threshold - 13.5875).abs() < 1e-9, "{}", overuse.threshold);

    let (mut overuse, _) = detector();
    overuse.on_slope(0.0, 100, 5.0, 0);
    overuse.on_slope(0.0, 100, 5.0, 10_000);
    assert!((overuse.threshold - 12.5 * (1.0 - 0.39)).abs() < 1e-9, "{}", overuse.threshold);
    for step in 2..100 {
        overuse.on_slope(0.0, 100, 5.0, step * 10_000);
    }
    assert!((overuse.threshold - 6.0).abs() < 1e-9, "never below");
}

#[test]
fn threshold_learns_nothing_of_spikes() {
    let (mut overuse, slope) = detector();
    overuse.on_slope(slope(1.0), 100, 5.0, 0);
    // 12.5 + 15 and a little.
    overuse.on_slope(slope(2.21), 100, 5.0, 10_000);
    assert!((overuse.threshold - 12.5).abs() < 1e-9);
    overuse.on_slope(slope(2.19), 100, 5.0, 20_000);
    assert!(overuse.threshold > 13.0);
}

#[test]
fn threshold_adapts_for_a_tenth_of_a_second_at_most_and_not_backwards() {
    let (mut overuse, slope) = detector();
    overuse.on_slope(slope(1.2), 100, 5.0, 0);
    overuse.on_slope(slope(1.2), 100, 5.0, 60_000_000);
    // 2.5 × 0.0087 × 100
    assert!((overuse.threshold - 14.675).abs() < 1e-9, "{}", overuse.threshold);
    overuse.on_slope(slope(1.2), 100, 5.0, i64::MIN);
    assert!((overuse.threshold - 14.675).abs() < 1e-9);
}
