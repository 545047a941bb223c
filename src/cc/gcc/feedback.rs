//! Feedback comes: everybody looks at the packets, then delay, guard, probes and loss say in turn
//! what they make of the estimate.
//!
//! Read next: [`super::outcome`].

use std::cmp::Ordering;

use super::super::delay::Usage;
use super::super::guard::{Traffic, Verdict};
use super::super::loss::{self, LossSample, LossState};
use super::super::loss_meter::LossMeter;
use super::super::packet::{Feedback, PacketResult};
use super::super::probe_rate::Probed;
use super::super::probing::{LinkView, Measured, Proof};
use super::super::state::{CongestionReason, CongestionState};
use super::super::steering::{STANDS_FOR, View};
use super::Gcc;
use crate::base::Micros;

/// Less than this share of the estimate being sent says nothing of what the link carries.
const APP_LIMITED: u64 = 80;
/// So much of what the link carries, in percent, is the estimate while a queue is emptied.
const CARRIED: u64 = 92;
/// With more jitter than this nobody can tell what came out of a bucket.
const JITTER: Micros = Micros::millis(6);
/// A round trip longer than this is a reason to go down (C10).
const ABSURD_ROUND_TRIP: Micros = Micros::millis(3_000);

/// What became of the estimate, and why.
type Course = (CongestionState, CongestionReason);

impl Gcc {
    /// Packets were told of.
    pub(super) fn take_feedback(&mut self, now: Micros, feedback: &Feedback<'_>) {
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
        let target = (update.target, update.probe);
        let (state, reason) = self.heed_queue(now, target, acked);
        if self.estimate < before && update.usage == Usage::Over {
            self.probing.on_congestion(now);
        }
        self.probing.on_feedback(now);
        let reason = if self.is_late(now) { CongestionReason::RoundTripTime } else { reason };
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
            sent: self.sent.rate_over(600),
            queue_delay: self.output.queue_delay,
            normal: update.usage != Usage::Over,
            draining: self.guard.is_draining(),
            loss_limited: self.output.target < self.estimate,
        };
        self.probing.on_link(now, view);
    }

    /// A queue that stands comes first; where none does, `target` is followed, which a probe
    /// `is_measured` by or delay gradients gave.
    fn heed_queue(
        &mut self,
        now: Micros,
        (target, is_measured): (u64, bool),
        acked: Option<u64>,
    ) -> Course {
        let before = self.estimate;
        let busy = self.busy.recent(self.watch.newest(), 200);
        let traffic = Traffic {
            acked,
            loss: self.loss_meter.share(),
            busy,
            round_trip: self.round_trip.plus(Micros::millis(50)),
            sent: self.sent.rate_over(300).max(self.sent.rate_over(600)),
        };
        let reason = self.output.reason;
        match self.guard.on_feedback(now, &mut self.watch, &traffic) {
            Verdict::Free if is_measured => {
                self.estimate = self.within_bound(now, target);
                (CongestionState::Increase, CongestionReason::Measured)
            }
            Verdict::Free => {
                self.estimate = self.steer(now, target);
                match self.estimate.cmp(&before) {
                    Ordering::Less => (CongestionState::Decrease, CongestionReason::Delay),
                    Ordering::Equal => (CongestionState::Hold, reason),
                    Ordering::Greater => (CongestionState::Increase, reason),
                }
            }
            Verdict::Drain(rate) => {
                // What the link carries is as good as known: for the moment that it takes, the
                // pacer holds back, and nobody has to encode or choose less.
                let carried = busy.map_or(rate, |busy| busy / 100 * CARRIED);
                let shown = carried.max(rate).min(before);
                if self.output.state != CongestionState::Drain || shown < before / 10 * 9 {
                    self.on_cut(now);
                }
                self.estimate = shown;
                self.drain = rate;
                (CongestionState::Drain, CongestionReason::Delay)
            }
            Verdict::NotOurs(rate) => {
                self.estimate = rate;
                self.steering.on_others(now);
                if self.steering.is_competing(now) {
                    self.bucket.on_others(now);
                }
                (CongestionState::Hold, reason)
            }
            Verdict::Drained(rate) => {
                self.estimate = rate;
                self.steering.on_drained();
                (CongestionState::Hold, reason)
            }
        }
    }

    /// Nobody talks over a round trip of seconds, whatever fills it: goes down once a second.
    fn is_late(&mut self, now: Micros) -> bool {
        let is_absurd = self.round_trip > ABSURD_ROUND_TRIP;
        let is_late = is_absurd && now.since(self.late) >= Micros::millis(1_000);
        if is_late {
            self.late = now;
            self.estimate = self.estimate / 10 * 8;
        }
        is_late
    }

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
                    self.bucket.on_packet(result.sent.at, queue.since(self.watch.noise()), bytes);
                }
                None if result.sent.at >= self.cut => lost += 1,
                None => {}
            }
        }
        if let Some(rate) = self.busy.recent(self.watch.newest(), 50) {
            self.bucket.on_full(now, rate);
        }
        let told = u32::try_from(results.len()).unwrap_or(u32::MAX);
        self.loss_meter.add(now, told, lost);
        self.throughput.on_feedback(results);
    }

    /// Feedback comes as it should: what a probe shows will be told.
    pub(super) fn may_probe(&self) -> bool {
        !self.is_silent && self.silence.may_grow()
    }

    fn is_app_limited(&self) -> bool {
        self.sent.rate_over(500) * 100 < self.output.target * APP_LIMITED
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
        let proof = self.proof_of(now, probed.rate);
        let measured = Measured { rate: probed.rate, lost: lost.max(0.0), proof };
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

    /// What has to arrive before it is believed that the link carries `rate`.
    fn proof_of(&self, now: Micros, rate: u64) -> Option<Proof> {
        let most = self.demand.desired.min(self.limits.most) / 10 * 11;
        self.bucket.doubt(now, rate, most).filter(|_| self.is_clear())
    }

    fn is_clear(&self) -> bool {
        self.watch.noise() < JITTER
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
        self.within_bound(now, step.rate)
    }

    /// By a higher estimate something more would be granted: it has to be proved.
    fn within_bound(&self, now: Micros, rate: u64) -> u64 {
        let bound = self.bucket.bound(now).filter(|_| self.demand.is_short && self.is_clear());
        rate.min(bound.map_or(u64::MAX, |bound| bound.max(self.estimate)))
    }

    /// What loss says, of what was sent since the rate was last lowered.
    fn bound_by_loss(&mut self, now: Micros, results: &[PacketResult], acked: Option<u64>) {
        let first = results.partition_point(|result| result.sent.at < self.cut);
        let results = results.get(first..).unwrap_or_default();
        let in_alr = self.is_app_limited();
        self.loss.on_feedback(now, results, self.estimate, in_alr, acked);
        let sample = LossSample {
            sent: self.sent.rate_over(600),
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
}
