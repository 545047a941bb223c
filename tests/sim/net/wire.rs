//! When a packet that was served arrives: propagation delay, its steps, jitter (T5).

use std::collections::VecDeque;

use super::Time;
use super::config::Jitter;
use super::rng::Pcg;

pub(super) struct Wire {
    delay: Vec<(Time, Time)>,
    jitter: Jitter,
    rng: Pcg,
    /// Latest arrival among all packets up to each of the last few; the oldest is the bound.
    latest: VecDeque<Time>,
}

impl Wire {
    pub(super) fn new(delay: Vec<(Time, Time)>, jitter: Jitter, rng: Pcg) -> Self {
        assert!(delay.first().is_some_and(|first| first.0 == 0), "the delay is known from 0 on");
        assert!(delay.is_sorted_by(|a, b| a.0 < b.0), "steps of the delay are in order");
        Self { delay, jitter, rng, latest: VecDeque::new() }
    }

    /// When a packet arrives whose last bit is out now.
    pub(super) fn arrival(&mut self, now: Time) -> Time {
        let (sigma, may_overtake) = match self.jitter {
            Jitter::None => (0, 0),
            Jitter::Ordered { sigma } => (sigma, 0),
            Jitter::Reordered { sigma, max } => (sigma, max),
        };
        let delay = self.delay[self.delay.partition_point(|step| step.0 <= now) - 1].1;
        let extra = if sigma == 0 { 0 } else { self.rng.gaussian(sigma) };
        let wished = now + delay.saturating_add_signed(extra);
        let bound = match self.latest.len() > may_overtake {
            true => self.latest.pop_front().expect("longer than something"),
            false => 0,
        };
        let at = wished.max(bound);
        self.latest.push_back(self.latest.back().copied().unwrap_or(bound).max(at));
        at
    }
}
