//! Links and streams over them: scenes and numbers of libwebrtc's `DelayBasedBwe` tests.

use super::*;

/// What an estimate may be off.
const TOLERANCE: u64 = 50_000;

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
