//! One packet in, one 16-byte reference per receiver out. Nothing is copied or encrypted here: the
//! references wait at their endpoints until the driver drains them.

use std::time::Instant;

use super::Source;
use super::subscription::Verdict;
use crate::base::{Key, Seq};
use crate::stream::history::{Fields, Position};

/// A packet that stands in its encoding's history, to be fanned out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    /// Slot of the source.
    pub(crate) source: u32,
    pub(crate) encoding: u8,
    pub(crate) position: Position,
    pub(crate) fields: Fields,
}

/// What is due to one receiver: a packet of a history, under new numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PacketRef {
    /// Index of the sent stream.
    pub(crate) stream: u32,
    pub(crate) position: Position,
    pub(crate) timestamp_offset: u32,
    pub(crate) seq: Seq,
    pub(crate) encoding: u8,
}

const _: () = assert!(size_of::<PacketRef>() == 16, "a reference is 16 bytes");

impl Source {
    /// Hands `give` a reference for each receiver of `packet`, with the slot of its endpoint;
    /// `start` hears of the subscriptions that begin with it. Returns how many did not want it.
    pub(crate) fn fan_out(
        &mut self,
        now: Instant,
        packet: &Noted,
        mut give: impl FnMut(u32, PacketRef),
        mut start: impl FnMut(Key),
    ) -> u64 {
        let mut skipped = 0;
        let kind = self.kind();
        for subscription in self.subscriptions_mut() {
            match subscription.decide(now, kind, packet.encoding, &packet.fields) {
                Verdict::Forward { seq, timestamp_offset, started } => {
                    if started {
                        start(subscription.key);
                    }
                    let reference = PacketRef {
                        stream: subscription.stream,
                        position: packet.position,
                        timestamp_offset,
                        seq,
                        encoding: packet.encoding,
                    };
                    give(subscription.endpoint, reference);
                }
                Verdict::Skip => skipped += 1,
            }
        }
        skipped
    }
}
