//! The allocation of a moment: each step in its turn, if it fits.

use super::Wishes;
use super::order::Turn;

/// What granted steps may add up to, bit/s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Limits {
    /// With one more step of a base,
    pub(super) base: u64,
    /// with one more of what is above.
    pub(super) upper: u64,
}

impl Limits {
    pub(super) const fn all(limit: u64) -> Self {
        Self { base: limit, upper: limit }
    }

    pub(super) const fn of(self, turn: &Turn) -> u64 {
        if turn.is_base { self.base } else { self.upper }
    }

    /// Neither below `least`.
    pub(super) fn at_least(self, least: u64) -> Self {
        Self { base: self.base.max(least), upper: self.upper.max(least) }
    }
}

/// Puts into `levels` how many steps of each wish are granted, none more than in `most`; returns
/// what they add up to. What may not be paused gets its first whether it fits or not.
///
/// With more to divide, what the first few turns get together is never less.
pub(super) fn fill(
    turns: &[Turn],
    wishes: &Wishes,
    limits: Limits,
    most: Option<&[u8]>,
    levels: &mut Vec<u8>,
) -> u64 {
    levels.clear();
    let mut sum = 0;
    for (wish, steps) in wishes.iter() {
        let first = steps.first().filter(|_| !wish.pausable);
        sum += first.map_or(0, |step| step.rate);
        levels.push(u8::from(first.is_some()));
    }
    for turn in turns {
        let place = usize::from(turn.wish);
        let Some(level) = levels.get_mut(place).filter(|level| **level == turn.level) else {
            continue;
        };
        let may = most.is_none_or(|most| most.get(place).is_some_and(|most| turn.level < *most));
        let cost = wishes.rate(place, turn.level + 1) - wishes.rate(place, turn.level);
        if may && sum + cost <= limits.of(turn) {
            *level += 1;
            sum += cost;
        }
    }
    sum
}
