//! The slope of the delay over the last packet groups: how fast a queue fills or empties.
//!
//! Delays are summed up from group to group and smoothed, and a straight line is fitted through
//! the last 20 by least squares; its slope is about (rate - capacity) / capacity. Constants as in
//! libwebrtc M138 (`TrendlineEstimator`; draft-ietf-rmcat-gcc-02 §5.4 has a Kalman filter here).
//! Does not judge: that is [`super::overuse`].

use super::groups::Delta;

/// Groups that the line goes through.
const WINDOW: usize = 20;
/// What of the smoothed delay stays, at each group.
const SMOOTHING: f64 = 0.9;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trendline {
    /// Arrival in milliseconds since the first, and smoothed delay in milliseconds: a ring.
    points: [(f64, f64); WINDOW],
    /// Deltas seen; the next goes to this place, modulo the length.
    count: usize,
    first_arrived: i64,
    delay: f64,
    smoothed: f64,
    slope: f64,
}

impl Trendline {
    /// The group that ended lies so far behind the one before; a packet of the next `arrived`.
    /// The slope from here on.
    #[expect(clippy::cast_precision_loss, reason = "estimates")]
    pub(super) fn add(&mut self, delta: Delta, arrived: i64) -> f64 {
        if self.count == 0 {
            self.first_arrived = arrived;
        }
        self.delay += delta.arrived.saturating_sub(delta.sent) as f64 / 1e3;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.delay;
        let after = arrived.saturating_sub(self.first_arrived) as f64 / 1e3;
        self.points[self.count % WINDOW] = (after, self.smoothed);
        self.count = self.count.saturating_add(1);
        if self.count >= WINDOW
            && let Some(slope) = fit(&self.points)
        {
            self.slope = slope;
        }
        self.slope
    }

    /// The slope as it was last fitted; 0 before there was enough to fit.
    #[cfg(test)]
    pub(super) const fn slope(&self) -> f64 {
        self.slope
    }

    /// How many deltas it has seen.
    pub(super) const fn count(&self) -> usize {
        self.count
    }
}

/// Slope of the line through the points with the least squares; `None` if all lie above another.
#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn fit(points: &[(f64, f64)]) -> Option<f64> {
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
    let (mean_x, mean_y) = (sum_x / points.len() as f64, sum_y / points.len() as f64);
    let (above, below) = points.iter().fold((0.0, 0.0), |sum, at| {
        let x = at.0 - mean_x;
        (sum.0 + x * (at.1 - mean_y), sum.1 + x * x)
    });
    (below > 0.0).then(|| above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slope after so many groups, each 20 ms after the other as sent.
    fn slope_after(groups: u64, apart_on_arrival: i64) -> f64 {
        let mut line = Trendline::default();
        for group in 1..=groups {
            let arrived = apart_on_arrival * i64::try_from(group).expect("few");
            line.add(Delta { sent: 20_000, arrived: apart_on_arrival }, arrived);
        }
        line.slope()
    }

    #[test]
    fn slope_is_what_the_queue_grows_by() {
        // Each group takes 2 ms more than 20: the delay grows by 2 in 22.
        assert!((slope_after(200, 22_000) - 2.0 / 22.0).abs() < 1e-6);
        assert!((slope_after(200, 18_000) + 2.0 / 18.0).abs() < 1e-6);
        assert!(slope_after(200, 20_000).abs() < 1e-9);
    }

    #[test]
    fn delay_is_taken_over_by_a_tenth_with_each_group() {
        let mut line = Trendline::default();
        for group in 1..20 {
            line.add(Delta { sent: 20_000, arrived: 20_000 }, 20_000 * group);
        }
        // 1 ms of 10 at the last of 20 points: 9.5 × 20 ms / (665 × (20 ms)²).
        let slope = line.add(Delta { sent: 20_000, arrived: 30_000 }, 400_000);
        assert!((slope - 190.0 / 266_000.0).abs() < 1e-12, "{slope}");
    }

    #[test]
    fn nothing_is_said_before_twenty_groups() {
        assert!(slope_after(19, 22_000).abs() < 1e-12);
        assert!(slope_after(20, 22_000) > 0.03);
    }

    #[test]
    fn points_at_one_time_have_no_slope() {
        let mut line = Trendline::default();
        for _ in 0..40 {
            assert!(line.add(Delta { sent: 6_000, arrived: 0 }, 77).abs() < 1e-12);
        }
    }
}
