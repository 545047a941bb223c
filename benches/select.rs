//! What it costs to decide about one packet for one receiver, and to note it if it goes: fan-out
//! alone, without its way in (divided by 500 receivers it is below 2 ns) and without its way out.
//!
//! "paused" is what a receiver costs that gets nothing, "whole" one that gets all of a stream: no
//! decision but which encoding. What lies above is the selector's: a temporal layer left out, a
//! spatial layer of VP9, a decode target by dependency descriptor.
//!
//! `cargo bench --bench select`

#[expect(dead_code, unreachable_pub, reason = "shared by benches that use a part each")]
mod support;

#[allow(unreachable_pub, dead_code, reason = "shared by crates that use a part")]
#[path = "../tests/support/ends.rs"]
mod ends;
#[allow(unreachable_pub, dead_code, unused_imports, reason = "shared by crates that use a part")]
#[path = "../tests/support/publish/mod.rs"]
mod publish;
#[allow(unreachable_pub, dead_code, unused_imports, reason = "shared by crates that use a part")]
#[path = "../tests/support/reference/mod.rs"]
mod reference;
#[allow(unreachable_pub, dead_code, reason = "shared by crates that use a part")]
#[path = "../tests/model/wire.rs"]
mod wire;

use std::time::{Duration, Instant};

use lahn::srtp::Protector;
use lahn::{Config, CongestionConfig, Constraints, Drained, Engine, Event, Ssrc};

use publish::{FRAME_INTERVAL, Kind, Publisher};
use support::arena::Arena;
use support::clock;
use support::measure::{Entrant, Group, Work, settings};
use support::summary::Summary;

const RECEIVERS: u16 = 500;

struct Selecting {
    kind: Kind,
    engine: Engine,
    publisher: Publisher,
    seals: Protector,
    arena: Arena,
    now: Instant,
    decisions: u64,
}

impl Selecting {
    fn new(kind: Kind, constraints: Constraints) -> Self {
        let now = clock();
        let mut engine =
            Engine::new(Config { congestion: CongestionConfig::OFF, ..Config::default() }, now);
        let conference = engine.open_conference().expect("room");
        let (ours, theirs) = wire::keys(1);
        let endpoint = engine.add_raw_endpoint(now, conference, wire::path(1), ours).expect("room");
        engine.set_session(now, endpoint, &wire::publishing(kind)).expect("good");
        let source = std::iter::from_fn(|| engine.poll_event()).find_map(|event| match event {
            Event::SourceAdded { source, .. } => Some(source),
            _ => None,
        });
        let source = source.expect("it publishes");
        for number in 0..RECEIVERS {
            let [high, low] = number.to_be_bytes();
            let mut path = wire::path(2);
            path.remote = ([10, 2, high, low], 40_000).into();
            let (ours, _) = wire::keys(low | 1);
            let receiver = engine.add_raw_endpoint(now, conference, path, ours).expect("room");
            let subscription = engine.subscribe(now, receiver, source).expect("it may");
            let session = wire::receiving(kind, Ssrc(0x2000_0000 + u32::from(number)));
            engine.set_session(now, receiver, &session).expect("good");
            engine.set_constraints(now, subscription, constraints).expect("it lives");
        }
        let publisher = Publisher::new(kind, 7);
        let (seals, arena) = (Protector::new(&theirs), Arena::new());
        let mut selecting = Self { kind, engine, publisher, seals, arena, now, decisions: 0 };
        // Two seconds of pictures: everybody has settled.
        for _ in 0..60 {
            selecting.round();
        }
        selecting
    }
}

impl Work for Selecting {
    /// Packets of the round, times receivers.
    fn packets(&self) -> u64 {
        self.decisions
    }

    fn round(&mut self) -> Duration {
        self.now += FRAME_INTERVAL;
        let packets = self.publisher.next_frame(self.now);
        let mut datagrams: Vec<_> =
            packets.iter().map(|packet| wire::seal(&self.seals, self.kind, packet)).collect();
        let start = clock();
        for datagram in &mut datagrams {
            self.engine.handle_datagram(self.now, wire::path(1), datagram);
        }
        let spent = clock() - start;
        self.engine.handle_timeout(self.now);
        while self.engine.poll_transmit(self.now, &mut self.arena) == Drained::SinkFull {
            self.arena.empty();
        }
        self.arena.empty();
        while self.engine.poll_event().is_some() {}
        self.decisions = datagrams.len() as u64 * u64::from(RECEIVERS);
        spent
    }
}

fn main() {
    let mut criterion = settings();
    let mut summary = Summary::new("select");
    let mut group = Group::new(&mut criterion, "select", &mut summary);
    let free = Constraints::default();
    let paused = Constraints { paused: true, ..free };
    let first = Constraints { max_spatial: Some(2), ..free };
    let thinned = Constraints { max_temporal: Some(1), ..free };
    let middle = Constraints { max_spatial: Some(1), max_temporal: Some(1), ..free };
    let cases = [
        ("vp8 simulcast", Kind::VP8_SIMULCAST, vec![("whole", first), ("temporal", thinned)]),
        ("vp9 svc", Kind::VP9_L3T3, vec![("all", free), ("spatial and temporal", middle)]),
        ("av1 descriptor", Kind::AV1_L3T3, vec![("all", free), ("spatial and temporal", middle)]),
    ];
    for (name, kind, bounds) in cases {
        let entrant = |(name, constraints): (&'static str, Constraints)| {
            Entrant::new(name, move || Selecting::new(kind, constraints))
        };
        let all = std::iter::once(("paused", paused)).chain(bounds);
        group.compare(name, all.map(entrant).collect());
    }
    drop(group);
    criterion.final_summary();
    summary.finish();
}
