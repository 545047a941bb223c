//! One packet in, one 16-byte reference per receiver out. Nothing is copied or encrypted here: the
//! references wait at their endpoints until the driver drains them.

use super::Source;
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
    /// `now` is in the milliseconds of [`WallClock`](crate::base::WallClock).
    ///
    /// A subscription that begins with a packet which came late (its key frame's first was lost
    /// and repaired) gets those that came before it in its place: they were not for it then, and
    /// will not come again.
    pub(crate) fn fan_out(
        &mut self,
        now: u32,
        packet: &Noted,
        mut give: impl FnMut(u32, PacketRef),
        mut start: impl FnMut(Key),
    ) -> u64 {
        let mut skipped = 0;
        let kind = self.kind();
        let (subscriptions, encodings) = self.parts_mut();
        for subscription in subscriptions {
            let (endpoint, stream) = (subscription.endpoint, subscription.stream);
            let mut forward = |position, fields: &Fields| {
                let how = subscription.decide(now, kind, packet.encoding, fields)?;
                let reference = PacketRef {
                    stream,
                    position,
                    timestamp_offset: how.timestamp_offset,
                    seq: how.seq,
                    encoding: packet.encoding,
                };
                give(endpoint, reference);
                Some(how.started)
            };
            let Some(started) = forward(packet.position, &packet.fields) else {
                skipped += 1;
                continue;
            };
            if started {
                let encoding = encodings.get(usize::from(packet.encoding));
                if let Some(history) = encoding.and_then(|held| held.history.as_ref()) {
                    for (position, fields) in history.overtaking(packet.position).iter() {
                        forward(*position, fields);
                    }
                }
                start(subscription.key);
            }
        }
        skipped
    }
}
