//! Where a test lets the engine write: slots it can look into.

use std::time::Instant;

use lahn::{Drained, EgressSink, Engine, Path, Ssrc, Transmit};

/// A sink of a fixed number of slots in one piece of memory, like a driver's; counts, and keeps
/// what was written until it is emptied.
pub struct FixedSink {
    memory: Vec<u8>,
    metas: Vec<Transmit>,
    slots: usize,
    pub datagrams: u64,
    pub rtp: u64,
    /// Newest sequence number under each SSRC.
    newest: [(u32, u16); 64],
}

const SLOT: usize = 1_500;

impl FixedSink {
    pub fn new(slots: usize) -> Self {
        let metas = Vec::with_capacity(slots);
        Self {
            memory: vec![0; slots * SLOT],
            metas,
            slots,
            datagrams: 0,
            rtp: 0,
            newest: [(0, 0); 64],
        }
    }

    /// What was written since it was emptied.
    pub fn written(&self) -> impl Iterator<Item = (Path, &[u8])> {
        let slots = self.memory.chunks(SLOT);
        self.metas.iter().zip(slots).map(|(meta, slot)| (meta.path, &slot[..meta.len]))
    }

    /// The newest sequence number written under `ssrc`.
    pub fn newest_seq(&self, ssrc: Ssrc) -> u16 {
        let found = self.newest.iter().find(|(known, _)| *known == ssrc.0);
        found.expect("something was sent").1
    }

    pub fn empty(&mut self) {
        self.metas.clear();
    }

    /// Polls until nothing is due, emptying itself whenever it is full.
    pub fn drain(&mut self, engine: &mut Engine, now: Instant) {
        loop {
            let drained = engine.poll_transmit(now, self);
            if drained == Drained::Empty {
                return;
            }
            self.empty();
        }
    }
}

impl EgressSink for FixedSink {
    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        let start = self.metas.len() * SLOT;
        (self.metas.len() < self.slots).then(|| &mut self.memory[start..start + len])
    }

    fn commit(&mut self, transmit: Transmit) {
        let slot = &self.memory[self.metas.len() * SLOT..];
        self.datagrams += 1;
        if (128..=191).contains(&slot[0]) && !(192..=223).contains(&slot[1]) {
            self.rtp += 1;
            let ssrc = u32::from_be_bytes([slot[8], slot[9], slot[10], slot[11]]);
            let seq = u16::from_be_bytes([slot[2], slot[3]]);
            let mut known = self.newest.iter_mut();
            if let Some(entry) = known.find(|(known, _)| *known == ssrc || *known == 0) {
                *entry = (ssrc, seq);
            }
        }
        self.metas.push(transmit);
    }
}
