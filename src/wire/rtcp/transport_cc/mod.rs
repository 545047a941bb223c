//! Transport-wide congestion control feedback
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): when each packet of a transport
//! arrived, from the sequence numbers of [`crate::wire::ext::transport_cc`].
//!
//! Read here, written in `write`; the packing of statuses, which both share, is in `chunk`.

mod chunk;
mod write;

use chunk::{Chunk, Symbol};

use super::split_feedback;
use crate::base::{Seq, Ssrc};

/// Which packets arrived, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransportCc<'a> {
    /// Who reports.
    pub sender: Ssrc,
    /// A stream of the transport; which one does not matter.
    pub media: Ssrc,
    /// Transport-wide number of the first packet reported on.
    pub base: Seq,
    /// How many packets are reported on, from `base` on. Five run lengths can claim all 65535 as
    /// missing: compare it with what was sent before walking through them.
    pub status_count: u16,
    /// What arrival times count from: 24 bits with sign, in 64 ms; wraps.
    pub reference_time: i32,
    /// Counts feedback packets; wraps. A gap means that one was lost.
    pub feedback_count: u8,
    chunks: &'a [[u8; 2]],
    deltas: &'a [u8],
}

impl<'a> TransportCc<'a> {
    /// Checks that there are chunks for every status and deltas for every arrival, in steps of a
    /// chunk: a long run costs no more than a short one.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (sender, media, control) = split_feedback(body)?;
        let (&[b0, b1, c0, c1, r0, r1, r2, feedback_count], rest) =
            control.split_first_chunk::<8>()?;
        let status_count = u16::from_be_bytes([c0, c1]);

        let (mut chunk_count, mut delta_len, mut left) = (0, 0, status_count);
        let mut chunks = rest.as_chunks().0.iter();
        while left > 0 {
            let chunk = Chunk::from_bytes(*chunks.next()?);
            let covered = chunk.len().min(left);
            delta_len += chunk.delta_len(covered);
            left -= covered;
            chunk_count += 1;
        }
        let (chunks, deltas) = rest.split_at_checked(chunk_count * 2)?;
        Some(Self {
            sender,
            media,
            base: Seq(u16::from_be_bytes([b0, b1])),
            status_count,
            // Shifted down with its sign.
            reference_time: i32::from_be_bytes([r0, r1, r2, 0]) >> 8,
            feedback_count,
            chunks: chunks.as_chunks().0,
            deltas: deltas.get(..delta_len)?,
        })
    }

    /// Each packet reported on, in order, with its arrival in ticks of 250 µs since the epoch of
    /// the reference time, that is `reference_time * 256` plus the deltas up to it; `None` if it
    /// did not arrive, or arrived at a time that is not told (the reserved status).
    /// Yields [`status_count`](Self::status_count) packets.
    pub fn packets(&self) -> impl Iterator<Item = (Seq, Option<i64>)> + Clone + use<'a> {
        let mut arrival = i64::from(self.reference_time) * TICKS_PER_REFERENCE;
        let mut deltas = self.deltas;
        let base = self.base.0;
        let symbols = self.chunks.iter().flat_map(|chunk| Chunk::from_bytes(*chunk).symbols());
        (0..self.status_count).zip(symbols).map(move |(nth, symbol)| {
            let delta = split_delta(symbol, deltas).map(|(delta, rest)| {
                deltas = rest;
                arrival += i64::from(delta);
                arrival
            });
            (Seq(base.wrapping_add(nth)), delta)
        })
    }
}

/// The delta that belongs to a status, and those behind it; `None` if it has none.
fn split_delta(symbol: Symbol, deltas: &[u8]) -> Option<(i16, &[u8])> {
    match symbol {
        Symbol::Missing | Symbol::Reserved => None,
        Symbol::SmallDelta => {
            let (delta, rest) = deltas.split_first()?;
            Some((i16::from(*delta), rest))
        }
        Symbol::LargeDelta => {
            let (delta, rest) = deltas.split_first_chunk()?;
            Some((i16::from_be_bytes(*delta), rest))
        }
    }
}

/// 64 ms in ticks of 250 µs.
const TICKS_PER_REFERENCE: i64 = 256;

#[cfg(test)]
mod tests;
