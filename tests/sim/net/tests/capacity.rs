//! Service: exact over changes of the capacity, by traces, in aggregates.

use super::super::mahimahi::Trace;
use super::super::wifi::WifiConfig;
use super::*;

/// When each of `count` packets of `bytes`, all sent at 0, has left.
fn leave(config: LinkConfig, count: usize, bytes: u32) -> Vec<Time> {
    let config = config.with_queue(QueueConfig::DropTailPackets(count));
    let (mut net, link, route) = one_link(config);
    send_spaced(&mut net, route, count as u64, 0, media(bytes));
    net.records(link).iter().map(|record| record.left).collect()
}

#[test]
fn packet_in_service_is_integrated_over_a_change() {
    // 10,000 bits: 4,000 in 4 ms at 1 M, the other 6,000 in 12 ms at 500 k.
    let halved = LinkConfig::steps(vec![(0, 1_000_000), (4 * MS, 500_000)], 0);
    assert_eq!(leave(halved, 1, 1_250), [16 * MS]);
    let outage = vec![(0, 1_000_000), (4 * MS, 0), (SECOND, 2_000_000)];
    assert_eq!(leave(LinkConfig::steps(outage, 0), 2, 1_250), [SECOND + 3 * MS, SECOND + 8 * MS]);
}

#[test]
fn link_without_capacity_for_ever_delivers_nothing() {
    let config = LinkConfig::steps(vec![(0, 1_000_000), (MS, 0)], 0);
    assert!(leave(config, 3, 1_250).is_empty());
}

#[test]
fn rounding_to_microseconds_costs_no_capacity() {
    let (rate, bytes, count) = (7_100_000, 1_001, 10_000);
    let bits = u64::from(bytes) * 8 * count;
    let last = |config| *leave(config, count as usize, bytes).last().expect("all left");
    assert_eq!(last(LinkConfig::constant(rate, 0)), (bits * SECOND).div_ceil(rate));
    assert_eq!(last(LinkConfig::policer(rate, 0, 0, 0)), (bits * SECOND).div_ceil(rate));
}

#[test]
fn capacity_is_what_could_have_been_served() {
    let steps = vec![(0, 1_000_000), (SECOND, 0), (2 * SECOND, 3_000_000)];
    let (net, link, _) = one_link(LinkConfig::steps(steps, 0));
    assert_eq!(net.capacity(link, SECOND / 2, 3 * SECOND), Some(3_500_000));
    let (net, link, _) = one_link(LinkConfig::wire(MS));
    assert_eq!(net.capacity(link, 0, SECOND), None);
}

#[test]
fn trace_serves_at_its_opportunities_and_loops() {
    let rate = Rate::Trace(Trace::parse("1\n1\n5\n").expect("a trace"));
    let config = LinkConfig { rate, ..LinkConfig::default() };
    let ms = |times: &[Time]| times.iter().map(|ms| ms * MS).collect::<Vec<_>>();
    assert_eq!(leave(config.clone(), 7, 1_500), ms(&[1, 1, 5, 6, 6, 10, 11]));
    // Small packets share an opportunity; large ones take several.
    assert_eq!(leave(config.clone(), 5, 700), ms(&[1, 1, 1, 1, 5]));
    assert_eq!(leave(config, 2, 2_000), ms(&[1, 5]));
}

#[test]
fn opportunity_that_finds_no_packet_is_lost() {
    let rate = Rate::Trace(Trace::parse("2\n4\n").expect("a trace"));
    let (mut net, link, route) = one_link(LinkConfig { rate, ..LinkConfig::default() });
    send_spaced(&mut net, route, 3, 3 * MS, media(500));
    let left: Vec<Time> = net.records(link).iter().map(|record| record.left).collect();
    assert_eq!(left, [2 * MS, 4 * MS, 6 * MS]);
    assert_eq!(net.capacity(link, 0, 8 * MS), Some(3 * 12_000));
}

#[test]
fn opportunities_are_found_from_any_time() {
    for text in ["0\n3\n3\n7\n", "1\n", "4\n4\n9\n"] {
        let trace = Trace::parse(text).expect("a trace");
        for now in (0..40_000).step_by(500) {
            let expected = (0..).find(|n| trace.time(*n) >= now).expect("there is always one");
            assert_eq!(trace.first_from(now), expected, "{text:?} at {now}");
        }
    }
}

#[test]
fn wrong_traces_are_refused_by_line() {
    assert!(Trace::parse("1\nx\n").unwrap_err().starts_with("line 2"));
    assert!(Trace::parse("5\n3\n").unwrap_err().starts_with("line 2"));
    assert!(Trace::parse("0\n0\n").unwrap_err().contains("no length"));
    assert!(Trace::parse("").unwrap_err().contains("no length"));
}

#[test]
fn wifi_delivers_aggregates() {
    let wifi = WifiConfig { aggregate: 8, ..WifiConfig::alone(vec![(0, 50_000_000)]) };
    let left = leave(wifi_link(wifi), 80, 1_000);
    let mut sizes: Vec<usize> = left.chunk_by(|a, b| a == b).map(<[Time]>::len).collect();
    // The first found the air free and went alone.
    assert_eq!((sizes.remove(0), sizes.pop()), (1, Some(7)));
    assert_eq!(sizes, [8; 9]);
}

#[test]
fn wifi_aggregates_are_bounded_by_air_time() {
    // 4 ms at 3 Mbit/s are 1,500 bytes: one packet.
    let left = leave(wifi_link(WifiConfig::alone(vec![(0, 3_000_000)])), 50, 1_000);
    assert!(left.is_sorted_by(|a, b| a < b));
}

#[test]
fn wifi_waits_two_ms_for_the_air_and_longer_among_others() {
    let wifi = WifiConfig { aggregate: 1, ..WifiConfig::alone(vec![(0, 100_000_000)]) };
    let mean = |wifi| leave(wifi_link(wifi), 5_000, 1_250)[4_999] / 5_000;
    let alone = mean(wifi.clone());
    assert!((2_000..2_200).contains(&alone), "{alone}"); // 2 ms and 100 µs of transmission
    let among = mean(wifi.among(8, 0.25));
    assert!((9_800..10_400).contains(&among), "{among}"); // two others in the mean, 4 ms each
}

fn wifi_link(wifi: WifiConfig) -> LinkConfig {
    LinkConfig { rate: Rate::Wifi(wifi), ..LinkConfig::default() }
}
