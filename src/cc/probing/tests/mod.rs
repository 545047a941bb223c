//! When probes start, how fast and how long they are. The promise of C7 and the budget of C8
//! against random scripts: [`promise`].
//!
//! What libwebrtc's `ProbeControllerTest` (M138) asks for, and what became of it:
//!
//! | there | here |
//! |---|---|
//! | `InitiatesProbingAfterSetBitrates`, `…WhenNetworkAvailable`, `ProbeOnlyWhenNetworkIsUp`, `NoProbesWhenTransportIsNotWritable` | `two_probes_start_with_the_first_packet_and_none_before` |
//! | `SetsDefaultTargetDurationAndTargetProbeCount` | `probe_has_five_packets_and_lasts_15_to_60_ms` |
//! | `InitiatesProbingOnMaxBitrateIncrease`, `…AtMaxBitrate` | `higher_limit_makes_room_for_a_probe` |
//! | `ProbesOnMaxAllocatedBitrateIncreaseOnlyWhenInAlr` | `probe_follows_when_more_is_desired`; not only when little is sent: C7 makes no exception |
//! | `ProbesOnMaxAllocatedBitrateLimitedByCurrentBwe` | `usual_probe_is_at_twice_the_estimate_and_the_next_follows_success` |
//! | `TestExponentialProbing`, `ProbeFurtherWhenDelayBasedLimited`, `ProbeFurtherWhenLossBasedIsSameAsDelayBasedEstimate` | `start_goes_on_at_once_only_when_a_probe_shows_seven_tenths_of_the_highest` |
//! | `ExponentialProbingStopIfMaxBitrateLow`, `…IfMaxAllocatedBitrateLow`, `SkipProbeFurtherIfAlreadyProbedToMaxRate`, `SkipAlrProbeIfEstimateLargerThanMaxProbe`, `…ThanFractionOfMaxAllocated` | `nothing_is_probed_when_the_estimate_is_enough` |
//! | `InitialProbingToLowMaxAllocatedbitrate`, `TestAllocatedBitrateCap`, `TestExponentialProbingOverflow` | `rate_is_bounded_by_what_is_desired_and_by_the_limit`; 1.1 × of it, not 2 × (section 5 rule 6) |
//! | `InitialProbingTimeout` | `result_that_comes_too_late_says_nothing` |
//! | `PeriodicProbing` | `failures_lengthen_the_wait_and_success_ends_that`; 2-4.5 s instead of 5 s |
//! | `LimitAlrProbeWhenLossBasedBweLimited`, `ProbeInAlrIfLossBasedIncreasing` | `probe_is_smaller_while_loss_limits` |
//! | `NotProbeWhenInAlrIfLossBasedDecreases`, `DontProbeFurtherWhenLossLimited` | `decrease_ends_the_quick_growth_and_holds_probes_back` |
//! | `DontProbeIfDelayIncreased`, `DontProbeIfHighRtt` | `no_probe_while_the_link_is_not_free` |
//! | `NotProbeIfLossBasedIncreasingOutsideAlr` | does not apply: C7 makes no exception |
//! | `RequestProbeInAlr`, `RequestProbeWhenAlrEndedRecently`, `…NotEndedRecently`, `RequestProbeWhenBweDropNotRecent` | do not apply: there a probe after a drop has to be asked for, here probing never ends while more is desired |
//! | `RepeatedInitialProbingSendsNewProbeAfterTimeout`, `…StopIfMaxAllocatedBitrateSet` | do not apply: likewise |
//! | `PeriodicProbingAfterReset`, `MaxAllocatedBitrateNotReset` | do not apply: another path is another [`Probing`] |
//! | `FieldTrialsOverrideDefaultTargetDurationAndTargetProbeCount`, `CanConfigureInitialProbeRateFactor`, `DisableSecondInitialProbeIfRateFactorZero`, `CanDisableProbingOnMaxTotalAllocatedBitrateIncrease`, `ConfigurableProbingFieldTrial` | do not apply: nothing to configure |
//! | the nine with `NetworkState` in their name, `ProbeAfterTimeoutIfNetworkStateEstimateIncreaseAfterProbeSent` | do not apply: no such estimate, it needs another extension |
mod promise;

