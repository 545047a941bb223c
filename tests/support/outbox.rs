//! Where the engine writes its datagrams in these tests: a few slots, then full.

use std::net::SocketAddr;

use lahn::{EgressSink, Path, Transmit};

pub struct Outbox {
    slots: usize,
    slot: Vec<u8>,
    pub datagrams: Vec<(Path, Vec<u8>)>,
}

impl Outbox {
    pub fn new(slots: usize) -> Self {
        Self { slots, slot: Vec::new(), datagrams: Vec::new() }
    }

    pub fn take(&mut self) -> Vec<(Path, Vec<u8>)> {
        std::mem::take(&mut self.datagrams)
    }
}

impl EgressSink for Outbox {
    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        if self.datagrams.len() >= self.slots {
            return None;
        }
        // What was here before is not the engine's to rely on.
        self.slot.clear();
        self.slot.resize(len, 0xa5);
        Some(&mut self.slot)
    }

    fn commit(&mut self, transmit: Transmit) {
        assert!(transmit.len <= self.slot.len(), "committed more than the slot held");
        assert!(transmit.len > 0, "an empty datagram");
        assert_ne!(transmit.path.remote, SocketAddr::from(([0, 0, 0, 0], 0)));
        self.datagrams.push((transmit.path, self.slot[..transmit.len].to_vec()));
    }
}
