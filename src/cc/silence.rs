//! What to do while packets are sent and nothing is heard of them (C10): a frozen tab, a dead NAT
//! binding, a way back that is full.

use super::controller::Outstanding;
use crate::base::Micros;

/// No feedback is late before this.
const LEAST_PATIENCE: Micros = Micros::millis(500);
/// From here on the rate is halved each second,
const HALVE_AFTER: Micros = Micros::millis(1_000);
/// but not below this, bit/s,
const LEAST_RATE: u64 = 100_000;
/// and from here on there is nothing but sound.
const AUDIO_ONLY_AFTER: Micros = Micros::millis(3_000);
/// Reports that have to come before the rate may grow again.
const FRESH_REPORTS: u8 = 3;

/// How long nothing was heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Patience {
    /// Feedback comes.
    Hears,
    /// It is late, or has just begun to come again: no growth.
    Late,
    /// For so many seconds in a row it did not come: each halves the rate.
    Silent {
        /// Counted anew each time it is asked: how often to halve now.
        halvings: u32,
        /// Nothing but sound.
        audio_only: bool,
    },
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silence {
    heard: Option<Micros>,
    /// Usual time between two reports.
    interval: Micros,
    halved: u32,
    fresh: u8,
}

impl Silence {
    /// Nothing sent yet.
    pub(super) const fn new() -> Self {
        Self { heard: None, interval: Micros::millis(100), halved: 0, fresh: FRESH_REPORTS }
    }

    /// Feedback came. Returns whether it was silent for so long that the rate was lowered.
    pub(super) fn on_feedback(&mut self, now: Micros) -> bool {
        if let Some(heard) = self.heard {
            let passed = now.since(heard);
            if passed > self.patience() {
                self.fresh = 0;
            } else {
                self.interval = Micros((self.interval.0 * 7 + passed.0) / 8);
            }
        }
        self.heard = Some(now);
        self.fresh = (self.fresh + 1).min(FRESH_REPORTS);
        std::mem::take(&mut self.halved) > 0
    }

    /// Whether reports have come for long enough to grow by them.
    pub(super) const fn may_grow(&self) -> bool {
        self.fresh >= FRESH_REPORTS
    }

    /// Time passed.
    pub(super) fn check(&mut self, now: Micros, outstanding: &Outstanding) -> Patience {
        // Who sends nothing hears nothing.
        let Some(waits) = self.waits(now, outstanding) else { return Patience::Hears };
        if waits < HALVE_AFTER {
            return if waits < self.patience() { Patience::Hears } else { Patience::Late };
        }
        let due = u32::try_from(waits.0 / 1_000_000).unwrap_or(u32::MAX);
        let halvings = due.saturating_sub(self.halved);
        self.halved = due;
        self.fresh = 0;
        Patience::Silent { halvings, audio_only: waits >= AUDIO_ONLY_AFTER }
    }

    /// The rate after so many halvings.
    pub(super) const fn halved(rate: u64, times: u32) -> u64 {
        let shift = if times > 20 { 20 } else { times };
        let halved = rate >> shift;
        if halved >= LEAST_RATE {
            halved
        } else if rate < LEAST_RATE {
            rate
        } else {
            LEAST_RATE
        }
    }

    fn patience(&self) -> Micros {
        Micros(self.interval.0 * 3).max(LEAST_PATIENCE)
    }

    /// How long something is on its way of which nothing was heard.
    fn waits(&self, now: Micros, outstanding: &Outstanding) -> Option<Micros> {
        let oldest = outstanding.oldest?;
        Some(now.since(self.heard.map_or(oldest, |heard| heard.max(oldest))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_at(millis: u64) -> Outstanding {
        Outstanding { oldest: Some(Micros::millis(millis)) }
    }

    #[test]
    fn rate_is_halved_each_second_and_after_three_only_sound_is_sent() {
        let mut silence = Silence::new();
        silence.on_feedback(Micros::millis(1_000));
        let mut check = |millis| silence.check(Micros::millis(millis), &sent_at(1_000));
        assert_eq!(check(1_400), Patience::Hears);
        assert_eq!(check(1_500), Patience::Late);
        assert_eq!(check(2_000), Patience::Silent { halvings: 1, audio_only: false });
        assert_eq!(check(2_500), Patience::Silent { halvings: 0, audio_only: false });
        assert_eq!(check(4_000), Patience::Silent { halvings: 2, audio_only: true });
        assert!(silence.on_feedback(Micros::millis(4_100)));
        assert!(!silence.may_grow());
        assert!(!silence.on_feedback(Micros::millis(4_150)));
        silence.on_feedback(Micros::millis(4_200));
        assert!(silence.may_grow());
    }

    #[test]
    fn who_sends_nothing_waits_for_nothing() {
        let mut silence = Silence::new();
        silence.on_feedback(Micros::millis(1_000));
        assert_eq!(silence.check(Micros::millis(60_000), &Outstanding::default()), Patience::Hears);
        assert_eq!(silence.check(Micros::millis(60_000), &sent_at(59_900)), Patience::Hears);
    }

    #[test]
    fn rate_is_not_halved_below_its_floor() {
        assert_eq!(Silence::halved(3_000_000, 2), 750_000);
        assert_eq!(Silence::halved(3_000_000, 9), 100_000);
        assert_eq!(Silence::halved(60_000, 3), 60_000);
        assert_eq!(Silence::halved(u64::MAX, 400), u64::MAX >> 20);
    }
}
