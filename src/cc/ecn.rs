//! Explicit congestion notification towards a receiver: whether packets go out as ECT(1), and what
//! follows from the marks that come back (RFC 9331; the response is that of DCTCP, RFC 8257).
//!
//! ```text
//!           packets come back           ┌── bleached, or marked with a cause of its own
//!   Testing ─────────────────▶ Capable ─┤   or by a queue of the classic kind
//!      └── bleached, or lost ───────────┴──▶ Failed: not ECN-capable, for good
//! ```
//!
//! An L4S queue marks every packet that waited more than about a millisecond. A sender that treats
//! a classic one (RFC 3168) like that takes more than its share, so the two are told apart: where
//! packets wait long and still most of them are not marked, the queue is a classic one.
//!
//! Knows no rate: the controller that asks it does. Read next: [`super::controller`].

use super::packet::{Ecn, PacketResult};
use crate::base::{EcnCodepoint, Micros};

/// What marks ask for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Reduction {
    /// What the rate is to be multiplied with, 0.5-1.
    pub(crate) factor: f64,
}

/// Why packets are no longer sent as ECT(1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EcnFailure {
    /// The field comes back cleared, or the receiver cannot read it.
    Bleached,
    /// Such packets do not arrive at all.
    Lost,
    /// Marks come whatever the queue.
    AlwaysMarked,
    /// Marks come from a queue that means them as loss (RFC 9331 §4.3).
    ClassicQueue,
}

/// Where in the picture above.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EcnState {
    /// Not wanted, or the receiver does not report marks.
    Off,
    /// Packets go out as ECT(1); nothing is known yet.
    Testing,
    /// They come back as they should.
    Capable,
    /// See [`EcnFailure`].
    Failed(EcnFailure),
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct EcnControl {
    state: EcnState,
    /// Fraction of packets marked, smoothed over rounds: DCTCP's alpha.
    alpha: f64,
    round: Round,
    /// Marks on packets sent before were answered already.
    answered: Micros,
    /// Since the last check of the field: packets that came back as ECT(1) or CE, and cleared.
    kept: u32,
    bleached: u32,
    /// Sent as ECT(1) and lost before any arrived.
    lost: u32,
    /// Rounds on end that look like a classic queue, and like marks without a cause.
    classic_rounds: u32,
    causeless_rounds: u32,
}

/// What was sent since a feedback came and is told of until the first packet sent after another:
/// about a round trip.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    /// The next begins with a packet sent since then: when the first feedback of this one came.
    until: Option<Micros>,
    arrived: u32,
    marked: u32,
}

