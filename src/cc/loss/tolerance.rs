//! Whether loss means congestion (C18). A link may lose packets of its own, however much or
//! little is sent, without any queue; to send less there helps nobody. A policer or a tiny queue
//! has no queue to show either, but loses more when more is sent ([`super::trend`]).
//!
//! - No queue, up to 10 % lost, as much at one rate as at another: not congestive.
//! - 20 % and more: to 0.7 × what is acknowledged at once, whatever the reason, and held there
//!   until less than 10 % is lost, but not below 20 % of what the link was last measured to
//!   carry. Less again if that helped and was not enough. If it changed nothing, the loss is none
//!   of our doing, and going on down would end at nothing (stock loss controllers keep 4 % of the
//!   link): then it rises again slowly, up to half of the link, or 1 Mbit/s if that is more or
//!   nothing is known of it.
//! - Else congestive: the loss controller has the say, and where more is lost the more is sent
//!   nothing above 0.95 × what got through, for some seconds.
//!
//! Read next: [`super`].

use super::trend::{Dependence, Trend};
use crate::base::Micros;

const NO_QUEUE: Micros = Micros::millis(15);
/// With more, loss is the smaller trouble.
const SMALL_QUEUE: Micros = Micros::millis(60);
const SECOND: Micros = Micros::millis(1_000);
/// Evidence of rates that differed remains while they do not.
const EVIDENCE_LASTS: Micros = Micros::millis(30_000);
/// 10 %, as seconds of a few hundred packets show it.
const TOLERABLE: f64 = 0.125;
const SEVERE: f64 = 0.2;
const OVER: f64 = 0.1;
/// Of fewer packets one second does not show severe loss, or its end.
const FEW_PACKETS: u32 = 50;
const MANY_PACKETS: u32 = 150;
/// A reduction shows in the loss of a whole second only then.
const SHOWS: Micros = Micros::millis(1_500);
/// Per second.
const SEVERE_GROWTH: f64 = 0.1;
const KNOWN_SHARE: f64 = 0.5;
const UNKNOWN_SHARE: f64 = 1_000_000.0;

/// Loss that makes a ceiling, and how long it stays as it is.
const CEILING_LOSS: f64 = 0.03;
const CEILING_HOLD: Micros = Micros::millis(3_000);

/// What is known when feedback came. Rates in bit/s.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LossSample {
    /// Over the last second.
    pub(crate) sent: u64,
    /// Fraction of packets sent in the last second that is known of, 0-1.
    pub(crate) loss: f64,
    /// So many packets that is of.
    pub(crate) packets: u32,
    /// `q400`.
    pub(crate) queue_delay: Micros,
    pub(crate) acked: u64,
    /// What the link was last measured to carry.
    pub(crate) capacity: Option<u64>,
}

impl LossSample {
    /// To 0.7 of what gets through, but 0.2 of what the link once carried.
    fn cut(&self) -> f64 {
        (0.7 * rate(self.acked)).max(0.2 * rate(self.capacity.unwrap_or(0)))
    }
}

/// What the loss means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The loss controller has no say; start it anew ([`super::LossBased::reinitialize`]) from
    /// the target, so that it does not go its own way meanwhile.
    NotCongestive,
    /// It has, and nothing above `most` (`u64::MAX`: no bound).
    Congestive { most: u64 },
    /// It has no say, likewise; nothing above `most`.
    Severe { most: u64 },
}

#[derive(Clone, Copy, Debug)]
struct Reduced {
    at: Micros,
    /// At that moment.
    loss: f64,
    most: f64,
    updated: Micros,
}

#[derive(Clone, Copy, Debug)]
struct Ceiling {
    rate: f64,
    from: Micros,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tolerance {
    trend: Trend,
    /// When the last whole second was taken in, and the loss over about three.
    sampled: Option<Micros>,
    loss: f64,
    evidence: Option<(Dependence, Micros)>,
    reduced: Option<Reduced>,
    ceiling: Option<Ceiling>,
}

impl Tolerance {
    /// Knows nothing.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With each feedback.
    pub(crate) fn update(&mut self, now: Micros, sample: &LossSample) -> Verdict {
        let whole_second = self.sampled.is_none_or(|then| now.since(then) >= SECOND);
        if whole_second {
            self.take_in(now, sample);
        }
        let no_queue = sample.queue_delay < NO_QUEUE;
        let small_queue = sample.queue_delay < SMALL_QUEUE;
        let dependence = self.dependence(now);
        if let Some(most) = self.severe(now, sample, dependence) {
            return Verdict::Severe { most };
        }
        let dependent = dependence == Some(Dependence::Dependent);
        if whole_second && dependent && small_queue && sample.loss >= CEILING_LOSS {
            self.ceiling = Some(Ceiling { rate: 0.95 * rate(sample.acked), from: now });
        }
        let independent = dependence == Some(Dependence::Independent);
        // Far more than before is something else.
        let sudden = sample.loss > 2.0 * self.trend.loss() + 0.05;
        if independent && no_queue && !sudden && self.loss <= TOLERABLE {
            self.ceiling = None;
            return Verdict::NotCongestive;
        }
        Verdict::Congestive { most: self.ceiling_at(now) }
    }

