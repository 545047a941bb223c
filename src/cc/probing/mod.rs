//! Decides when to try whether the link carries more: a burst of padding or media at more than
//! the estimate. Without it an application that sends little stays low for ever, for what is not
//! sent shows nothing (spec: section 5 rule 6, C7-C9).
//!
//! Knows nothing of packets and their times: it is told what a probe showed. What follows from
//! that: [`round`]; how long a probe is and what it may cost: [`size`]. Read next:
//! [`super::controller`].
//!
//! ```text
//!  Idle ─ first packet ─> Due(First) ─> Due(Second) ─> Awaiting ─ far enough ─> Due(Further) ─┐
//!                                                       │   ^──────────────── probe ──────────┘
//!                                            short of it│
//!                                                       v
//!                                  Due(Usual) ─ probe ─> Awaiting ─ result, or none ─> Due(Usual)
//!                                                       │   ^
//!                                    to be proved first │   │ probe
//!                                                       v   │
//!                                                       Due(Proof)
//! ```
//!
//! The promise (C7): whenever desired > 1.05 × estimate, no congestion for 1 s and feedback
//! arrives, a probe starts within 8 s; within 2 s after the start and after one that succeeded.
//! Nothing here may hold a probe back beyond that moment ([`Probing::deadline`]): the waits are
//! shorter, the budget always has enough for a short probe by then, and a key frame in the pacer,
//! which else forbids probes, is waited for only until then. Nothing waits in the pacer for more
//! than 250 ms (C12), so that a "key frame" of seconds is load like any other.
mod round;
mod size;

use self::round::{AT_LAST, Aim, Plan, Round, SOON, of};
use self::size::{Budget, least_bytes, probe_bytes, usual_bytes};
use super::controller::{Demand, Probe, RateLimits};
use super::packet::ProbeId;
use crate::base::Micros;

/// With less queue than this a probe finds an empty link.
const EMPTY_QUEUE: Micros = Micros::millis(12);
/// Without feedback for so long none "arrives" any more.
const FRESH: Micros = Micros::millis(1_000);
/// After the estimate was lowered.
const CALM: Micros = Micros::millis(500);
/// After a standing queue was emptied (section 5 rule 3).
const CALM_AFTER_DRAIN: Micros = Micros::millis(1_500);
/// Congestion so long ago no longer counts (C7).
const CONGESTION_COUNTS: Micros = Micros::millis(1_000);

/// After one proof in vain, and more, so long without: each leaves a queue behind.
const DISPROVED: [Micros; 2] = [Micros::millis(3_000), Micros::millis(6_000)];
/// What a probe showed is proved within this, or not at all.
const PROOF_WAITS: Micros = Micros::millis(4_000);
/// A probe of which nothing is heard for so long after its end has failed.
const PATIENCE: Micros = Micros::millis(1_000);
/// So long before a promised moment a short probe has to do, so that a key frame can pass.
const MARGIN: Micros = Micros::millis(250);

/// What the controller knows of the link while it decides.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LinkView {
    /// Bit/s.
    pub(crate) estimate: u64,
    /// What leaves, bit/s.
    pub(crate) sent: u64,
    /// Least standing queue over 400 ms (`q400`).
    pub(crate) queue_delay: Micros,
    /// The delay detector sees no overuse, and the round trip is no reason to go down.
    pub(crate) normal: bool,
    /// A standing queue is being emptied.
    pub(crate) draining: bool,
    /// The loss controller holds the estimate down, and lets it grow again.
    pub(crate) loss_limited: bool,
}

/// What a probe showed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Measured {
    /// Bit/s, as it arrived.
    pub(crate) rate: u64,
    /// Fraction of the probe's packets, 0-1.
    pub(crate) lost: f64,
    /// It is not to be believed before this arrived.
    pub(crate) proof: Option<Proof>,
}

