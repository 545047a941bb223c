//! The controller in use: what draft-ietf-rmcat-gcc-02 has grown into (delay gradients, loss), and
//! what it lacks in a server: a guard against queues that stand, an estimate that is not lowered by
//! sending little, probes that find the way up again.
//!
//! Read next: [`super::delay`], [`super::loss`], [`super::guard`], [`super::probing`].

use super::busy_rate::BusyRate;
use super::byte_window::ByteWindow;
use super::controller::{
    Controller, Demand, LinkReport, Output, Outstanding, Probe, RateLimits,
};
use super::delay::{DelayBased, Usage};
use super::guard::{Guard, Traffic, Verdict};
use super::loss::LossBased;
use super::loss_meter::LossMeter;
use super::packet::{Feedback, PacketResult};
use super::probe_rate::{Probed, ProbeRates};
use super::probing::{Conditions, Probing};
use super::queue_watch::QueueWatch;
use super::silence::{Patience, Silence};
use super::state::{CongestionReason, CongestionState};
use super::throughput::Throughput;
use crate::base::Micros;

/// Less than this share of the estimate being sent says nothing of what the link carries.
const APP_LIMITED: u64 = 80;
/// So long a probe's own queue is no reason to go down.
const PROBE_SHADOW: Micros = Micros::millis(600);
/// So long after a queue was found not to be ours, delay says nothing:
const COMPETING: Micros = Micros::millis(4_000);
/// the rate grows by so much a second, bit/s,
const COMPETING_GROWTH: u64 = 40_000;
/// and is lowered to so much, in percent, when packets get lost.
const COMPETING_LOSS: u64 = 75;
/// Packets leave so much faster than the estimate, in percent,
const PACING: u64 = 150;
/// and so while a queue is emptied.
const PACING_DRAIN: u64 = 110;

/// See the module.
pub(crate) struct Gcc {
    limits: RateLimits,
    demand: Demand,
    delay: DelayBased,
    loss: LossBased,
    throughput: Throughput,
    probe_rates: ProbeRates,
    probing: Probing,
    watch: QueueWatch,
    busy: BusyRate,
    guard: Guard,
    silence: Silence,
    loss_meter: LossMeter,
    sent: ByteWindow,
    /// What delay, guard and probes make of it, bit/s.
    estimate: u64,
    remb: Option<u64>,
    /// The probe that may still fill the queue.
    shadow: Option<Shadow>,
    congested: Option<Micros>,
    is_silent: bool,
    /// What to try again when feedback comes again, and since when.
    resume: Option<(u64, Micros)>,
    /// Others fill the queue, as far as is known, until then,
    competing: Option<Micros>,
    /// and by what was it last grown.
    grown: Micros,
    round_trip: Micros,
    /// Since when the rate is as low as it is.
    cut: Micros,
    output: Output,
}

/// The newest probe.
#[derive(Clone, Copy, Debug)]
struct Shadow {
    began: Micros,
    /// The estimate when it began.
    before: u64,
}