    /// A probe showed that the link carries more: what was learnt of less is void.
    pub(crate) fn lift(&mut self) {
        self.ceiling = None;
    }

    fn take_in(&mut self, now: Micros, sample: &LossSample) {
        let first = self.sampled.is_none();
        self.sampled = Some(now);
        self.loss += if first { sample.loss } else { (sample.loss - self.loss) / 3.0 };
        self.trend.add(rate(sample.sent), sample.packets, sample.loss);
        if let Some(dependence) = self.trend.dependence() {
            self.evidence = Some((dependence, now));
        }
    }

    fn dependence(&self, now: Micros) -> Option<Dependence> {
        self.evidence
            .filter(|(_, then)| now.since(*then) < EVIDENCE_LASTS)
            .map(|(dependence, _)| dependence)
    }

    /// The bound while 20 % is lost, or was and 10 % still is.
    fn severe(
        &mut self,
        now: Micros,
        sample: &LossSample,
        dependence: Option<Dependence>,
    ) -> Option<u64> {
        self.reduced = match self.reduced {
            None => self.reduce(now, sample, dependence),
            Some(_) if self.loss_of_one(sample, MANY_PACKETS) < OVER => None,
            Some(reduced) if now.since(reduced.at) < SHOWS => {
                Some(Reduced { updated: now, ..reduced })
            }
            Some(reduced) => Some(self.reconsider(now, reduced, sample, dependence)),
        };
        self.reduced.map(|reduced| bps(reduced.most))
    }

    fn reduce(
        &self,
        now: Micros,
        sample: &LossSample,
        dependence: Option<Dependence>,
    ) -> Option<Reduced> {
        let loss = self.loss_of_one(sample, FEW_PACKETS);
        let in_vain = dependence == Some(Dependence::Independent) && sample.queue_delay < NO_QUEUE;
        let most = if loss >= SEVERE {
            sample.cut()
        } else if loss.min(self.loss) > TOLERABLE && in_vain {
            // Not severe yet, but the loss controller would go down for nothing.
            rate(sample.sent)
        } else {
            return None;
        };
        Some(Reduced { at: now, loss, most, updated: now })
    }

    /// What is 0.7 of what gets through passes any link that is full of nothing but ours: did it?
    fn reconsider(
        &self,
        now: Micros,
        reduced: Reduced,
        sample: &LossSample,
        dependence: Option<Dependence>,
    ) -> Reduced {
        let loss = self.loss_of_one(sample, MANY_PACKETS);
        let in_vain = self.loss > 0.6 * reduced.loss;
        let worse = self.loss > 1.3 * reduced.loss + 0.05;
        if loss >= SEVERE && (worse || !in_vain) {
            return Reduced { at: now, loss, most: sample.cut(), updated: now };
        }
        let mut most = reduced.most;
        let free = sample.queue_delay < NO_QUEUE && dependence != Some(Dependence::Dependent);
        if in_vain && free {
            let known = sample.capacity.map_or(0.0, |capacity| KNOWN_SHARE * rate(capacity));
            let grown = most * (SEVERE_GROWTH * now.since(reduced.updated).seconds()).exp();
            most = grown.min(known.max(UNKNOWN_SHARE)).max(most);
        }
        Reduced { most, updated: now, ..reduced }
    }

    /// Of the last second, or if that was of less packets, of about three.
    const fn loss_of_one(&self, sample: &LossSample, packets: u32) -> f64 {
        if sample.packets >= packets { sample.loss } else { self.loss }
    }

    /// It stays for a while and rises ever faster.
    fn ceiling_at(&self, now: Micros) -> u64 {
        let Some(ceiling) = self.ceiling else { return u64::MAX };
        let rising = now.since(ceiling.from.plus(CEILING_HOLD)).seconds();
        bps(ceiling.rate * (0.02 * rising + 0.002 * rising * rising).exp())
    }
}

#[expect(clippy::cast_precision_loss, reason = "no rate comes near 2^52 bit/s")]
const fn rate(bps: u64) -> f64 {
    bps as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
const fn bps(rate: f64) -> u64 {
    rate as u64
}
