//! How much longer than the one before a group of packets was under way: what the trend of the
//! delay is made of.
//!
//! Packets sent within 5 ms count as one, and so do packets that something on the way held back
//! and let go at once: between packets of one group there is nothing but noise. Rules and
//! thresholds are those of libwebrtc's `InterArrivalDelta` (draft-ietf-rmcat-gcc-02 §5.2, §5.3).
//! Knows no rates and no sizes. Read next: [`super::trendline`].

use crate::base::Micros;

/// Packets sent this long after the first of a group are not of it, in microseconds.
const GROUP: i64 = 5_000;
/// Packets of a burst come no further apart, in microseconds,
const BURST_GAP: i64 = 5_000;
/// and all of them in less than this.
const LONGEST_BURST: i64 = 100_000;
/// If the far end's clock goes so much further than ours, it was set, in microseconds.
const CLOCK_JUMP: i64 = 3_000_000;
/// As often in a row as a group may seem to have come before an earlier one. It is not
/// reordering then; the far end's clock was set back.
const MOST_BACKWARDS: u8 = 3;

/// From one group to the next, in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Delta {
    /// Between their last packets as they were sent; below 0 if these overtook each other.
    pub(super) sent: i64,
    /// As they arrived: never below 0.
    pub(super) arrived: i64,
}

/// The group being gathered, and the one before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Groups {
    current: Option<Group>,
    before: Option<Group>,
    backwards: u8,
}

impl Groups {
    /// A packet `sent` at our time arrived at the far end's, of which we were told `now`. If it
    /// begins a group: how the two before it lie to each other.
    pub(super) fn add(&mut self, now: Micros, sent: Micros, arrived: i64) -> Option<Delta> {
        let Some(current) = &mut self.current else {
            self.current = Some(Group::new(now, sent, arrived));
            return None;
        };
        if sent < current.first_sent {
            return None;
        }
        if !current.ends_before(sent, arrived) {
            current.add(now, sent, arrived);
            return None;
        }
        let ended = *current;
        let delta = match self.before {
            Some(before) => Some(self.judge(&before, &ended)?),
            None => None,
        };
        self.before = Some(ended);
        self.current = Some(Group::new(now, sent, arrived));
        delta
    }

    /// What lies between two groups, if the clock they are measured by can be trusted. All is
    /// forgotten if it cannot.
    fn judge(&mut self, before: &Group, ended: &Group) -> Option<Delta> {
        let delta = Delta {
            sent: span(before.last_sent, ended.last_sent),
            arrived: ended.last_arrived.saturating_sub(before.last_arrived),
        };
        if delta.arrived.saturating_sub(span(before.told, ended.told)) >= CLOCK_JUMP {
            *self = Self::default();
            return None;
        }
        if delta.arrived < 0 {
            self.backwards += 1;
            if self.backwards >= MOST_BACKWARDS {
                *self = Self::default();
            }
            return None;
        }
        self.backwards = 0;
        Some(delta)
    }
}

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: Micros,
    /// Not of the packet that came last: the latest.
    last_sent: Micros,
    first_arrived: i64,
    last_arrived: i64,
    /// When we heard of its last packet.
    told: Micros,
}

impl Group {
    const fn new(told: Micros, sent: Micros, arrived: i64) -> Self {
        Self {
            first_sent: sent,
            last_sent: sent,
            first_arrived: arrived,
            last_arrived: arrived,
            told,
        }
    }

    fn add(&mut self, told: Micros, sent: Micros, arrived: i64) {
        self.last_sent = self.last_sent.max(sent);
        self.last_arrived = arrived;
        self.told = told;
    }

    /// Whether a packet that was not sent before this group belongs to the next.
    fn ends_before(&self, sent: Micros, arrived: i64) -> bool {
        span(self.first_sent, sent) > GROUP && !self.is_one_burst_with(sent, arrived)
    }

    /// Whether the packet came so soon behind that it must have waited together with the others.
    fn is_one_burst_with(&self, sent: Micros, arrived: i64) -> bool {
        let apart_sent = span(self.last_sent, sent);
        let apart_arrived = arrived.saturating_sub(self.last_arrived);
        apart_sent == 0
            || apart_arrived < apart_sent
                && apart_arrived <= BURST_GAP
                && arrived.saturating_sub(self.first_arrived) < LONGEST_BURST
    }
}

/// Microseconds from one time of ours to another.
fn span(from: Micros, to: Micros) -> i64 {
    let signed = |at: Micros| i64::try_from(at.0).unwrap_or(i64::MAX);
    signed(to) - signed(from)
}

#[cfg(test)]
mod tests;
