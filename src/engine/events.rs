//! Events on their way to the application, bounded: beyond the limit they are counted, not kept.

use std::collections::VecDeque;

use super::Event;

/// See the module.
#[derive(Debug)]
pub(super) struct Events {
    queue: VecDeque<Event>,
    most: usize,
    lost: u64,
}

impl Events {
    /// None yet; at most `most` wait.
    pub(super) const fn new(most: usize) -> Self {
        Self { queue: VecDeque::new(), most, lost: 0 }
    }

    /// Something happened.
    pub(super) fn push(&mut self, event: Event) {
        if self.queue.len() < self.most {
            self.queue.push_back(event);
        } else {
            self.lost += 1;
        }
    }

    /// The next event; when all that were kept are out, how many were not.
    pub(super) fn pop(&mut self) -> Option<Event> {
        self.queue.pop_front().or_else(|| {
            let lost = std::mem::take(&mut self.lost);
            (lost > 0).then_some(Event::Overflow { lost })
        })
    }
}
