//! Other people's traffic: it fills links, shares them, and comes to an end.

use super::super::cellular::{CellConfig, Speed, walk};
use super::super::tcp::{Algorithm, Load, TcpConfig};
use super::*;

/// TCPs over one link of this configuration, each with its own way back of 50 ms.
fn with_tcps(config: LinkConfig, algorithms: &[Algorithm]) -> (Network<()>, LinkId) {
    let (mut net, link, route) = one_link(config);
    let back = net.add_route(&[], 50 * MS);
    for (flow, algorithm) in (1..).zip(algorithms) {
        net.add_tcp(TcpConfig::long(flow, route, back, *algorithm));
    }
    (net, link)
}

#[test]
fn tcp_alone_fills_a_link() {
    for algorithm in [Algorithm::NewReno, Algorithm::Cubic] {
        for buffer in [100 * MS, 300 * MS, 1_000 * MS] {
            let queue = QueueConfig::DropTailTime(buffer);
            let config = LinkConfig::constant(2_000_000, 50 * MS).with_queue(queue);
            let (mut net, link) = with_tcps(config, &[algorithm]);
            run(&mut net, 60 * SECOND);
            let rate = rate(&net, link, 1, 5 * SECOND, 60 * SECOND);
            assert!(rate > 1_900_000, "{algorithm:?} with {buffer}: {rate}");
        }
    }
}

#[test]
fn two_new_renos_share_fairly() {
    let config = LinkConfig::constant(4_000_000, 20 * MS);
    let (mut net, link) = with_tcps(config, &[Algorithm::NewReno; 2]);
    run(&mut net, 120 * SECOND);
    let shares = [1, 2].map(|flow| rate(&net, link, flow, 20 * SECOND, 120 * SECOND));
    assert!(jain(&shares) > 0.95, "{shares:?}");
    assert!(shares[0] + shares[1] > 3_800_000, "{shares:?}");
}

#[test]
fn two_cubics_share_fairly() {
    let config = LinkConfig::constant(4_000_000, 20 * MS);
    let (mut net, link) = with_tcps(config, &[Algorithm::Cubic; 2]);
    run(&mut net, 120 * SECOND);
    let shares = [1, 2].map(|flow| rate(&net, link, flow, 20 * SECOND, 120 * SECOND));
    assert!(jain(&shares) > 0.9, "{shares:?}");
}

#[test]
fn new_reno_halves_and_cubic_takes_three_tenths() {
    for (algorithm, expected) in [(Algorithm::NewReno, 0.5), (Algorithm::Cubic, 0.7)] {
        let config = LinkConfig::constant(2_000_000, 50 * MS);
        let (mut net, link, route) = one_link(config);
        let back = net.add_route(&[], 50 * MS);
        let id = net.add_tcp(TcpConfig::long(1, route, back, algorithm));
        run(&mut net, 20 * SECOND); // slow start is over
        let early = net.tcp(id).timeouts;
        let mut windows = vec![net.tcp(id).window];
        for step in 0..4_000 {
            run(&mut net, 20 * SECOND + step * 10 * MS);
            windows.push(net.tcp(id).window);
        }
        let falls: Vec<f64> = windows
            .windows(2)
            .filter(|pair| pair[1] < pair[0])
            .map(|pair| pair[1] as f64 / pair[0] as f64)
            .collect();
        assert!(!falls.is_empty(), "{algorithm:?} never met the end of the queue");
        assert!(falls.iter().all(|fall| (fall - expected).abs() < 0.03), "{falls:?}");
        assert_eq!(net.tcp(id).timeouts, early);
        assert!(!drops(&net, link).is_empty());
    }
}

#[test]
fn tcp_gets_everything_through_a_lossy_link_and_an_outage() {
    let steps = vec![(0, 2_000_000), (5 * SECOND, 0), (9 * SECOND, 2_000_000)];
    let config = LinkConfig::steps(steps, 50 * MS).with_loss(Kinds::All, Loss::Iid(0.02));
    let (mut net, link, route) = one_link(config);
    let back = net.add_route(&[], 50 * MS);
    let until = 20 * SECOND;
    let config = TcpConfig { until, ..TcpConfig::long(1, route, back, Algorithm::NewReno) };
    let id = net.add_tcp(config);
    run(&mut net, 60 * SECOND);
    let stats = net.tcp(id);
    assert!(stats.timeouts >= 1, "{stats:?}");
    assert!(stats.retransmitted > 10, "{stats:?}");
    assert!(stats.delivered > 1_000_000, "{stats:?}");
    assert_eq!(net.backlog(link), 0);
}

