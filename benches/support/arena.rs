//! Where outgoing datagrams are written: 256 KiB, back to back, from the front again when full, as
//! a driver has it. Small enough for the second-level cache, which is as it should be: the kernel
//! reads them from there.

use std::hint::black_box;

use lahn::{EgressSink, Transmit};

const BYTES: usize = 256 * 1024;

/// See the module.
pub struct Arena {
    bytes: Vec<u8>,
    filled: usize,
    /// RTP packets written, reports not counted.
    pub rtp: u64,
}

impl Arena {
    pub fn new() -> Self {
        Self { bytes: vec![0; BYTES], filled: 0, rtp: 0 }
    }

    /// What is in it was sent.
    pub fn empty(&mut self) {
        black_box(&self.bytes);
        self.filled = 0;
    }

    /// The next `len` bytes; from the front again when there is no room.
    pub fn next(&mut self, len: usize) -> &mut [u8] {
        if self.filled + len > self.bytes.len() {
            self.empty();
        }
        let start = self.filled;
        self.filled += len;
        &mut self.bytes[start..][..len]
    }
}

impl EgressSink for Arena {
    fn datagrams_per_slot(&self) -> usize {
        usize::MAX
    }

    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        self.bytes.get_mut(self.filled..)?.get_mut(..len)
    }

    fn commit(&mut self, transmit: Transmit) {
        // RFC 5761 §4: RTCP's packet types are 192 to 223.
        self.rtp += u64::from(!(192..=223).contains(&self.bytes[self.filled + 1]));
        self.filled += transmit.len;
    }
}
