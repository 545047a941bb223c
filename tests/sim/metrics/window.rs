//! From when until when something is looked at.

use super::accounts::Run;
use crate::net::{SECOND, Time};
use crate::scenario::Ask;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    pub from: Time,
    /// Exclusive.
    pub until: Time,
}

impl Window {
    /// That of a question; all of the run if it has none.
    pub fn of(run: &Run, ask: &Ask) -> Self {
        let (from, until) = ask.window.map_or((0, run.length), |(from, until)| (from.0, until.0));
        Self { from, until: until.min(run.length) }
    }

    pub const fn contains(self, at: Time) -> bool {
        self.from <= at && at < self.until
    }

    /// Seconds from its begin until `at`; infinite if that is never.
    pub fn until(self, at: Option<Time>) -> f64 {
        at.map_or(f64::INFINITY, |at| at.saturating_sub(self.from) as f64 / SECOND as f64)
    }

    pub const fn seconds(self) -> f64 {
        (self.until - self.from) as f64 / SECOND as f64
    }
}
