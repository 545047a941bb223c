//! How well a link that carries so much, and loses so much of its own, explains what was
//! observed: the log-likelihood of the observations, tilted towards higher rates while little is
//! lost.
//!
//! Above its rate a link loses all that is too much; below, only its inherent loss. Read next:
//! [`super`].

use super::tuning::Tuning;
use super::window::Window;

/// A guess at the link.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct LossyPath {
    /// Bit/s.
    pub(super) bandwidth: f64,
    /// 0-1.
    pub(super) inherent_loss: f64,
}

/// Guesses, and what they are measured by.
pub(super) struct Model<'a> {
    pub(super) tuning: &'a Tuning,
    pub(super) window: &'a Window,
    pub(super) mean_loss: f64,
}

impl Model<'_> {
    /// The guess at this bandwidth with the inherent loss that fits it best, and how well.
    pub(super) fn fit(&self, path: LossyPath) -> (LossyPath, f64) {
        let mut path = self.feasible(path);
        for _ in 0..self.tuning.newton_iterations {
            let (first, second) = self.derivatives(path);
            path.inherent_loss -= self.tuning.newton_step * first / second;
            path = self.feasible(path);
        }
        (path, self.objective(path))
    }

    fn feasible(&self, path: LossyPath) -> LossyPath {
        let Tuning { inherent_balance, inherent_offset, least_inherent, .. } = *self.tuning;
        let most = if path.bandwidth > 0.0 {
            (inherent_offset + inherent_balance / path.bandwidth).min(1.0)
        } else {
            1.0
        };
        LossyPath { inherent_loss: path.inherent_loss.max(least_inherent).min(most), ..path }
    }

    /// Of the log-likelihood by the inherent loss. The second is below 0.
    fn derivatives(&self, path: LossyPath) -> (f64, f64) {
        let (mut first, mut second) = (0.0, 0.0);
        for (age, seen) in self.window.iter(self.tuning) {
            let expected = expected_loss(path, seen.sending_rate);
            let weight = self.tuning.memory.powi(age) / 1_000.0;
            let (lost, received) = (weight * seen.lost, weight * (seen.size - seen.lost));
            first += lost / expected - received / (1.0 - expected);
            second -= lost / expected.powi(2) + received / (1.0 - expected).powi(2);
        }
        (first, if second < 0.0 { second } else { -1.0e-6 })
    }

    fn objective(&self, path: LossyPath) -> f64 {
        let bias = self.bias(path.bandwidth);
        let of_one = |(age, seen): (i32, &super::window::Observation)| {
            let expected = expected_loss(path, seen.sending_rate);
            let likelihood =
                seen.lost * expected.ln() + (seen.size - seen.lost) * (1.0 - expected).ln();
            self.tuning.memory.powi(age) * (likelihood + bias * seen.size) / 1_000.0
        };
        self.window.iter(self.tuning).map(of_one).sum()
    }

    fn bias(&self, bandwidth: f64) -> f64 {
        let kbps = bandwidth / 1_000.0;
        let room = self.tuning.bias_until - self.mean_loss;
        let tilt = room / (self.tuning.bias_smoothing + room.abs());
        tilt * (self.tuning.bias * kbps + self.tuning.log_bias * kbps.ln_1p())
    }
}

/// Fraction lost of what is sent at this rate.
fn expected_loss(path: LossyPath, sending_rate: f64) -> f64 {
    let inherent = path.inherent_loss;
    let too_much = (sending_rate - path.bandwidth).max(0.0);
    let excess = if too_much > 0.0 { too_much / sending_rate } else { 0.0 };
    (inherent + (1.0 - inherent) * excess).clamp(1.0e-6, 1.0 - 1.0e-6)
}
