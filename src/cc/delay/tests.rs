//! The whole estimate, beside throughput and probes as a controller has them, over a link that
//! sends one packet after the other. Scenes and numbers of libwebrtc's `DelayBasedBwe` tests.

use super::*;
use crate::cc::packet::{Class, Ecn, ProbeId, SentPacket};
use crate::cc::{ProbeRates, Throughput};
use proptest::prelude::*;

const LEAST: u64 = 5_000;
const MOST: u64 = 30_000_000;
/// What an estimate may be off.
const TOLERANCE: u64 = 50_000;

fn packet(sent: u64, arrived: Option<i64>, wire_bytes: u16) -> PacketResult {
    PacketResult {
        sent: SentPacket {
            at: Micros(sent),
            wire_bytes,
            class: Class::Video,
            probe: None,
            ect1: false,
        },
        arrived,
        ecn: Ecn::NotEct,
    }
}

struct Rig {
    delay: DelayBased,
    throughput: Throughput,
    probes: ProbeRates,
    now: u64,
    /// The last estimate, and whether there was one since it was last asked.
    estimate: u64,
    updated: bool,
}

impl Rig {
    /// Begins at 100 s. Probe 0 has 5 packets, probe 1 has 8.
    fn new() -> Self {
        let mut probes = ProbeRates::default();
        probes.start(0, 5, 2_000);
        probes.start(1, 8, 4_000);
        Self {
            delay: DelayBased::new(LEAST, MOST),
            throughput: Throughput::new(),
            probes,
            now: 100_000_000,
            estimate: 0,
            updated: false,
        }
    }

    fn feedback(&mut self, packets: &[PacketResult]) -> Update {
        let probed = self.probes.on_feedback(packets).map(|probed| probed.rate);
        self.throughput.on_feedback(packets);
        let acked = self.throughput.rate();
        let update = self.delay.on_feedback(Micros(self.now), packets, acked, false, probed);
        if update.updated {
            self.estimate = update.target;
            self.updated = true;
        }
        update
    }

    /// A packet, told of as it arrives, that was sent at so many milliseconds.
    fn arrives(&mut self, sent: u64, bytes: u16, probe: Option<ProbeId>) -> Update {
        let mut result = packet(sent * 1_000, Some(self.now.cast_signed()), bytes);
        result.sent.probe = probe;
        self.feedback(&[result])
    }

    fn pass(&mut self, millis: u64) {
        self.now += millis * 1_000;
    }

    fn was_updated(&mut self) -> bool {
        std::mem::take(&mut self.updated)
    }
}

/// One picture after the other over a link with a queue without end.
struct Stream {
    rig: Rig,
    pictures_per_second: u64,
    /// Bit/s.
    capacity: u64,
    idle_from: u64,
    /// Of the far end's clock, microseconds.
    offset: i64,
    is_first: bool,
}

impl Stream {
    fn new(pictures_per_second: u64, capacity: u64) -> Self {
        let rig = Rig::new();
        let idle_from = rig.now;
        Self { rig, pictures_per_second, capacity, idle_from, offset: 0, is_first: true }
    }

    /// A picture at this rate, and the feedback of it. Whether the estimate fell below that rate.
    fn picture(&mut self, rate: u64) -> bool {
        let sent = self.rig.now;
        let bits = rate.div_ceil(self.pictures_per_second);
        let count = ((bits + 4_800) / 9_600).max(1);
        let bytes = (bits + 4 * count) / (8 * count);
        let packets: Vec<_> = (0..count)
            .map(|_| {
                self.idle_from = self.idle_from.max(sent) + bytes * 8_000_000 / self.capacity;
                let arrived = self.idle_from.cast_signed() + self.offset;
                packet(sent + 1_000_000, Some(arrived), u16::try_from(bytes).expect("a packet"))
            })
            .collect();
        self.rig.now = self.idle_from;
        let update = self.rig.feedback(&packets);
        self.rig.now = sent + 1_000_000 / self.pictures_per_second;
        let fell = update.updated && !self.is_first && update.target < rate;
        self.is_first &= !update.updated;
        fell
    }
}

