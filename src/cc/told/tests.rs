use super::super::history::MOST;
use super::*;

/// A history of `count` packets of 1,000 wire bytes, one each millisecond from `first` on.
fn sent(first: u16, count: u16) -> History {
    let mut history = History::new();
    for nth in 0..count {
        send(&mut history, first.wrapping_add(nth), Micros::millis(u64::from(nth)));
    }
    history
}

fn send(history: &mut History, seq: u16, at: Micros) {
    let sent = SentPacket { at, wire_bytes: 1_000, class: Class::Video, probe: None, ect1: false };
    history.on_sent(Seq(seq), &sent);
}

/// Feeds one message; what is told: when it was sent in milliseconds, when it arrived.
fn tell(history: &mut History, now: u64, told: &[(u16, Option<i64>)]) -> Vec<(u64, Option<i64>)> {
    let told = told.iter().map(|(seq, at)| (Seq(*seq), *at, Ecn::NotEct));
    let mut results = Vec::new();
    history.on_feedback(Micros::millis(now), told, None, |feedback| {
        let of = |result: &PacketResult| (result.sent.at.0 / 1_000, result.arrived);
        results.extend(feedback.results.iter().map(of));
    });
    results
}

#[test]
fn each_packet_is_told_of_once_across_the_wrap_and_leaves_the_flight() {
    let mut history = sent(65_530, 20);
    assert_eq!(history.in_flight(), 20_000);
    assert_eq!(history.oldest(Micros::millis(30)), Some(Micros(0)));
    let first: Vec<_> =
        (0..10).map(|n: u16| (65_530_u16.wrapping_add(n), Some(i64::from(n)))).collect();
    let results = tell(&mut history, 100, &first);
    assert_eq!(results, (0..10_u64).map(|n| (n, Some(n.cast_signed()))).collect::<Vec<_>>());
    assert_eq!(history.in_flight(), 10_000);
    assert_eq!(history.oldest(Micros::millis(30)), Some(Micros::millis(10)));
    assert_eq!(tell(&mut history, 101, &first), [], "the same again");
    assert_eq!(history.ignored(), 10);
}

#[test]
fn packet_that_is_overtaken_is_not_lost() {
    let mut history = sent(0, 200);
    assert_eq!(tell(&mut history, 220, &[(0, Some(0)), (1, None), (2, Some(2))]).len(), 2);
    assert_eq!(tell(&mut history, 250, &[(50, Some(50))]), [(50, Some(50))], "49 later");
    assert_eq!(tell(&mut history, 250, &[(1, Some(51))]), [(1, Some(51))], "it comes after all");
    assert_eq!(history.ignored(), 0);
}

#[test]
fn packet_is_lost_when_fifty_later_ones_have_passed_and_told_so_once() {
    let mut history = sent(0, 200);
    assert_eq!(tell(&mut history, 220, &[(0, Some(0)), (1, None), (2, Some(2))]).len(), 2);
    let told = tell(&mut history, 260, &[(1, None), (51, Some(51))]);
    assert_eq!(told, [(1, None), (51, Some(51))]);
    assert_eq!(tell(&mut history, 270, &[(1, None), (120, Some(120))]), [(120, Some(120))]);
    assert_eq!(tell(&mut history, 280, &[(1, Some(125))]), [(1, Some(125))], "and comes after all");
    assert_eq!(tell(&mut history, 290, &[(1, Some(125)), (1, None)]), []);
}

#[test]
fn packet_is_lost_when_one_sent_a_tenth_of_a_second_later_has_arrived() {
    let mut history = History::new();
    for (seq, at) in [(7, 0), (8, 20), (9, 119), (10, 120)] {
        send(&mut history, seq, Micros::millis(at));
    }
    assert_eq!(tell(&mut history, 130, &[(7, Some(0)), (8, None), (9, Some(120))]).len(), 2);
    assert_eq!(tell(&mut history, 140, &[(10, Some(121))]), [(20, None), (120, Some(121))]);
}

#[test]
fn packets_that_no_feedback_names_are_neither_lost_nor_in_flight() {
    let mut history = sent(0, 200);
    let later: Vec<_> = (150..200).map(|n| (n, Some(i64::from(n)))).collect();
    assert_eq!(tell(&mut history, 300, &later).len(), 50, "the feedback before was lost");
    assert_eq!((history.in_flight(), history.oldest(Micros::millis(300))), (0, None));
    // It was only late.
    assert_eq!(tell(&mut history, 310, &[(5, None), (6, Some(6))]), [(5, None), (6, Some(6))]);
}

