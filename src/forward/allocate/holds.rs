//! Once burnt: after congestion an upgrade waits, the longer the more often it failed (A7).
//!
//! Two things are held. A subscription, whose upgrade may have been too much; and the receiver as a
//! whole, so that on a link that is full not each of its subscriptions is tried in turn. Neither
//! holds once there is clearly more than what was too much: the link is another then.

use crate::base::Micros;

/// An upgrade that is followed by congestion within this has failed.
const PROBATION: Micros = Micros::millis(10_000);
/// The first wait,
const FIRST: u64 = 4_000_000;
/// doubled with each failure, up to this.
const LONGEST: u64 = 30_000_000;
/// Success for so long makes good.
const AMENDS: Micros = Micros::millis(30_000);
/// So many percent of what was too much are another link.
const CLEARLY_MORE: u64 = 125;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hold {
    until: Micros,
    /// How often it failed in a row, and until when it was held for the last time.
    failed: Option<(u32, Micros)>,
    /// What was granted altogether when it was too much, bit/s.
    too_much: u64,
}

impl Hold {
    /// Congestion, while `granted` was granted. Whether it is taken for the fault of what was
    /// raised last.
    pub(super) fn on_congestion(
        &mut self,
        now: Micros,
        raised: Option<Micros>,
        granted: u64,
    ) -> bool {
        let is_fault = Self::is_on_probation(now, raised);
        let before = self.failed.filter(|(_, until)| now.since(*until) < AMENDS);
        let times = before.map_or(0, |(times, _)| times) + u32::from(is_fault);
        let wait = (FIRST << times.saturating_sub(1).min(3)).min(LONGEST);
        self.until = now.plus(Micros(wait));
        if is_fault {
            self.failed = Some((times, self.until));
        }
        self.too_much = granted;
        is_fault
    }

    /// Whether what was raised then may turn out to be too much.
    pub(super) fn is_on_probation(now: Micros, raised: Option<Micros>) -> bool {
        raised.is_some_and(|at| now.since(at) <= PROBATION)
    }

    /// Until when nothing is raised within `budget`; `None`: it may be.
    pub(super) const fn until(&self, now: Micros, budget: u64) -> Option<Micros> {
        let holds = now.0 < self.until.0 && budget * 100 < self.too_much * CLEARLY_MORE;
        if holds { Some(self.until) } else { None }
    }

    /// What was too much.
    pub(super) const fn too_much(&self) -> u64 {
        self.too_much
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Micros {
        Micros::millis(1_000 * seconds)
    }

    #[test]
    fn upgrade_that_fails_again_and_again_waits_up_to_half_a_minute() {
        let (mut hold, mut now) = (Hold::default(), at(100));
        let mut waits = Vec::new();
        for _ in 0..6 {
            assert!(hold.on_congestion(now, Some(now.since(at(2))), 1_000));
            let until = hold.until(now, 900).expect("it is held");
            waits.push(until.since(now).0 / 1_000_000);
            assert_eq!(hold.until(until, 900), None);
            now = until.plus(at(2));
        }
        assert_eq!(waits, [4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn half_a_minute_without_failure_makes_good() {
        let mut hold = Hold::default();
        hold.on_congestion(at(10), Some(at(9)), 1_000);
        hold.on_congestion(at(20), Some(at(19)), 1_000);
        assert_eq!(hold.until(at(20), 0), Some(at(28)));
        hold.on_congestion(at(58), Some(at(57)), 1_000);
        assert_eq!(hold.until(at(58), 0), Some(at(62)));
    }

    #[test]
    fn link_that_just_changed_is_nobodys_fault_and_more_of_it_ends_the_wait() {
        let mut hold = Hold::default();
        for second in [20, 21, 22] {
            assert!(!hold.on_congestion(at(second), Some(at(5)), 1_000));
            assert_eq!(hold.until(at(second), 1_249), Some(at(second + 4)));
        }
        assert_eq!(hold.until(at(22), 1_250), None);
        assert!(!hold.on_congestion(at(30), None, 1_000));
    }
}
