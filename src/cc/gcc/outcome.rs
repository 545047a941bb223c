//! What goes out of all that is known: the target within its bounds, and how fast packets leave.
//!
//! Read next: [`super::super::pacer`].

use super::super::state::{CongestionReason, CongestionState};
use super::Gcc;
use crate::base::Micros;

/// Packets leave so much faster than the estimate, in percent,
pub(super) const PACING: u64 = 150;
/// and so while a queue is emptied, or where it is so short that bursts get lost:
const PACING_TIGHT: u64 = 110;
/// loss of this share with no queue to speak of.
const SOME_LOSS: f64 = 0.01;
const NO_QUEUE: Micros = Micros::millis(12);
/// For so long: it does not get longer because nothing is lost.
const TIGHT: Micros = Micros::millis(20_000);
/// What waited while a queue was emptied is no reason to fill it again.
const AFTER_DRAIN: Micros = Micros::millis(1_500);

impl Gcc {
    /// What goes out of all this.
    pub(super) fn publish(&mut self, now: Micros, state: CongestionState) {
        let by_loss =
            if self.is_told { self.loss_bound } else { self.reported.bound().unwrap_or(u64::MAX) };
        let bounds = [
            (self.limits.most, CongestionReason::Limit),
            (self.reported.remb().unwrap_or(u64::MAX), CongestionReason::Remb),
            (by_loss, CongestionReason::Loss),
        ];
        let mut target = self.estimate;
        if !self.is_told && self.reported.remb().is_some() {
            // Nothing but their estimate is known, and what loss says.
            target = u64::MAX;
        }
        for (bound, reason) in bounds {
            if bound < target {
                (target, self.output.reason) = (bound, reason);
            }
        }
        self.output.target = target.max(self.limits.least);
        if self.output.loss > SOME_LOSS && self.output.queue_delay < NO_QUEUE {
            self.tight = Some(now);
        }
        let is_tight = self.tight.is_some_and(|at| now.since(at) < TIGHT);
        let was_drained = self.guard.ended().is_some_and(|at| now.since(at) < AFTER_DRAIN);
        self.output.one_by_one = is_tight;
        let pace = if self.guard.is_draining() { self.drain } else { self.output.target };
        let factor =
            if self.guard.is_draining() || was_drained || is_tight { PACING_TIGHT } else { PACING };
        self.output.pacing_rate = pace.min(self.output.target).saturating_mul(factor) / 100;
        self.output.state = state;
    }
}
