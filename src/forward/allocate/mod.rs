//! Divides what one receiver's link carries among its subscriptions (spec/congestion.md A1-A12):
//! a function of the budget, the wishes and what is granted already. Which packets that means, and
//! how it is reached without tearing a picture, it does not know.
//!
//! Each wish is a ladder of [`Step`]s. All their steps stand in one [`order`]; [`fill`] grants
//! them in that order as far as they fit, which is all there is to the allocation of a moment. What
//! remains is time: [`allocator`] goes from what is granted to what should be, downwards at once,
//! upwards with care ([`lows`], [`holds`]), and takes from one for another only as [`exchange`]
//! allows.
//!
//! Read next: [`super::ladder`], which makes the steps.

mod allocator;
mod entry;
mod exchange;
mod fill;
mod holds;
mod lows;
mod order;

#[cfg(test)]
mod tests;

pub(crate) use allocator::Allocator;

use super::layer::Layer;
use crate::base::Micros;

/// One way to get a source, and what it takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    pub(crate) layer: Layer,
    /// Wire rate in bit/s; not below that of the step before.
    pub(crate) rate: u64,
    /// What it takes at other times: to be counted on by who does not get it yet. Not below the
    /// rate, nor below that of the step before.
    pub(crate) peak: u64,
    /// 0: part of the base. Above it, spatial layers above the base in 1/256: the temporal layers
    /// of one share it out.
    pub(crate) round: u16,
}

/// What a subscription is to get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Wish {
    /// Names the subscription.
    pub(crate) id: u64,
    /// Names the source: ties are broken by it.
    pub(crate) source: u64,
    /// 255 first, 0 last; its weight in 1/128.
    pub(crate) priority: u8,
    pub(crate) on_stage: bool,
    /// Whether it may get nothing.
    pub(crate) pausable: bool,
    /// What was granted flows only after a key frame that has not come yet.
    pub(crate) awaits_key_frame: bool,
}

/// What all subscriptions of a receiver are to get. Memory that is used again.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    wishes: Vec<Held>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
struct Held {
    wish: Wish,
    steps: std::ops::Range<usize>,
    /// How many of the steps it has already.
    level: u8,
}

/// What there is to divide, bit/s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Budget {
    /// What the link is taken to carry.
    pub(crate) estimate: u64,
    /// What sound takes of it.
    pub(crate) audio: u64,
    /// What retransmissions take of it.
    pub(crate) resent: u64,
    /// What the link carried when it was last full.
    pub(crate) capacity: Option<u64>,
    /// No feedback comes: the estimate says nothing about what the link carries.
    pub(crate) is_deaf: bool,
}

/// What a subscription gets from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Grant {
    pub(crate) id: u64,
    /// `None`: nothing.
    pub(crate) layer: Option<Layer>,
    /// What is above it stops now, whether what is below can begin or not (A6).
    pub(crate) at_once: bool,
}

/// What came out, sound included, bit/s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Summary {
    pub(crate) allocated: u64,
    /// The estimate at which all wishes come true; 0: they have (A11).
    pub(crate) desired: u64,
    /// A key frame that was caused is about to come.
    pub(crate) in_burst: bool,
    /// Look again then, at the latest.
    pub(crate) next_check: Micros,
}

impl Budget {
    /// What is granted may go on up to here (A2).
    pub(super) fn keep(&self) -> u64 {
        let resent = self.resent.min(self.estimate * MOST_RESENT / 100);
        self.estimate.saturating_sub(self.audio + resent)
    }

    /// More may be granted up to here (A2, A8), where the estimate was not lower than `low`.
    ///
    /// An estimate above what the link just carried when it was full is a guess that nothing has
    /// proved; one far above it shows that the link is another.
    pub(super) fn raise(&self, low: u64) -> u64 {
        let near = |capacity: &u64| self.estimate * 100 <= capacity * ANOTHER_LINK;
        let proved = self.capacity.filter(near).unwrap_or(u64::MAX);
        self.free(low.min(proved) * CAUTION / 100)
    }

    /// What is left of an estimate for pictures.
    pub(super) const fn free(&self, estimate: u64) -> u64 {
        estimate.saturating_sub(self.audio)
    }

    /// The estimate that it takes to grant `video` by [`raise`](Self::raise), with a little on top:
    /// a link that seems to carry as much is not probed for the last few percent.
    pub(super) fn needed(&self, video: u64) -> u64 {
        let wanted = video + self.audio;
        // It takes another link, if this was seen to carry less.
        let other = self.capacity.filter(|capacity| wanted * 100 > capacity * CAUTION);
        let other = other.map_or(0, |capacity| capacity * ANOTHER_LINK / 100 * NEARLY / 100);
        (wanted * NEARLY / CAUTION).max(other)
    }
}

impl Wishes {
    /// None.
    pub(crate) fn clear(&mut self) {
        self.wishes.clear();
        self.steps.clear();
    }

    /// One more; no steps: nothing is sent of it just now.
    pub(crate) fn push(&mut self, wish: Wish, steps: impl IntoIterator<Item = Step>) {
        let first = self.steps.len();
        self.steps.extend(steps);
        self.wishes.push(Held { wish, steps: first..self.steps.len(), level: 0 });
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.wishes.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Wish, &[Step])> {
        self.wishes.iter().map(|held| (&held.wish, &self.steps[held.steps.clone()]))
    }

    pub(super) fn steps(&self, place: usize) -> &[Step] {
        self.wishes.get(place).map_or(&[], |held| &self.steps[held.steps.clone()])
    }

    /// The wish at `place` has its first `level` steps already.
    pub(super) fn set_level(&mut self, place: usize, level: u8) {
        if let Some(held) = self.wishes.get_mut(place) {
            held.level = level;
        }
    }

    /// What the first `level` steps of the wish at `place` give.
    pub(super) fn layer(&self, place: usize, level: u8) -> Option<Layer> {
        let last = usize::from(level).checked_sub(1)?;
        self.steps(place).get(last).map(|step| step.layer)
    }

    /// The level of the wish at `place` at which nothing is left to wish for.
    pub(super) fn top(&self, place: usize) -> u8 {
        u8::try_from(self.steps(place).len()).unwrap_or(u8::MAX)
    }

    /// What the first `level` steps of the wish at `place` take: now, if it has them, or if they
    /// are no more than its base, without which there is no picture; else at most.
    pub(super) fn rate(&self, place: usize, level: u8) -> u64 {
        let Some(held) = self.wishes.get(place) else { return 0 };
        let last = usize::from(level).checked_sub(1);
        let step = last.and_then(|last| self.steps[held.steps.clone()].get(last));
        step.map_or(0, |step| {
            let is_had = level <= held.level || step.round == 0;
            if is_had { step.rate } else { step.peak }
        })
    }
}

/// Retransmissions take no more than so many percent of the estimate, whatever is lost.
const MOST_RESENT: u64 = 15;
/// More is granted within so many percent of the estimate. Not less, as the estimate after a probe
/// is already below what arrived (A2 and A8 would have 92 and 93, one after the other: on a link of
/// 3 Mbit/s no more than 2.3 would ever be granted).
const CAUTION: u64 = 94;
/// An estimate so many percent of what the link carried before is that of another link.
const ANOTHER_LINK: u64 = 120;
/// An estimate is not probed further that is so near in percent (C7).
const NEARLY: u64 = 106;
