//! Probes that are judged together, and when the next one is due after them (section 5 rule 6).
//!
//! Knows nothing of what may hold a probe back. Read next: [`super`].

use super::super::packet::ProbeId;
use super::Proof;
use crate::base::Micros;

/// C7, after the start and after success, and else.
pub(super) const SOON: Micros = Micros::millis(2_000);
pub(super) const AT_LAST: Micros = Micros::millis(8_000);

/// After a success, when the link may carry more yet, and when the probe met its limit.
const AFTER_SUCCESS: Micros = Micros::millis(300);
const AFTER_LIMIT: Micros = Micros::millis(1_500);
/// After one, two, more failures. Stays below the 8 s of rule 6, because S-STUCK has to be back
/// within 5 s,
const AFTER_FAILURE: [Micros; 3] =
    [Micros::millis(2_000), Micros::millis(3_000), Micros::millis(4_500)];
/// and where little is sent nothing but a probe can show that the link got better.
const AFTER_FAILURE_AT_EASE: Micros = Micros::millis(3_000);

/// The next probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Plan {
    pub(super) aim: Aim,
    /// Not before.
    pub(super) due: Micros,
    /// So long after `from` at the latest, if conditions held all the time.
    pub(super) from: Micros,
    pub(super) within: Micros,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Aim {
    /// 3 × the start value (C9),
    First,
    /// 6 × of it, right behind,
    Second {
        start: u64,
    },
    /// as long as that shows more.
    Further,
    /// Once more, and for longer.
    Proof(Proof),
    Usual,
}

impl Plan {
    /// Whether it is to prove what another probe showed.
    pub(super) const fn proves(&self) -> bool {
        matches!(self.aim, Aim::Proof(_))
    }
}

/// Probes that are judged together: one, or the two of the start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Round {
    pub(super) opening: bool,
    /// Whether it is to prove what another showed.
    pub(super) proving: bool,
    pub(super) started: Micros,
    /// Highest rate tried, highest shown, bit/s.
    pub(super) tried: u64,
    pub(super) shown: u64,
    /// When one last showed more by a tenth. One that arrived and yet shows hardly anything new
    /// has met the limit of the link.
    pub(super) rose: Option<Micros>,
    pub(super) awaited: [Option<ProbeId>; 2],
}

impl Round {
    /// A probe succeeded and showed `rate`, where `estimate` was held to be right (bit/s).
    pub(super) fn note(&mut self, now: Micros, rate: u64, estimate: u64) {
        self.shown = self.shown.max(rate);
        if of(rate, 920) > of(estimate, 1_100) {
            self.rose = Some(now);
        }
    }

    /// Most of what was tried arrived: the link may carry more yet.
    pub(super) const fn met_no_limit(&self) -> bool {
        self.shown > of(self.tried, 700)
    }

    /// What follows, after so many rounds in vain, and if much less is sent than could be.
    pub(super) fn conclusion(&self, failures: usize, at_ease: bool) -> Plan {
        let Some(from) = self.rose else {
            let most = if at_ease { AFTER_FAILURE_AT_EASE } else { Micros(u64::MAX) };
            let wait = AFTER_FAILURE[failures.min(AFTER_FAILURE.len() - 1)].min(most);
            let from = self.started;
            return Plan { aim: Aim::Usual, due: from.plus(wait), from, within: AT_LAST };
        };
        let (aim, wait) = match (self.opening, self.met_no_limit()) {
            (true, true) => (Aim::Further, Micros(0)),
            (false, true) => (Aim::Usual, AFTER_SUCCESS),
            (_, false) => (Aim::Usual, AFTER_LIMIT),
        };
        Plan { aim, due: from.plus(wait), from, within: SOON }
    }
}

/// So many thousandths of a rate.
pub(super) const fn of(rate: u64, thousandths: u64) -> u64 {
    rate.saturating_mul(thousandths) / 1_000
}
