//! Switching between encodings and layers costs no memory: after a warm-up, hundreds of switches at
//! key frames and of changes of temporal layers without one allocation or deallocation. (What the
//! application asks for may: it is not asked per packet.)

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/counting.rs"]
mod counting;
#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/ends.rs"]
mod ends;
#[allow(unreachable_pub, dead_code, unused_imports, reason = "shared by crates that use a part")]
#[path = "support/publish/mod.rs"]
mod publish;
#[allow(unreachable_pub, dead_code, unused_imports, reason = "shared by crates that use a part")]
#[path = "support/reference/mod.rs"]
mod reference;
#[allow(unreachable_pub, dead_code, unused_imports, reason = "shared by crates that use a part")]
#[path = "model/wire.rs"]
mod wire;

use std::time::Instant;

use counting::allocations;
use lahn::srtp::Protector;
use lahn::{
    Config, CongestionConfig, Constraints, Drained, EgressSink, Engine, Event, Ssrc, Transmit,
};
use publish::{FRAME_INTERVAL, Kind, Publisher};

/// One slot, used again.
struct Slot {
    bytes: [u8; 2_000],
    sent: u64,
}

impl EgressSink for Slot {
    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        self.bytes.get_mut(..len)
    }

    fn commit(&mut self, _: Transmit) {
        self.sent += 1;
    }
}

/// A key frame of all encodings every so many pictures, and with it other constraints.
const EVERY: u32 = 6;

/// Allocations over the second half of `pictures`, and how often the layer changed in it.
fn switching(kind: Kind, pictures: u32) -> (u64, u64) {
    #[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
    let mut now = Instant::now();
    let mut engine =
        Engine::new(Config { congestion: CongestionConfig::OFF, ..Config::default() }, now);
    let conference = engine.open_conference().expect("room");
    let (ours, theirs) = wire::keys(1);
    let publishing = engine.add_raw_endpoint(now, conference, wire::path(1), ours).expect("room");
    engine.set_session(now, publishing, &wire::publishing(kind)).expect("good");
    let source = engine.sources(conference).expect("it lives")[0];
    let (ours, _) = wire::keys(2);
    let receiver = engine.add_raw_endpoint(now, conference, wire::path(2), ours).expect("room");
    let subscription = engine.subscribe(now, receiver, source).expect("it may");
    engine.set_session(now, receiver, &wire::receiving(kind, Ssrc(7))).expect("good");

    let (mut publisher, seals) = (Publisher::new(kind, 3), Protector::new(&theirs));
    let mut slot = Slot { bytes: [0; 2_000], sent: 0 };
    let (mut count, mut changes) = (0, 0);
    for picture in 0..pictures {
        if picture % EVERY == 0 {
            let turn = u8::try_from(picture / EVERY % 6).expect("small");
            let (max_spatial, max_temporal) = (Some(turn % 3), Some(turn % 2 + 1));
            let constraints = Constraints { max_spatial, max_temporal, ..Constraints::default() };
            engine.set_constraints(now, subscription, constraints).expect("it lives");
            (0..kind.encodings).for_each(|encoding| publisher.key_frame_wanted(encoding));
        }
        now += FRAME_INTERVAL;
        let packets = publisher.next_frame(now);
        let mut datagrams: Vec<_> =
            packets.iter().map(|packet| wire::seal(&seals, kind, packet)).collect();
        let (allocated, changed) = allocations(|| {
            for datagram in &mut datagrams {
                engine.handle_datagram(now, wire::path(1), datagram);
            }
            engine.handle_timeout(now);
            while engine.poll_transmit(now, &mut slot) == Drained::SinkFull {}
            let mut changed = 0;
            while let Some(event) = engine.poll_event() {
                changed += u64::from(matches!(event, Event::LayerChanged { .. }));
            }
            changed
        });
        if picture >= pictures / 2 {
            (count, changes) = (count + allocated, changes + changed);
        }
    }
    assert!(slot.sent > u64::from(pictures), "{kind:?}: packets came");
    (count, changes)
}

#[test]
fn switches_allocate_nothing() {
    for kind in [Kind::VP8_SIMULCAST, Kind::VP9_L3T3, Kind::AV1_L3T3, Kind::AV1_SIMULCAST] {
        let (allocated, changes) = switching(kind, 1_200);
        assert!(changes >= 90, "{kind:?}: {changes} switches");
        assert_eq!(allocated, 0, "{kind:?}, {changes} switches");
    }
}