/// A probe as long as it takes to prove what a short one showed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Proof {
    /// Bit/s.
    pub(crate) rate: u64,
    pub(crate) bytes: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing was sent yet.
    Idle,
    Due(Plan),
    /// A probe is on its way; it counts as failed at this moment.
    Awaiting(Micros),
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Probing {
    most: u64,
    demand: Demand,
    link: LinkView,
    state: State,
    round: Round,
    failures: usize,
    /// Last feedback; and since when it comes without a pause.
    heard: Option<Micros>,
    fresh_since: Micros,
    /// Since when more is desired than the estimate.
    wanting_since: Option<Micros>,
    congested: Option<Micros>,
    calm_from: Micros,
    budget: Budget,
    /// The same, but of what probes add to what is sent anyway: for proofs.
    added: Budget,
    /// Proofs in vain in turn, and when the next may be tried.
    disproved: usize,
    proofs_from: Micros,
    next: ProbeId,
    /// Latest time heard of.
    now: Micros,
}

impl Probing {
    /// Nothing sent yet.
    pub(crate) fn new(now: Micros, limits: RateLimits) -> Self {
        Self {
            most: limits.most,
            demand: Demand::default(),
            link: LinkView { estimate: limits.start, normal: true, ..LinkView::default() },
            state: State::Idle,
            round: Round::default(),
            failures: 0,
            heard: None,
            fresh_since: now,
            wanting_since: None,
            congested: None,
            calm_from: now,
            budget: Budget::new(now),
            added: Budget::new(now),
            disproved: 0,
            proofs_from: now,
            next: 0,
            now,
        }
    }

    /// Packets leave. From the first time on probes are due; says nothing later.
    pub(crate) fn on_sending(&mut self, now: Micros) {
        self.now = now;
        if self.state == State::Idle {
            self.state = State::Due(Plan { aim: Aim::First, due: now, from: now, within: SOON });
        }
    }

    /// Feedback came, whatever it says.
    pub(crate) fn on_feedback(&mut self, now: Micros) {
        self.now = now;
        if self.heard.is_none_or(|heard| now.since(heard) > FRESH) {
            self.fresh_since = now;
        }
        self.heard = Some(now);
    }

    /// The link as it is seen now: after each feedback, and when anything of it changed.
    pub(crate) fn on_link(&mut self, now: Micros, link: LinkView) {
        if link.draining {
            // What is on its way measures a full queue.
            self.cancel(now);
        } else if self.link.draining {
            self.calm_from = self.calm_from.max(now.plus(CALM_AFTER_DRAIN));
        }
        self.link = link;
        if !self.link_is_free() {
            self.congested = Some(now);
            self.slow_down();
        }
        self.review(now);
    }

    /// The estimate was lowered because of delay or loss.
    pub(crate) fn on_congestion(&mut self, now: Micros) {
        self.now = now;
        self.congested = Some(now);
        self.calm_from = self.calm_from.max(now.plus(CALM));
        self.slow_down();
    }

    /// A probe was measured, or (`None`) cannot be. Answers the estimate to take from it, if it
    /// succeeded: more than 1.08 × the estimate, less than 10 % lost (section 5 rule 6), and nothing
    /// left to prove. Tell the new estimate by [`on_link`](Self::on_link) before the next
    /// [`poll`](Self::poll).
    pub(crate) fn on_result(
        &mut self,
        now: Micros,
        id: ProbeId,
        measured: Option<Measured>,
    ) -> Option<u64> {
        self.now = now;
        let awaited = self.round.awaited.iter_mut().find(|awaited| **awaited == Some(id))?;
        let success = measured.filter(|measured| {
            measured.rate > of(self.link.estimate, 1_080) && measured.lost < 0.1
        });
        // At the start there is nothing to compare with.
        let proof = success.and_then(|measured| measured.proof).filter(|_| !self.round.opening);
        if self.round.proving && proof.is_some() {
            // The rest of it may prove it.
            return None;
        }
        *awaited = None;
        let success = success.filter(|_| proof.is_none());
        if let Some(Measured { rate, .. }) = success {
            self.round.note(now, rate, self.link.estimate);
        }
        let far_enough = self.round.opening && self.round.met_no_limit();
        if matches!(self.state, State::Awaiting(_))
            && (far_enough || self.round.awaited == [None; 2])
        {
            match proof.and_then(|proof| self.planned(now, proof)) {
                Some(plan) => self.state = State::Due(plan),
                None => self.conclude(),
            }
        }
        success.map(|measured| of(measured.rate, 920))
    }

