//! Links in one line: the usual ones, and what can be added to them.

use super::Time;
use super::capacity::Steps;
use super::config::{Jitter, Kinds, LinkConfig, Loss, LossRule, Marking, QueueConfig, Rate};

impl LinkConfig {
    /// Only a delay: for the way back.
    pub fn wire(delay: Time) -> Self {
        Self { delay: vec![(0, delay)], ..Self::default() }
    }

    /// Constant `bits` per second behind a drop-tail queue of 300 ms, with this propagation delay.
    pub fn constant(bits: u64, delay: Time) -> Self {
        Self::steps(vec![(0, bits)], delay)
    }

    /// Piecewise constant capacity behind a drop-tail queue of 300 ms.
    pub fn steps(steps: Vec<(Time, u64)>, delay: Time) -> Self {
        Self { rate: Rate::Steps(Steps::new(steps)), ..Self::wire(delay) }
    }

    /// A policer of `rate` bit/s with a bucket of `burst` bytes and a buffer of `buffer` (S-POLICE).
    pub fn policer(rate: u64, burst: u32, buffer: Time, delay: Time) -> Self {
        let queue = QueueConfig::DropTailTime(buffer);
        let steps = Steps::new(vec![(0, rate)]);
        Self { rate: Rate::Bucket { steps, burst }, queue, ..Self::wire(delay) }
    }

    /// With this queue.
    pub fn with_queue(mut self, queue: QueueConfig) -> Self {
        self.queue = queue;
        self
    }

    /// With this loss for these kinds, all the time; rules add up.
    pub fn with_loss(self, kinds: Kinds, how: Loss) -> Self {
        self.with_loss_between(kinds, 0, Time::MAX, how)
    }

    /// With this loss for these kinds from `from` until `until`.
    pub fn with_loss_between(mut self, kinds: Kinds, from: Time, until: Time, how: Loss) -> Self {
        self.loss.push(LossRule { kinds, from, until, how });
        self
    }

    /// With this jitter.
    pub fn with_jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// With these marks.
    pub fn with_marking(mut self, marking: Marking) -> Self {
        self.marking = marking;
        self
    }

    /// With a propagation delay of `delay` from `at` on.
    pub fn with_delay_from(mut self, at: Time, delay: Time) -> Self {
        self.delay.push((at, delay));
        self
    }
}
