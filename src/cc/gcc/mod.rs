//! The controller in use: what draft-ietf-rmcat-gcc-02 has grown into (delay gradients, loss), and
//! what it lacks in a server: a guard against queues that stand, an estimate that is not lowered by
//! sending little, probes that find the way up again.
//!
//! Read next: [`feedback`] (how the estimate comes about), [`outcome`] (what is made of it).

mod feedback;
mod outcome;

use super::bucket::Bucket;
use super::busy_rate::BusyRate;
use super::controller::{Controller, Demand, LinkReport, Output, Outstanding, Probe, RateLimits};
use super::delay::DelayBased;
use super::guard::Guard;
use super::loss::{LossBased, Tolerance};
use super::loss_meter::LossMeter;
use super::meter::Meter;
use super::packet::Feedback;
use super::probe_rate::ProbeRates;
use super::probing::Probing;
use super::queue_watch::QueueWatch;
use super::reported::Reported;
use super::silence::{Patience, Silence};
use super::state::{CongestionReason, CongestionState};
use super::steering::Steering;
use super::throughput::Throughput;
use super::trains::Trains;
use crate::base::Micros;
use outcome::PACING;

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
    bucket: Bucket,
    trains: Trains,
    guard: Guard,
    silence: Silence,
    loss_meter: LossMeter,
    /// By when packets left, as they are told of.
    sent: Meter<32, 20>,
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
            bucket: Bucket::default(),
            trains: Trains::new(),
            guard: Guard::default(),
            silence: Silence::new(),
            loss_meter: LossMeter::new(),
            sent: Meter::new(),
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
            output: Output::start(limits.start, limits.start * PACING / 100),
        }
    }

    fn on_feedback(&mut self, now: Micros, feedback: &Feedback<'_>) {
        self.take_feedback(now, feedback);
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

#[cfg(test)]
mod tests;
