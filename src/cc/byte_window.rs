//! Bytes over the last half second or so, by when packets left: what was really sent.

use crate::base::Micros;

/// One slot.
const SLOT: u64 = 20_000;
const SLOTS: u64 = 32;

/// See the module. Packets may be told of out of order.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteWindow {
    bytes: [u32; SLOTS as usize],
    newest: u64,
}

impl ByteWindow {
    /// Nothing was sent.
    pub(super) const fn new() -> Self {
        Self { bytes: [0; SLOTS as usize], newest: 0 }
    }

    /// `bytes` were sent at `at`.
    pub(super) fn add(&mut self, at: Micros, bytes: u32) {
        let slot = at.0 / SLOT;
        for empty in (self.newest + 1..=slot).rev().take(SLOTS as usize) {
            self.bytes[place(empty)] = 0;
        }
        self.newest = self.newest.max(slot);
        if self.newest - slot < SLOTS {
            let held = &mut self.bytes[place(slot)];
            *held = held.saturating_add(bytes);
        }
    }

    /// The rate over the `millis` before the newest slot, which is not over yet; up to 600.
    pub(super) fn rate(&self, millis: u64) -> u64 {
        let slots = (millis * 1_000 / SLOT).clamp(1, SLOTS - 1);
        let past = (1..=slots).filter_map(|back| self.newest.checked_sub(back));
        let bytes: u64 = past.map(|slot| u64::from(self.bytes[place(slot)])).sum();
        bytes * 8_000_000 / (slots * SLOT)
    }
}

const fn place(slot: u64) -> usize {
    (slot % SLOTS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_of_the_last_slots_whatever_their_order() {
        let mut window = ByteWindow::new();
        for packet in (0..100_u64).map(|packet| packet ^ 1) {
            window.add(Micros::millis(10 * packet), 1_250);
        }
        assert_eq!(window.rate(500), 1_000_000);
        window.add(Micros::millis(1_240), 1_250);
        assert_eq!(window.rate(500), 520_000);
        window.add(Micros::millis(90_000), 1_250);
        assert_eq!(window.rate(500), 0);
        window.add(Micros(u64::MAX), u32::MAX);
        assert_eq!(window.rate(500), 0);
    }
}
