//! The controller in use: what draft-ietf-rmcat-gcc-02 has grown into (delay gradients, loss), and
//! what it lacks in a server: a guard against queues that stand, an estimate that is not lowered by
//! sending little, probes that find the way up again.
//!
//! Read next: [`super::delay`], [`super::loss`], [`super::guard`], [`super::probing`].

use super::busy_rate::BusyRate;
use super::byte_window::ByteWindow;
use super::controller::{Controller, Demand, LinkReport, Output, Outstanding, Probe, RateLimits};
use super::delay::{DelayBased, Usage};
use super::guard::{Guard, Traffic, Verdict};
use super::loss::{self, LossBased, LossSample, LossState, Tolerance};
use super::loss_meter::LossMeter;
use super::packet::{Feedback, PacketResult};
use super::probe_rate::{ProbeRates, Probed};
use super::probing::{LinkView, Measured, Probing};
use super::queue_watch::QueueWatch;
use super::reported::Reported;
use super::silence::{Patience, Silence};
use super::state::{CongestionReason, CongestionState};
use super::steering::{STANDS_FOR, Steering, View};
use super::throughput::Throughput;
use super::trains::Trains;
use crate::base::Micros;
use std::cmp::Ordering;

/// Less than this share of the estimate being sent says nothing of what the link carries.
const APP_LIMITED: u64 = 80;
/// A round trip longer than this is a reason to go down (C10).
const ABSURD_ROUND_TRIP: Micros = Micros::millis(3_000);
/// Packets leave so much faster than the estimate, in percent,
const PACING: u64 = 150;
/// and so while a queue is emptied, or where it is so short that bursts get lost:
const PACING_TIGHT: u64 = 110;
/// loss of this share with no queue to speak of.
const SOME_LOSS: f64 = 0.01;
const NO_QUEUE: Micros = Micros::millis(12);
/// So much of what the link carries, in percent, is the estimate meanwhile.
const CARRIED: u64 = 92;
/// What waited meanwhile is no reason to fill the queue again.
const AFTER_DRAIN: Micros = Micros::millis(1_500);
/// For so long: it does not get longer because nothing is lost.
const TIGHT: Micros = Micros::millis(20_000);

/// See the module.
#[derive(Debug)]
pub(crate) struct Gcc {
    limits: RateLimits,
    demand: Demand,
    delay: DelayBased,
    loss: LossBased,
    tolerance: Tolerance,
    /// What loss allows at most, bit/s.
    loss_bound: u64,
    throughput: Throughput,
    probe_rates: ProbeRates,
    probing: Probing,
    watch: QueueWatch,
    busy: BusyRate,
    trains: Trains,
    guard: Guard,
    silence: Silence,
    loss_meter: LossMeter,
    sent: ByteWindow,
    /// What delay, guard and probes make of it, bit/s.
    estimate: u64,
    reported: Reported,
    /// Single packets are told of; reports say nothing then (C14).
    is_told: bool,
    /// When packets were last lost with no queue to speak of.
    tight: Option<Micros>,
    /// When the rate was last lowered for the round trip alone.
    late: Micros,
    steering: Steering,
    is_silent: bool,
    /// What to try again when feedback comes again, and since when.
    resume: Option<(u64, Micros)>,
    round_trip: Micros,
    /// What leaves while a queue is emptied, bit/s.
    drain: u64,
    /// Since when the rate is as low as it is.
    cut: Micros,
    output: Output,
}

impl Controller for Gcc {
    fn new(now: Micros, limits: RateLimits) -> Self {
        let mut delay = DelayBased::new(limits.least, limits.most);
        delay.set_start(limits.start);
        Self {
            limits,
            demand: Demand::default(),
            delay,
            loss: LossBased::new(limits),
            tolerance: Tolerance::new(),
            loss_bound: u64::MAX,
            throughput: Throughput::new(),
            probe_rates: ProbeRates::default(),
            probing: Probing::new(now, limits),
            watch: QueueWatch::new(),
            busy: BusyRate::default(),
            trains: Trains::new(),
            guard: Guard::default(),
            silence: Silence::new(),
            loss_meter: LossMeter::new(),
            sent: ByteWindow::new(),
            estimate: limits.start,
            reported: Reported::new(now),
            is_told: false,
            tight: None,
            late: Micros(0),
            steering: Steering::default(),
            is_silent: false,
            resume: None,
            round_trip: Micros::millis(100),
            drain: 0,
            cut: Micros(0),
            output: Output {
                target: limits.start,
                pacing_rate: limits.start * PACING / 100,
                one_by_one: false,
                audio_only: false,
                state: CongestionState::Hold,
                reason: CongestionReason::Start,
                queue_delay: Micros(0),
                loss: 0.0,
                acked: 0,
                capacity: None,
            },
        }
    }