#[test]
fn ten_short_flows_come_and_go() {
    let (mut net, link, route) = one_link(LinkConfig::constant(2_000_000, 50 * MS));
    let back = net.add_route(&[], 50 * MS);
    let ids: Vec<_> = (0..10)
        .map(|flow| {
            let long = TcpConfig::long(flow, route, back, Algorithm::NewReno);
            net.add_tcp(TcpConfig { load: Load::short(flow >= 2), ..long })
        })
        .collect();
    run(&mut net, 300 * SECOND);
    let mut sizes = Vec::new();
    for id in ids {
        let stats = net.tcp(id);
        assert!((15..50).contains(&stats.files.len()), "{}", stats.files.len());
        let whole: u64 = stats.files.iter().map(|file| file.2).sum();
        assert!((whole..=whole + 50_000).contains(&stats.delivered), "{stats:?}");
        assert!(stats.files.iter().all(|file| file.1 - file.0 < 10 * SECOND), "{stats:?}");
        sizes.extend(stats.files.iter().map(|file| file.2));
    }
    assert!(sizes.iter().all(|size| (30_000..=50_000).contains(size)));
    let begun = |flow| net.records(link).iter().find(|r| r.flow == flow).map(|r| r.entered);
    assert_eq!((begun(0), begun(1)), (Some(0), Some(0)));
    assert!((2..10).all(|flow| begun(flow) > Some(100 * MS)));
}

#[test]
fn small_file_takes_two_round_trips_and_no_timeout() {
    // 15 segments: ten at once, the rest as the first are acknowledged; the last, odd, by the alarm.
    let (mut net, _, route) = one_link(LinkConfig::constant(100_000_000, 50 * MS));
    let back = net.add_route(&[], 50 * MS);
    let (smallest, largest, mean_idle) = (21_900, 21_900, SECOND);
    let load = Load::OnOff { smallest, largest, mean_idle, begins_idle: false };
    let id = net.add_tcp(TcpConfig { load, ..TcpConfig::long(1, route, back, Algorithm::NewReno) });
    run(&mut net, 30 * SECOND);
    let stats = net.tcp(id);
    assert!(stats.files.len() > 10, "{stats:?}");
    let took = stats.files.iter().map(|file| file.1 - file.0);
    assert!(took.clone().all(|took| (200 * MS..250 * MS).contains(&took)), "{stats:?}");
    assert!(took.clone().any(|took| took > 240 * MS), "{stats:?}");
    assert_eq!((stats.timeouts, stats.retransmitted), (0, 0));
}

#[test]
fn constant_bit_rate_is_that_and_ends() {
    let (mut net, link, route) = one_link(LinkConfig::wire(MS));
    let (rate, bytes, from, until) = (666_000, 333, SECOND, 3 * SECOND);
    net.add_cbr(CbrConfig { flow: 5, route, rate, bytes, from, until });
    run(&mut net, 10 * SECOND);
    let records = net.records(link);
    assert_eq!(records.len(), 500); // one each 4 ms
    assert_eq!(records.first().map(|record| record.entered), Some(SECOND));
    assert!(records.iter().all(|record| record.left < until));
}

#[test]
fn flows_of_other_delays_share_a_queue() {
    let (mut net, link, near) = one_link(LinkConfig::constant(2_000_000, 10 * MS));
    let far = net.add_route(&[link], 140 * MS);
    net.send(near, Packet::new(1, 1_250, Kind::Media, ()));
    net.send(far, Packet::new(2, 1_250, Kind::Media, ()));
    let mut times = Vec::new();
    while let Some((now, Event::Arrived { route, .. })) = net.next_before(SECOND) {
        times.push((now, route));
    }
    assert_eq!(times, [(15 * MS, near), (160 * MS, far)]);
}

#[test]
fn routes_cross_links_in_series() {
    let mut net = Network::new(1);
    let fast = net.add_link(LinkConfig::constant(10_000_000, MS));
    let slow = net.add_link(LinkConfig::constant(1_000_000, 2 * MS));
    let route = net.add_route(&[fast, slow], 5 * MS);
    let arrived = send_spaced(&mut net, route, 2, 0, media(1_250));
    let times: Vec<Time> = arrived.iter().map(|packet| packet.at).collect();
    assert_eq!(times, [19 * MS, 29 * MS]); // 1 + 1 + 10 + 2 + 5, then 10 more
}

#[test]
fn cell_walks_about_its_median_and_is_out_at_handovers() {
    let handovers = vec![40 * SECOND, 80 * SECOND + 50 * MS];
    for speed in [Speed::Walking, Speed::Driving, Speed::Train] {
        let length = 10_000 * SECOND;
        let config = CellConfig { median: 3_000_000, speed, handovers: handovers.clone(), length };
        let steps = walk(&config, 7);
        let mut rates: Vec<u64> = steps.iter().map(|step| step.1).collect();
        rates.sort_unstable();
        let at = |percent: usize| rates[rates.len() * percent / 100];
        assert!((2_500_000..3_300_000).contains(&at(50)), "{speed:?}: {}", at(50));
        // One sigma is a factor of 1.62; fades thicken the lower end.
        assert!((1_300_000..2_100_000).contains(&at(16)), "{speed:?}: {}", at(16));
        assert!((4_300_000..5_500_000).contains(&at(84)), "{speed:?}: {}", at(84));
        let link = one_link(LinkConfig::steps(steps, 0));
        for begin in &handovers {
            assert_eq!(link.0.capacity(link.1, *begin, begin + 300 * MS), Some(0));
            assert_ne!(link.0.capacity(link.1, begin - MS, *begin), Some(0));
        }
    }
}