use super::*;

const START: u64 = 300_000;
const LIMITS: RateLimits = RateLimits { start: START, least: 30_000, most: 20_000_000 };
const ROUND_TRIP: Micros = Micros::millis(60);

fn at(millis: u64) -> Micros {
    Micros::millis(millis)
}

fn view(estimate: u64) -> LinkView {
    LinkView { estimate, normal: true, ..LinkView::default() }
}

fn desiring(desired: u64) -> Probing {
    let mut probing = Probing::new(at(0), LIMITS);
    probing.set_demand(at(0), Demand { desired, allocated: 200_000, ..Demand::default() });
    probing
}

/// Whose start is over without success, at `at(0)`, with a full budget.
fn settled(estimate: u64, desired: u64) -> Probing {
    let mut probing = Probing::new(at(0), LIMITS);
    probing.on_sending(at(0));
    probing.state = State::Due(Plan { aim: Aim::Usual, due: at(0), from: at(0), within: AT_LAST });
    probing.on_feedback(at(0));
    probing.on_link(at(0), view(estimate));
    probing.set_demand(at(0), Demand { desired, allocated: estimate / 2, ..Demand::default() });
    probing
}

/// Time passes, feedback comes every 50 ms; the first probe and when it came.
fn next_probe(probing: &mut Probing, from: u64, to: u64) -> Option<(u64, Probe)> {
    (from..=to).find_map(|millis| {
        if millis % 50 == 0 {
            probing.on_feedback(at(millis));
        }
        probing.poll(at(millis)).map(|probe| (millis, probe))
    })
}

/// It shows so much, and the estimate becomes what is made of it.
fn show(probing: &mut Probing, millis: u64, probe: Probe, rate: u64) -> Option<u64> {
    let estimate =
        probing.on_result(at(millis), probe.id, Some(Measured { rate, lost: 0.0, proof: None }));
    if let Some(estimate) = estimate {
        probing.on_link(at(millis), view(estimate));
    }
    estimate
}

fn lasts(probe: Probe) -> u64 {
    u64::from(probe.bytes) * 8_000_000 / probe.rate
}

#[test]
fn two_probes_start_with_the_first_packet_and_none_before() {
    let mut probing = desiring(5_000_000);
    assert_eq!(probing.poll(at(1_000)), None);
    assert_eq!(probing.poll_timeout(), None);
    probing.on_sending(at(1_000));
    assert_eq!(probing.poll_timeout(), Some(at(1_000)));
    let first = probing.poll(at(1_000)).expect("3 × at once");
    assert_eq!(first.rate, 3 * START);
    assert_eq!(probing.poll(at(1_000)), None, "the first is still being sent");
    let then = probing.poll_timeout().expect("the second is due");
    assert_eq!(then, at(1_000).plus(Micros(lasts(first))));
    let second = probing.poll(then).expect("6 × behind it");
    assert_eq!(second.rate, 6 * START);
    assert_ne!(first.id, second.id);
    assert!(probing.probing());
}

#[test]
fn start_does_not_wait_for_the_first_key_frame_to_be_over() {
    let mut probing = desiring(5_000_000);
    probing.set_demand(
        at(0),
        Demand { desired: 5_000_000, allocated: 0, in_burst: true, ..Demand::default() },
    );
    probing.on_sending(at(0));
    assert!(probing.poll(at(0)).is_some());
}

#[test]
fn second_probe_of_the_start_is_left_out_when_no_more_is_desired_than_the_first_tries() {
    let mut probing = desiring(820_000);
    probing.on_sending(at(0));
    let first = probing.poll(at(0)).expect("one");
    assert_eq!(first.rate, 900_000);
    assert_eq!(next_probe(&mut probing, 1, 900), None);
}

