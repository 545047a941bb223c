//! FQ-CoDel: a CoDel queue for each flow, new flows first, then round robin by bytes (RFC 8290 §4).
//!
//! Flows have queues of their own instead of being hashed: there are few, and no run should hang
//! upon a collision.

use std::collections::VecDeque;

use super::super::Time;
use super::codel::Codel;
use super::{Fifo, MOST_PACKETS, Queued};

/// Bytes that a flow may send per round (RFC 8290 §5.2.4).
const QUANTUM: i64 = 1_514;

#[derive(Clone, Debug)]
pub(super) struct FqCodel<T> {
    /// What each flow's queue begins as.
    blank: Codel,
    flows: Vec<Flow<T>>,
    new: VecDeque<usize>,
    old: VecDeque<usize>,
}

#[derive(Clone, Debug)]
struct Flow<T> {
    id: u32,
    codel: Codel,
    fifo: Fifo<T>,
    deficit: i64,
    is_listed: bool,
}

impl<T> FqCodel<T> {
    pub(super) fn new(blank: Codel) -> Self {
        Self { blank, flows: Vec::new(), new: VecDeque::new(), old: VecDeque::new() }
    }

    /// Takes a packet; with too many, the longest queue loses its first (§4.1). Returns bytes lost.
    pub(super) fn push(&mut self, packet: Queued<T>, dropped: &mut Vec<Queued<T>>) -> u64 {
        let index = self.index(packet.head.flow);
        let flow = &mut self.flows[index];
        flow.fifo.push(packet);
        if !flow.is_listed {
            (flow.is_listed, flow.deficit) = (true, QUANTUM);
            self.new.push_back(index);
        }
        if self.flows.iter().map(|flow| flow.fifo.len()).sum::<usize>() <= MOST_PACKETS {
            return 0;
        }
        let longest = self.flows.iter_mut().max_by_key(|flow| flow.fifo.bytes);
        let victim = longest.and_then(|flow| flow.fifo.pop()).expect("the longest has a packet");
        let lost = u64::from(victim.head.bytes);
        dropped.push(victim);
        lost
    }

    /// RFC 8290 §4.2.
    pub(super) fn pop(&mut self, now: Time, dropped: &mut Vec<Queued<T>>) -> Option<Queued<T>> {
        loop {
            let is_new = !self.new.is_empty();
            let list = if is_new { &mut self.new } else { &mut self.old };
            let index = *list.front()?;
            let flow = &mut self.flows[index];
            if flow.deficit <= 0 {
                flow.deficit += QUANTUM;
                list.pop_front();
                self.old.push_back(index);
                continue;
            }
            let Some(packet) = flow.codel.pop(now, &mut flow.fifo, dropped) else {
                list.pop_front();
                // A new flow that ran empty waits once behind the old, lest it be always new.
                if is_new && !self.old.is_empty() {
                    self.old.push_back(index);
                } else {
                    flow.is_listed = false;
                }
                continue;
            };
            flow.deficit -= i64::from(packet.head.bytes);
            return Some(packet);
        }
    }

    fn index(&mut self, id: u32) -> usize {
        if let Some(index) = self.flows.iter().position(|flow| flow.id == id) {
            return index;
        }
        let (codel, fifo) = (self.blank, Fifo::new());
        self.flows.push(Flow { id, codel, fifo, deficit: 0, is_listed: false });
        self.flows.len() - 1
    }
}
