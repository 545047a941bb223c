//! An estimate from loss alone: what the link seems to carry, and how much it loses whatever is
//! sent, given what was sent and lost in the last seconds. The behaviour of libwebrtc's
//! `LossBasedBweV2` (M138); written anew.
//!
//! Each quarter of a second makes an observation ([`window`]). A handful of candidates, the
//! current estimate a little up and down, the acknowledged rate, the delay-based estimate, is
//! measured by how well each explains the observations ([`model`]); the best one is taken, within
//! bounds. After a decrease the estimate is held for a while, each time longer; rising again, it
//! follows what is acknowledged. Whether loss means congestion at all: [`tolerance`].
//!
//! Knows nothing of delay. Read next: [`window`].
mod model;
mod tolerance;
mod trend;
mod tuning;
mod window;

use self::model::{LossyPath, Model};
pub(crate) use self::tolerance::{LossSample, Tolerance, Verdict};
use self::tuning::Tuning;
use self::window::Window;
use super::controller::RateLimits;
use super::packet::PacketResult;
use crate::base::Micros;

const FIRST_HOLD: Micros = Micros::millis(300);
const LONGEST_HOLD: Micros = Micros::millis(60_000);
/// Bit/s: growth is not bounded below that.
const LEAST_BOUND: f64 = 5_000.0;

/// Who has the say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum LossState {
    /// The delay-based estimate: loss does not limit.
    #[default]
    DelayBased,
    /// Loss: the estimate was lowered, and is held.
    Decreasing,
    /// Loss: the estimate rises again. What is sent should be padded up to it, for otherwise
    /// nothing shows that the link carries it.
    Increasing,
}

/// No increase beyond `rate` until a moment; the next hold is that long.
#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Option<Micros>,
    next: Micros,
    rate: f64,
}

const NO_HOLD: Hold = Hold { until: None, next: FIRST_HOLD, rate: f64::INFINITY };

/// Since when the link is padded, and for which estimate.
#[derive(Clone, Copy, Debug)]
struct Padding {
    since: Micros,
    rate: f64,
}

/// See the module. Rates in bit/s; times are those at which packets were sent.
#[derive(Clone, Debug)]
pub(crate) struct LossBased {
    tuning: Tuning,
    least: f64,
    most: f64,
    window: Window,
    mean_loss: f64,
    /// The best guess so far; `None` until the first feedback.
    best: Option<LossyPath>,
    acked: Option<f64>,
    delay_based: f64,
    estimate: f64,
    state: LossState,
    hold: Hold,
    padding: Option<Padding>,
    /// While loss limits: since when growth is counted, and how far it may go.
    growing_since: Option<Micros>,
    growth_bound: f64,
}