#[test]
fn start_goes_on_at_once_only_when_a_probe_shows_seven_tenths_of_the_highest() {
    let start = || {
        let mut probing = desiring(10_000_000);
        probing.on_sending(at(0));
        let (_, first) = next_probe(&mut probing, 0, 0).expect("first");
        let (_, second) = next_probe(&mut probing, 1, 100).expect("second");
        probing.on_feedback(at(200));
        assert_eq!(show(&mut probing, 200, first, 890_000), Some(818_800));
        assert_eq!(probing.poll(at(200)), None, "7/10 of the second is not reached");
        (probing, second)
    };
    let (mut probing, second) = start();
    assert_eq!(show(&mut probing, 210, second, 1_000_000), Some(920_000));
    let (when, _) = next_probe(&mut probing, 210, 3_000).expect("later");
    assert!(when >= 1_700, "{when}");

    let (mut probing, second) = start();
    assert_eq!(show(&mut probing, 210, second, 1_790_000), Some(1_646_800));
    let further = probing.poll(at(210)).expect("at once");
    assert_eq!(further.rate, 2 * 1_646_800);
    assert_eq!(show(&mut probing, 300, further, 3_200_000), Some(2_944_000));
    let further = probing.poll(at(300)).expect("and again");
    assert_eq!(further.rate, 2 * 2_944_000);
    assert_eq!(show(&mut probing, 400, further, 3_600_000), Some(3_312_000));
    assert_eq!(probing.poll(at(400)), None, "the link's limit is met");
}

#[test]
fn result_that_comes_too_late_says_nothing() {
    let mut probing = desiring(10_000_000);
    probing.on_sending(at(0));
    let first = probing.poll(at(0)).expect("first");
    let (_, second) = next_probe(&mut probing, 1, 100).expect("second");
    let over = probing.poll_timeout().expect("waits for results").0 / 1_000 + 1;
    assert!((1_000..1_200).contains(&over), "{over}");
    assert_eq!(probing.poll(at(over)), None);
    assert!(!probing.probing());
    probing.on_feedback(at(over));
    assert_eq!(show(&mut probing, over, first, 900_000), None);
    assert_eq!(show(&mut probing, over, second, 1_800_000), None);
    let (when, probe) = next_probe(&mut probing, over, 4_000).expect("C7: 2 s after the start");
    assert!((2_000..=2_100).contains(&when), "{when}");
    assert_eq!(probe.rate, of(START, 1_300));
}

#[test]
fn probe_has_five_packets_and_lasts_15_to_60_ms() {
    for (estimate, factor) in
        [(200_000, 3), (300_000, 2), (1_000_000, 2), (2_500_000, 2), (5_000_000, 2)]
    {
        let rate = estimate * factor;
        let bytes = probe_bytes(rate, estimate, false);
        let lasts = u64::from(bytes) * 8_000_000 / rate;
        assert!((15_000..=60_000).contains(&lasts), "{estimate}: {lasts} us");
        assert!(bytes >= 5_500 || lasts >= 59_900, "{estimate}: {bytes} bytes in {lasts} us");
        // On a link that carries the estimate, it leaves 30 ms of queue, or 5 kB.
        let queue = (lasts * (factor - 1)).min(lasts);
        let left = queue * estimate / 8_000_000;
        assert!(queue <= 30_000 || left <= 5_000 || bytes <= 5_500, "{estimate}: {queue} us");
    }
    assert_eq!(probe_bytes(60_000, 30_000, false), 1_500, "five small ones if need be");
    assert_eq!(probe_bytes(6_000_000, 3_000_000, true), 11_250, "15 ms at the start");
}

#[test]
fn higher_limit_makes_room_for_a_probe() {
    let mut probing = settled(1_000_000, 5_000_000);
    let low = RateLimits { most: 1_000_000, ..LIMITS };
    probing.set_limits(at(0), low);
    assert_eq!(next_probe(&mut probing, 0, 20_000), None);
    probing.set_limits(at(20_000), RateLimits { most: 1_500_000, ..LIMITS });
    let (when, probe) = next_probe(&mut probing, 20_000, 20_100).expect("room");
    assert_eq!((when, probe.rate), (20_000, 1_650_000));
}

