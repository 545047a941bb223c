//! What the link seems to carry, from what came through at moments of overuse.
//!
//! As long as throughput stays near it, the rate is near the link's capacity and is raised with
//! care. libwebrtc's `LinkCapacityEstimator` (draft-ietf-rmcat-gcc-02 §5.5, R_hat_max).

/// Weight of a new sample.
const WEIGHT: f64 = 0.05;
/// Bounds of the variance, as a share of the estimate (kbit/s): at 500 kbit/s deviations of 14 and
/// 35 kbit/s.
const VARIANCES: (f64, f64) = (0.4, 2.5);

/// Mean and variance of throughput at overuse, kbit/s.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkCapacity {
    mean: Option<f64>,
    variance: f64,
}

impl LinkCapacity {
    pub(super) const fn new() -> Self {
        Self { mean: None, variance: VARIANCES.0 }
    }

    /// The link was overused while `throughput` (bit/s) came through. A throughput far below what
    /// is known makes it begin anew.
    pub(super) fn on_overuse(&mut self, throughput: f64) {
        let sample = throughput / 1e3;
        if self.mean.is_some_and(|mean| sample < mean - self.deviations(mean)) {
            self.forget();
        }
        let Some(mean) = self.mean else {
            self.mean = Some(sample);
            self.variance = ((1.0 - WEIGHT) * self.variance).clamp(VARIANCES.0, VARIANCES.1);
            return;
        };
        let mean = mean + WEIGHT * (sample - mean);
        let error = mean - sample;
        let share = error * error / mean.max(1.0);
        self.mean = Some(mean);
        self.variance =
            (self.variance + WEIGHT * (share - self.variance)).clamp(VARIANCES.0, VARIANCES.1);
    }

    /// More came through than the link is taken to carry, so that nothing is known any more.
    pub(super) fn on_throughput(&mut self, throughput: f64) {
        if self.mean.is_some_and(|mean| throughput / 1e3 > mean + self.deviations(mean)) {
            self.forget();
        }
    }

    /// Bit/s.
    pub(super) fn estimate(&self) -> Option<f64> {
        self.mean.map(|mean| mean * 1e3)
    }

    const fn forget(&mut self) {
        self.mean = None;
    }

    /// Three standard deviations.
    fn deviations(&self, mean: f64) -> f64 {
        3.0 * (self.variance * mean).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_sample_is_taken_whole_and_later_ones_by_a_twentieth() {
        let mut capacity = LinkCapacity::new();
        capacity.on_overuse(500_000.0);
        assert_eq!(capacity.estimate(), Some(500_000.0));
        capacity.on_overuse(480_000.0);
        assert_eq!(capacity.estimate(), Some(499_000.0));
    }

    #[test]
    fn throughput_beyond_three_deviations_makes_it_begin_anew() {
        // 3 × √(.4 × 500) = 42.4 kbit/s
        let mut capacity = LinkCapacity::new();
        capacity.on_overuse(500_000.0);
        capacity.on_throughput(542_000.0);
        assert_eq!(capacity.estimate(), Some(500_000.0));
        capacity.on_throughput(543_000.0);
        assert_eq!(capacity.estimate(), None);

        capacity.on_overuse(500_000.0);
        capacity.on_overuse(457_000.0);
        assert_eq!(capacity.estimate(), Some(457_000.0), "not a twentieth of it");
    }

    #[test]
    fn uneven_samples_widen_what_is_near_up_to_a_bound() {
        let mut capacity = LinkCapacity::new();
        for _ in 0..100 {
            capacity.on_overuse(470_000.0);
            capacity.on_overuse(530_000.0);
        }
        let mean = capacity.estimate().expect("samples are near each other");
        assert!((mean - 500_000.0).abs() < 5_000.0, "{mean}");
        // 42 kbit/s were too far when nothing was known of the spread; 85 are now.
        capacity.on_throughput(mean + 60_000.0);
        assert!(capacity.estimate().is_some());
        capacity.on_throughput(mean + 107_000.0);
        assert!(capacity.estimate().is_none());
    }
}
