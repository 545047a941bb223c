//! What each rule does by itself.

use super::*;

/// A queue grows by a millisecond each 10, and little is known yet: no throughput.
fn overused_from(rate: u64) -> (DelayBased, Micros) {
    let mut delay = DelayBased::new(LEAST, MOST);
    delay.set_start(rate);
    for index in 0..100 {
        let sent = 1_000_000 + index * 10_000;
        let result = packet(sent, Some((sent + index * 1_000).cast_signed()), 1_000);
        delay.on_feedback(Micros(sent), &[result], None, true, None);
        if delay.usage() == Usage::Over {
            return (delay, Micros(sent));
        }
    }
    panic!("no overuse seen");
}

#[test]
fn overuse_without_known_throughput_halves_the_estimate_once_in_200_ms() {
    let (mut delay, start) = overused_from(400_000);
    assert_eq!(delay.estimate(), 200_000);
    let late = packet(0, Some(0), 1_000);
    for (millis, rate) in [(50, 200_000), (199, 200_000), (200, 100_000), (399, 100_000)] {
        let now = start.plus(Micros::millis(millis));
        let update = delay.on_feedback(now, &[late], None, false, None);
        assert_eq!((update.target, update.usage), (rate, Usage::Over), "after {millis} ms");
    }
}

#[test]
fn probe_shows_nothing_while_the_link_is_overused() {
    let (mut delay, start) = overused_from(400_000);
    let update = delay.on_feedback(start, &[packet(0, Some(0), 1_000)], None, false, Some(900_000));
    assert!(!update.probe && !update.updated);
    assert_eq!(update.target, 200_000);
}

#[test]
fn feedback_of_losses_alone_changes_nothing() {
    let (mut delay, start) = overused_from(400_000);
    for later in 1..10 {
        let now = start.plus(Micros::millis(later * 1_000));
        let update = delay.on_feedback(now, &[packet(0, None, 1_000)], None, false, None);
        assert_eq!((update.updated, update.target, update.usage), (false, 200_000, Usage::Over));
    }
    assert!(!delay.on_feedback(start, &[], None, false, Some(1_000_000)).updated);
}

#[test]
fn two_seconds_without_feedback_end_overuse() {
    let (mut delay, start) = overused_from(400_000);
    let result = packet(0, Some(0), 1_000);
    let later = |millis| start.plus(Micros::millis(millis));
    assert_eq!(delay.on_feedback(later(2_000), &[result], None, true, None).usage, Usage::Over);
    assert_eq!(delay.on_feedback(later(4_001), &[result], None, true, None).usage, Usage::Normal);
}

#[test]
fn what_another_sets_is_gone_on_from() {
    let (mut rig, sent) = five_seconds();
    rig.delay.set_estimate(Micros(rig.now), 300_000);
    assert_eq!(rig.delay.estimate(), 300_000);
    rig.pass(20);
    let update = rig.arrives(sent, 1_200, None);
    assert!((300_001..310_000).contains(&update.target), "{}", update.target);
    rig.delay.set_limits(400_000, 500_000);
    assert_eq!(rig.delay.estimate(), 400_000);
}

/// Packets after which a queue is said to have emptied, if a probe shows so much with each.
fn recovered_at(probe_rate: Option<u64>) -> Vec<u64> {
    let mut delay = DelayBased::new(LEAST, MOST);
    delay.set_start(1_000_000);
    let (mut arrived, mut seen) = (0, Vec::new());
    for index in 0..200 {
        // Fills for 50 packets, empties for 50, then stays.
        arrived += match index {
            0..50 => 12_000,
            50..100 => 8_000,
            _ => 10_000,
        };
        let now = Micros(index * 10_000);
        let result = packet(now.0, Some(arrived), 1_000);
        if delay.on_feedback(now, &[result], Some(1_000_000), false, probe_rate).recovered {
            seen.push(index);
        }
    }
    seen
}

#[test]
fn queue_that_emptied_is_told_of_once_and_not_when_a_probe_just_showed_something() {
    let seen = recovered_at(None);
    assert!(matches!(seen[..], [once] if once > 100), "{seen:?}");
    assert_eq!(recovered_at(Some(1_000_000)), []);
}

#[test]
fn it_takes_little_memory() {
    assert!(size_of::<DelayBased>() <= 1_024, "{}", size_of::<DelayBased>());
    assert!(size_of::<Throughput>() + size_of::<ProbeRates>() <= 1_024);
}
