//! Takes padding packets out of a stream's numbers, so that receivers, who do not get them, see no
//! gap where nothing is lost.

use crate::base::ExtSeq;

/// Padding packets a reordered packet can still be told apart from.
const REMEMBERED: usize = 32;

/// The padding packets removed so far.
#[derive(Debug, Default)]
pub(crate) struct Compaction {
    removed: u64,
    /// The newest removed, in a ring: at `n % REMEMBERED` the `n`-th.
    newest: [ExtSeq; REMEMBERED],
}

impl Compaction {
    /// `ext`, which is above all others so far, will not be passed on.
    pub(crate) const fn remove(&mut self, ext: ExtSeq) {
        self.newest[Self::place(self.removed)] = ext;
        self.removed += 1;
    }

    /// The number of packet `ext` with those before it taken out; `None` if it is so late that
    /// this is not known any more (a guess might give two packets one number).
    pub(crate) fn compact(&self, ext: ExtSeq) -> Option<ExtSeq> {
        let remembered = self.removed.min(REMEMBERED as u64);
        let after = (self.removed - remembered..self.removed)
            .rev()
            .take_while(|&n| self.newest[Self::place(n)] > ext)
            .count() as u64;
        let known = after < remembered || remembered == self.removed;
        known.then(|| ExtSeq(ext.0 - (self.removed - after)))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below REMEMBERED")]
    const fn place(n: u64) -> usize {
        (n % REMEMBERED as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_close_up_over_padding_and_late_packets_keep_their_place() {
        let mut compaction = Compaction::default();
        let compact = |compaction: &Compaction, ext| compaction.compact(ExtSeq(ext)).map(|c| c.0);
        assert_eq!(compact(&compaction, 100), Some(100));
        compaction.remove(ExtSeq(102));
        compaction.remove(ExtSeq(103));
        assert_eq!(compact(&compaction, 104), Some(102));
        assert_eq!(compact(&compaction, 101), Some(101));
        compaction.remove(ExtSeq(105));
        assert_eq!(compact(&compaction, 104), Some(102));
        assert_eq!(compact(&compaction, 106), Some(103));
    }

    #[test]
    fn packet_from_before_all_that_is_remembered_gets_no_number() {
        let mut compaction = Compaction::default();
        for ext in 0..40 {
            compaction.remove(ExtSeq(200 + 2 * ext));
        }
        assert_eq!(compaction.compact(ExtSeq(215)), None);
        assert_eq!(compaction.compact(ExtSeq(217)), Some(ExtSeq(217 - 9)));
    }
}