    fn on_feedback(&mut self, now: Micros, feedback: &Feedback<'_>) {
        self.is_told = true;
        self.is_silent = false;
        self.output.audio_only = false;
        if self.silence.on_feedback(now) {
            self.on_cut(now);
        }
        self.take_in(now, feedback.results);
        if let Some(round_trip) = feedback.round_trip {
            self.delay.set_round_trip(round_trip);
            self.round_trip = round_trip;
        }
        let acked = self.throughput.rate();
        let before = self.estimate;
        let probed = self.probe_rates.on_feedback(feedback.results);
        let probe_rate = probed.and_then(|probed| self.judge(now, &probed));
        let update =
            self.delay.on_feedback(now, feedback.results, acked, self.is_app_limited(), probe_rate);
        let loss = self.loss_meter.share();
        let busy = self.busy.recent(self.watch.newest(), 200);
        let traffic = Traffic {
            acked,
            loss,
            busy,
            round_trip: self.round_trip.plus(Micros::millis(50)),
            sent: self.sent.rate(300).max(self.sent.rate(600)),
        };
        let state_before = self.output.state;
        let mut state = CongestionState::Hold;
        let mut reason = self.output.reason;
        match self.guard.on_feedback(now, &mut self.watch, &traffic) {
            Verdict::Free => {
                self.estimate = match probe_rate {
                    Some(_) => update.target,
                    None => self.steer(now, update.target),
                };
                (state, reason) = match self.estimate.cmp(&before) {
                    _ if probe_rate.is_some() => {
                        (CongestionState::Increase, CongestionReason::Measured)
                    }
                    Ordering::Less => (CongestionState::Decrease, CongestionReason::Delay),
                    Ordering::Equal => (CongestionState::Hold, reason),
                    Ordering::Greater => (CongestionState::Increase, reason),
                };
            }
            Verdict::Drain(rate) => {
                // What the link carries is as good as known: for the moment that it takes, the
                // pacer holds back, and nobody has to encode or choose less.
                let carried = busy.map_or(rate, |busy| busy / 100 * CARRIED);
                let shown = carried.max(rate).min(before);
                if state_before != CongestionState::Drain || shown < before / 10 * 9 {
                    self.on_cut(now);
                }
                self.estimate = shown;
                self.drain = rate;
                state = CongestionState::Drain;
                reason = CongestionReason::Delay;
            }
            Verdict::NotOurs(rate) => {
                self.estimate = rate;
                self.steering.on_others(now);
            }
            Verdict::Drained(rate) => {
                self.estimate = rate;
                self.steering.on_drained();
            }
        }
        if self.estimate < before && update.usage == Usage::Over {
            self.probing.on_congestion(now);
        }
        self.probing.on_feedback(now);
        self.heed_round_trip(now);
        self.estimate = self.estimate.clamp(self.limits.least, self.limits.most);
        if self.estimate != update.target {
            self.delay.set_estimate(now, self.estimate);
        }
        self.bound_by_loss(now, feedback.results, acked);
        self.output.queue_delay = self.watch.standing(400, 1).unwrap_or_default();
        self.output.loss = loss;
        self.output.acked = acked.unwrap_or(0);
        self.output.capacity = self.busy.rate();
        self.output.reason = reason;
        self.publish(now, state);
        let view = LinkView {
            estimate: self.output.target,
            queue_delay: self.output.queue_delay,
            normal: update.usage != Usage::Over,
            draining: self.guard.is_draining(),
            loss_limited: self.output.target < self.estimate,
        };
        self.probing.on_link(now, view);
    }

    fn on_mark(&mut self, now: Micros, factor: f64) {
        #[expect(clippy::cast_precision_loss, reason = "no rate comes near 2^52 bit/s")]
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate")]
        let reduced = (self.estimate as f64 * factor) as u64;
        self.estimate = reduced.clamp(self.limits.least, self.estimate.max(self.limits.least));
        self.delay.set_estimate(now, self.estimate);
        self.probing.on_congestion(now);
        // A queue that is marked after a millisecond is one for packets that come one by one.
        self.tight = Some(now);
        self.output.reason = CongestionReason::Ecn;
        self.publish(now, CongestionState::Decrease);
    }

