//! Piecewise constant capacity, integrated exactly (T2).
//!
//! Work is counted in bit·µs/s: a bit is 10⁶ of it, and a µs at 1 bit/s does 1. So neither time nor
//! rate is ever rounded before the end.

use super::Time;

/// Work of a bit.
pub(super) const BIT: u128 = 1_000_000;

/// (from when, bit/s), sorted, the first from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps(Vec<(Time, u64)>);

impl Steps {
    /// # Panics
    /// If the steps do not begin at 0 or are not sorted.
    pub fn new(steps: Vec<(Time, u64)>) -> Self {
        assert!(steps.first().is_some_and(|first| first.0 == 0), "capacity is known from 0 on");
        assert!(steps.is_sorted_by(|a, b| a.0 < b.0), "steps are in order");
        Self(steps)
    }

    /// The rate at `now` or, where that is 0, the last before (or first after) that was not.
    pub fn positive_at(&self, now: Time) -> Option<u64> {
        let (past, future) = self.0.split_at(self.index(now) + 1);
        let positive = |step: &&(Time, u64)| step.1 > 0;
        past.iter().rev().find(positive).or_else(|| future.iter().find(positive)).map(|step| step.1)
    }

    /// The highest rate of all.
    pub fn highest(&self) -> u64 {
        self.0.iter().map(|step| step.1).max().unwrap_or(0)
    }

    /// Bits that could be served from `from` to `until`.
    pub fn bits(&self, from: Time, until: Time) -> u64 {
        (self.work(from, until) / BIT) as u64
    }

    pub(super) fn work(&self, from: Time, until: Time) -> u128 {
        let mut total = 0;
        for (begin, end, rate) in self.segments(from) {
            if begin >= until {
                break;
            }
            total += u128::from(rate) * u128::from(end.min(until) - begin);
        }
        total
    }

    /// When `work` begun at `from` is done, and how much more could be done by then (less than a
    /// µs of it); [`None`] if never.
    pub(super) fn finish(&self, from: Time, work: u128) -> Option<(Time, u128)> {
        let mut left = work;
        for (begin, end, rate) in self.segments(from) {
            let rate = u128::from(rate);
            let possible = rate * u128::from(end - begin);
            if possible >= left {
                let needed = left.checked_div(rate).map_or(0, |_| left.div_ceil(rate));
                return Some((begin + needed as Time, needed * rate - left));
            }
            left -= possible;
        }
        None
    }

    /// (begin, end, rate) from `from` on.
    fn segments(&self, from: Time) -> impl Iterator<Item = (Time, Time, u64)> {
        (self.index(from)..self.0.len()).map(move |at| {
            let end = self.0.get(at + 1).map_or(Time::MAX, |next| next.0);
            (self.0[at].0.max(from), end, self.0[at].1)
        })
    }

    fn index(&self, now: Time) -> usize {
        self.0.partition_point(|step| step.0 <= now) - 1
    }
}
