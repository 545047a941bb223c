use super::*;

const START: Micros = Micros::millis(123_456);
/// Bounds of libwebrtc, bit/s.
const LEAST: u64 = 5_000;
const MOST: u64 = 30_000_000;

fn at(millis: u64) -> Micros {
    START.plus(Micros::millis(millis))
}

/// With its rate set at the start.
fn at_rate(rate: u64) -> Aimd {
    let mut aimd = Aimd::new(LEAST, MOST);
    aimd.set_estimate(START, rate);
    aimd
}

/// Normal usage, an update each 100 ms, until so many milliseconds after the start.
fn run(aimd: &mut Aimd, millis: std::ops::Range<u64>, throughput: Option<u64>, in_alr: bool) {
    for now in millis.step_by(100) {
        aimd.update(at(now), Usage::Normal, throughput, in_alr);
    }
}

fn assert_near(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
}

#[test]
fn growth_near_the_capacity_is_never_below_4_kbit() {
    assert_near(at_rate(30_000).growth(), 4_000.0, 1e-6);
}

#[test]
fn growth_is_half_a_packet_in_a_response_time() {
    assert_near(at_rate(90_000).growth(), 5_000.0, 1e-6);
    let mut aimd = at_rate(60_000);
    aimd.set_round_trip(Micros::millis(100));
    assert_near(aimd.growth(), 5_000.0, 1e-6);
}

#[test]
fn growth_and_period_after_overuse_without_loss_of_throughput() {
    let mut aimd = at_rate(300_000);
    aimd.update(START, Usage::Over, Some(300_000), false);
    assert_near(aimd.growth(), 14_000.0, 1_000.0);
    assert_eq!(aimd.period(), Micros::millis(3_000), "as before any decrease");
}

#[test]
fn rate_grows_to_one_and_a_half_times_the_throughput_and_ten_kbit() {
    let mut aimd = at_rate(10_000);
    run(&mut aimd, 0..20_000, Some(10_000), false);
    assert!(aimd.is_valid());
    assert_eq!(aimd.rate(), 25_000);
}

#[test]
fn rate_stays_when_throughput_falls_without_overuse() {
    let mut aimd = at_rate(10_000);
    run(&mut aimd, 0..20_000, Some(10_000), false);
    aimd.update(at(20_000), Usage::Normal, Some(5_000), false);
    assert_eq!(aimd.rate(), 25_000);
}

#[test]
fn period_is_three_seconds_until_the_first_overuse() {
    let mut aimd = Aimd::new(LEAST, MOST);
    aimd.set_start(300_000);
    assert_eq!(aimd.period(), Micros::millis(3_000));
    aimd.update(START, Usage::Over, Some(280_000), false);
    assert_ne!(aimd.period(), Micros::millis(3_000));
}

#[test]
fn rate_falls_to_85_percent_of_throughput_less_5_kbit_and_returns_in_the_period() {
    // (216 + 5) / .85 = 260; growth at 216 kbit/s is 12 a second; 264 - 216 are four of these.
    let mut aimd = at_rate(264_000);
    aimd.update(at(100), Usage::Over, Some(260_000), false);
    assert_eq!(aimd.rate(), 216_000);
    assert_near(aimd.growth(), 12_000.0, 1e-6);
    assert_eq!(aimd.period(), Micros::millis(4_000));
}

#[test]
fn period_is_from_2_to_50_seconds() {
    let mut aimd = at_rate(10_000);
    aimd.update(at(100), Usage::Over, Some(9_999), false);
    assert_eq!(aimd.period(), Micros::millis(2_000));

    let mut aimd = at_rate(10_010_000);
    aimd.update(at(100), Usage::Over, Some(11_765), false);
    assert_eq!(aimd.period(), Micros::millis(50_000));
}

#[test]
fn rate_is_taken_from_throughput_after_five_seconds_and_bounded_when_that_is_unknown() {
    let mut aimd = Aimd::new(LEAST, MOST);
    aimd.update(START, Usage::Normal, Some(123_000), false);
    aimd.update(at(5_000), Usage::Normal, Some(123_000), false);
    assert!(!aimd.is_valid());
    aimd.update(at(5_001), Usage::Normal, Some(123_000), false);
    assert!(aimd.is_valid());
    for now in 0..100 {
        aimd.update(at(5_001 + 100 * now), Usage::Normal, None, false);
    }
    assert_eq!(aimd.rate(), 194_500);
}

#[test]
fn overuse_gives_a_first_rate_before_that() {
    let mut aimd = Aimd::new(LEAST, MOST);
    aimd.update(START, Usage::Over, Some(100_000), false);
    assert!(aimd.is_valid());
    assert_eq!(aimd.rate(), 80_000);
    assert_eq!(aimd.period(), Micros::millis(3_000), "nothing was lowered");
}

#[test]
fn rate_does_not_grow_while_the_application_limits_what_is_sent() {
    let mut aimd = at_rate(123_000);
    aimd.update(START, Usage::Normal, Some(123_000), true);
    run(&mut aimd, 0..10_000, None, true);
    assert_eq!(aimd.rate(), 123_000);
    aimd.set_estimate(at(10_000), 246_000);
    assert_eq!(aimd.rate(), 246_000, "but it may be set");
    run(&mut aimd, 10_000..20_000, Some(200_000), false);
    assert!(aimd.rate() > 246_000, "and it grows afterwards");
}

