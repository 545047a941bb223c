//! The packets of one encoding in plaintext, once, however many receivers there are: fan-out seals
//! from here, and so do retransmissions.
//!
//! It holds what came in the last [`HOLD`], at whatever rate, up to a bound: memory grows with the
//! rate, and what a lower rate leaves over is given back after a while. A packet is named by its
//! [`Position`], the count of packets before it; asking for one that is gone gives `None`, never
//! another packet.
//!
//! Knows nothing of receivers. Read next: [`records`] (which packet stands where), [`chunks`]
//! (the bytes), [`overtaking`].

mod chunks;
mod marks;
mod overtaking;
mod records;
#[cfg(test)]
mod tests;

use std::time::Instant;

use crate::base::{ExtSeq, RtpTime, millis_since};
use chunks::Chunks;
pub(crate) use marks::Marks;
pub(crate) use overtaking::MOST_OVERTAKING;
use records::{Record, Records};

/// How long a packet is kept at least, in milliseconds, if the bounds allow. A receiver notices a
/// loss within a frame or two and asks again each round trip; libwebrtc gives up after ten times or
/// when the picture is a second old. Two seconds serve that, the slowest satellite link, and a
/// driver that could not send for a while.
const HOLD: u32 = 2_000;
/// How often it is looked at whether memory is left over, in milliseconds: longer than most
/// encoders take from one key frame to the next, so that a key frame's burst costs memory once.
const REVIEW: u32 = 8_000;

/// Which packet of a [`History`]: counts arrivals, wraps at 2^32, which at 5,000 packets a second
/// is ten days after the packet itself is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Position(pub(crate) u32);

/// A packet's fields, apart from its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    /// The publisher's number, unwrapped, without the padding packets it had in between.
    pub(crate) seq: ExtSeq,
    /// The publisher's timestamp.
    pub(crate) timestamp: RtpTime,
    /// Low bits of the number of its frame, if it is [marked](Marks::FRAME) to have one.
    pub(crate) frame: u32,
    pub(crate) marks: Marks,
    /// Which of the source's codecs.
    pub(crate) codec: u8,
}

/// A packet as kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) fields: &'a Fields,
    /// Header extensions that travel on, as [`crate::media`] wrote them down.
    pub(crate) extensions: &'a [u8],
    /// The payload, without padding.
    pub(crate) payload: &'a [u8],
    /// The payload with one byte of padding, if that makes it as long as the next packet of its
    /// frame.
    pub(crate) padded: Option<&'a [u8]>,
}

/// The bounds of a history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// Bytes of one chunk, below 64 KiB: no packet may be longer.
    chunk: usize,
    most_chunks: usize,
    /// Powers of two: packets there is room for at first, and at most.
    least_packets: usize,
    most_packets: usize,
}

impl Capacity {
    /// 256 KiB: twice Opus' highest rate.
    pub(crate) const AUDIO: Self =
        Self { chunk: 4 * 1024, most_chunks: 64, least_packets: 64, most_packets: 1_024 };
    /// 8 MiB: two seconds at 33 Mbit/s.
    pub(crate) const VIDEO: Self =
        Self { chunk: 32 * 1024, most_chunks: 256, least_packets: 128, most_packets: 8_192 };
}

/// See the module.
#[derive(Debug)]
pub(crate) struct History {
    /// Times are milliseconds from here.
    epoch: Instant,
    records: Records,
    chunks: Chunks,
    /// When it was last looked at whether memory is left over.
    reviewed: u32,
    /// First position of the stream that packets come from now.
    begin: u32,
}

impl History {
    /// An empty one, which holds no memory. `epoch` is a moment before the first packet's.
    pub(crate) const fn new(capacity: Capacity, epoch: Instant) -> Self {
        Self {
            epoch,
            records: Records::new(capacity.least_packets, capacity.most_packets),
            chunks: Chunks::new(capacity.chunk, capacity.most_chunks),
            reviewed: 0,
            begin: 0,
        }
    }

    /// From here on packets are another stream's, whose numbers start anywhere.
    pub(crate) const fn begin_stream(&mut self) {
        self.begin = self.records.next();
    }

    /// Keeps a packet that came at `now`, which never goes back; the oldest may go to make room.
    /// `None` if it is longer than a chunk.
    pub(crate) fn push(
        &mut self,
        now: Instant,
        fields: Fields,
        extensions: &[u8],
        payload: &[u8],
    ) -> Option<Position> {
        let len = extensions.len() + payload.len();
        if !self.chunks.fits(len) {
            return None;
        }
        let at = self.millis(now);
        if at.wrapping_sub(self.reviewed) >= REVIEW {
            self.review(at);
        }
        if let Some(end) = self.chunks.make_room(at, len) {
            self.records.forget_before(end);
        }
        self.records.make_room(at);
        let place = self.chunks.write(at, self.records.next(), extensions, payload);
        // No longer than a chunk.
        let (extensions, payload) = (low_16_bits(extensions.len()), low_16_bits(payload.len()));
        let record = Record { fields, at, place, extensions, payload, pad: false };
        self.records.even_out(&record);
        Some(self.records.push(record))
    }

    /// Gives back memory that has been left over for a while. Packets coming in see to that
    /// themselves; this is for when there are none.
    pub(crate) fn tend(&mut self, now: Instant) {
        let at = self.millis(now);
        if at.wrapping_sub(self.reviewed) >= REVIEW {
            self.review(at);
        }
    }

    /// Whether it holds no memory: nothing has come for a while.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.records.is_at_rest()
    }

    /// The packet at `position`, while it is held.
    #[inline]
    pub(crate) fn get(&self, position: Position) -> Option<Packet<'_>> {
        let record = self.records.get(position)?;
        let bytes = self.chunks.get(record.place, record.len())?;
        let (extensions, padded) = bytes.split_at(usize::from(record.extensions));
        let (payload, _) = padded.split_at(usize::from(record.payload));
        let padded = record.pad.then_some(padded);
        Some(Packet { fields: &record.fields, extensions, payload, padded })
    }

    /// What is known of the packet at `position` is other than before; `revise` may change its
    /// extensions, not their length.
    pub(crate) fn revise(
        &mut self,
        position: Position,
        fields: Fields,
        revise: impl FnOnce(&mut [u8]),
    ) {
        let Some(record) = self.records.get_mut(position) else { return };
        record.fields = fields;
        let len = usize::from(record.extensions);
        if let Some(extensions) = self.chunks.get_mut(record.place, len) {
            revise(extensions);
        }
    }

    #[cold]
    fn review(&mut self, at: u32) {
        self.reviewed = at;
        if let Some(end) = self.chunks.review(at) {
            self.records.forget_before(end);
        }
        self.records.review(at);
    }

    fn millis(&self, now: Instant) -> u32 {
        millis_since(self.epoch, now)
    }
}

/// Whether what came `at` need not be kept any longer. A packet from beyond half the wrap (24 days)
/// passes for new, and is kept a while longer.
const fn is_expired(now: u32, at: u32) -> bool {
    now.wrapping_sub(at).cast_signed() > HOLD.cast_signed()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "lengths within a chunk, which is below 64 KiB"
)]
const fn low_16_bits(len: usize) -> u16 {
    len as u16
}
