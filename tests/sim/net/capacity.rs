//! Piecewise constant capacity, integrated exactly.

use super::Time;

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
}
