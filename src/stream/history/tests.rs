use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// Small, so that its bounds are met.
const SMALL: Capacity = Capacity { chunk: 256, most_chunks: 4, least_packets: 4, most_packets: 16 };

fn fields(seq: u64) -> Fields {
    Fields { seq: ExtSeq(seq), timestamp: RtpTime(0), frame: 0, marks: Marks::NONE, codec: 0 }
}

#[expect(clippy::disallowed_methods, reason = "tests need some instant to start from")]
fn start() -> Instant {
    Instant::now()
}

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

impl History {
    fn memory(&self) -> usize {
        self.records.memory() + self.chunks.memory()
    }
}

/// A history, and the moment of its newest packet.
struct Fed {
    history: History,
    now: Instant,
    pushed: u64,
}

impl Fed {
    fn new(capacity: Capacity) -> Self {
        let now = start();
        Self { history: History::new(capacity, now), now, pushed: 0 }
    }

    /// `seconds` of full packets at `kbps`, 30 frames a second; every fourth second begins with a
    /// key frame of ten times the size. Returns how much memory was taken at most.
    fn feed(&mut self, seconds: u64, kbps: usize) -> usize {
        let frame = kbps * 1_000 / 8 / 30;
        let mut most = 0;
        for n in 0..30 * seconds {
            self.now += Duration::from_nanos(33_333_333);
            let mut left = if n % 120 == 0 { 10 * frame } else { frame };
            while left > 0 {
                let len = left.min(1_100);
                self.history.push(self.now, fields(self.pushed), &[], &[0; 1_100][..len]);
                self.pushed += 1;
                left -= len;
            }
            most = most.max(self.history.memory());
        }
        most
    }

    /// How old the oldest packet is.
    fn reach(&self) -> u32 {
        let records = &self.history.records;
        let oldest = records.next().wrapping_sub(u32::try_from(records.len()).expect("few"));
        let at = records.get(Position(oldest)).expect("held").at;
        self.history.millis(self.now).wrapping_sub(at)
    }
}

#[test]
fn packet_longer_than_a_chunk_is_refused() {
    let (now, mut history) = (start(), History::new(SMALL, start()));
    assert!(history.push(now, fields(0), &[], &[0; 256]).is_none());
    // And one byte of padding.
    assert!(history.push(now, fields(0), &[1], &[0; 254]).is_some());
}

#[test]
fn position_that_is_gone_or_not_yet_there_gives_nothing() {
    let (now, mut history) = (start(), History::new(SMALL, start()));
    assert!(history.get(Position(0)).is_none());
    let first = history.push(now, fields(0), &[], b"a").expect("fits");
    assert!(history.get(Position(first.0 + 1)).is_none());
    for seq in 1..=16 {
        history.push(now, fields(seq), &[], b"b").expect("fits");
    }
    assert!(history.get(first).is_none());
    assert_eq!(history.get(Position(1)).expect("held").fields.seq, ExtSeq(1));
}

#[test]
fn video_of_any_rate_is_held_for_two_seconds_in_little_more_memory_than_it_is() {
    for (kbps, bound) in
        [(150, 125_000), (500, 250_000), (1_500, 610_000), (8_000, 3_000_000), (20_000, 7_500_000)]
    {
        let mut fed = Fed::new(Capacity::VIDEO);
        let most = fed.feed(40, kbps);
        assert!(fed.reach() >= HOLD, "{kbps} kbit/s: {} ms", fed.reach());
        assert!(most <= bound, "{kbps} kbit/s: {most} bytes");
    }
}

#[test]
fn more_than_the_bound_holds_what_fits() {
    let mut fed = Fed::new(Capacity::VIDEO);
    let most = fed.feed(20, 100_000);
    assert!(fed.reach() >= 500, "{} ms", fed.reach());
    assert!(most < 9 * 1_024 * 1_024, "{most} bytes");
}

#[test]
fn memory_follows_the_rate_down_again() {
    let mut fed = Fed::new(Capacity::VIDEO);
    let high = fed.feed(20, 20_000);
    fed.feed(60, 150);
    let low = fed.history.memory();
    assert!(low < 180_000 && high > 5_000_000, "{high} bytes, then {low}");
    assert!(fed.reach() >= HOLD);
}

#[test]
fn silent_encoding_gives_its_memory_back_and_begins_anew() {
    let mut fed = Fed::new(Capacity::VIDEO);
    fed.feed(10, 1_500);
    let newest = Position(fed.history.records.next() - 1);
    for _ in 0..20 {
        fed.now += millis(1_000);
        fed.history.tend(fed.now);
    }
    assert_eq!(fed.history.memory(), 0);
    assert!(fed.history.get(newest).is_none());
    let next = fed.history.push(fed.now, fields(7), b"x", b"yz").expect("fits");
    assert_eq!(next, Position(newest.0 + 1), "positions are never used again");
    let packet = fed.history.get(next).expect("held");
    assert_eq!((packet.extensions, packet.payload), (&b"x"[..], &b"yz"[..]));
}

