//! The constants of the loss controller: those of libwebrtc M138 (`WebRTC-Bwe-LossBasedBweV2`
//! without field trials). A value of its own only so that its conformance tests, which are
//! written for other constants, can be restated with their numbers.

use crate::base::Micros;

/// See the module. Rates in bit/s.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuning {
    /// Shortest observation: that much time between first and last packet sent,
    pub(super) observation: Micros,
    /// so many are remembered,
    pub(super) window: usize,
    /// so many needed for an estimate;
    pub(super) least_observations: usize,
    /// each counts so much less than the one after it: for the model, and for the mean loss.
    pub(super) memory: f64,
    pub(super) instant_memory: f64,
    /// Loss at this many times the median sending rate is no outlier.
    pub(super) burst: f64,

    /// Of the current estimate.
    pub(super) candidates: [f64; 3],
    /// Whether an estimate is not raised while more is lost than the best one explains.
    pub(super) heeds_unexplained_loss: bool,

    /// Higher rates are preferred by this, linearly (per kbit/s) and logarithmically,
    pub(super) bias: f64,
    pub(super) log_bias: f64,
    /// below this loss; above it lower ones are.
    pub(super) bias_until: f64,
    pub(super) bias_smoothing: f64,

    /// Loss that comes with the link, not from our rate: at first, at least,
    pub(super) initial_inherent: f64,
    pub(super) least_inherent: f64,
    /// and at most: the second, and this rate divided by the estimate.
    pub(super) inherent_balance: f64,
    pub(super) inherent_offset: f64,
    pub(super) newton_iterations: u32,
    pub(super) newton_step: f64,

    /// With more loss than the second, no estimate above this rate divided by what is more.
    pub(super) instant_balance: f64,
    pub(super) instant_offset: f64,

    /// No estimate below so many times the acknowledged rate.
    pub(super) acked_floor: f64,
    /// While loss limits, it rises to so many times the acknowledged rate at most,
    pub(super) ramp_up: f64,
    /// and after a hold, when less than that many times the held rate is acknowledged, to
    pub(super) ramp_up_in_hold: f64,
    pub(super) hold_threshold: f64,
    /// Each hold is so many times as long as the one before.
    pub(super) hold_growth: f64,
    /// Growth within one such window is bounded by the factor.
    pub(super) increase_window: Micros,
    pub(super) most_increase: f64,
    /// While it rises the link is padded for so long.
    pub(super) padding: Micros,
}

/// Observations that can be remembered.
pub(super) const MOST_OBSERVATIONS: usize = 15;

impl Tuning {
    pub(super) const DEFAULT: Self = Self {
        observation: Micros::millis(250),
        window: MOST_OBSERVATIONS,
        least_observations: 3,
        memory: 0.9,
        instant_memory: 0.9,
        burst: 2.0,
        candidates: [1.02, 1.0, 0.95],
        heeds_unexplained_loss: true,
        bias: 0.0002,
        log_bias: 0.02,
        bias_until: 0.2,
        bias_smoothing: 0.002,
        initial_inherent: 0.01,
        least_inherent: 1.0e-3,
        inherent_balance: 100_000.0,
        inherent_offset: 0.05,
        newton_iterations: 1,
        newton_step: 0.75,
        instant_balance: 100_000.0,
        instant_offset: 0.05,
        acked_floor: 1.0,
        ramp_up: 1.5,
        ramp_up_in_hold: 1.2,
        hold_threshold: 1.3,
        hold_growth: 2.0,
        increase_window: Micros::millis(300),
        most_increase: 1.3,
        padding: Micros::millis(2_000),
    };
}