    /// What there is to send changed.
    pub(crate) fn set_demand(&mut self, now: Micros, demand: Demand) {
        self.demand = demand;
        self.review(now);
    }

    /// Bounds changed.
    pub(crate) fn set_limits(&mut self, now: Micros, limits: RateLimits) {
        self.most = limits.most;
        self.review(now);
    }

    /// A probe that is to start now. Call when [`poll_timeout`](Self::poll_timeout) says so and
    /// after each of the above.
    pub(crate) fn poll(&mut self, now: Micros) -> Option<Probe> {
        self.now = now;
        if matches!(self.state, State::Awaiting(until) if now >= until) {
            self.conclude();
        }
        let State::Due(plan) = self.state else { return None };
        (self.earliest(plan)? <= now).then(|| self.start(now, plan))
    }

    /// When [`poll`](Self::poll) has something to do, if nothing happens before.
    pub(crate) fn poll_timeout(&self) -> Option<Micros> {
        match self.state {
            State::Idle => None,
            State::Awaiting(until) => Some(until),
            State::Due(plan) => self.earliest(plan),
        }
    }

    /// Whether a probe is on its way: its own queue is no reason to go down (section 5 rule 7).
    #[cfg(test)]
    pub(crate) fn probing(&self) -> bool {
        self.round.awaited != [None; 2]
    }

    /// When a planned probe may start, as things stand; `None`: something has to change first.
    fn earliest(&self, plan: Plan) -> Option<Micros> {
        if self.wanting_since.is_none() || !self.link_is_free() {
            return None;
        }
        let opening = matches!(plan.aim, Aim::First | Aim::Second { .. });
        let deadline = self.deadline(plan);
        let last_call = Micros(deadline.0.saturating_sub(MARGIN.0));
        let rate = self.rate(plan.aim);
        let affordable = self.budget.when(usual_bytes(rate));
        let affordable_at_last = last_call.max(self.budget.when(least_bytes(rate)));
        let affordable = affordable.min(affordable_at_last);
        // What a proof costs was looked at when it was planned.
        let affordable = if plan.proves() { plan.due } else { affordable };
        let mut at = plan.due.max(self.calm_from).max(affordable);
        at = at.max(self.now);
        // At the start the key frame itself is what the probe is made of (C9).
        if self.demand.in_burst && !opening {
            at = at.max(deadline);
        }
        let heard = self.heard.map_or(opening, |heard| at.since(heard) <= FRESH);
        heard.then_some(at)
    }

    /// The promise: conditions as they are, at the latest then.
    fn deadline(&self, plan: Plan) -> Micros {
        let calm = self.congested.map_or(Micros(0), |at| at.plus(CONGESTION_COUNTS));
        let wanting = self.wanting_since.unwrap_or_default();
        plan.from.max(calm).max(wanting).max(self.fresh_since).plus(plan.within)
    }

    fn start(&mut self, now: Micros, plan: Plan) -> Probe {
        let rate = self.rate(plan.aim);
        let opening = matches!(plan.aim, Aim::First | Aim::Second { .. } | Aim::Further);
        let bytes = match plan.aim {
            Aim::Proof(proof) => proof.bytes,
            _ => probe_bytes(rate, self.link.estimate, opening).min(self.budget.level(now)),
        };
        let cost = self.cost(rate, bytes);
        self.added.spend(now, cost);
        if !plan.proves() {
            self.budget.spend(now, bytes);
        }
        self.next = self.next.wrapping_add(1);
        let id = self.next;
        let lasts = Micros(u64::from(bytes) * 8_000_000 / rate.max(1));
        if let Aim::Second { .. } = plan.aim {
            self.round.tried = self.round.tried.max(rate);
            self.round.awaited[1] = Some(id);
        } else {
            self.round = Round {
                opening,
                proving: plan.proves(),
                started: now,
                tried: rate,
                shown: 0,
                rose: None,
                awaited: [Some(id), None],
            };
        }
        let second = Aim::Second { start: self.link.estimate };
        self.state = if plan.aim == Aim::First && self.rate(second) > of(rate, 1_100) {
            let due = now.plus(lasts);
            State::Due(Plan { aim: second, due, from: now, within: SOON })
        } else {
            State::Awaiting(now.plus(lasts).plus(PATIENCE))
        };
        Probe { id, rate, bytes }
    }

