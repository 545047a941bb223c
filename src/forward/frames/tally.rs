//! Frames per second, by temporal layer.

/// Temporal layers that are told apart.
pub(super) const MOST_TEMPORAL: usize = 8;
/// Counted over so many milliseconds.
const WINDOW: u32 = 1_000;

/// See the module. Time is in the milliseconds of [`WallClock`](crate::base::WallClock).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    begun: u32,
    counting: [u16; MOST_TEMPORAL],
    /// Frames per second in the window before.
    rates: [f32; MOST_TEMPORAL],
    /// Temporal layers seen so far.
    layers: u8,
}

impl Tally {
    /// A picture of the temporal layer came.
    pub(super) fn count(&mut self, now: u32, temporal: u8) {
        let passed = now.wrapping_sub(self.begun);
        if passed >= WINDOW {
            // After silence the first pictures say nothing about the rate.
            if passed < 2 * WINDOW {
                let seconds = passed as f32 / 1_000.0;
                self.rates = self.counting.map(|count| f32::from(count) / seconds);
            }
            self.counting = [0; MOST_TEMPORAL];
            self.begun = now;
        }
        let temporal = usize::from(temporal).min(MOST_TEMPORAL - 1);
        self.counting[temporal] = self.counting[temporal].saturating_add(1);
        self.layers = self.layers.max(u8::try_from(temporal + 1).unwrap_or(1));
    }

    /// The structure says how many there are.
    pub(super) fn set_layers(&mut self, layers: u8) {
        self.layers = layers.clamp(1, MOST_TEMPORAL as u8);
    }

    /// Temporal layers.
    pub(super) fn layers(&self) -> u8 {
        self.layers.max(1)
    }

    /// Frames per second of the layers up to `temporal`; 0 while unknown, and after silence.
    pub(super) fn rate(&self, now: u32, temporal: u8) -> f32 {
        if now.wrapping_sub(self.begun) >= 2 * WINDOW {
            return 0.0;
        }
        self.rates.iter().take(usize::from(temporal) + 1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_add_up_over_the_layers_and_end_with_silence() {
        let mut tally = Tally::default();
        for n in 0..61_u32 {
            tally.count(5_000 + n * 33, [0, 2, 1, 2][n as usize % 4]);
        }
        assert_eq!(tally.layers(), 3);
        let rates = [0, 1, 2].map(|temporal| tally.rate(7_000, temporal).round());
        assert_eq!(rates, [8.0, 16.0, 30.0], "of 30.3");
        assert_eq!(tally.rate(20_000, 2), 0.0);
    }
}
