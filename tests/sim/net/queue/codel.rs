//! CoDel: drops (or marks) at a rising rate while packets stay too long (RFC 8289 §5).

use super::super::Time;
use super::super::packet::Ecn;
use super::{Fifo, Queued};

/// A queue of no more than this is good, whatever its delay (RFC 8289 §5.4: one MTU).
const SMALL: u64 = 1_500;

/// The state of one CoDel queue; the packets are with the caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Codel {
    target: Time,
    interval: Time,
    marks: bool,
    /// When the delay will have been above target for an interval.
    first_above: Option<Time>,
    is_dropping: bool,
    drop_next: Time,
    count: u64,
    last_count: u64,
}

impl Codel {
    pub(super) fn new(target: Time, interval: Time, marks: bool) -> Self {
        Self {
            target,
            interval,
            marks,
            first_above: None,
            is_dropping: false,
            drop_next: 0,
            count: 0,
            last_count: 0,
        }
    }

    /// RFC 8289 §5.5.
    pub(super) fn pop<T>(
        &mut self,
        now: Time,
        fifo: &mut Fifo<T>,
        dropped: &mut Vec<Queued<T>>,
    ) -> Option<Queued<T>> {
        let (mut packet, mut may_drop) = self.take(now, fifo)?;
        if !self.is_dropping {
            if may_drop {
                packet = self.punish(packet, now, fifo, dropped)?.0;
                self.begin_dropping(now);
            }
            return Some(packet);
        }
        self.is_dropping = may_drop;
        while self.is_dropping && now >= self.drop_next {
            self.count += 1;
            self.drop_next = self.after(self.drop_next);
            let was_marked = self.can_mark(&packet);
            (packet, may_drop) = self.punish(packet, now, fifo, dropped)?;
            if was_marked {
                break;
            }
            self.is_dropping = may_drop;
        }
        Some(packet)
    }

    /// The first packet, and whether the queue has been bad for long enough to lose it (§5.6).
    fn take<T>(&mut self, now: Time, fifo: &mut Fifo<T>) -> Option<(Queued<T>, bool)> {
        let Some(packet) = fifo.pop() else {
            self.first_above = None;
            self.is_dropping = false;
            return None;
        };
        if now - packet.entered < self.target || fifo.bytes <= SMALL {
            self.first_above = None;
            return Some((packet, false));
        }
        let since = *self.first_above.get_or_insert(now + self.interval);
        Some((packet, now >= since))
    }

    /// Marks it, or drops it and takes the next.
    fn punish<T>(
        &mut self,
        mut packet: Queued<T>,
        now: Time,
        fifo: &mut Fifo<T>,
        dropped: &mut Vec<Queued<T>>,
    ) -> Option<(Queued<T>, bool)> {
        if self.can_mark(&packet) {
            packet.head.ecn = Ecn::Ce;
            return Some((packet, true));
        }
        dropped.push(packet);
        self.take(now, fifo)
    }

    fn can_mark<T>(&self, packet: &Queued<T>) -> bool {
        self.marks && packet.head.ecn != Ecn::NotEct
    }

    /// Starts near the rate that worked if it was dropping lately (§5.5).
    fn begin_dropping(&mut self, now: Time) {
        self.is_dropping = true;
        let delta = self.count - self.last_count;
        let is_recent = now.saturating_sub(self.drop_next) < 16 * self.interval;
        self.count = if delta > 1 && is_recent { delta } else { 1 };
        self.last_count = self.count;
        self.drop_next = self.after(now);
    }

    /// The interval over the root of the count, in integers.
    fn after(&self, at: Time) -> Time {
        at + self.interval * 1_000 / (self.count * 1_000_000).isqrt()
    }
}