#[test]
fn probes_are_followed_at_once() {
    let mut rig = Rig::new();
    for (probe, count, apart) in [(0, 5, 10), (1, 8, 5)] {
        for _ in 0..count {
            rig.pass(apart);
            rig.arrives(rig.now / 1_000, 1_000, Some(probe));
        }
        assert!(rig.was_updated());
    }
    assert!(rig.estimate > 1_500_000, "{}", rig.estimate);
}

#[test]
fn packets_between_those_of_a_probe_do_no_harm() {
    let mut rig = Rig::new();
    for _ in 0..5 {
        rig.pass(5);
        let sent = rig.now / 1_000;
        rig.arrives(sent, 1_000, Some(0));
        rig.pass(5);
        rig.arrives(sent, 100, None);
    }
    assert!(rig.was_updated());
    assert!(rig.estimate >= 800_000, "{}", rig.estimate);
}

#[test]
fn probe_that_comes_ten_times_faster_than_sent_is_not_followed() {
    let mut rig = Rig::new();
    for index in 1..=5 {
        rig.pass(1);
        rig.arrives(10 * index, 1_000, Some(0));
    }
    assert!(!rig.was_updated());
}

#[test]
fn probe_that_comes_slower_than_sent_gives_95_percent_of_what_came() {
    for (sent_apart, apart, capacity) in [(5, 7, 1_140_000), (1, 2, 4_000_000_u64)] {
        let mut rig = Rig::new();
        for index in 1..=8 {
            rig.pass(apart);
            rig.arrives(sent_apart * index, 1_000, Some(1));
        }
        assert!(rig.was_updated());
        assert!(rig.estimate.abs_diff(capacity * 95 / 100) <= 10_000, "{}", rig.estimate);
    }
}

/// Five seconds of 480 kbit/s, at first as a probe.
fn five_seconds() -> (Rig, u64) {
    let mut rig = Rig::new();
    let mut sent = 0;
    for index in 0..253 {
        if index == 2 {
            assert!(!rig.delay.is_valid());
            assert!(!rig.was_updated());
        }
        rig.arrives(sent, 1_200, (index < 5).then_some(0));
        rig.pass(20);
        sent += 20;
    }
    (rig, sent)
}

#[test]
fn estimate_begins_with_a_probe_and_grows_to_one_and_a_half_times_what_comes() {
    let (mut rig, _) = five_seconds();
    assert!(rig.was_updated());
    assert!(rig.delay.is_valid());
    assert!(rig.estimate.abs_diff(730_000) <= TOLERANCE, "{}", rig.estimate);
    assert_eq!(rig.estimate, rig.delay.estimate());
}

#[test]
fn reordering_does_not_lower_the_estimate() {
    let (mut rig, mut sent) = five_seconds();
    for _ in 0..10 {
        rig.pass(40);
        sent += 40;
        rig.arrives(sent, 1_000, None);
        rig.arrives(sent - 20, 1_000, None);
    }
    assert!(rig.estimate.abs_diff(730_000) <= TOLERANCE, "{}", rig.estimate);
}

#[test]
fn reordering_within_a_feedback_is_put_right() {
    let mut lines = [1, 2].map(|_| DelayBased::new(LEAST, MOST));
    for [ordered, other] in (0..200).map(|batch| {
        let mut packets: Vec<_> = (0..20_i64)
            .map(|index| {
                let at = batch * 200_000 + index * 10_000;
                packet(at.cast_unsigned(), Some(at + at / 50), 1_000)
            })
            .collect();
        let ordered = packets.clone();
        packets.reverse();
        packets.swap(3, 11);
        [ordered, packets]
    }) {
        let now = ordered[19].sent.at;
        for (line, packets) in lines.iter_mut().zip([ordered, other]) {
            line.on_feedback(now, &packets, None, false, None);
        }
    }
    assert!(lines[0].trend() > 0.015, "{}", lines[0].trend());
    assert!((lines[0].trend() - lines[1].trend()).abs() < 1e-12);
}

#[test]
fn estimate_grows_from_30_to_500_kbit_in_617_pictures() {
    let mut stream = Stream::new(30, 1_000_000);
    let mut rate = 30_000;
    let mut pictures = 0;
    while rate < 500_000 && pictures < 10_000 {
        let fell = stream.picture(rate);
        if fell {
            assert!(stream.rig.estimate > rate);
        }
        if stream.rig.was_updated() {
            rate = stream.rig.estimate;
        }
        pictures += 1;
    }
    assert_eq!(pictures, 617);
}

