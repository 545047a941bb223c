//! The caller's microseconds and the engine's `Instant`s.
//!
//! `Instant` cannot be made from a number, only moved from another; so one is taken when the
//! engine is made and stands for 0 on the caller's clock. That is the only clock this crate reads,
//! and what it shows never matters.

use std::time::{Duration, Instant};

use crate::result::Failure;

/// No deadline.
/// cbindgen:ignore
pub(crate) const LAHN_NEVER: u64 = u64::MAX;

/// Converts, and never goes back: two threads that read the caller's clock before taking turns
/// may arrive in the other order.
#[derive(Debug)]
pub(crate) struct Clock {
    zero: Instant,
    newest: u64,
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only way to an Instant; stands for 0 on the caller's clock, its value is never used"
    )]
    pub(crate) fn new() -> Self {
        Self { zero: Instant::now(), newest: 0 }
    }

    /// The caller's 0.
    pub(crate) const fn zero(&self) -> Instant {
        self.zero
    }

    /// `micros` on the caller's clock, or the newest time seen if that is later.
    pub(crate) fn advance(&mut self, micros: u64) -> Result<Instant, Failure> {
        let now = self.at(micros.max(self.newest))?;
        self.newest = self.newest.max(micros);
        Ok(now)
    }

    /// The same, for a call that changes nothing.
    pub(crate) fn peek(&self, micros: u64) -> Result<Instant, Failure> {
        self.at(micros.max(self.newest))
    }

    /// The caller's time of `instant`, rounded up: whoever waits for it does not come too early.
    pub(crate) fn micros(&self, instant: Instant) -> u64 {
        let nanos = instant.saturating_duration_since(self.zero).as_nanos();
        u64::try_from(nanos.div_ceil(1_000)).unwrap_or(LAHN_NEVER)
    }

    fn at(&self, micros: u64) -> Result<Instant, Failure> {
        let now = self.zero.checked_add(Duration::from_micros(micros));
        now.filter(|_| micros <= LATEST).ok_or_else(|| Failure::argument("now_us is out of range"))
    }
}

/// 146 years. Beyond lies a mistake, and on platforms that count nanoseconds in 64 bits an
/// overflow once the engine adds its own spans.
const LATEST: u64 = u64::MAX / 4_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_survives_the_way_there_and_back() {
        let mut clock = Clock::new();
        let now = clock.advance(1_234_567).expect("in range");
        assert_eq!(clock.micros(now), 1_234_567);
        assert_eq!(clock.micros(clock.zero()), 0);
    }

    #[test]
    fn deadline_between_two_microseconds_is_the_later_one() {
        let clock = Clock::new();
        assert_eq!(clock.micros(clock.zero() + Duration::from_nanos(1_001)), 2);
    }

    #[test]
    fn time_does_not_go_back() {
        let mut clock = Clock::new();
        let late = clock.advance(500).expect("in range");
        assert_eq!(clock.advance(400).expect("in range"), late);
        assert_eq!(clock.peek(400).expect("in range"), late);
        assert!(clock.peek(501).expect("in range") > late);
    }

    #[test]
    fn time_beyond_the_range_is_refused_and_forgotten() {
        let mut clock = Clock::new();
        assert!(clock.advance(u64::MAX).is_err());
        let now = clock.advance(5).expect("in range");
        assert_eq!(clock.micros(now), 5);
    }
}