#[test]
fn probe_follows_when_more_is_desired() {
    let mut probing = settled(1_000_000, 1_050_000);
    assert_eq!(next_probe(&mut probing, 0, 20_000), None);
    let demand = Demand { desired: 1_060_000, allocated: 1_000_000, ..Demand::default() };
    probing.set_demand(at(20_000), demand);
    let (when, probe) = next_probe(&mut probing, 20_000, 20_100).expect("wanted");
    assert_eq!((when, probe.rate), (20_000, 1_166_000));
}

#[test]
fn usual_probe_is_at_twice_the_estimate_and_the_next_follows_success() {
    let mut probing = settled(300_000, 10_000_000);
    let probe = probing.poll(at(0)).expect("due");
    assert_eq!(probe.rate, 600_000);
    assert_eq!(show(&mut probing, 100, probe, 450_000), Some(414_000));
    let (when, probe) = next_probe(&mut probing, 100, 3_000).expect("next");
    assert_eq!(when, 400);
    assert_eq!(probe.rate, 828_000);
    // The link showed its limit: no hurry.
    assert_eq!(show(&mut probing, 500, probe, 570_000), Some(524_400));
    let (when, _) = next_probe(&mut probing, 500, 3_000).expect("next");
    assert_eq!(when, 2_000);
}

#[test]
fn success_takes_more_than_1_08_of_the_estimate_and_less_than_a_tenth_lost() {
    for (rate, lost, expected) in [
        (1_080_000, 0.0, None),
        (1_081_000, 0.0, Some(994_520)),
        (2_000_000, 0.1, None),
        (2_000_000, 0.09, Some(1_840_000)),
    ] {
        let mut probing = settled(1_000_000, 5_000_000);
        let probe = probing.poll(at(0)).expect("due");
        let measured = Some(Measured { rate, lost, proof: None });
        assert_eq!(probing.on_result(at(80), probe.id, measured), expected);
        assert_eq!(probing.on_result(at(80), probe.id, measured), None, "told once");
    }
}

#[test]
fn what_is_to_be_proved_changes_nothing_before_a_long_probe_has_proved_it() {
    let mut probing = settled(500_000, 5_000_000);
    let short = probing.poll(at(0)).expect("due");
    let proof = Proof { rate: 1_100_000, bytes: 12_000 };
    let doubtful = Measured { rate: 990_000, lost: 0.0, proof: Some(proof) };
    assert_eq!(probing.on_result(at(80), short.id, Some(doubtful)), None);
    let long = probing.poll(at(80)).expect("at once");
    assert_eq!((long.rate, long.bytes), (1_100_000, 12_000));
    // What is told of its first packets leaves the doubt.
    let first = Measured { rate: 1_090_000, lost: 0.0, proof: Some(proof) };
    assert_eq!(probing.on_result(at(200), long.id, Some(first)), None);
    assert_eq!(show(&mut probing, 250, long, 1_090_000), Some(1_002_800));
    assert_eq!(next_probe(&mut probing, 250, 3_000).expect("goes on").0, 550, "as after success");
}

#[test]
fn what_is_not_proved_has_failed() {
    let doubtful = |bytes| {
        let proof = Some(Proof { rate: 1_100_000, bytes });
        Some(Measured { rate: 990_000, lost: 0.0, proof })
    };
    let mut probing = settled(500_000, 5_000_000);
    let short = probing.poll(at(0)).expect("due");
    assert_eq!(probing.on_result(at(80), short.id, doubtful(12_000)), None);
    let long = probing.poll(at(80)).expect("at once");
    assert_eq!(probing.on_result(at(200), long.id, doubtful(12_000)), None);
    let (when, usual) = next_probe(&mut probing, 200, 9_000).expect("goes on");
    assert_eq!((when, usual.rate), (2_080, 650_000), "as after a failure");

    // More than there will be in the budget.
    let mut probing = settled(500_000, 5_000_000);
    let short = probing.poll(at(0)).expect("due");
    assert_eq!(probing.on_result(at(80), short.id, doubtful(60_000)), None);
    assert_eq!(next_probe(&mut probing, 80, 9_000).expect("goes on").0, 2_000);
}