#[test]
fn rate_grows_by_8_percent_a_second_while_the_capacity_is_unknown() {
    let mut aimd = at_rate(1_000_000);
    aimd.update(START, Usage::Normal, Some(5_000_000), false);
    let before = aimd.rate();
    for now in 1..=20 {
        aimd.update(at(50 * now), Usage::Normal, Some(5_000_000), false);
    }
    assert_near(float(aimd.rate()) / float(before), 1.08, 1e-4);
}

#[test]
fn silence_counts_as_one_second_of_growth() {
    for overused in [false, true] {
        let mut aimd = at_rate(1_000_000);
        if overused {
            aimd.update(START, Usage::Over, Some(1_000_000), false);
        }
        aimd.update(START, Usage::Normal, Some(1_000_000), false);
        let before = float(aimd.rate());
        aimd.update(at(60_000), Usage::Normal, Some(1_000_000), false);
        let most = if overused { 20_000.0 } else { before * 0.08 + 1.0 };
        assert!(float(aimd.rate()) - before <= most, "{} from {before}", aimd.rate());
    }
}

#[test]
fn steps_are_at_least_one_kbit_while_the_capacity_is_unknown() {
    let mut aimd = at_rate(50_000);
    aimd.update(START, Usage::Normal, Some(50_000), false);
    assert_eq!(aimd.rate(), 51_000, "though no time passed");
}

#[test]
fn growth_is_additive_near_the_capacity_until_more_comes_through() {
    let mut aimd = at_rate(500_000);
    aimd.update(START, Usage::Over, Some(500_000), false);
    assert_eq!((aimd.rate(), aimd.capacity()), (420_000, Some(500_000)));
    aimd.update(at(100), Usage::Normal, Some(420_000), false);
    let growth = aimd.growth();
    aimd.update(at(1_100), Usage::Normal, Some(420_000), false);
    assert_near(float(aimd.rate()), 420_000.0 + growth, 1.0);

    // Three deviations of the capacity are 42 kbit/s.
    aimd.update(at(1_200), Usage::Normal, Some(543_000), false);
    assert_eq!(aimd.capacity(), None);
    let before = float(aimd.rate());
    aimd.update(at(2_200), Usage::Normal, Some(543_000), false);
    assert_near(float(aimd.rate()), before * 1.08, 1.0);
}

#[test]
fn rate_is_held_after_a_decrease_and_while_a_queue_empties() {
    let mut aimd = at_rate(500_000);
    run(&mut aimd, 0..100, Some(500_000), false);
    assert_eq!(aimd.course, Course::Increase);
    aimd.update(at(100), Usage::Over, Some(500_000), false);
    assert_eq!(aimd.course, Course::Hold);
    let lowered = aimd.rate();
    for now in 2..50 {
        aimd.update(at(100 * now), Usage::Under, Some(500_000), false);
    }
    assert_eq!((aimd.course, aimd.rate()), (Course::Hold, lowered));
    aimd.update(at(5_000), Usage::Normal, Some(500_000), false);
    assert_eq!((aimd.course, aimd.rate()), (Course::Increase, lowered), "the clock begins anew");
}

#[test]
fn overuse_with_more_throughput_than_rate_goes_by_the_capacity_and_never_up() {
    let mut aimd = at_rate(500_000);
    aimd.update(START, Usage::Over, Some(500_000), false);
    aimd.set_estimate(at(100), 450_000);
    // .85 × 540 - 5 would be 454.
    aimd.update(at(200), Usage::Over, Some(540_000), false);
    assert_eq!(aimd.rate(), 425_000);

    let mut unknown = at_rate(300_000);
    unknown.update(START, Usage::Over, Some(900_000), false);
    assert_eq!(unknown.rate(), 300_000);
}

#[test]
fn decreases_are_a_round_trip_apart_from_10_to_200_ms() {
    for (round_trip, apart) in [(1, 10), (50, 50), (1_000, 200)] {
        let mut aimd = at_rate(500_000);
        aimd.set_round_trip(Micros::millis(round_trip));
        assert!(!aimd.may_decrease(at(apart - 1), 400_000));
        assert!(aimd.may_decrease(at(apart), 400_000));

        assert!(aimd.halve(START));
        assert!(!aimd.halve(at(apart - 1)));
        assert_eq!(aimd.rate(), 250_000);
        assert!(aimd.halve(at(apart)));
        assert_eq!(aimd.rate(), 125_000);
    }
}

#[test]
fn decrease_does_not_wait_when_less_than_half_comes_through() {
    let aimd = at_rate(500_000);
    assert!(!aimd.may_decrease(START, 250_000));
    assert!(aimd.may_decrease(START, 249_999));
}

#[test]
fn there_is_nothing_to_halve_before_the_first_rate() {
    let mut aimd = Aimd::new(LEAST, MOST);
    assert!(!aimd.halve(START));
    assert_eq!(aimd.rate(), MOST);
}

#[test]
fn rate_stays_within_its_bounds() {
    let mut aimd = Aimd::new(100_000, 200_000);
    aimd.set_start(5);
    assert_eq!(aimd.rate(), 100_000);
    run(&mut aimd, 0..30_000, Some(1_000_000), false);
    assert_eq!(aimd.rate(), 200_000);
    aimd.update(at(30_000), Usage::Over, Some(0), false);
    assert_eq!(aimd.rate(), 100_000);
    aimd.set_limits(300_000, 400_000);
    assert_eq!(aimd.rate(), 300_000);
    aimd.set_estimate(START, u64::MAX);
    assert_eq!(aimd.rate(), 400_000);
    aimd.set_limits(500_000, 1);
    assert_eq!(aimd.rate(), 500_000, "the lower bound wins");
}