impl LossBased {
    /// Without an estimate.
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self::tuned(limits, Tuning::DEFAULT)
    }

    fn tuned(limits: RateLimits, tuning: Tuning) -> Self {
        Self {
            tuning,
            least: rate(limits.least),
            most: rate(limits.most),
            window: Window::new(),
            mean_loss: 0.0,
            best: None,
            acked: None,
            delay_based: f64::INFINITY,
            estimate: 0.0,
            state: LossState::DelayBased,
            hold: NO_HOLD,
            padding: None,
            growing_since: None,
            growth_bound: f64::INFINITY,
        }
    }

    /// Feedback came. `delay_based` bounds the estimate (`u64::MAX`: nothing does); `in_alr`: much
    /// less is sent than could be, so that what is acknowledged says little.
    pub(crate) fn on_feedback(
        &mut self,
        _now: Micros,
        results: &[PacketResult],
        delay_based: u64,
        in_alr: bool,
        acked: Option<u64>,
    ) {
        self.acked = acked.map(rate).or(self.acked);
        self.delay_based = rate(delay_based);
        if !self.window.push(results, &self.tuning) {
            return;
        }
        self.mean_loss = self.window.mean_loss(&self.tuning);
        if self.best.is_none() {
            if self.delay_based.is_infinite() {
                return;
            }
            self.reinitialize(delay_based);
        }
        let Some(current) = self.best else { return };
        let candidate = self.bounded_growth(current, self.best_candidate(current, in_alr));
        let bounded = candidate
            .bandwidth
            .min(self.instant_most())
            .min(self.delay_based)
            .max(self.instant_least());
        self.best = Some(if bounded < candidate.bandwidth {
            LossyPath { bandwidth: bounded, inherent_loss: 0.0 }
        } else {
            let floor = if self.tuning.acked_floor > 0.0 { self.instant_least() } else { 0.0 };
            LossyPath { bandwidth: candidate.bandwidth.max(floor), ..candidate }
        });
        self.settle(bounded);
    }

    /// A probe, or the application, knows better: goes on from there.
    pub(crate) fn reinitialize(&mut self, estimate: u64) {
        let inherent_loss =
            self.best.map_or(self.tuning.initial_inherent, |best| best.inherent_loss);
        self.best = Some(LossyPath { bandwidth: rate(estimate), inherent_loss });
        self.estimate = rate(estimate);
        self.state = LossState::DelayBased;
    }

    /// Bounds changed.
    pub(crate) fn set_limits(&mut self, limits: RateLimits) {
        (self.least, self.most) = (rate(limits.least), rate(limits.most));
    }

    /// Bit/s. `None` until there was enough feedback: the delay-based estimate has the say.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    pub(crate) fn estimate(&self) -> Option<u64> {
        let ready =
            self.best.is_some() && self.window.made() >= self.tuning.least_observations as u64;
        ready.then_some(self.estimate.round() as u64)
    }

    /// Who has the say.
    pub(crate) fn state(&self) -> LossState {
        if self.estimate().is_some() { self.state } else { LossState::DelayBased }
    }

    /// Fraction of bytes lost over the last seconds, 0-1, without outliers.
    #[cfg(test)]
    pub(crate) const fn mean_loss(&self) -> f64 {
        self.mean_loss
    }

    fn best_candidate(&self, current: LossyPath, in_alr: bool) -> LossyPath {
        let model = Model { tuning: &self.tuning, window: &self.window, mean_loss: self.mean_loss };
        let padded = self
            .padding
            .is_some_and(|padding| padding.since.plus(self.tuning.padding) >= self.window.now());
        let acked = self.acked.filter(|_| !in_alr || padded);
        let delay_based = Some(self.delay_based)
            .filter(|delay_based| delay_based.is_finite() && *delay_based > current.bandwidth);
        let most = if self.loss_limits() && self.growth_bound.is_finite() {
            self.growth_bound
        } else {
            self.most
        };
        let most = most.max(current.bandwidth);
        let scaled = self.tuning.candidates.map(|factor| factor * current.bandwidth);
        let mut best = (current, f64::MIN);
        for bandwidth in scaled.into_iter().chain(acked).chain(delay_based) {
            let (path, objective) =
                model.fit(LossyPath { bandwidth: bandwidth.min(most), ..current });
            if objective > best.1 {
                best = (path, objective);
            }
        }
        best.0
    }

    /// The candidate, but no higher than may be while loss limits.
    fn bounded_growth(&self, current: LossyPath, candidate: LossyPath) -> LossyPath {
        let mut bandwidth = candidate.bandwidth;
        let unexplained = self.mean_loss > candidate.inherent_loss;
        if unexplained && self.tuning.heeds_unexplained_loss {
            bandwidth = bandwidth.min(current.bandwidth);
        }
        if !self.loss_limits() {
            return LossyPath { bandwidth, ..candidate };
        }
        let in_window = self
            .growing_since
            .is_some_and(|since| since.plus(self.tuning.increase_window) > self.window.now());
        if in_window {
            bandwidth = bandwidth.min(self.growth_bound);
        }
        if self.rises(current.bandwidth, bandwidth)
            && let Some(acked) = self.acked
        {
            let held = acked < self.tuning.hold_threshold * self.hold.rate;
            let after_hold = self.hold.rate.is_finite() && held;
            let factor = if after_hold { self.tuning.ramp_up_in_hold } else { self.tuning.ramp_up };
            bandwidth = current.bandwidth.max(bandwidth.min(factor * acked));
            // So that the state becomes `Increasing`, and the link is padded.
            if self.state == LossState::Decreasing && bandwidth <= current.bandwidth {
                bandwidth = current.bandwidth + 1.0;
            }
        }
        LossyPath { bandwidth, ..candidate }
    }

    /// Takes the bounded estimate over, unless a hold forbids it, and says who has the say.
    fn settle(&mut self, bounded: f64) {
        let now = self.window.now();
        let limits = bounded < self.delay_based;
        let held = self.state == LossState::Decreasing
            && limits
            && self.hold.until.is_some_and(|until| until > now);
        if held {
            if self.tuning.acked_floor > 0.0 {
                self.hold.rate = self.hold.rate.max(self.instant_least());
            }
            self.estimate = bounded.min(self.hold.rate);
            return;
        }
        if limits && bounded < self.most {
            if self.rises(self.estimate, bounded) && self.may_go_on_rising(bounded) {
                if self.padding.is_none_or(|padding| bounded > padding.rate) {
                    self.padding = Some(Padding { since: now, rate: bounded });
                }
                self.state = LossState::Increasing;
            } else {
                if self.state != LossState::Decreasing {
                    self.start_hold(now, bounded);
                }
                self.padding = None;
                self.state = LossState::Decreasing;
            }
        } else {
            self.hold = NO_HOLD;
            self.padding = None;
            self.state = LossState::DelayBased;
        }
        self.estimate = bounded;
        self.bound_growth(now);
    }

    fn start_hold(&mut self, now: Micros, rate: f64) {
        let span = self.hold.next;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "minutes")]
        #[expect(clippy::cast_precision_loss, reason = "minutes")]
        let next = Micros((span.0 as f64 * self.tuning.hold_growth) as u64).min(LONGEST_HOLD);
        self.hold = Hold { until: Some(now.plus(span)), next, rate };
    }

    fn bound_growth(&mut self, now: Micros) {
        let over =
            self.growing_since.is_none_or(|since| since.plus(self.tuning.increase_window) < now);
        if let Some(best) = self.best
            && self.loss_limits()
            && over
        {
            self.growth_bound = LEAST_BOUND.max(best.bandwidth * self.tuning.most_increase);
            self.growing_since = Some(now);
        }
    }

    fn loss_limits(&self) -> bool {
        self.state != LossState::DelayBased
    }

    fn rises(&self, from: f64, to: f64) -> bool {
        let stays = from.total_cmp(&to).is_eq() && self.state == LossState::Increasing;
        self.loss_limits() && (from < to || stays)
    }

    /// Without getting anywhere it rises only as long as the link is padded.
    fn may_go_on_rising(&self, estimate: f64) -> bool {
        let Some(padding) = self.padding.filter(|_| self.state == LossState::Increasing) else {
            return true;
        };
        padding.since.plus(self.tuning.padding) >= self.window.now() || padding.rate < estimate
    }

    fn instant_least(&self) -> f64 {
        self.acked.map_or(0.0, |acked| acked * self.tuning.acked_floor).max(self.least)
    }

    fn instant_most(&self) -> f64 {
        let excess = self.mean_loss - self.tuning.instant_offset;
        if excess > 0.0 { self.tuning.instant_balance / excess } else { self.most }
    }
}

/// `u64::MAX` stands for no bound.
#[expect(clippy::cast_precision_loss, reason = "no rate comes near 2^52 bit/s")]
const fn rate(bps: u64) -> f64 {
    if bps == u64::MAX { f64::INFINITY } else { bps as f64 }
}

#[cfg(test)]
mod tests;