/// A stream that grew to what 1 Mbit/s carry, and its rate.
fn grown_to_one_megabit() -> (Stream, u64) {
    let mut stream = Stream::new(30, 1_000_000);
    let mut rate = 900_000;
    let mut seen = false;
    for _ in 0..300 {
        if stream.picture(rate) {
            assert!((800_000..1_100_000).contains(&stream.rig.estimate), "{}", stream.rig.estimate);
            seen = true;
        }
        if stream.rig.was_updated() {
            rate = stream.rig.estimate;
        }
        if seen && rate > 1_000_000 {
            break;
        }
    }
    assert!(seen, "the link was full");
    assert!(rate.abs_diff(1_000_000) <= 180_000, "{rate}");
    (stream, rate)
}

/// Milliseconds from when capacity halves to when the estimate is no more than that; the far end's
/// clock is set at the same time.
fn drop_to_half(stream: &mut Stream, mut rate: u64, clock: i64) -> u64 {
    stream.offset += clock;
    stream.capacity = 500_000;
    let from = stream.rig.now;
    let mut dropped = None;
    for _ in 0..100 {
        stream.picture(rate);
        if stream.rig.was_updated() {
            rate = stream.rig.estimate;
        }
        if rate <= 500_000 {
            dropped.get_or_insert(stream.rig.now);
        }
    }
    (dropped.expect("it dropped") - from) / 1_000
}

#[test]
fn estimate_follows_a_drop_of_capacity_within_half_a_second() {
    let (mut stream, rate) = grown_to_one_megabit();
    let period = DelayBased::new(LEAST, MOST).period();
    let took = drop_to_half(&mut stream, rate, 0);
    assert!(took.abs_diff(517) <= 50, "{took} ms");
    assert_ne!(stream.rig.delay.period(), period);
    assert!(stream.rig.delay.capacity().is_some_and(|known| known.abs_diff(500_000) < 50_000));
}

#[test]
fn estimate_follows_a_drop_though_the_far_end_sets_its_clock() {
    for (clock, expected) in [(30_000_000, 867), (-30_000_000, 933_u64)] {
        let (mut stream, rate) = grown_to_one_megabit();
        let took = drop_to_half(&mut stream, rate, clock);
        assert!(took.abs_diff(expected) <= 33, "{took} ms at {clock}");
    }
}

#[test]
fn packets_sent_together_count_as_one_and_overuse_is_seen() {
    let mut rig = Rig::new();
    let mut sent = 0;
    for _ in 0..=300 {
        rig.arrives(sent, 1_000, None);
        rig.pass(20);
        sent += 20;
    }
    assert!(rig.was_updated());
    assert!(rig.estimate >= 400_000, "{}", rig.estimate);
    // 15 packets 1 ms apart as sent and as received; the next 15 5 ms later than they were sent.
    for _ in 0..100 {
        for _ in 0..15 {
            rig.arrives(sent, 100, None);
            rig.pass(1);
            sent += 1;
        }
        rig.pass(10);
        sent += 5;
    }
    assert!(rig.estimate < 400_000, "{}", rig.estimate);
}

#[test]
fn overuse_after_a_pause_is_seen_at_once() {
    for pause in [35_000, 640_000] {
        let mut rig = Rig::new();
        let mut sent = 0;
        for _ in 0..3_000 {
            rig.arrives(sent, 1_000, None);
            rig.pass(10);
            sent += 10;
        }
        let before = rig.delay.estimate();
        rig.pass(pause);
        sent += pause;
        for _ in 0..24 {
            rig.arrives(sent, 1_000, None);
            rig.pass(20);
            sent += 10;
        }
        assert!(rig.delay.estimate() < before);
    }
}

#[test]
fn overuse_at_the_start_brings_the_estimate_below_the_capacity() {
    let mut stream = Stream::new(90, 200_000);
    stream.rig.delay.set_start(300_000);
    let mut rate = 300_000;
    let overused = (0..40).any(|_| {
        let fell = stream.picture(rate);
        if stream.rig.was_updated() {
            rate = stream.rig.estimate;
        }
        fell
    });
    assert!(overused);
    assert!((160_001..=200_000).contains(&rate), "{rate}");
}