#[test]
fn probe_that_shows_hardly_more_is_no_reason_to_hurry() {
    let mut probing = settled(1_000_000, 5_000_000);
    let probe = probing.poll(at(0)).expect("due");
    assert_eq!(show(&mut probing, 80, probe, 1_100_000), Some(1_012_000));
    let (when, _) = next_probe(&mut probing, 80, 8_000).expect("next");
    assert_eq!(when, 2_000);
}

#[test]
fn nothing_is_probed_when_the_estimate_is_enough() {
    let mut probing = settled(2_000_000, 2_100_000);
    assert_eq!(next_probe(&mut probing, 0, 20_000), None);
    probing.set_demand(at(20_000), Demand { desired: 0, ..Demand::default() });
    assert_eq!(next_probe(&mut probing, 20_000, 40_000), None);
    let mut probing = desiring(5_000_000);
    probing.on_sending(at(0));
    let (_, first) = next_probe(&mut probing, 0, 0).expect("first");
    let (_, second) = next_probe(&mut probing, 1, 100).expect("second");
    show(&mut probing, 150, first, 900_000);
    probing.set_demand(at(150), Demand { desired: START, ..Demand::default() });
    show(&mut probing, 160, second, 1_800_000);
    assert_eq!(next_probe(&mut probing, 160, 10_000), None);
}

#[test]
fn rate_is_bounded_by_what_is_desired_and_by_the_limit() {
    let mut probing = settled(1_000_000, 1_500_000);
    assert_eq!(probing.poll(at(0)).expect("due").rate, 1_650_000);
    let mut probing = settled(15_000_000, 100_000_000);
    assert_eq!(probing.poll(at(0)).expect("due").rate, 22_000_000);
    let mut probing = settled(u64::MAX / 2, u64::MAX);
    probing.set_limits(at(0), RateLimits { most: u64::MAX, ..LIMITS });
    assert!(probing.poll(at(0)).is_some(), "no overflow");
}

#[test]
fn failures_lengthen_the_wait_and_success_ends_that() {
    // Little is sent: only probes can show more.
    for (allocated, waits) in
        [(500_000, [2_000, 3_000, 3_000, 3_000]), (900_000, [2_000, 3_000, 4_500, 4_500])]
    {
        let mut probing = settled(1_000_000, 5_000_000);
        let demand = Demand { desired: 5_000_000, allocated, ..Demand::default() };
        probing.set_demand(at(0), demand);
        let mut last = 0;
        let mut probe = probing.poll(at(0)).expect("due");
        let mut rates = vec![probe.rate];
        for wait in waits {
            assert_eq!(show(&mut probing, last + 80, probe, 1_000_000), None);
            let (when, next) = next_probe(&mut probing, last + 80, last + 9_000).expect("next");
            assert_eq!(when - last, wait);
            (last, probe) = (when, next);
            rates.push(probe.rate);
        }
        // In turn at less and at as much as before.
        assert_eq!(rates, [2_000_000, 1_300_000, 2_000_000, 1_300_000, 2_000_000]);
        show(&mut probing, last + 80, probe, 1_900_000).expect("success");
        let (when, probe) = next_probe(&mut probing, last + 80, last + 9_000).expect("next");
        assert_eq!(when - last, 380);
        show(&mut probing, when + 80, probe, 1_700_000);
        let (next, _) = next_probe(&mut probing, when + 80, when + 9_000).expect("next");
        assert_eq!(next - when, 2_000, "counted anew");
    }
}

#[test]
fn probe_is_smaller_while_loss_limits() {
    let mut probing = settled(1_000_000, 5_000_000);
    probing.on_link(at(0), LinkView { loss_limited: true, ..view(1_000_000) });
    assert_eq!(probing.poll(at(0)).expect("due").rate, 1_500_000);
}

