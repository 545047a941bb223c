//! Each piece of the network by itself; `determinism` holds the whole still.

mod capacity;
mod determinism;
mod draws;
mod queues;
mod traffic;
mod wire;

use super::cbr::CbrConfig;
use super::*;

/// What arrived, when.
struct Arrived {
    at: Time,
    sent: Time,
    tag: u64,
    ecn: Ecn,
}

/// A network of one link and a route over it.
fn one_link(config: LinkConfig) -> (Network<()>, LinkId, RouteId) {
    let mut net = Network::new(1);
    let link = net.add_link(config);
    let route = net.add_route(&[link], 0);
    (net, link, route)
}

/// Sends `count` packets, one each `gap`, tagged with their numbers; tells what arrives.
fn send_spaced(
    net: &mut Network<()>,
    route: RouteId,
    count: u64,
    gap: Time,
    head: Head,
) -> Vec<Arrived> {
    (0..count).for_each(|number| net.set_timer(number * gap, number));
    let mut arrived = Vec::new();
    while let Some((now, event)) = net.next_before(Time::MAX / 2) {
        match event {
            Event::Timer(number) => {
                let head = Head { tag: number, ..head };
                net.send(route, Packet { head, body: () });
            }
            Event::Arrived { packet, .. } => {
                let Head { tag, ecn, .. } = packet.head;
                arrived.push(Arrived { at: now, sent: tag * gap, tag, ecn });
            }
        }
    }
    arrived
}

fn media(bytes: u32) -> Head {
    Head::new(1, bytes, Kind::Media)
}

/// Adds an endless source.
fn add_cbr(net: &mut Network<()>, flow: u32, route: RouteId, rate: u64) {
    net.add_cbr(CbrConfig { flow, route, rate, bytes: 1_200, from: 0, until: Time::MAX / 2 });
}

/// Runs a network whose traffic is all within.
fn run(net: &mut Network<()>, until: Time) {
    assert!(net.next_before(until).is_none(), "only cross traffic here");
}

/// Bits that a flow got through a link after `from`, per second until `until`.
fn rate(net: &Network<()>, link: LinkId, flow: u32, from: Time, until: Time) -> u64 {
    let records = net.records(link).iter().filter(|record| {
        record.flow == flow && record.used_capacity() && (from..until).contains(&record.left)
    });
    records.map(|record| u64::from(record.bytes) * 8).sum::<u64>() * SECOND / (until - from)
}

fn drops(net: &Network<()>, link: LinkId) -> Vec<Record> {
    let records = net.records(link).iter().copied();
    records.filter(|record| record.fate == Fate::Dropped).collect()
}

/// The `percent`-th percentile of the sojourn of what was served after `from`.
fn sojourn(net: &Network<()>, link: LinkId, flow: u32, from: Time, percent: usize) -> Time {
    let records = net.records(link).iter();
    let served = records.filter(|r| r.flow == flow && r.used_capacity() && r.left >= from);
    let mut times: Vec<Time> = served.map(Record::sojourn).collect();
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}

/// Jain's index of fairness.
fn jain(shares: &[u64]) -> f64 {
    let sum: f64 = shares.iter().map(|share| *share as f64).sum();
    let squares: f64 = shares.iter().map(|share| (*share as f64).powi(2)).sum();
    sum * sum / (shares.len() as f64 * squares)
}
