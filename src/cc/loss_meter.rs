//! The share of packets that were lost over the last second of feedback.

use super::meter::Meter;
use crate::base::Micros;

/// Of fewer packets nothing is said.
const LEAST_PACKETS: u32 = 10;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct LossMeter {
    told: Meter<10, 100>,
    lost: Meter<10, 100>,
    newest: Micros,
}

impl LossMeter {
    /// Nothing was told of.
    pub(super) const fn new() -> Self {
        Self { told: Meter::new(), lost: Meter::new(), newest: Micros(0) }
    }

    /// Of so many packets, `lost` did not arrive.
    pub(super) fn add(&mut self, now: Micros, told: u32, lost: u32) {
        self.newest = now;
        self.told.add(now, told);
        self.lost.add(now, lost);
    }

    /// Packets that were told of.
    pub(super) fn told(&self) -> u32 {
        u32::try_from(self.told.sum(self.newest)).unwrap_or(u32::MAX)
    }

    /// 0-1.
    pub(super) fn share(&self) -> f64 {
        let told = self.told();
        let lost = u32::try_from(self.lost.sum(self.newest)).unwrap_or(u32::MAX);
        if told < LEAST_PACKETS { 0.0 } else { f64::from(lost.min(told)) / f64::from(told) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_is_of_the_last_second() {
        let mut meter = LossMeter::new();
        meter.add(Micros::millis(0), 5, 5);
        assert!(meter.share().abs() < 1e-9, "too few to say");
        meter.add(Micros::millis(450), 15, 5);
        assert!((meter.share() - 0.5).abs() < 1e-9);
        meter.add(Micros::millis(1_050), 20, 0);
        assert!((meter.share() - 5.0 / 35.0).abs() < 1e-9);
        meter.add(Micros::millis(90_000), 20, 0);
        assert!(meter.share().abs() < 1e-9);
    }
}