#[test]
fn times_finer_than_a_millisecond_are_not_taken_for_a_queue() {
    // 9.725 and 10.275 ms apart as sent, 9.5 and 10.5 as received: nothing builds up.
    let mut rig = Rig::new();
    let mut last = 0;
    for _ in 0..1_000 {
        for (before, after, under_way) in [(500, 0, 500), (9_500, 10_000, 250)] {
            rig.now += before;
            rig.feedback(&[packet(rig.now - under_way, Some(rig.now.cast_signed()), 1_000)]);
            rig.now += after;
        }
        assert!(last <= rig.estimate, "{} after {last}", rig.estimate);
        last = rig.estimate;
    }
    assert!(last > 0);
}

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

#[test]
fn queue_that_empties_is_told_when_it_is_empty() {
    let mut delay = DelayBased::new(LEAST, MOST);
    delay.set_start(1_000_000);
    let (mut arrived, mut seen) = (0, Vec::new());
    for index in 0..200_u64 {
        // Fills for 50 packets, empties for 50, then stays.
        arrived += match index {
            0..50 => 12_000,
            50..100 => 8_000,
            _ => 10_000,
        };
        let now = Micros(index * 10_000);
        let result = packet(now.0, Some(arrived), 1_000);
        let update = delay.on_feedback(now, &[result], Some(1_000_000), false, None);
        if update.recovered {
            seen.push(index);
        }
    }
    assert!(matches!(seen[..], [once] if once > 100), "{seen:?}");
}

#[test]
fn it_takes_little_memory() {
    assert!(size_of::<DelayBased>() <= 1_024, "{}", size_of::<DelayBased>());
    assert!(size_of::<Throughput>() + size_of::<ProbeRates>() <= 1_024);
}

fn any_result() -> impl Strategy<Value = PacketResult> {
    let arrived = prop_oneof![
        Just(None),
        any::<i64>().prop_map(Some),
        (0..10_000_000_i64).prop_map(Some),
        prop_oneof![Just(i64::MIN), Just(i64::MAX)].prop_map(Some),
    ];
    let sent = prop_oneof![any::<u64>(), 0..10_000_000_u64];
    (sent, arrived, any::<u16>()).prop_map(|(sent, arrived, bytes)| packet(sent, arrived, bytes))
}

proptest! {
    #[test]
    fn estimate_stays_within_its_bounds_whatever_arrives(
        feedback in prop::collection::vec(
            (0..3_000_000_u64, prop::collection::vec(any_result(), 0..20), 0..4_u8,
                prop_oneof![any::<u64>(), 0..50_000_000_u64]),
            0..100),
    ) {
        let mut rig = Rig::new();
        rig.delay.set_limits(30_000, 20_000_000);
        for (passed, results, extra, rate) in feedback {
            rig.now += passed;
            rig.feedback(&results);
            let rates = [Some(rate), None, None, Some(rate)];
            let [acked, probe] = [rates[usize::from(extra)], rates[usize::from(extra) ^ 1]];
            let alr = extra > 1;
            let update = rig.delay.on_feedback(Micros(rig.now), &results, acked, alr, probe);
            prop_assert!((30_000..=20_000_000).contains(&update.target), "{update:?}");
            prop_assert!(rig.delay.trend().is_finite() && rig.delay.growth().is_finite());
            prop_assert!(rig.delay.period() >= Micros::millis(2_000));
        }
    }

    #[test]
    fn telling_of_packets_twice_does_no_harm(jitter in prop::collection::vec(0..400_i64, 500)) {
        let mut rig = Rig::new();
        rig.delay.set_start(500_000);
        for (sent, jitter) in (0..).step_by(10_000).zip(jitter) {
            rig.now += 10_000;
            let result = packet(sent, Some(sent.cast_signed() + jitter), 1_000);
            rig.feedback(&[result, result]);
        }
        prop_assert!(rig.estimate >= 500_000, "{}", rig.estimate);
    }
}
