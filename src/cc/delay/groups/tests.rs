//! Times in milliseconds unless said otherwise; a group's packets arrive 6 ms apart, which is too
//! far apart for a burst.

use super::*;

/// Just enough later to begin a group, microseconds.
const NEXT: u64 = 5_020;

struct Rig {
    groups: Groups,
}

impl Rig {
    fn new() -> Self {
        Self { groups: Groups::default() }
    }

    /// A packet sent at so many microseconds, that arrived at so many milliseconds.
    fn add(&mut self, sent: u64, arrived: i64) -> Option<(i64, i64)> {
        let now = Micros::millis(arrived.cast_unsigned());
        self.add_told(now, sent, arrived)
    }

    fn add_told(&mut self, now: Micros, sent: u64, arrived: i64) -> Option<(i64, i64)> {
        let delta = self.groups.add(now, Micros(sent), arrived * 1_000)?;
        Some((delta.sent, delta.arrived / 1_000))
    }
}

#[test]
fn delta_between_two_groups_is_told_with_the_first_packet_of_the_third() {
    let mut rig = Rig::new();
    assert_eq!(rig.add(0, 17), None);
    assert_eq!(rig.add(NEXT, 23), None);
    assert_eq!(rig.add(2 * NEXT, 29), Some((5_020, 6)));
    assert_eq!(rig.add(3 * NEXT, 35), Some((5_020, 6)));
}

#[test]
fn group_lasts_from_its_first_packet_for_five_milliseconds() {
    let mut rig = Rig::new();
    rig.add(0, 0);
    rig.add(5_000, 100);
    assert!(rig.groups.before.is_none(), "still the first group");
    rig.add(5_001, 200);
    assert!(rig.groups.before.is_some());
}

#[test]
fn delta_is_between_the_last_packets_of_groups() {
    let mut rig = Rig::new();
    rig.add(0, 17);
    rig.add(NEXT, 28);
    for packet in 1..=10 {
        assert_eq!(rig.add(NEXT + 20 * packet, 23 + 6 * packet.cast_signed()), None);
    }
    assert_eq!(rig.add(2 * NEXT, 500), Some((5_220, 83 - 17)));
}

#[test]
fn packet_sent_before_the_group_began_is_left_out() {
    let mut rig = Rig::new();
    rig.add(0, 17);
    rig.add(NEXT, 28);
    rig.add(NEXT + 200, 88);
    assert_eq!(rig.add(0, 281), None);
    assert_eq!(rig.add(2 * NEXT, 500), Some((5_220, 88 - 17)));
}

#[test]
fn packets_that_overtake_each_other_within_a_group_count() {
    let mut rig = Rig::new();
    rig.add(0, 17);
    rig.add(NEXT, 28);
    for packet in 0..10 {
        let sent = NEXT + 200 - 20 * packet;
        assert_eq!(rig.add(sent, 34 + 6 * packet.cast_signed()), None);
    }
    assert_eq!(rig.add(0, 281), None);
    // Sent: the latest of them; arrived: the one that came last.
    assert_eq!(rig.add(2 * NEXT, 500), Some((5_220, 88 - 17)));
}

#[test]
fn packets_that_come_in_one_burst_are_one_group_however_far_apart_they_were_sent() {
    let mut rig = Rig::new();
    rig.add(0, 17);
    let mut sent = NEXT;
    for packet in 1..=10 {
        sent += 30_000;
        assert_eq!(rig.add(sent, 100 + 5 * packet), None);
    }
    // 6 ms later is no burst any more.
    assert_eq!(rig.add(sent + 30_000, 156), Some((sent.cast_signed(), 150 - 17)));
}

#[test]
fn packet_that_comes_too_late_for_a_burst_begins_a_group() {
    let mut rig = Rig::new();
    rig.add(0, 17);
    rig.add(NEXT, 28);
    assert_eq!(rig.add(NEXT + 30_000, 34), Some((5_020, 11)));
}

