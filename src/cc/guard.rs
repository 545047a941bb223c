//! Empties a queue that stands: less is sent than arrives until it is gone. If it does not go, it
//! is not ours: the path has become longer, or others fill it.

use super::queue_watch::QueueWatch;
use crate::base::Micros;

/// A queue that was never shorter for 400 ms stands; one much longer is seen sooner.
const STANDS: Micros = Micros::millis(70);
const STANDS_SHORTLY: Micros = Micros::millis(130);
/// One that grows while far less arrives than is sent is seen when it stood at so much for so many
/// milliseconds,
const GROWS: (Micros, i64) = (Micros::millis(40), 100);
/// and at less if nobody else was found to fill the link for so long: so soon TCP would take all.
const GROWS_ALONE: (Micros, i64) = (Micros::millis(25), 60);
const ALONE: Micros = Micros::millis(30_000);
/// It grows if packets take so much longer to arrive than to leave.
const GROWS_BY: f64 = 1.15;
/// It stays as it is if they take hardly longer.
const STEADY: f64 = 1.02;
/// It empties if they take so much shorter.
const EMPTIES: f64 = 0.93;
/// It is gone.
const GONE: Micros = Micros::millis(12);
/// Between two drains,
const REST: Micros = Micros::millis(300);
/// and where the queue before was not ours.
const REST_AMONG_OTHERS: Micros = Micros::millis(5_000);
/// A queue should be gone after so long,
const DRAIN: Micros = Micros::millis(350);
/// So often it is looked at whether draining helps.
const CHECK_INTERVAL: Micros = Micros::millis(500);
/// After so many checks in vain the delay is the path's.
const MOST_CHECKS: u8 = 4;
/// More loss than this says that the queue is full, whoever fills it.
const FULL_QUEUE_LOSS: f64 = 0.02;

/// What arrives and gets lost, as the guard is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traffic {
    /// Bit/s, smoothed.
    pub(super) acked: Option<u64>,
    /// What the link carried just now while it was full, bit/s.
    pub(super) busy: Option<u64>,
    pub(super) round_trip: Micros,
    /// What was sent over the last half second, bit/s.
    pub(super) sent: u64,
    /// 0-1, over the last second.
    pub(super) loss: f64,
}

/// What the guard wants.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Verdict {
    /// Nothing.
    Free,
    /// Send so much only, bit/s.
    Drain(u64),
    /// The queue is gone; what the link carries, with a margin, bit/s.
    Drained(u64),
    /// The queue is not ours, and the base delay is a new one; bit/s.
    NotOurs(u64),
}

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Guard {
    draining: Option<Draining>,
    ended: Option<Micros>,
    /// The queue was not ours when it was last looked at.
    among_others: bool,
    /// When one was last not.
    others: Option<Micros>,
}

#[derive(Clone, Copy, Debug)]
struct Draining {
    /// What arrived when it began, bit/s.
    rate: u64,
    /// What was sent and arrived before, bit/s.
    before: u64,
    target: u64,
    began: Micros,
    checked: Micros,
    /// The queue at the last check.
    queue: Micros,
    in_vain: u8,
}

impl Guard {
    /// Whether a queue is being emptied.
    pub(super) const fn is_draining(&self) -> bool {
        self.draining.is_some()
    }

    /// When a queue was last emptied.
    pub(super) const fn ended(&self) -> Option<Micros> {
        self.ended
    }

    /// Packets arrived; `watch` has seen them.
    pub(super) fn on_feedback(
        &mut self,
        now: Micros,
        watch: &mut QueueWatch,
        traffic: &Traffic,
    ) -> Verdict {
        match self.draining {
            None => self.look(now, watch, traffic),
            Some(draining) => self.go_on(now, draining, watch, traffic),
        }
    }

