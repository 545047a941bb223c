//! What is to happen: a heap by (time, insertion number), so that ties have one order only (T1).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Time;

/// Entries of the heap stay small; what they stand for waits in slots that are used again.
pub(super) struct Agenda<E> {
    heap: BinaryHeap<Reverse<(Time, u64, usize)>>,
    slots: Vec<Option<E>>,
    free: Vec<usize>,
    inserted: u64,
}

impl<E> Agenda<E> {
    pub(super) fn new() -> Self {
        Self { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), inserted: 0 }
    }

    pub(super) fn add(&mut self, at: Time, event: E) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = Some(event);
                slot
            }
            None => {
                self.slots.push(Some(event));
                self.slots.len() - 1
            }
        };
        self.heap.push(Reverse((at, self.inserted, slot)));
        self.inserted += 1;
    }

    /// The first event, if it is at or before `until`.
    pub(super) fn next(&mut self, until: Time) -> Option<(Time, E)> {
        let Reverse((at, _, slot)) = *self.heap.peek()?;
        if at > until {
            return None;
        }
        self.heap.pop();
        self.free.push(slot);
        let event = self.slots[slot].take().expect("a slot in the heap is filled");
        Some((at, event))
    }
}
