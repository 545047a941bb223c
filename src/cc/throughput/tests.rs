//! Packets of 1,000 bytes; rates in bytes a second.

use super::*;
use crate::cc::packet::{Class, Ecn, SentPacket};
use proptest::prelude::*;

/// Makes packets that are sent at one rate and arrive at another.
struct Source {
    sent: u64,
    arrived: i64,
}

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

impl Source {
    const fn new() -> Self {
        Self { sent: 100_000_000, arrived: 10_000_000 }
    }

    fn packets(&mut self, count: usize, send_rate: u64, receive_rate: u64) -> Vec<PacketResult> {
        let apart = |rate: u64| 1_000_000_000 / rate;
        let next = |_| {
            let sent = self.sent;
            self.sent += apart(send_rate);
            self.arrived += apart(receive_rate).cast_signed();
            packet(sent, Some(self.arrived), 1_000)
        };
        (0..count).map(next).collect()
    }
}

/// Bytes a second, when so many more packets are told of.
fn told(throughput: &mut Throughput, packets: &[PacketResult]) -> Option<u64> {
    throughput.on_feedback(packets);
    throughput.rate().map(|rate| rate / 8)
}

#[track_caller]
fn assert_near(rate: Option<u64>, expected: u64) {
    let rate = rate.expect("there is a rate");
    assert!(rate.abs_diff(expected) * 20 <= expected, "{rate} is not {expected} ± 5 %");
}

#[test]
fn ten_packets_make_a_rate() {
    let (mut source, mut throughput) = (Source::new(), Throughput::new());
    assert_eq!(told(&mut throughput, &source.packets(9, 100_000, 100_000)), None);
    assert_eq!(told(&mut throughput, &source.packets(1, 100_000, 100_000)), Some(100_000));
    assert_eq!(told(&mut throughput, &source.packets(15, 100_000, 100_000)), Some(100_000));
}

#[test]
fn rate_follows_within_a_second() {
    let (mut source, mut throughput) = (Source::new(), Throughput::new());
    for _ in 0..10 {
        assert_eq!(told(&mut throughput, &source.packets(10, 100_000, 100_000)), Some(100_000));
    }
    for _ in 0..20 {
        let rate = told(&mut throughput, &source.packets(10, 200_000, 200_000));
        assert!(rate.is_some_and(|rate| (100_000..=200_000).contains(&rate)), "{rate:?}");
    }
    for _ in 0..20 {
        assert_eq!(told(&mut throughput, &source.packets(10, 200_000, 200_000)), Some(200_000));
    }
    for _ in 0..5 {
        let rate = told(&mut throughput, &source.packets(10, 50_000, 50_000));
        assert!(rate.is_some_and(|rate| (50_000..=200_000).contains(&rate)), "{rate:?}");
    }
    for _ in 0..5 {
        assert_eq!(told(&mut throughput, &source.packets(10, 50_000, 50_000)), Some(50_000));
    }
}

#[test]
fn rate_is_that_of_arriving_or_of_sending_whichever_is_lower() {
    for (sent, received) in [(100_000, 25_000), (50_000, 100_000)] {
        let rate = told(&mut Throughput::new(), &Source::new().packets(20, sent, received));
        assert_near(rate, sent.min(received));
    }
}

#[test]
fn pause_on_the_way_does_not_lower_the_rate_nor_the_burst_after_it_raise_it() {
    let mut source = Source::new();
    let mut throughput = Throughput::with_span(500_000);
    assert_eq!(told(&mut throughput, &source.packets(20, 100_000, 100_000)), Some(100_000));
    // Nothing comes for 250 ms, then 25 packets and the 5 sent meanwhile within 50 ms.
    source.arrived += 250_000;
    for _ in 0..30 {
        assert_near(told(&mut throughput, &source.packets(1, 100_000, 600_000)), 100_000);
    }
    for _ in 0..20 {
        assert_near(told(&mut throughput, &source.packets(5, 100_000, 100_000)), 100_000);
    }
}

#[test]
fn what_is_lost_does_not_count() {
    let mut packets = Source::new().packets(20, 100_000, 100_000);
    for lost in packets.iter_mut().skip(1).step_by(2) {
        lost.arrived = None;
    }
    assert_near(told(&mut Throughput::new(), &packets), 50_000);
}