    fn look(&mut self, now: Micros, watch: &QueueWatch, traffic: &Traffic) -> Verdict {
        let stands = watch.standing(400, 1).is_some_and(|queue| queue > STANDS);
        let stands_shortly = watch.standing(120, 4).is_some_and(|queue| queue > STANDS_SHORTLY);
        let is_alone = self.is_alone(now);
        let (grows, millis) = if is_alone { GROWS_ALONE } else { GROWS };
        let jitter = if is_alone { Micros(2 * watch.noise().0) } else { Micros(0) };
        // Where a queue stood all the time, what arrived is what the link carries.
        let busy = traffic.busy.unwrap_or_else(|| watch.arrival_rate(millis));
        let grows = watch.standing(millis, 3).is_some_and(|queue| queue > grows.plus(jitter))
            && watch.dilation(millis) > GROWS_BY
            && busy * 100 < traffic.sent * 85;
        let rest = if self.among_others { REST_AMONG_OTHERS } else { REST };
        let has_rested = self.ended.is_none_or(|ended| now.since(ended) >= rest);
        if !(stands || stands_shortly || grows) || !has_rested {
            return Verdict::Free;
        }
        // Never of packets from before the queue grew.
        let arrives = watch.arrival_rate(400);
        let rate = if watch.dilation(200) <= STEADY {
            // The queue does not grow: what is sent arrives, whatever it was just before.
            traffic.sent
        } else {
            traffic.acked.into_iter().chain([busy]).fold(arrives, u64::min)
        };
        let queue = watch.standing(120, 1).unwrap_or_default();
        let target = drained_by(rate, queue);
        self.draining = Some(Draining {
            rate,
            before: arrives.min(traffic.sent),
            target,
            began: now,
            checked: now.plus(traffic.round_trip),
            queue,
            in_vain: 0,
        });
        Verdict::Drain(target)
    }

    fn go_on(
        &mut self,
        now: Micros,
        mut draining: Draining,
        watch: &mut QueueWatch,
        traffic: &Traffic,
    ) -> Verdict {
        let queue = watch.standing(120, 1).unwrap_or_default();
        // While it empties the link is full: nothing says better what it carries.
        if let Some(busy) = traffic.busy {
            draining.rate = busy;
            if now <= draining.checked {
                draining.target = draining.target.min(drained_by(busy, queue));
            }
        }
        // What arrived before it began is not counted: there was no queue then.
        let lasts = i64::try_from(now.since(draining.began).0 / 1_000).unwrap_or(i64::MAX);
        let window = lasts.clamp(80, 400);
        if watch.standing(window, 1).is_some_and(|queue| queue < GONE) {
            self.among_others = false;
            return self.end(now, Verdict::Drained(draining.rate * 92 / 100));
        }
        if now <= draining.checked {
            // Nothing that is sent now can have been told of yet.
            draining.queue = queue;
        }
        if now.since(draining.checked) < CHECK_INTERVAL {
            self.draining = Some(draining);
            return Verdict::Drain(draining.target);
        }
        let falls = queue.0 <= draining.queue.0 * 8 / 10
            || (self.is_alone(now) && watch.dilation(400) < EMPTIES);
        (draining.checked, draining.queue) = (now, queue);
        if !falls {
            draining.in_vain += 1;
            let arrives_as_sent = watch.dilation(400) <= 1.0 / 0.9;
            let is_not_ours = traffic.loss < FULL_QUEUE_LOSS && arrives_as_sent;
            if is_not_ours || draining.in_vain > MOST_CHECKS {
                watch.rebase();
                self.among_others = true;
                self.others = Some(now);
                return self.end(now, Verdict::NotOurs(draining.before));
            }
            draining.target = watch.arrival_rate(400) * 6 / 10;
        }
        self.draining = Some(draining);
        Verdict::Drain(draining.target)
    }

    /// Nobody else was found to fill the link.
    fn is_alone(&self, now: Micros) -> bool {
        self.others.is_none_or(|at| now.since(at) >= ALONE)
    }

    const fn end(&mut self, now: Micros, verdict: Verdict) -> Verdict {
        self.draining = None;
        self.ended = Some(now);
        verdict
    }
}

/// What to send so that a queue is gone in [`DRAIN`] on a link that carries `rate`; never less than
/// half of it, so that pictures go on.
const fn drained_by(rate: u64, queue: Micros) -> u64 {
    let share = 100 - 100 * queue.0 / DRAIN.0.saturating_add(queue.0);
    let share = if share < 50 {
        50
    } else if share > 70 {
        70
    } else {
        share
    };
    rate.saturating_mul(share) / 100
}

#[cfg(test)]
mod tests;
