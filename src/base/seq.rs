//! Sequence numbers: 16 bits on the wire, 64 inside.

/// An RTP sequence number as it stands on the wire (RFC 3550 §5.1); wraps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Seq(pub u16);

/// A sequence number counted on across wraps; the low 16 bits are the wire's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, PartialOrd, Ord)]
pub struct ExtSeq(pub u64);

impl ExtSeq {
    /// The wire's 16 bits.
    #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the wire's number")]
    pub const fn seq(self) -> Seq {
        Seq(self.0 as u16)
    }

    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The extended number nearest to this one that ends in `seq` (RFC 3711 §3.3.1 picks its
    /// packet index the same way). Saturates at 0 below.
    pub const fn nearest(self, seq: Seq) -> Self {
        let diff = seq.0.wrapping_sub(self.seq().0).cast_signed();
        match self.0.checked_add_signed(diff as i64) {
            Some(ext) => Self(ext),
            None => Self(self.0.wrapping_add_signed(diff as i64 + 0x1_0000)),
        }
    }
}

/// Unwraps the sequence numbers of one stream. Starts one cycle up, so that packets that were
/// overtaken by the first one have a place below it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SeqUnwrapper {
    highest: Option<ExtSeq>,
}

impl SeqUnwrapper {
    /// The extended number of `seq`; remembers the highest.
    pub(crate) fn unwrap(&mut self, seq: Seq) -> ExtSeq {
        let ext = self.peek(seq);
        self.highest = Some(self.highest.map_or(ext, |highest| highest.max(ext)));
        ext
    }

    /// The extended number `seq` would get, without remembering it.
    pub(crate) fn peek(&self, seq: Seq) -> ExtSeq {
        match self.highest {
            None => ExtSeq(0x1_0000 | u64::from(seq.0)),
            Some(highest) => highest.nearest(seq),
        }
    }

    /// The highest so far.
    pub(crate) const fn highest(&self) -> Option<ExtSeq> {
        self.highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_across_the_wrap_and_reordered_ones_stay_behind_it() {
        let mut unwrapper = SeqUnwrapper::default();
        assert_eq!(unwrapper.unwrap(Seq(65_534)).0, 0x1_fffe);
        assert_eq!(unwrapper.unwrap(Seq(1)).0, 0x2_0001);
        assert_eq!(unwrapper.unwrap(Seq(65_535)).0, 0x1_ffff);
        assert_eq!(unwrapper.unwrap(Seq(0)).0, 0x2_0000);
        assert_eq!(unwrapper.highest(), Some(ExtSeq(0x2_0001)));
    }

    #[test]
    fn packet_overtaken_by_the_very_first_stays_below_it() {
        let mut unwrapper = SeqUnwrapper::default();
        let first = unwrapper.unwrap(Seq(0));
        assert_eq!(unwrapper.unwrap(Seq(65_535)).0, first.0 - 1);
    }

    #[test]
    fn nearest_below_zero_counts_one_cycle_up() {
        assert_eq!(ExtSeq(3).nearest(Seq(65_535)), ExtSeq(65_535));
    }
}