    fn on_report(&mut self, now: Micros, report: &LinkReport) {
        if self.is_told {
            return;
        }
        if let Some(round_trip) = report.round_trip {
            self.round_trip = round_trip;
        }
        self.reported.on_report(now, report, self.output.target);
        self.output.loss = self.reported.loss();
        self.publish(now, CongestionState::Hold);
    }

    fn on_remb(&mut self, now: Micros, bitrate: u64) {
        self.reported.on_remb(bitrate);
        self.publish(now, self.output.state);
    }

    fn set_demand(&mut self, now: Micros, demand: Demand) {
        self.demand = demand;
        self.probing.set_demand(now, demand);
    }

    fn set_limits(&mut self, now: Micros, limits: RateLimits) {
        self.limits = limits;
        self.delay.set_limits(limits.least, limits.most);
        self.loss.set_limits(limits);
        self.probing.set_limits(now, limits);
        self.publish(now, self.output.state);
    }

    fn handle_timeout(&mut self, now: Micros, outstanding: &Outstanding) {
        match self.silence.check(now, outstanding) {
            Patience::Hears => {}
            Patience::Late => self.is_silent = true,
            Patience::Silent { halvings, audio_only } => {
                self.is_silent = true;
                if halvings > 0 {
                    self.resume.get_or_insert((self.estimate * 7 / 10, now));
                    // What was more than the link ever carried goes at once.
                    let carried = self.busy.rate().map_or(u64::MAX, |rate| rate / 100 * 95);
                    let proven = self.estimate.min(carried);
                    self.estimate = Silence::halved(proven, halvings);
                    self.delay.set_estimate(now, self.estimate);
                }
                self.output.audio_only = audio_only;
                self.output.reason = CongestionReason::NoFeedback;
                self.publish(now, CongestionState::NoFeedback);
            }
        }
    }

    fn poll_timeout(&self) -> Option<Micros> {
        if !self.is_told && self.reported.remb().is_some() {
            return self.reported.poll_timeout();
        }
        self.probing.poll_timeout().filter(|_| self.may_probe())
    }

    fn poll_probe(&mut self, now: Micros) -> Option<Probe> {
        if !self.is_told && self.reported.remb().is_some() {
            return self.reported.poll_probe(now, &self.demand, self.output.target);
        }
        self.probing.on_sending(now);
        if !self.may_probe() {
            return None;
        }
        let mut probe = self.probing.poll(now)?;
        if let Some((rate, since)) = self.resume.take()
            && now.since(since) < Micros::millis(60_000)
            && rate > probe.rate
        {
            probe.rate = rate.min(self.demand.desired * 11 / 10);
            probe.bytes = probe.bytes.max(u32::try_from(probe.rate / 8 / 60).unwrap_or(0));
        }
        self.probe_rates.start(probe.id, (probe.bytes / 1_500).max(4), probe.bytes);
        self.steering.on_probe(now, self.estimate);
        Some(probe)
    }

    fn output(&self) -> &Output {
        &self.output
    }
}

impl Gcc {
    /// Everybody looks at the packets.
    fn take_in(&mut self, now: Micros, results: &[PacketResult]) {
        let mut lost = 0;
        self.trains.set_rate(self.output.target);
        for result in results {
            let bytes = u32::from(result.sent.wire_bytes);
            self.sent.add(result.sent.at, bytes);
            match result.arrived {
                Some(arrived) => {
                    let queue = self.watch.on_packet(result.sent.at, arrived, bytes);
                    self.busy.on_packet(arrived, queue, bytes);
                    self.trains.on_packet(result.sent.at, arrived, queue, bytes);
                }
                None if result.sent.at >= self.cut => lost += 1,
                None => {}
            }
        }
        let told = u32::try_from(results.len()).unwrap_or(u32::MAX);
        self.loss_meter.add(now, told, lost);
        self.throughput.on_feedback(results);
    }

    /// Feedback comes as it should: what a probe shows will be told.
    fn may_probe(&self) -> bool {
        !self.is_silent && self.silence.may_grow()
    }

    fn is_app_limited(&self) -> bool {
        self.sent.rate(500) * 100 < self.output.target * APP_LIMITED
    }

    /// The rate was lowered for good reason: losses of what was sent before are accounted for.
    fn on_cut(&mut self, now: Micros) {
        self.cut = now;
        self.loss_meter = LossMeter::new();
    }