    /// When to prove what a probe showed, if that can be afforded soon.
    fn planned(&self, now: Micros, proof: Proof) -> Option<Plan> {
        let due =
            self.added.when(self.cost(proof.rate, proof.bytes)).max(self.proofs_from).max(now);
        let may_try = due <= now.plus(PROOF_WAITS);
        let from = self.round.started;
        may_try.then_some(Plan { aim: Aim::Proof(proof), due, from, within: AT_LAST })
    }

    /// The round is over: what follows from it.
    fn conclude(&mut self) {
        if self.round.proving {
            let is_proved = self.round.rose.is_some();
            self.disproved = if is_proved { 0 } else { (self.disproved + 1).min(DISPROVED.len()) };
            let rests = self.disproved.checked_sub(1).map_or(Micros(0), |place| DISPROVED[place]);
            self.proofs_from = self.now.plus(rests);
        }
        let at_ease = self.demand.allocated < of(self.link.estimate, 800);
        let plan = self.round.conclusion(self.failures, at_ease);
        self.failures = if plan.within == SOON { 0 } else { self.failures.saturating_add(1) };
        self.round.awaited = [None; 2];
        self.state = State::Due(plan);
    }

    /// What is on its way says nothing: neither a success, if there was none yet, nor a failure.
    fn cancel(&mut self, now: Micros) {
        self.round.awaited = [None; 2];
        if !matches!(self.state, State::Awaiting(_)) {
            return;
        }
        if self.round.rose.is_some() {
            self.conclude();
        } else {
            let from = self.round.started;
            self.state = State::Due(Plan { aim: Aim::Usual, due: now, from, within: AT_LAST });
        }
    }

    /// There is congestion: the quick growth of the start is over.
    fn slow_down(&mut self) {
        if let State::Due(plan) = &mut self.state
            && plan.aim != Aim::First
        {
            plan.aim = Aim::Usual;
        }
    }

    /// What a probe adds to what is sent anyway, bytes.
    fn cost(&self, rate: u64, bytes: u32) -> u32 {
        let added = rate.saturating_sub(self.link.sent);
        u32::try_from(u64::from(bytes).saturating_mul(added) / rate.max(1)).unwrap_or(u32::MAX)
    }

    fn rate(&self, aim: Aim) -> u64 {
        let estimate = self.link.estimate;
        let aimed = match aim {
            Aim::First => estimate.saturating_mul(3),
            Aim::Second { start } => start.saturating_mul(6),
            Aim::Proof(proof) => proof.rate,
            // After failures in turn less and as much as at first: what is twice the estimate
            // fails where there is half as much again.
            Aim::Usual if self.failures % 2 == 1 => of(estimate, 1_300),
            Aim::Usual if self.link.loss_limited => of(estimate, 1_500),
            Aim::Further | Aim::Usual => estimate.saturating_mul(2),
        };
        aimed.min(of(self.demand.desired.min(self.most), 1_100))
    }

    const fn link_is_free(&self) -> bool {
        self.link.normal && !self.link.draining && self.link.queue_delay.0 < EMPTY_QUEUE.0
    }

    /// Whether more is desired than there is.
    fn review(&mut self, now: Micros) {
        self.now = now;
        let wanting = self.demand.desired.min(self.most) > of(self.link.estimate, 1_050);
        self.wanting_since = wanting.then(|| self.wanting_since.unwrap_or(now));
    }
}

#[cfg(test)]
mod tests;
