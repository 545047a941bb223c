//! When which endpoint wants to be woken: a heap of deadlines. An endpoint that wants to be woken
//! earlier is entered again; the later entry finds nothing to do when its time comes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Instant, u32)>>);

impl Timers {
    /// The endpoint in `slot` wants to be woken at `at`.
    pub(super) fn enter(&mut self, at: Instant, slot: u32) {
        self.0.push(Reverse((at, slot)));
    }

    /// An entry that is due, with its deadline.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(Instant, u32)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse(entry)| entry)
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }
}
