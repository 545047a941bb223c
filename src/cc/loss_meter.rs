//! The share of packets that were lost over the last second of feedback.

use crate::base::Micros;

const SLOT: u64 = 100_000;
const SLOTS: usize = 10;
/// Of fewer packets nothing is said.
const LEAST_PACKETS: u32 = 10;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct LossMeter {
    /// Told of, and lost of those.
    slots: [(u32, u32); SLOTS],
    newest: u64,
}

impl LossMeter {
    /// Nothing was told of.
    pub(super) const fn new() -> Self {
        Self { slots: [(0, 0); SLOTS], newest: 0 }
    }

    /// Of so many packets, `lost` did not arrive.
    pub(super) fn add(&mut self, now: Micros, told: u32, lost: u32) {
        let slot = now.0 / SLOT;
        for empty in (self.newest + 1..=slot).rev().take(SLOTS) {
            self.slots[place(empty)] = (0, 0);
        }
        self.newest = self.newest.max(slot);
        let held = &mut self.slots[place(self.newest)];
        held.0 = held.0.saturating_add(told);
        held.1 = held.1.saturating_add(lost);
    }

    /// Packets that were told of.
    pub(super) fn told(&self) -> u32 {
        self.slots.iter().fold(0, |told, slot| told.saturating_add(slot.0))
    }

    /// 0-1.
    pub(super) fn share(&self) -> f64 {
        let told = self.told();
        let lost = self.slots.iter().fold(0_u32, |lost, slot| lost.saturating_add(slot.1));
        if told < LEAST_PACKETS { 0.0 } else { f64::from(lost.min(told)) / f64::from(told) }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "below the length")]
const fn place(slot: u64) -> usize {
    (slot % SLOTS as u64) as usize
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