#[test]
fn feedback_in_the_wrong_order_lowers_the_rate_only_until_it_is_whole() {
    let (mut source, mut throughput) = (Source::new(), Throughput::new());
    assert_eq!(told(&mut throughput, &source.packets(20, 100_000, 100_000)), Some(100_000));
    let late = source.packets(10, 100_000, 100_000);
    let rate = told(&mut throughput, &source.packets(10, 100_000, 100_000));
    assert!(rate.is_some_and(|rate| rate < 100_000), "{rate:?}");
    assert_eq!(told(&mut throughput, &late), Some(100_000));
    for _ in 0..10 {
        assert_eq!(told(&mut throughput, &source.packets(15, 100_000, 100_000)), Some(100_000));
    }
}

#[test]
fn packet_that_comes_a_second_late_does_not_lower_the_rate() {
    let mut source = Source::new();
    let mut throughput = Throughput::with_span(500_000);
    let mut late = source.packets(1, 100_000, 100_000);
    for _ in 0..10 {
        assert_eq!(told(&mut throughput, &source.packets(10, 100_000, 100_000)), Some(100_000));
    }
    late[0].arrived = Some(source.arrived);
    assert_near(told(&mut throughput, &late), 100_000);
    for _ in 0..10 {
        assert_near(told(&mut throughput, &source.packets(10, 100_000, 100_000)), 100_000);
    }
}

#[test]
fn far_end_clock_set_back_makes_it_begin_anew() {
    let (mut source, mut throughput) = (Source::new(), Throughput::new());
    assert_eq!(told(&mut throughput, &source.packets(20, 100_000, 100_000)), Some(100_000));
    source.arrived -= 2_000_000;
    assert_eq!(told(&mut throughput, &source.packets(20, 200_000, 200_000)), Some(200_000));
}

#[test]
fn after_a_pause_there_is_no_rate_until_ten_packets_came() {
    let (mut source, mut throughput) = (Source::new(), Throughput::new());
    assert_eq!(told(&mut throughput, &source.packets(20, 100_000, 100_000)), Some(100_000));
    source.sent += 60_000_000;
    source.arrived += 60_000_000;
    assert_eq!(told(&mut throughput, &source.packets(5, 100_000, 100_000)), None);
    for _ in 0..4 {
        assert_eq!(told(&mut throughput, &source.packets(5, 100_000, 100_000)), Some(100_000));
    }
}

#[test]
fn window_holds_twenty_packets_of_a_slow_stream_and_five_seconds_at_most() {
    let (mut source, mut throughput) = (Source::new(), Throughput::new());
    // A packet each 200 ms: 19 gaps are 3.8 s.
    told(&mut throughput, &source.packets(100, 5_000, 5_000));
    assert_eq!(throughput.window.len(), 20);
    // Each second: six within 5 s, too few.
    assert_eq!(told(&mut throughput, &source.packets(100, 1_000, 1_000)), None);
    assert_eq!(throughput.window.len(), 6);
}

#[test]
fn memory_is_bounded_at_any_rate() {
    let (mut source, mut throughput) = (Source::new(), Throughput::new());
    let packets = source.packets(5_000, 10_000_000, 10_000_000);
    assert_eq!(told(&mut throughput, &packets), Some(10_000_000));
    assert_eq!(throughput.window.len(), 500);
    assert!(throughput.window.capacity() * size_of::<Arrival>() <= 12_288);
}

proptest! {
    #[test]
    fn any_times_leave_it_bounded_and_in_order(
        packets in prop::collection::vec(
            (any::<u64>(), prop::option::of(any::<i64>()), any::<u16>()), 0..700),
        narrow in prop::collection::vec((0..3_000_000_u64, 0..3_000_000_i64), 0..700),
    ) {
        let mut throughput = Throughput::new();
        let wild = packets.iter().map(|(sent, arrived, bytes)| packet(*sent, *arrived, *bytes));
        let tame = narrow.iter().map(|(sent, arrived)| packet(*sent, Some(*arrived), 1_000));
        for (index, result) in wild.chain(tame).enumerate() {
            throughput.on_feedback(&[result]);
            if index % 32 != 0 {
                continue;
            }
            throughput.rate();
            prop_assert!(throughput.window.len() <= MOST_PACKETS);
            prop_assert!(throughput.window.iter().is_sorted_by_key(|packet| packet.arrived));
        }
    }
}
