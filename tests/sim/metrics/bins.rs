//! Sums over time, in bins of 100 ms.

use crate::net::{MS, SECOND, Time};

/// See the module.
pub const BIN: Time = 100 * MS;

#[derive(Clone, Default, Debug)]
pub struct Bins(pub Vec<u64>);

impl Bins {
    pub fn add(&mut self, at: Time, amount: u64) {
        let place = (at / BIN) as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        self.0[place] += amount;
    }

    /// Of all bins that begin in between.
    pub fn sum(&self, from: Time, until: Time) -> u64 {
        let place = |at: Time| (at.div_ceil(BIN) as usize).min(self.0.len());
        self.0[place(from)..place(until).max(place(from))].iter().sum()
    }

    /// What is added in a second, in the mean.
    pub fn rate(&self, from: Time, until: Time) -> f64 {
        self.sum(from, until) as f64 * SECOND as f64 / (until - from).max(1) as f64
    }
}