impl EcnControl {
    /// `wanted`: by configuration, and by a receiver that reports marks (RFC 8888).
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            state: if wanted { EcnState::Testing } else { EcnState::Off },
            alpha: 1.0,
            round: Round::default(),
            answered: Micros(0),
            kept: 0,
            bleached: 0,
            lost: 0,
            classic_rounds: 0,
            causeless_rounds: 0,
        }
    }

    /// Packets were told of; `queue_delay` is what they stand in line on the link. What that asks
    /// for: at most one reduction per round trip.
    pub(crate) fn on_feedback(
        &mut self,
        now: Micros,
        results: &[PacketResult],
        queue_delay: Micros,
    ) -> Option<Reduction> {
        let mut asked = false;
        for result in results.iter().filter(|result| result.sent.ect1) {
            if !self.is_sending() {
                return None;
            }
            let until = *self.round.until.get_or_insert(now);
            if result.sent.at >= until && self.round.arrived > 0 {
                self.end_round(queue_delay);
                self.round = Round { until: Some(now), ..Round::default() };
            }
            self.check(result);
            // A probe is meant to be too much: it shows that in what arrives of it.
            if result.arrived.is_none() || result.sent.probe.is_some() {
                continue;
            }
            self.round.arrived += 1;
            if result.ecn == Ecn::Ce {
                self.round.marked += 1;
                asked |= result.sent.at >= self.answered;
            }
        }
        if !asked || !self.is_sending() {
            return None;
        }
        self.answered = now;
        Some(Reduction { factor: 1.0 - self.alpha / 2.0 })
    }

    /// What to send with now.
    pub(crate) const fn codepoint(&self) -> EcnCodepoint {
        if self.is_sending() { EcnCodepoint::Ect1 } else { EcnCodepoint::NotEct }
    }

    /// Where it stands.
    #[cfg(test)]
    pub(crate) const fn state(&self) -> EcnState {
        self.state
    }

    const fn is_sending(&self) -> bool {
        matches!(self.state, EcnState::Testing | EcnState::Capable)
    }

    /// Whether the path leaves the field as it was sent.
    fn check(&mut self, result: &PacketResult) {
        match (result.arrived, result.ecn) {
            (None, _) if self.state == EcnState::Testing && self.kept + self.bleached == 0 => {
                self.lost += 1;
                if self.lost >= MOST_LOST {
                    self.state = EcnState::Failed(EcnFailure::Lost);
                }
            }
            (None, _) => {}
            (Some(_), Ecn::NotEct) => self.bleached += 1,
            (Some(_), Ecn::Ect | Ecn::Ce) => self.kept += 1,
        }
        let told = self.kept + self.bleached;
        if self.bleached * MOST_BLEACHED >= CHECKED {
            self.state = EcnState::Failed(EcnFailure::Bleached);
        } else if told >= CHECKED {
            self.state = EcnState::Capable;
            (self.kept, self.bleached) = (0, 0);
        }
    }

    fn end_round(&mut self, queue_delay: Micros) {
        let Round { arrived, marked, .. } = self.round;
        let fraction = f64::from(marked) / f64::from(arrived);
        self.alpha += (fraction - self.alpha) * GAIN;

        let waits_unmarked = queue_delay >= CLASSIC_QUEUE && marked * 2 < arrived;
        match marked {
            // Classic queues mark rarely: rounds without any say nothing.
            0 => self.causeless_rounds = 0,
            _ if waits_unmarked => self.classic_rounds += 1,
            _ if marked == arrived && queue_delay < NO_QUEUE => self.causeless_rounds += 1,
            _ => (self.classic_rounds, self.causeless_rounds) = (0, 0),
        }
        if self.classic_rounds >= CLASSIC_ROUNDS {
            self.state = EcnState::Failed(EcnFailure::ClassicQueue);
        } else if self.causeless_rounds >= CAUSELESS_ROUNDS {
            self.state = EcnState::Failed(EcnFailure::AlwaysMarked);
        }
    }
}

impl From<EcnCodepoint> for Ecn {
    fn from(codepoint: EcnCodepoint) -> Self {
        match codepoint {
            EcnCodepoint::NotEct => Self::NotEct,
            EcnCodepoint::Ect0 | EcnCodepoint::Ect1 => Self::Ect,
            EcnCodepoint::Ce => Self::Ce,
        }
    }
}

/// Weight of the newest round (RFC 8257 §3.3).
const GAIN: f64 = 1.0 / 16.0;
/// Packets after which the field is taken to come through, or is looked at afresh.
const CHECKED: u32 = 30;
/// One in so many of them cleared is enough: marks would be cleared too.
const MOST_BLEACHED: u32 = 5;
/// Packets lost before one arrived: the path may not carry ECT(1).
const MOST_LOST: u32 = 10;
/// Waiting for so long without being marked is no L4S queue; those begin at 1 ms.
const CLASSIC_QUEUE: Micros = Micros::millis(20);
/// Rounds with marks that have to show it: one may lie across a change.
const CLASSIC_ROUNDS: u32 = 3;
/// A queue whose marks are beyond doubt is longer.
const NO_QUEUE: Micros = Micros::millis(5);
/// Rounds with nothing but marks and without a queue. With a cause, less would have been marked
/// long before: by then the rate was reduced to a hundredth.
const CAUSELESS_ROUNDS: u32 = 16;

#[cfg(test)]
mod tests;
