//! The same seed is the same run, to the byte, on every machine (T1).

use super::super::cellular::{CellConfig, Speed, walk};
use super::super::tcp::{Algorithm, Load, TcpConfig};
use super::super::wifi::WifiConfig;
use super::*;

/// What everything at once has come to after ten seconds. If an intended change of the network
/// moves it, write the new one here, and say so.
const GOLDEN: u64 = 0xa1f4_de22_6f52_d103;

/// A network with one of everything, after ten seconds.
fn everything(seed: u64) -> u64 {
    let mut net: Network<()> = Network::new(seed);
    let handovers = vec![4 * SECOND];
    let cell =
        CellConfig { median: 3_000_000, speed: Speed::Train, handovers, length: 10 * SECOND };
    let bursts = Loss::GilbertElliott { good_to_bad: 0.01, bad_to_good: 0.2, loss_in_bad: 0.5 };
    let cell = LinkConfig::steps(walk(&cell, seed), 40 * MS)
        .with_queue(QueueConfig::CODEL_ECN)
        .with_marking(Marking::L4sStep(MS))
        .with_loss(Kinds::Only(Kind::Media), bursts)
        .with_jitter(Jitter::Reordered { sigma: 5 * MS, max: 3 });
    let wifi = Rate::Wifi(WifiConfig::alone(vec![(0, 20_000_000)]).among(3, 0.3));
    let wifi = LinkConfig { rate: wifi, duplicates: 0.01, ..LinkConfig::wire(2 * MS) }
        .with_queue(QueueConfig::FQ_CODEL)
        .with_jitter(Jitter::Ordered { sigma: 300 });
    let (cell, wifi) = (net.add_link(cell), net.add_link(wifi));
    let back = LinkConfig::policer(500_000, 3_000, 30 * MS, 20 * MS)
        .with_loss(Kinds::All, Loss::Iid(0.01));
    let back = net.add_link(back);
    let (there, home) = (net.add_route(&[cell, wifi], MS), net.add_route(&[back], 0));
    net.add_tcp(TcpConfig::long(10, there, home, Algorithm::Cubic));
    let short = TcpConfig::long(11, there, home, Algorithm::NewReno);
    net.add_tcp(TcpConfig { load: Load::short(false), ..short });
    add_cbr(&mut net, 12, there, 200_000);
    (0..2_000).for_each(|number| net.set_timer(number * 5 * MS, number));
    while let Some((_, event)) = net.next_before(10 * SECOND) {
        match event {
            Event::Timer(number) => {
                let packet = Packet::new(1, 1_000, Kind::Media, ()).with_tag(number);
                net.send(there, packet.with_ecn(Ecn::Ect1));
            }
            Event::Arrived { route, .. } if route == there => {
                net.send(home, Packet::new(1, 80, Kind::Rtcp, ()));
            }
            Event::Arrived { .. } => {}
        }
    }
    net.log_hash()
}

#[test]
fn same_seed_is_the_same_run() {
    assert_eq!(everything(1), everything(1));
}

#[test]
fn another_seed_is_another_run() {
    assert_ne!(everything(1), everything(2));
}

#[test]
fn run_is_the_same_on_every_machine() {
    assert_eq!(everything(1), GOLDEN, "{:#018x}", everything(1));
}

#[test]
fn one_packet_more_changes_the_digest() {
    let run = |count| {
        let (mut net, _, route) = one_link(LinkConfig::wire(MS));
        send_spaced(&mut net, route, count, MS, media(100));
        net.log_hash()
    };
    assert_ne!(run(10), run(11));
}

#[test]
fn ties_come_in_the_order_in_which_they_were_asked_for() {
    let mut net: Network<()> = Network::new(1);
    // What has gone leaves its place to others, in another order.
    (0..8).for_each(|token| net.set_timer(1 + token, 100));
    while net.next_before(10).is_some() {}
    (0..50).for_each(|token| net.set_timer(20, token));
    let mut tokens = Vec::new();
    while let Some((_, Event::Timer(token))) = net.next_before(20) {
        tokens.push(token);
    }
    assert_eq!(tokens, (0..50).collect::<Vec<_>>());
}

#[test]
fn links_draw_apart() {
    let mut net: Network<()> = Network::new(9);
    let fates = [(); 2].map(|()| {
        let link = net.add_link(LinkConfig::wire(MS).with_loss(Kinds::All, Loss::Iid(0.3)));
        let route = net.add_route(&[link], 0);
        (0..200).for_each(|_| net.send(route, Packet { head: media(100), body: () }));
        net.records(link).iter().map(|record| record.fate).collect::<Vec<_>>()
    });
    assert_ne!(fates[0], fates[1]);
}

#[test]
fn draws_of_one_link_do_not_move_another() {
    let losses = |other: LinkConfig| {
        let mut net = Network::new(9);
        let link = net.add_link(LinkConfig::wire(MS).with_loss(Kinds::All, Loss::Iid(0.3)));
        let other = net.add_link(other);
        let (route, beside) = (net.add_route(&[link], 0), net.add_route(&[other], 0));
        add_cbr(&mut net, 2, beside, 100_000);
        add_cbr(&mut net, 1, route, 1_000_000);
        run(&mut net, SECOND);
        net.records(link).to_vec()
    };
    let jitter = LinkConfig::wire(50 * MS).with_jitter(Jitter::Ordered { sigma: 5 * MS });
    assert_eq!(losses(LinkConfig::wire(MS)), losses(jitter));
}
