//! The lowest estimate of the last seconds: an estimate that has only just risen is not built on.

use crate::base::Micros;

/// In steps of so many microseconds,
const STEP: u64 = 100_000;
/// of which so many are remembered: 3 s.
const STEPS: usize = 30;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Lows {
    /// Number of the newest step.
    newest: u64,
    /// The lowest of each step, by its number.
    lows: [u64; STEPS],
    /// The newest estimate.
    last: u64,
}

impl Lows {
    /// Nothing noted.
    pub(super) const fn new() -> Self {
        Self { newest: 0, lows: [u64::MAX; STEPS], last: u64::MAX }
    }

    /// The estimate is this.
    pub(super) fn note(&mut self, now: Micros, estimate: u64) {
        if self.last == u64::MAX {
            self.lows = [estimate; STEPS];
        }
        let step = now.0 / STEP;
        let passed = step.saturating_sub(self.newest).min(STEPS as u64);
        for number in 1..passed {
            // Since it was noted last it has not changed.
            self.lows[place(step - number)] = self.last;
        }
        if passed > 0 {
            self.lows[place(step)] = estimate;
        }
        self.newest = self.newest.max(step);
        let low = &mut self.lows[place(self.newest)];
        *low = estimate.min(*low);
        self.last = estimate;
    }

    /// What was until now says nothing about what is.
    pub(super) const fn forget(&mut self) {
        self.last = u64::MAX;
    }

    /// The lowest in the last `span`, 3 s at most.
    pub(super) fn lowest(&self, span: Micros) -> u64 {
        let steps = (span.0 / STEP).clamp(1, STEPS as u64);
        let lowest = (0..steps).map(|back| self.lows[place(self.newest + STEPS as u64 - back)]);
        lowest.min().unwrap_or(0)
    }
}

const fn place(step: u64) -> usize {
    (step % STEPS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_is_that_of_the_span_and_holds_between_notes() {
        let mut lows = Lows::new();
        let at = |millis: u64| Micros::millis(5_000 + millis);
        lows.note(at(0), 300);
        assert_eq!(lows.lowest(Micros::millis(3_000)), 300);
        lows.note(at(500), 900);
        assert_eq!(lows.lowest(Micros::millis(1_000)), 300);
        lows.note(at(1_450), 900);
        assert_eq!(lows.lowest(Micros::millis(1_000)), 900, "the low is a second old");
        assert_eq!(lows.lowest(Micros::millis(3_000)), 300);
        lows.note(at(1_460), 200);
        lows.note(at(9_000), 800);
        assert_eq!(lows.lowest(Micros::millis(3_000)), 200, "it lasted until it was noted anew");
        lows.forget();
        lows.note(at(9_050), 700);
        assert_eq!(lows.lowest(Micros::millis(3_000)), 700);
    }
}