    /// What a probe says of the estimate.
    fn judge(&mut self, now: Micros, probed: &Probed) -> Option<u64> {
        let total = f64::from((probed.arrived + probed.lost).max(1));
        // What gets lost whatever is sent is not the probe's doing.
        let lost = f64::from(probed.lost) / total - self.loss_meter.share();
        let measured = Measured { rate: probed.rate, lost: lost.max(0.0) };
        let rate = self.probing.on_result(now, probed.probe, Some(measured))?;
        if self.guard.is_draining() || !self.silence.may_grow() {
            return None;
        }
        let rate = rate.max(self.output.target);
        self.loss.reinitialize(rate);
        self.tolerance.lift();
        self.loss_bound = u64::MAX;
        Some(rate)
    }

    /// What delay gradients say, within what is known otherwise.
    fn steer(&mut self, now: Micros, target: u64) -> u64 {
        let (millis, packets) = STANDS_FOR;
        let view = View {
            now,
            before: self.estimate,
            target,
            loss: self.loss_meter.share(),
            standing: self.watch.standing(millis, packets).unwrap_or_default(),
            standing_long: self.watch.standing(400, 1).unwrap_or_default(),
            noise: self.watch.noise(),
            busy_now: self.busy.recent(self.watch.newest(), 300),
            busy_last: self.busy.rate(),
            unhindered: self.trains.unhindered(),
            is_app_limited: self.is_app_limited(),
            may_grow: self.silence.may_grow(),
            round_trip: self.round_trip,
        };
        let step = self.steering.step(&view);
        if step.settles_loss {
            self.on_cut(now);
        }
        step.rate
    }

    /// What loss says, of what was sent since the rate was last lowered.
    fn bound_by_loss(&mut self, now: Micros, results: &[PacketResult], acked: Option<u64>) {
        let first = results.partition_point(|result| result.sent.at < self.cut);
        let results = results.get(first..).unwrap_or_default();
        let in_alr = self.is_app_limited();
        self.loss.on_feedback(now, results, self.estimate, in_alr, acked);
        let sample = LossSample {
            sent: self.sent.rate(600),
            loss: self.loss_meter.share(),
            packets: self.loss_meter.told(),
            queue_delay: self.watch.standing(400, 1).unwrap_or_default(),
            acked: acked.unwrap_or(0),
            capacity: self.busy.rate(),
        };
        self.loss_bound = match self.tolerance.update(now, &sample) {
            loss::Verdict::NotCongestive => {
                self.loss.reinitialize(self.estimate);
                u64::MAX
            }
            loss::Verdict::Congestive { most } => {
                let says = self.loss.state() != LossState::DelayBased;
                let bound = self.loss.estimate().filter(|_| says);
                bound.map_or(most, |bound| bound.min(most))
            }
            loss::Verdict::Severe { most } => most,
        };
    }

    /// What goes out of all this.
    fn publish(&mut self, now: Micros, state: CongestionState) {
        let by_loss =
            if self.is_told { self.loss_bound } else { self.reported.bound().unwrap_or(u64::MAX) };
        let bounds = [
            (self.limits.most, CongestionReason::Limit),
            (self.reported.remb().unwrap_or(u64::MAX), CongestionReason::Remb),
            (by_loss, CongestionReason::Loss),
        ];
        let mut target = self.estimate;
        if !self.is_told && self.reported.remb().is_some() {
            // Nothing but their estimate is known, and what loss says.
            target = u64::MAX;
        }
        for (bound, reason) in bounds {
            if bound < target {
                (target, self.output.reason) = (bound, reason);
            }
        }
        self.output.target = target.max(self.limits.least);
        if self.output.loss > SOME_LOSS && self.output.queue_delay < NO_QUEUE {
            self.tight = Some(now);
        }
        let is_tight = self.tight.is_some_and(|at| now.since(at) < TIGHT);
        let was_drained = self.guard.ended().is_some_and(|at| now.since(at) < AFTER_DRAIN);
        self.output.one_by_one = is_tight;
        let pace = if self.guard.is_draining() { self.drain } else { self.output.target };
        let factor =
            if self.guard.is_draining() || was_drained || is_tight { PACING_TIGHT } else { PACING };
        self.output.pacing_rate = pace.min(self.output.target).saturating_mul(factor) / 100;
        self.output.state = state;
    }

    /// Nobody talks over a round trip of seconds, whatever fills it.
    fn heed_round_trip(&mut self, now: Micros) {
        let is_absurd = self.round_trip > ABSURD_ROUND_TRIP;
        if is_absurd && now.since(self.late) >= Micros::millis(1_000) {
            self.late = now;
            self.estimate = (self.estimate * 8 / 10).max(self.limits.least);
            self.output.reason = CongestionReason::RoundTripTime;
        }
    }
}
