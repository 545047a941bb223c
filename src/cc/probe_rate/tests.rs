//! Unless said otherwise a probe has five packets of 1,000 bytes; times in milliseconds.

use super::*;
use crate::base::Micros;
use crate::cc::packet::{Class, Ecn, SentPacket};
use proptest::prelude::*;

struct Rig(ProbeRates);

fn packet(probe: ProbeId, bytes: u16, sent: u64, arrived: Option<i64>) -> PacketResult {
    PacketResult {
        sent: SentPacket {
            at: Micros(sent),
            wire_bytes: bytes,
            class: Class::Padding,
            probe: Some(probe),
            ect1: false,
        },
        arrived,
        ecn: Ecn::NotEct,
    }
}

impl Rig {
    /// Probe 0 and probe 1 begin.
    fn new(packets: u32, bytes: u32) -> Self {
        let mut rates = ProbeRates::default();
        rates.start(0, packets, bytes);
        rates.start(1, packets, bytes);
        Self(rates)
    }

    fn add(&mut self, probe: ProbeId, bytes: u16, sent: u64, arrived: i64) -> Option<Probed> {
        let sent = (1_000_000 + sent) * 1_000;
        let arrived = (1_000_000 + arrived) * 1_000;
        self.0.on_feedback(&[packet(probe, bytes, sent, Some(arrived))])
    }

    /// The rate after all of these (sent, arrived).
    fn all(&mut self, probe: ProbeId, bytes: u16, times: &[(u64, i64)]) -> Option<u64> {
        let last = times.iter().map(|(sent, arrived)| self.add(probe, bytes, *sent, *arrived));
        last.last().flatten().map(|probed| probed.rate)
    }
}

/// What the rates after these packets of 1,000 bytes of one probe are.
fn rate_of(times: &[(u64, i64)]) -> Option<u64> {
    Rig::new(5, 5_000).all(0, 1_000, times)
}

#[test]
fn probe_that_comes_as_it_was_sent_shows_its_rate() {
    assert_eq!(rate_of(&[(0, 10), (10, 20), (20, 30), (30, 40)]), Some(800_000));
}

#[test]
fn four_fifths_of_packets_and_of_bytes_have_to_arrive() {
    assert_eq!(Rig::new(5, 5_000).all(0, 2_000, &[(0, 10), (10, 20), (20, 30)]), None);
    let five = [(0, 10), (10, 20), (20, 30), (30, 40), (40, 50)];
    assert_eq!(Rig::new(5, 6_000).all(0, 800, &five), None);
    assert_eq!(Rig::new(5, 5_000).all(0, 800, &five), Some(640_000));
}

#[test]
fn small_packets_will_do() {
    let six = [(0, 10), (10, 20), (20, 30), (30, 40), (40, 50), (50, 60)];
    assert_eq!(Rig::new(5, 1_000).all(0, 150, &six), Some(120_000));
}

#[test]
fn large_probe_shows_100_mbit() {
    let times: Vec<_> = (0..25_u64).map(|packet| (packet, packet.cast_signed() + 5)).collect();
    assert_eq!(Rig::new(30, 312_500).all(0, 12_500, &times), Some(100_000_000));
}

#[test]
fn probe_that_comes_faster_shows_the_rate_it_was_sent_at() {
    assert_eq!(rate_of(&[(0, 15), (10, 30), (20, 35), (30, 40)]), Some(800_000));
}

#[test]
fn probe_that_comes_more_than_twice_as_fast_shows_nothing() {
    assert_eq!(rate_of(&[(0, 19), (10, 22), (20, 25), (40, 27)]), None);
}

#[test]
fn probe_that_comes_slower_shows_the_link_and_95_percent_of_it_are_used() {
    let mut rig = Rig::new(5, 5_000);
    rig.all(0, 1_000, &[(0, 10), (10, 40), (20, 70)]);
    let probed = rig.add(0, 1_000, 30, 85).expect("enough came");
    assert_eq!((probed.sent_rate, probed.received_rate), (800_000, 320_000));
    assert_eq!((probed.rate, probed.is_full), (304_000, true));
}

#[test]
fn probe_that_comes_at_once_shows_nothing() {
    assert_eq!(rate_of(&[(0, 50), (10, 50), (20, 50), (40, 50)]), None);
}

#[test]
fn probe_sent_or_received_over_more_than_a_second_shows_nothing() {
    assert_eq!(rate_of(&[(0, 10), (10, 20), (20, 30), (1_001, 1_001)]), None);
    assert_eq!(rate_of(&[(0, 10), (400, 500), (600, 900), (700, 1_011)]), None);
}