/// What was spare when the silence ended was given back at the next review, new packets with it.
#[test]
fn packets_after_a_silence_do_not_go_with_the_memory_left_over() {
    let mut fed = Fed::new(Capacity::VIDEO);
    fed.feed(10, 150);
    fed.now += millis(3_000);
    fed.history.reviewed = 0;
    fed.history.tend(fed.now);
    for second in 0..10 {
        fed.now += millis(1_000);
        let at = fed.history.push(fed.now, fields(second), &[], b"x").expect("fits");
        fed.history.tend(fed.now);
        assert!(fed.history.get(at).is_some(), "second {second}");
        let before = Position(at.0 - u32::from(second > 0));
        assert!(fed.history.get(before).is_some(), "second {second}");
    }
}

#[test]
fn memory_is_steady_at_a_steady_rate() {
    for kbps in [60, 150, 500, 1_500, 5_000, 20_000] {
        let mut fed = Fed::new(Capacity::VIDEO);
        fed.feed(60, kbps);
        let before = fed.history.memory();
        for second in 0..60 {
            assert_eq!(fed.feed(4, kbps), before, "{kbps} kbit/s, second {second}");
        }
    }
}

#[test]
fn packets_that_came_too_early_are_found_in_order() {
    let (now, mut history) = (start(), History::new(Capacity::VIDEO, start()));
    let push =
        |history: &mut History, seq| history.push(now, fields(seq), &[], b"x").expect("fits");
    for seq in [100, 103, 102, 105] {
        push(&mut history, seq);
    }
    let late = push(&mut history, 101);
    let found: Vec<_> = history.overtaking(late).iter().map(|(_, f)| f.seq.0).collect();
    assert_eq!(found, [102, 103, 105]);
    let newest = push(&mut history, 106);
    assert_eq!(history.overtaking(newest).iter().count(), 0);

    history.begin_stream();
    push(&mut history, 12);
    let late = push(&mut history, 10);
    let found: Vec<_> = history.overtaking(late).iter().map(|(_, f)| f.seq.0).collect();
    assert_eq!(found, [12], "what an earlier stream sent did not overtake it");
}

#[test]
fn packet_that_is_gone_did_not_overtake() {
    let (now, mut history) = (start(), History::new(SMALL, start()));
    for seq in [10, 11, 12, 13, 5] {
        history.push(now, fields(seq), &[], &[0; 250]).expect("fits");
    }
    let found: Vec<_> = history.overtaking(Position(4)).iter().map(|(_, f)| f.seq.0).collect();
    assert_eq!(found, [11, 12, 13], "four chunks hold four of them");
}

/// A packet as it was pushed.
#[derive(Debug)]
struct Pushed {
    position: Position,
    at: Instant,
    fill: u8,
    extensions: usize,
    payload: usize,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_still_held_is_intact_and_the_newest_always_is(
        packets in prop::collection::vec((0usize..8, 0usize..120, 0u64..600), 1..200),
    ) {
        let start = start();
        let (mut now, mut history) = (start, History::new(SMALL, start));
        let mut pushed = Vec::new();
        for (n, (extensions, payload, passed)) in packets.into_iter().enumerate() {
            now += millis(passed);
            if n % 7 == 0 {
                history.tend(now);
            }
            let fill = u8::try_from(n % 251).expect("below 251");
            let (e, p) = (vec![fill; extensions], vec![!fill; payload]);
            let position = history.push(now, fields(n as u64), &e, &p).expect("fits");
            pushed.push(Pushed { position, at: now, fill, extensions, payload });
            prop_assert!(history.get(position).is_some());
            let mut gone = true;
            for Pushed { position, fill, extensions, payload, .. } in &pushed {
                match history.get(*position) {
                    Some(packet) => {
                        gone = false;
                        prop_assert_eq!(packet.extensions, &vec![*fill; *extensions][..]);
                        prop_assert_eq!(packet.payload, &vec![!*fill; *payload][..]);
                    }
                    None => prop_assert!(gone, "the oldest go first"),
                }
            }
        }
    }

    /// Rates that change, silence in between: below the bounds nothing young is ever gone.
    #[test]
    fn what_is_younger_than_the_hold_time_is_always_held(
        phases in prop::collection::vec((1usize..40, 1usize..1_200, 0u64..400), 1..20),
    ) {
        let start = start();
        let (mut now, mut history) = (start, History::new(Capacity::VIDEO, start));
        let mut pushed: Vec<Pushed> = Vec::new();
        for (count, payload, passed) in phases {
            for _ in 0..count {
                now += millis(passed);
                let fill = u8::try_from(pushed.len() % 251).expect("below 251");
                let at = history.push(now, fields(0), &[], &vec![fill; payload]);
                let position = at.expect("fits");
                pushed.push(Pushed { position, at: now, fill, extensions: 0, payload });
            }
            now += millis(passed * 5);
            history.tend(now);
            for pushed in &pushed {
                let held = history.get(pushed.position).map(|packet| packet.payload);
                if now - pushed.at <= millis(u64::from(HOLD)) {
                    prop_assert_eq!(held, Some(&vec![pushed.fill; pushed.payload][..]));
                }
            }
        }
    }
}
