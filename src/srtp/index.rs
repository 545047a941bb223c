//! The 48-bit packet index of SRTP: guessed from 16 bits on the wire, checked against replay,
//! and moved only by packets that proved authentic (RFC 3711 §3.3.1, §3.3.2).
//!
//! Must not know ciphers. Read next: `unprotect`, which calls the three steps in their order.
#![forbid(unsafe_code)]

use crate::base::{BitWindow, ExtSeq, Seq};

/// A packet index beyond 2^48 - 1: the keys have protected all they may (RFC 3711 §9.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the SRTP packet index has reached its limit")]
pub struct IndexExhausted;

/// 48-bit packet index, 2^16 · ROC + SEQ (RFC 3711 §3.3.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PacketIndex(u64);

impl PacketIndex {
    /// The last index a key may be used with: 2^48 - 1.
    pub const MAX: Self = Self((1 << 48) - 1);

    /// The rollover counter: how often the sequence number has wrapped.
    #[expect(clippy::cast_possible_truncation, reason = "an index has 48 bits, 32 above the SEQ")]
    pub const fn roc(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// The sequence number on the wire.
    pub const fn seq(self) -> Seq {
        ExtSeq(self.0).seq()
    }

    /// ROC ‖ SEQ in network order, as both nonces have it.
    pub(super) fn to_be_bytes(self) -> [u8; 6] {
        let [_, _, index @ ..] = self.0.to_be_bytes();
        index
    }
}

impl From<PacketIndex> for u128 {
    fn from(index: PacketIndex) -> Self {
        Self::from(index.0)
    }
}

impl TryFrom<ExtSeq> for PacketIndex {
    type Error = IndexExhausted;

    fn try_from(number: ExtSeq) -> Result<Self, IndexExhausted> {
        if number.0 > Self::MAX.0 {
            return Err(IndexExhausted);
        }
        Ok(Self(number.0))
    }
}

/// What the receiver of one SSRC remembers: the highest index that was authentic, and which of
/// those below it have been seen.
#[derive(Clone, Debug, Default)]
pub struct ReceiveIndex {
    /// 1024 packets: RFC 3711 §3.3.2 asks for 64 at least, but a retransmission under its own
    /// number comes a round trip late, and that is hundreds of packets at video rates.
    seen: BitWindow<16>,
}

impl ReceiveIndex {
    /// The index `seq` most likely stands for: the nearest to the highest authentic one
    /// (RFC 3711 §3.3.1 and appendix A). The first packet of a stream is taken to have ROC 0.
    ///
    /// One step aside from the RFC: with ROC 0 a number "before the start" cannot be, so it is
    /// taken as a jump ahead; the RFC's -1 mod 2^32 could never be right.
    pub(super) fn estimate(&self, seq: Seq) -> Result<PacketIndex, IndexExhausted> {
        let seq = u64::from(seq.0);
        let Some(highest) = self.seen.highest() else {
            return Ok(PacketIndex(seq));
        };
        let (roc, highest_seq) = (highest >> 16, highest & 0xffff);
        let roc = if highest_seq < HALF && seq > highest_seq + HALF {
            roc.saturating_sub(1)
        } else if highest_seq >= HALF && seq + HALF < highest_seq {
            roc + 1
        } else {
            roc
        };
        PacketIndex::try_from(ExtSeq(roc << 16 | seq))
    }

    /// Whether a packet with this index may still come: not seen, not below the window.
    pub(super) const fn is_fresh(&self, index: PacketIndex) -> bool {
        self.seen.is_fresh(index.0)
    }

    /// Takes note of a packet that proved authentic.
    pub(super) fn commit(&mut self, index: PacketIndex) {
        self.seen.mark(index.0);
    }
}

/// Half the sequence number space.
const HALF: u64 = 1 << 15;

#[cfg(test)]
mod tests {
    use super::*;

    fn after(highest: u64) -> ReceiveIndex {
        let mut stream = ReceiveIndex::default();
        stream.commit(PacketIndex(highest));
        stream
    }

    /// RFC 3711 §3.3.1, written out: v is the ROC of the guess, seen from ROC 5.
    #[test]
    fn guess_is_the_nearest_index() {
        const ROC: u64 = 5 << 16;
        for (highest_seq, seq, v) in [
            (0, 0x8000, 5), // exactly half ahead stays
            (0, 0x8001, 4),
            (0x7fff, 0xffff, 5),
            (0x7ffe, 0xffff, 4),
            (0x8000, 0, 5), // exactly half behind stays
            (0x8001, 0, 6),
            (0xffff, 0, 6),
            (0xffff, 0x7ffe, 6),
            (0xffff, 0x7fff, 5),
            (1, 0xffff, 4),
        ] {
            let guess = after(ROC + highest_seq).estimate(Seq(seq)).unwrap();
            assert_eq!((guess.roc(), guess.seq()), (v, Seq(seq)), "{highest_seq} {seq}");
        }
    }

    #[test]
    fn first_packet_has_rollover_counter_zero() {
        assert_eq!(ReceiveIndex::default().estimate(Seq(65_535)), Ok(PacketIndex(65_535)));
    }

    #[test]
    fn nothing_comes_before_the_start() {
        assert_eq!(after(3).estimate(Seq(65_535)), Ok(PacketIndex(65_535)));
    }

    #[test]
    fn index_ends_at_its_48th_bit() {
        assert!(PacketIndex::try_from(ExtSeq(1 << 48)).is_err());
        let last = PacketIndex::try_from(ExtSeq((1 << 48) - 1)).unwrap();
        assert_eq!((last.roc(), last.seq()), (u32::MAX, Seq(u16::MAX)));
        assert_eq!(after(PacketIndex::MAX.0).estimate(Seq(0)), Err(IndexExhausted));
        assert_eq!(after(PacketIndex::MAX.0).estimate(Seq(65_535)), Ok(PacketIndex::MAX));
    }

    #[test]
    fn window_spans_1024_packets() {
        let stream = after(5_000);
        assert!(!stream.is_fresh(PacketIndex(5_000)));
        assert!(stream.is_fresh(PacketIndex(5_000 - 1_023)));
        assert!(!stream.is_fresh(PacketIndex(5_000 - 1_024)));
    }
}