#[test]
fn each_probe_is_reckoned_by_itself_and_anew_with_each_packet() {
    let mut rig = Rig::new(5, 5_000);
    let first = rig.all(0, 1_000, &[(0, 10), (10, 20), (20, 30), (40, 60)]);
    assert_eq!(first, Some(456_000), "95 % of 480, sent at 600");
    assert_eq!(rig.all(0, 1_000, &[(50, 60)]), Some(640_000));
    let second = rig.all(1, 1_000, &[(60, 70), (65, 77), (70, 84), (75, 90)]);
    assert_eq!(second, Some(1_140_000), "95 % of 1,200, sent at 1,600");
}

#[test]
fn probe_of_which_nothing_came_for_a_second_is_forgotten() {
    let mut rig = Rig::new(5, 5_000);
    rig.all(0, 1_000, &[(0, 10), (10, 20), (20, 30)]);
    let second = rig.all(1, 1_000, &[(60, 70), (65, 77), (70, 84), (75, 90)]);
    assert_eq!(second, Some(1_140_000));
    assert_eq!(rig.all(0, 1_000, &[(6_040, 6_060)]), None);
    assert_eq!(rig.0.probes.iter().flatten().count(), 0);
}

#[test]
fn last_packet_sent_and_first_packet_received_take_no_time() {
    let mut rig = Rig::new(5, 5_000);
    rig.all(0, 1_000, &[(0, 10), (10, 20), (20, 30), (30, 40)]);
    assert_eq!(rig.all(0, 1_500, &[(40, 50)]), Some(800_000), "received at 900");

    let mut rig = Rig::new(5, 5_000);
    rig.all(0, 1_500, &[(0, 10)]);
    let rate = rig.all(0, 1_000, &[(10, 20), (20, 30), (30, 40)]);
    assert_eq!(rate, Some(760_000), "95 % of 800, sent at 933");
}

#[test]
fn first_packet_received_need_not_be_the_first_told_of() {
    let mut rig = Rig::new(5, 5_000);
    rig.add(0, 1_000, 0, 20);
    rig.add(0, 1_500, 10, 10);
    let rate = rig.all(0, 1_000, &[(20, 30), (30, 40)]);
    assert_eq!(rate, Some(760_000), "95 % of 800, sent at 933");
}

#[test]
fn number_that_is_used_again_is_another_probe() {
    let mut rig = Rig::new(5, 5_000);
    rig.all(0, 1_000, &[(0, 10), (10, 20), (20, 30)]);
    rig.0.start(0, 5, 5_000);
    assert_eq!(rig.all(0, 1_000, &[(30, 40), (40, 50), (50, 60)]), None);
    assert_eq!(rig.all(0, 1_000, &[(60, 70)]), Some(800_000));
}

#[test]
fn losses_of_a_probe_are_counted() {
    let mut rig = Rig::new(5, 5_000);
    rig.all(0, 1_000, &[(0, 10), (10, 20), (20, 30)]);
    assert_eq!(rig.0.on_feedback(&[packet(0, 1_000, 1_000_030_000, None)]), None);
    let probed = rig.add(0, 1_000, 40, 50).expect("four of five came");
    assert_eq!((probed.probe, probed.arrived, probed.lost), (0, 4, 1));
}

#[test]
fn packets_of_no_probe_or_of_one_not_begun_show_nothing() {
    let mut rates = ProbeRates::default();
    for index in 0..10_u64 {
        let arrived = index.cast_signed() * 10_000;
        let mut plain = packet(7, 1_000, index * 10_000, Some(arrived));
        assert_eq!(rates.on_feedback(&[plain]), None);
        plain.sent.probe = None;
        assert_eq!(rates.on_feedback(&[plain]), None);
    }
}

#[test]
fn fifth_probe_takes_the_place_of_the_first() {
    let mut rates = ProbeRates::default();
    for probe in 10..15 {
        rates.start(probe, 5, 5_000);
    }
    let mut rig = Rig(rates);
    let times = [(0, 10), (10, 20), (20, 30), (30, 40)];
    assert_eq!(rig.all(10, 1_000, &times), None);
    assert_eq!(rig.all(11, 1_000, &times), Some(800_000));
    assert_eq!(rig.all(14, 1_000, &times), Some(800_000));
}

proptest! {
    #[test]
    fn whatever_arrives_no_rate_exceeds_what_was_sent_and_nothing_overflows(
        packets in prop::collection::vec(
            (0..3_u16, any::<u16>(), 0..2_000_000_u64, prop_oneof![
                any::<i64>().prop_map(Some),
                (0..2_000_000_i64).prop_map(Some),
                Just(None),
            ]), 0..200),
    ) {
        let mut rates = ProbeRates::default();
        rates.start(0, 5, 1_000);
        rates.start(1, 0, 0);
        for (probe, bytes, sent, arrived) in packets {
            if let Some(probed) = rates.on_feedback(&[packet(probe, bytes, sent, arrived)]) {
                prop_assert!(probed.rate <= probed.sent_rate.min(probed.received_rate));
                prop_assert!(probed.received_rate <= 2 * probed.sent_rate + 1);
            }
        }
    }
}
