//! What is granted to one is taken for another: only if the other comes before it by more than a
//! tie, not soon after it was given, and enough of it or nothing.

use super::Wishes;
use super::entry::Entry;
use super::order::Turn;
use crate::base::Micros;

/// What may be taken from whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange<'a> {
    pub(super) now: Micros,
    pub(super) turns: &'a [Turn],
    pub(super) wishes: &'a Wishes,
    pub(super) entries: &'a [Entry],
    /// How many steps each should have in the end: those it keeps.
    pub(super) targets: &'a [u8],
    /// When somebody changed what is wanted.
    pub(super) relaid: Micros,
    /// Ties are settled, too.
    pub(super) settles: bool,
}

impl Exchange<'_> {
    /// Lowers `levels`, from the last turn on, by at least `needed` bit/s, for the sake of what has
    /// `turn`. Returns by how much; `None`: that is more than can be had, and `levels` are of no
    /// use any more.
    pub(super) fn take(&self, turn: &Turn, needed: u64, levels: &mut [u8]) -> Option<u64> {
        let mut taken = 0;
        for other in self.turns.iter().rev() {
            if taken >= needed || other.class() < turn.class() {
                break;
            }
            let place = usize::from(other.wish);
            if levels[place] == other.level + 1 && self.may_take(turn, other) {
                levels[place] = other.level;
                let rate = |level| self.wishes.rate(place, level);
                taken += rate(other.level + 1) - rate(other.level);
            }
        }
        (taken >= needed).then_some(taken)
    }

    /// Whether the step of `other` may be taken back for that of `turn`.
    fn may_take(&self, turn: &Turn, other: &Turn) -> bool {
        let place = usize::from(other.wish);
        let comes_before = turn.class() < other.class() || self.settles;
        let is_over = other.level >= self.targets[place];
        comes_before && is_over && self.entries[place].may_switch(self.now, self.relaid)
    }
}