impl Controller for Gcc {
    fn new(_now: Micros, limits: RateLimits) -> Self {
        let mut delay = DelayBased::new(limits.least, limits.most);
        delay.set_start(limits.start);
        Self {
            limits,
            demand: Demand::default(),
            delay,
            loss: LossBased::new(),
            throughput: Throughput::new(),
            probe_rates: ProbeRates::default(),
            probing: Probing::new(),
            watch: QueueWatch::new(),
            busy: BusyRate::default(),
            guard: Guard::default(),
            silence: Silence::new(),
            loss_meter: LossMeter::new(),
            sent: ByteWindow::new(),
            estimate: limits.start,
            remb: None,
            shadow: None,
            congested: None,
            is_silent: false,
            resume: None,
            competing: None,
            grown: Micros(0),
            round_trip: Micros::millis(100),
            cut: Micros(0),
            output: Output {
                target: limits.start,
                pacing_rate: limits.start * PACING / 100,
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
        let traffic = Traffic { acked, loss, busy, round_trip: self.round_trip.plus(Micros::millis(50)), sent: self.sent.rate(300) };
        let state_before = self.output.state;
        let mut state = CongestionState::Hold;
        let mut reason = self.output.reason;
        match self.guard.on_feedback(now, &mut self.watch, &traffic) {
            Verdict::Free => {
                let wanted = if probe_rate.is_some() { update.target } else { self.follow(now, update.target, update.usage == Usage::Over, loss) };
                self.estimate = wanted;
                if wanted < before { state = CongestionState::Decrease; reason = CongestionReason::Delay; }
                if wanted > before { state = CongestionState::Increase; }
                if probe_rate.is_some() { reason = CongestionReason::Measured; }
            }
            Verdict::Drain(rate) => {
                if state_before != CongestionState::Drain || rate * 10 < before * 9 { self.on_cut(now); }
                self.estimate = rate.min(before);
                state = CongestionState::Drain;
                reason = CongestionReason::Delay;
                self.probing.hold(now.plus(Micros::millis(1_500)));
            }
            Verdict::NotOurs(rate) => {
                self.estimate = rate;
                self.competing = Some(now.plus(COMPETING));
                self.grown = now;
            }
            Verdict::Drained(rate) => {
                self.estimate = rate;
                self.competing = None;
                self.probing.hold(now.plus(Micros::millis(1_500)));
            }
        }
        if self.estimate < before && update.usage == Usage::Over { self.congested = Some(now); }
        self.estimate = self.estimate.clamp(self.limits.least, self.limits.most);
        if self.estimate != update.target {
            self.delay.set_estimate(now, self.estimate);
        }
        self.loss.on_share(now, loss, self.estimate, acked);
        self.output.queue_delay = self.watch.standing(400, 1).unwrap_or_default();
        self.output.loss = loss;
        self.output.acked = acked.unwrap_or(0);
        self.output.capacity = self.busy.rate();
        self.output.reason = reason;
        self.publish(state);
    }

    fn on_report(&mut self, _now: Micros, _report: &LinkReport) {}
    fn on_remb(&mut self, _now: Micros, bitrate: u64) {
        self.remb = Some(bitrate);
    }

    fn set_demand(&mut self, _now: Micros, demand: Demand) {
        self.demand = demand;
    }

    fn set_limits(&mut self, _now: Micros, limits: RateLimits) {
        self.limits = limits;
        self.delay.set_limits(limits.least, limits.most);
    }

    fn handle_timeout(&mut self, now: Micros, outstanding: &Outstanding) {
        match self.silence.check(now, outstanding) {
            Patience::Hears => {}
            Patience::Late => self.is_silent = true,
            Patience::Silent { halvings, audio_only } => {
                self.is_silent = true;
                if halvings > 0 {
                    self.resume.get_or_insert((self.estimate * 7 / 10, now));
                    self.estimate = Silence::halved(self.estimate, halvings);
                    self.delay.set_estimate(now, self.estimate);
                }
                self.output.audio_only = audio_only;
                self.output.reason = CongestionReason::NoFeedback;
                self.publish(CongestionState::NoFeedback);
            }
        }
    }

    fn poll_timeout(&self) -> Option<Micros> {
        self.probing.poll_timeout()
    }

    fn poll_probe(&mut self, now: Micros) -> Option<Probe> {
        let is_calm = !self.is_silent
            && self.silence.may_grow()
            && !self.guard.is_draining()
            && self.watch.standing(400, 1).is_none_or(|queue| queue < Micros::millis(12))
            && self.congested.is_none_or(|at| now.since(at) >= Micros::millis(1_000));
        let conditions = Conditions {
            estimate: self.output.target,
            desired: self.demand.desired,
            is_calm,
            in_burst: self.demand.in_burst,
        };
        let mut probe = self.probing.poll(now, &conditions)?;
        if let Some((rate, since)) = self.resume.take()
            && now.since(since) < Micros::millis(60_000)
            && rate > probe.rate
        {
            probe.rate = rate.min(self.demand.desired * 11 / 10);
            probe.bytes = probe.bytes.max(u32::try_from(probe.rate / 8 / 60).unwrap_or(0));
        }
        self.probe_rates.start(probe.id, probe.bytes / 1_500, probe.bytes);
        self.shadow = Some(Shadow { began: now, before: self.estimate });
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
        for result in results {
            let bytes = u32::from(result.sent.wire_bytes);
            self.sent.add(result.sent.at, bytes);
            match result.arrived {
                Some(arrived) => {
                    let queue = self.watch.on_packet(result.sent.at, arrived, bytes);
                    self.busy.on_packet(arrived, queue, bytes);
                }
                None if result.sent.at >= self.cut => lost += 1,
                None => {}
            }
        }
        let told = u32::try_from(results.len()).unwrap_or(u32::MAX);
        self.loss_meter.add(now, told, lost);
        self.throughput.on_feedback(results);
    }

    fn is_app_limited(&self) -> bool {
        self.sent.rate(500) * 100 < self.estimate * APP_LIMITED
    }

    /// The rate was lowered for good reason: losses of what was sent before are accounted for.
    fn on_cut(&mut self, now: Micros) {
        self.cut = now;
        self.loss_meter = LossMeter::new();
        self.probing.reset();
    }

    /// What a probe says of the estimate.
    fn judge(&mut self, now: Micros, probed: &Probed) -> Option<u64> {
        let total = probed.arrived + probed.lost;
        let ok = probed.rate * 100 > self.output.target * 108 && probed.lost * 10 < total.max(1);
        self.probing.on_result(now, ok);
        if std::env::var("PROBES").is_ok() { println!("{:.2} probed {:?} est {}", now.0 as f64 / 1e6, probed, self.estimate); }
        if !ok || self.guard.is_draining() || !self.silence.may_grow() {
            return None;
        }
        self.loss.reinitialize();
        Some((probed.rate * 92 / 100).max(self.output.target))
    }

    /// What delay gradients say, where they say something.
    fn follow(&mut self, now: Micros, target: u64, is_over: bool, loss: f64) -> u64 {
        let before = self.estimate;
        if self.competing.is_some_and(|until| now < until) {
            return self.compete(now, loss);
        }
        if target >= before {
            let passed = now.since(self.grown).0.min(200_000);
            self.grown = now;
            if !self.silence.may_grow() { return before; }
            let calm = self.watch.standing(400, 1).is_some_and(|q| q < Micros::millis(10));
            let extra = if calm && !self.is_app_limited() && target > before { 40_000 * passed / 1_000_000 } else { 0 };
            return target + extra;
        }
        let mut wanted = target;
        if loss < 0.02 && let Some(busy) = self.busy.recent(self.watch.newest(), 300) {
            wanted = wanted.max(busy * 9 / 10).min(before);
        }
        if let Some(shadow) = self.shadow
            && now.since(shadow.began) < PROBE_SHADOW
            && loss < 0.02
        {
            wanted = wanted.max(shadow.before.min(before));
        }
        if self.is_app_limited() && loss < 0.02 {
            let carried = self.busy.rate().map_or(before, |rate| rate * 92 / 100);
            wanted = wanted.max(before.min(carried));
        }
        let _ = is_over;
        wanted
    }

    /// Others fill the queue and will not give way to delay: share with them by loss.
    fn compete(&mut self, now: Micros, loss: f64) -> u64 {
        if loss > 0.0 {
            self.on_cut(now);
            self.grown = now;
            return self.estimate * COMPETING_LOSS / 100;
        }
        let passed = now.since(self.grown);
        self.grown = now;
        if self.is_app_limited() || !self.silence.may_grow() {
            return self.estimate;
        }
        self.estimate + COMPETING_GROWTH * passed.0 / 1_000_000
    }

    fn publish(&mut self, state: CongestionState) {
        let mut target = self.estimate;
        if let Some(rate) = self.loss.rate { target = target.min(rate); }
        if let Some(remb) = self.remb { target = target.min(remb); }
        self.output.target = target.clamp(self.limits.least, self.limits.most);
        let factor = if self.guard.is_draining() { PACING_DRAIN } else { PACING };
        self.output.pacing_rate = self.output.target * factor / 100;
        self.output.state = state;
    }
}

fn envv(name: &str, or: f64) -> f64 { std::env::var(name).ok().and_then(|s| s.parse().ok()).unwrap_or(or) }