#[test]
fn decrease_ends_the_quick_growth_and_holds_probes_back() {
    let mut probing = desiring(10_000_000);
    probing.on_sending(at(0));
    next_probe(&mut probing, 0, 0).expect("first");
    let (_, second) = next_probe(&mut probing, 1, 100).expect("second");
    probing.on_feedback(at(200));
    show(&mut probing, 200, second, 1_800_000).expect("far enough");
    probing.on_congestion(at(200));
    let (when, probe) = next_probe(&mut probing, 200, 3_000).expect("after a while");
    assert_eq!(when, 700);
    assert_eq!(u64::from(probe.bytes), probe.rate * 30_000 / 8_000_000, "a usual one: 30 ms");
}

#[test]
fn no_probe_while_the_link_is_not_free() {
    let free = view(1_000_000);
    for not_free in [
        LinkView { normal: false, ..free },
        LinkView { queue_delay: EMPTY_QUEUE, ..free },
        LinkView { draining: true, ..free },
    ] {
        let mut probing = settled(1_000_000, 5_000_000);
        probing.on_link(at(0), not_free);
        assert_eq!(probing.poll_timeout(), None);
        assert_eq!(next_probe(&mut probing, 0, 10_000), None);
        probing.on_link(at(10_000), free);
        let calm = if not_free.draining { 1_500 } else { 0 };
        assert_eq!(next_probe(&mut probing, 10_000, 20_000).expect("free").0, 10_000 + calm);
    }
}

#[test]
fn drain_cancels_the_probe_on_its_way() {
    let mut probing = settled(1_000_000, 5_000_000);
    let probe = probing.poll(at(0)).expect("due");
    probing.on_link(at(50), LinkView { draining: true, ..view(1_000_000) });
    assert!(!probing.probing());
    assert_eq!(show(&mut probing, 80, probe, 2_000_000), None);
}

#[test]
fn probe_waits_for_feedback_to_arrive() {
    let mut probing = settled(1_000_000, 1_000_000);
    let demand = Demand { desired: 5_000_000, ..Demand::default() };
    probing.set_demand(at(1_001), demand);
    assert_eq!(probing.poll(at(1_001)), None);
    assert_eq!(probing.poll_timeout(), None);
    probing.on_feedback(at(5_000));
    assert!(probing.poll(at(5_000)).is_some());
}

#[test]
fn probe_waits_for_a_key_frame_to_pass_but_not_for_ever() {
    let mut probing = settled(1_000_000, 5_000_000);
    let demand =
        Demand { desired: 5_000_000, allocated: 500_000, in_burst: true, ..Demand::default() };
    probing.set_demand(at(0), demand);
    assert_eq!(next_probe(&mut probing, 0, 200), None);
    probing.set_demand(at(200), Demand { in_burst: false, ..demand });
    assert_eq!(next_probe(&mut probing, 200, 201).expect("over").0, 200);

    let mut probing = settled(1_000_000, 5_000_000);
    probing.set_demand(at(0), demand);
    assert_eq!(next_probe(&mut probing, 0, 9_000).expect("C7").0, 8_000);
}

#[test]
fn probes_cost_30_kbit_a_second_at_most_even_if_each_one_fails() {
    for estimate in [100_000, 1_000_000, 5_000_000, 15_000_000] {
        let mut probing = settled(estimate, u64::MAX);
        let (mut bytes, mut now, mut longest) = (0, 0, 0);
        while let Some((when, probe)) = next_probe(&mut probing, now, now + 9_000) {
            longest = longest.max(when - now);
            now = when + ROUND_TRIP.0 / 1_000;
            probing.on_result(
                at(now),
                probe.id,
                Some(Measured { rate: estimate, lost: 0.0, proof: None }),
            );
            bytes += u64::from(probe.bytes);
            if now >= 60_000 {
                break;
            }
        }
        assert!(now >= 60_000 && longest <= 8_000, "{estimate}: {longest} ms");
        assert!(bytes * 8 <= 30_000 * now / 1_000, "{estimate}: {} bit/s", bytes * 8_000 / now);
    }
}

#[test]
fn all_of_it_is_small() {
    assert!(size_of::<Probing>() <= 512, "{}", size_of::<Probing>());
}
