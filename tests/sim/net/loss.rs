//! Which packets the wire loses (T4).

use super::Time;
use super::config::{Loss, LossRule};
use super::packet::Head;
use super::rng::{Chance, Pcg};

/// One rule with its state.
pub(super) struct Losses {
    rule: LossRule,
    rng: Pcg,
    /// Packets seen so far.
    seen: u64,
    /// Gilbert-Elliott: whether the state is bad.
    is_bad: bool,
}

impl Losses {
    pub(super) fn new(rule: LossRule, rng: Pcg) -> Self {
        Self { rule, rng, seen: 0, is_bad: false }
    }

    /// Whether this packet is lost.
    pub(super) fn strikes(&mut self, now: Time, head: &Head) -> bool {
        let is_its_time = (self.rule.from..self.rule.until).contains(&now);
        if !is_its_time || !self.rule.kinds.contains(head.kind) {
            return false;
        }
        let number = self.seen;
        self.seen += 1;
        match &self.rule.how {
            Loss::Iid(p) => self.rng.chance(Chance::new(*p)),
            Loss::GilbertElliott { good_to_bad, bad_to_good, loss_in_bad } => {
                let turns = if self.is_bad { *bad_to_good } else { *good_to_bad };
                self.is_bad ^= self.rng.chance(Chance::new(turns));
                // Drawn in both states, so that a packet costs the same draws always.
                let would_strike = self.rng.chance(Chance::new(*loss_in_bad));
                self.is_bad && would_strike
            }
            Loss::Scripted(script) => script(head, number),
        }
    }
}