#[test]
fn hostile_feedback_moves_nothing_but_a_counter() {
    let mut history = History::new();
    assert_eq!(tell(&mut history, 1, &[(0, Some(1)), (9, None)]), []);
    assert_eq!(history.ignored(), 2, "nothing was sent");
    let mut history = sent(100, 10);
    let never_sent = [(110, Some(1)), (99, Some(1)), (40_000, None), (0, Some(i64::MAX))];
    assert_eq!(tell(&mut history, 20, &never_sent), []);
    assert_eq!((history.ignored(), history.in_flight()), (4, 10_000));
    let twice = [(105, Some(i64::MIN)), (105, Some(i64::MAX)), (105, None)];
    assert_eq!(tell(&mut history, 20, &twice), [(5, Some(i64::MIN))]);
    let missing: Vec<_> = (0..=u16::MAX).map(|seq| (seq, None)).collect();
    assert_eq!(tell(&mut history, 20, &missing), [], "missing is not lost");
}

#[test]
fn message_in_the_order_of_streams_is_told_in_the_order_of_sending() {
    let mut history = sent(10, 6);
    let told = [(11, Some(4)), (13, Some(5)), (15, Some(9)), (10, Some(3)), (12, Some(6))];
    let sent_at: Vec<_> = tell(&mut history, 20, &told).iter().map(|told| told.0).collect();
    assert_eq!(sent_at, [0, 1, 2, 3, 5]);
}

#[test]
fn message_about_more_packets_than_a_batch_is_passed_on_in_pieces() {
    let mut history = sent(0, 1_000);
    let told: Vec<_> = (0..1_000).map(|n| (Seq(n), Some(i64::from(n)), Ecn::Ce)).collect();
    let (mut pieces, mut packets) = (0, 0);
    history.on_feedback(Micros::millis(1_001), told, None, |feedback| {
        pieces += 1;
        packets += feedback.results.len();
        assert!(feedback.results.iter().all(|result| result.ecn == Ecn::Ce));
    });
    assert_eq!((pieces, packets), (4, 1_000));
}

#[test]
fn round_trip_is_the_newest_arrivals_without_what_the_far_end_waited() {
    let mut history = sent(0, 10);
    let mut round_trips = Vec::new();
    let mut feed = |seq, arrived, made| {
        let told = [(Seq(seq), Some(arrived), Ecn::NotEct)];
        history.on_feedback(Micros::millis(100), told, made, |feedback| {
            round_trips.push(feedback.round_trip);
        });
    };
    feed(4, 50_000, None);
    feed(5, 50_000, Some(70_000));
    feed(6, 50_000, Some(40_000));
    feed(7, 50_000, Some(i64::MAX));
    let expected = [96, 75, 94, 0].map(|millis| Some(Micros::millis(millis)));
    assert_eq!(round_trips, expected);
}

#[test]
fn what_was_sent_twice_under_one_number_is_not_told_of() {
    let mut history = sent(0, 10);
    history.void(Seq(3));
    assert_eq!(tell(&mut history, 20, &[(2, Some(2)), (3, Some(500)), (4, Some(4))]).len(), 2);
    assert_eq!(history.in_flight(), 5_000);
}

#[test]
fn history_grows_to_hold_what_is_in_flight_and_no_further() {
    let mut history = sent(0, 3_000);
    assert_eq!(history.in_flight(), 3_000_000);
    let all: Vec<_> = (0..3_000).map(|n| (n, Some(i64::from(n)))).collect();
    assert_eq!(tell(&mut history, 3_100, &all).len(), 3_000);
    assert_eq!(history.in_flight(), 0);

    // A receiver that says nothing: what is old is given up, and memory is bounded.
    let mut silent = History::new();
    for nth in 0..60_000_u32 {
        send(&mut silent, (nth % 65_536) as u16, Micros(u64::from(nth) * 100));
    }
    assert_eq!(silent.in_flight(), MOST as u64 * 1_000);
    assert_eq!(silent.oldest(Micros::millis(6_000)), Some(Micros((60_000 - MOST as u64) * 100)));

    // A slow one: a minute of packets is no reason to grow.
    let mut slow = History::new();
    for nth in 0..3_000_u16 {
        send(&mut slow, nth, Micros::millis(20 * u64::from(nth)));
    }
    assert!(slow.in_flight() <= 256_000, "{}", slow.in_flight());
}

#[test]
fn numbers_may_start_anywhere_and_over() {
    let mut history = sent(40_000, 3);
    send(&mut history, 7, Micros::millis(9));
    assert_eq!(history.in_flight(), 1_000, "those before are forgotten");
    assert_eq!(tell(&mut history, 20, &[(7, Some(1)), (40_001, Some(1))]), [(9, Some(1))]);
}

#[test]
fn clock_that_wraps_is_counted_on() {
    let mut clock = FarClock::default();
    let cycle = 1 << 24;
    assert_eq!(clock.unwrap(cycle - 2, 24), cycle - 2);
    assert_eq!(clock.unwrap(3, 24), cycle + 3);
    assert_eq!(clock.unwrap(cycle - 1, 24), cycle - 1, "an older message");
    assert_eq!(clock.unwrap(0, 24), cycle);
    // Transport-cc's reference time has a sign: no matter.
    assert_eq!(clock.unwrap(cycle / 2 - 1, 24), cycle + cycle / 2 - 1);
    assert_eq!(clock.unwrap(-cycle / 2, 24), cycle + cycle / 2);
}
