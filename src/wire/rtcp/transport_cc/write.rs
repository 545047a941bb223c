//! Writes transport-wide feedback by walking over the arrivals again and again: how many fit, how
//! long that gets, then the bytes. Nothing is kept in between.

use super::TICKS_PER_REFERENCE;
use super::chunk::{Chunk, Symbol};
use crate::base::{Seq, Ssrc};
use crate::wire::rtcp::compound::Compound;
use crate::wire::rtcp::{TRANSPORT_CC, TRANSPORT_FEEDBACK};

impl Compound<'_> {
    /// Writes feedback on the packets from `base` on. `arrivals[i]` is when `base + i` arrived, in
    /// 250 µs ticks of one clock of the caller's, `None` if it did not; they go out modulo 2³²
    /// ticks (12 days).
    ///
    /// Returns how many entries were taken: it stops early when it runs out of room, or before an
    /// arrival more than ±8 s from the one before, and the caller goes on from there in another
    /// packet. 0, and nothing written: there is no arrival among them, or no room.
    pub fn transport_cc(
        &mut self,
        sender: Ssrc,
        media: Ssrc,
        base: Seq,
        feedback_count: u8,
        arrivals: &[Option<i64>],
    ) -> usize {
        let Some(first) = arrivals.iter().flatten().next() else { return 0 };
        let Some(room) = self.room().checked_sub(8 + FIXED_LEN) else { return 0 };
        let reference_time = first.div_euclid(TICKS_PER_REFERENCE);
        let statuses = Statuses { arrivals, previous: reference_time * TICKS_PER_REFERENCE };
        let taken = how_many_fit(statuses.clone(), room);
        if taken == 0 {
            return 0;
        }

        let statuses = statuses.take(taken.into());
        let symbols = statuses.clone().map(Status::symbol);
        let chunk_len = 2 * Chunk::pack_all(symbols.clone()).count();
        let delta_len: usize = symbols.clone().map(Symbol::delta_len).sum();
        let control_len = (FIXED_LEN + chunk_len + delta_len).next_multiple_of(4);
        let feedback =
            self.append_feedback(TRANSPORT_FEEDBACK, TRANSPORT_CC, (sender, media), control_len);
        let Some(mut writer) = feedback else { return 0 };
        let [.., r2, r1, r0] = reference_time.to_be_bytes();
        writer.put(&base.0.to_be_bytes());
        writer.put(&taken.to_be_bytes());
        writer.put(&[r2, r1, r0, feedback_count]);
        Chunk::pack_all(symbols).for_each(|chunk| writer.put(&chunk.to_bytes()));
        for status in statuses {
            match status {
                Status::Missing => {}
                Status::Small(delta) => writer.put(&[delta]),
                Status::Large(delta) => writer.put(&delta.to_be_bytes()),
            }
        }
        // Zeroes without the P bit, which would have to be the last packet's (RFC 3550 §6.4.1).
        writer.finish();
        taken.into()
    }
}

/// Takes statuses until chunks and deltas would not fit into `room` bytes. With nothing behind
/// them, those taken may come to need fewer chunks than was counted on here, but never more.
fn how_many_fit(mut statuses: Statuses<'_>, room: usize) -> u16 {
    let (mut taken, mut chunk_len, mut delta_len) = (0u16, 0, 0);
    while let Some((_, covered)) = Chunk::pack(statuses.clone().map(Status::symbol)) {
        chunk_len += 2;
        for status in statuses.by_ref().take(covered.into()) {
            delta_len += status.symbol().delta_len();
            match taken.checked_add(1) {
                Some(more) if chunk_len + delta_len <= room => taken = more,
                _ => return taken,
            }
        }
    }
    taken
}

/// What becomes of an arrival.
#[derive(Clone, Copy)]
enum Status {
    Missing,
    Small(u8),
    Large(i16),
}

impl Status {
    const fn symbol(self) -> Symbol {
        match self {
            Self::Missing => Symbol::Missing,
            Self::Small(_) => Symbol::SmallDelta,
            Self::Large(_) => Symbol::LargeDelta,
        }
    }
}

/// The statuses of arrivals, up to the first whose delta does not fit 16 bits.
#[derive(Clone)]
struct Statuses<'s> {
    arrivals: &'s [Option<i64>],
    previous: i64,
}

impl Iterator for Statuses<'_> {
    type Item = Status;

    fn next(&mut self) -> Option<Self::Item> {
        let (arrival, rest) = self.arrivals.split_first()?;
        let status = match arrival {
            None => Status::Missing,
            Some(arrival) => {
                let delta = i16::try_from(arrival.checked_sub(self.previous)?).ok()?;
                self.previous = *arrival;
                u8::try_from(delta).map_or(Status::Large(delta), Status::Small)
            }
        };
        self.arrivals = rest;
        Some(status)
    }
}

/// Base, status count, reference time, feedback count.
const FIXED_LEN: usize = 8;
