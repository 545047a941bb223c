//! The whole estimate, beside throughput and probes as a controller has them.

mod any;
mod rules;
mod scenes;

use super::*;
use crate::cc::packet::{Class, Ecn, ProbeId, SentPacket};
use crate::cc::probe_rate::ProbeRates;
use crate::cc::throughput::Throughput;

const LEAST: u64 = 5_000;
const MOST: u64 = 30_000_000;

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

struct Rig {
    delay: DelayBased,
    throughput: Throughput,
    probes: ProbeRates,
    now: u64,
    /// The last estimate, and whether there was one since it was last asked.
    estimate: u64,
    updated: bool,
}

impl Rig {
    /// Begins at 100 s. Probe 0 has 5 packets, probe 1 has 8.
    fn new() -> Self {
        let mut probes = ProbeRates::default();
        probes.start(0, 5, 2_000);
        probes.start(1, 8, 4_000);
        Self {
            delay: DelayBased::new(LEAST, MOST),
            throughput: Throughput::new(),
            probes,
            now: 100_000_000,
            estimate: 0,
            updated: false,
        }
    }

    fn feedback(&mut self, packets: &[PacketResult]) -> Update {
        let probed = self.probes.on_feedback(packets).map(|probed| probed.rate);
        self.throughput.on_feedback(packets);
        let acked = self.throughput.rate();
        let update = self.delay.on_feedback(Micros(self.now), packets, acked, false, probed);
        if update.updated {
            self.estimate = update.target;
            self.updated = true;
        }
        update
    }

    /// A packet, told of as it arrives, that was sent at so many milliseconds.
    fn arrives(&mut self, sent: u64, bytes: u16, probe: Option<ProbeId>) -> Update {
        let mut result = packet(sent * 1_000, Some(self.now.cast_signed()), bytes);
        result.sent.probe = probe;
        self.feedback(&[result])
    }

    fn pass(&mut self, millis: u64) {
        self.now += millis * 1_000;
    }

    fn was_updated(&mut self) -> bool {
        std::mem::take(&mut self.updated)
    }
}

/// Five seconds of 480 kbit/s, at first as a probe.
fn five_seconds() -> (Rig, u64) {
    let mut rig = Rig::new();
    let mut sent = 0;
    for index in 0..253 {
        if index == 2 {
            assert!(!rig.delay.is_valid());
            assert!(!rig.was_updated());
        }
        rig.arrives(sent, 1_200, (index < 5).then_some(0));
        rig.pass(20);
        sent += 20;
    }
    (rig, sent)
}
