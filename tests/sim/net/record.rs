//! What became of each packet at each link, and a digest of it all.

use super::Time;
use super::packet::{Ecn, Kind};

/// How a packet left a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It went on.
    Served,
    /// The queue had no place, or dropped it to make its point (CoDel). It used no capacity.
    Dropped,
    /// Lost on the wire after service; it used capacity (T4).
    Lost,
}

/// One packet at one link. Records of a link are in the order of `left`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it came to the link.
    pub entered: Time,
    /// When its transmission began (with Wi-Fi: the aggregate's); for a drop, when it was dropped.
    pub started: Time,
    /// When its last bit was out; for a drop, when it was dropped. Propagation is not in it.
    pub left: Time,
    /// Whose it was.
    pub flow: u32,
    /// Bytes on the wire.
    pub bytes: u32,
    /// The sender's mark.
    pub tag: u64,
    /// Of which family.
    pub kind: Kind,
    /// ECN field on leaving.
    pub ecn: Ecn,
    /// How it left.
    pub fate: Fate,
}

impl Record {
    /// Time in queue and in transmission: the "queue delay" of the tables.
    pub fn sojourn(&self) -> Time {
        self.left - self.entered
    }

    /// Time in the queue alone.
    pub fn waited(&self) -> Time {
        self.started - self.entered
    }

    /// Whether it used capacity.
    pub fn used_capacity(&self) -> bool {
        self.fate != Fate::Dropped
    }
}

/// A running 64-bit digest: xor, multiply, rotate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    pub(super) fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }

    pub(super) fn add_record(&mut self, record: &Record) {
        self.add(record.entered);
        self.add(record.started);
        self.add(record.left);
        self.add(u64::from(record.flow) << 32 | u64::from(record.bytes));
        self.add(record.tag);
        self.add((record.kind as u64) << 16 | (record.ecn as u64) << 8 | record.fate as u64);
    }

    pub(super) fn value(self) -> u64 {
        self.0
    }
}