#[test]
fn packets_that_come_no_faster_than_sent_are_no_burst() {
    let mut rig = Rig::new();
    rig.add(0, 0);
    rig.add(6_000, 6);
    rig.add(9_000, 9);
    // 3 ms behind on arrival and as sent, but 6 ms behind the first as sent.
    assert_eq!(rig.add(12_000, 12), Some((9_000, 9)));
}

#[test]
fn burst_is_shorter_than_a_tenth_of_a_second() {
    let mut rig = Rig::new();
    rig.add(0, 0);
    rig.add(100_000, 200);
    for packet in 1..=19 {
        assert_eq!(rig.add(100_000 + 30_000 * packet, 200 + 5 * packet.cast_signed()), None);
    }
    let sent = 100_000 + 30_000 * 20;
    assert_eq!(rig.add(sent, 300), Some((100_000 + 30_000 * 19, 295)));
}

/// Groups of one packet each, 30 ms apart on all clocks, from where the times stand.
struct Steady {
    rig: Rig,
    sent: u64,
    arrived: i64,
    now: u64,
}

impl Steady {
    fn new() -> Self {
        let mut steady = Self { rig: Rig::new(), sent: 9_970, arrived: 19_970, now: 29_970 };
        assert_eq!(steady.step(), None);
        assert_eq!(steady.step(), None);
        steady
    }

    fn step(&mut self) -> Option<(i64, i64)> {
        (self.sent, self.arrived, self.now) = (self.sent + 30, self.arrived + 30, self.now + 30);
        self.rig.add_told(Micros::millis(self.now), self.sent * 1_000, self.arrived)
    }
}

#[test]
fn far_end_clock_set_forward_by_three_seconds_makes_it_begin_anew() {
    let mut steady = Steady::new();
    steady.arrived += 3_000;
    assert_eq!(steady.step(), Some((30_000, 30)), "not of the group that jumped");
    assert_eq!([steady.step(), steady.step(), steady.step()], [None; 3]);
    assert_eq!(steady.step(), Some((30_000, 30)));
}

#[test]
fn silence_that_our_clock_saw_as_well_is_no_jump() {
    let mut steady = Steady::new();
    (steady.sent, steady.arrived, steady.now) =
        (steady.sent + 5_000, steady.arrived + 5_000, steady.now + 5_000);
    assert_eq!(steady.step(), Some((30_000, 30)));
    assert_eq!(steady.step(), Some((5_030_000, 5_030)));
}

#[test]
fn far_end_clock_set_back_makes_it_begin_anew_after_three_groups() {
    let mut steady = Steady::new();
    assert_eq!(steady.step(), Some((30_000, 30)));
    steady.arrived -= 1_000;
    // One is taken for a burst, three come backwards, two begin anew.
    for _ in 0..6 {
        assert_eq!(steady.step(), None);
    }
    assert_eq!(steady.step(), Some((30_000, 30)));
}

#[test]
fn group_that_seems_to_come_backwards_now_and_then_is_waited_for() {
    let mut groups = Groups::default();
    let mut add = |sent: u64, arrived: u64| {
        groups.add(Micros::millis(sent), Micros::millis(sent), arrived.cast_signed() * 1_000)
    };
    for at in [0, 100, 200, 300] {
        add(at, at + 100);
        add(at + 30, at + 130);
        add(at + 31, at + 90);
        assert_eq!(add(at + 60, at + 160), None, "it came before the one before");
        add(at + 35, at + 131);
        let delta = add(at + 61, at + 161);
        assert_eq!(delta, Some(Delta { sent: 35_000, arrived: 31_000 }), "now it did not");
    }
}

#[test]
fn times_at_the_ends_of_their_range_do_no_harm() {
    let ends = [i64::MIN, i64::MAX, 0, -1, i64::MIN, i64::MAX];
    let mut groups = Groups::default();
    for (index, arrived) in ends.iter().cycle().take(60).enumerate() {
        for sent in [0, u64::MAX, index as u64 * 10_000] {
            if let Some(delta) = groups.add(Micros(sent), Micros(sent), *arrived) {
                assert!(delta.arrived >= 0);
            }
        }
    }
}
