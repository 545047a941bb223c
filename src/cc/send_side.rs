//! Congestion control towards one receiver, put together: what leaves is written down and paced,
//! what is told of it goes to the controller, and what that says becomes pace, probes and bounds.
//!
//! Must not know what packets carry. Read next: [`super::history`], [`super::told`],
//! [`super::pacer`], [`super::controller`]; then [`crate::media`], which asks it.

use std::fmt;
use std::time::Duration;

use super::controller::{Controller, Demand, LinkReport, Output, Outstanding, RateLimits};
use super::ecn::EcnControl;
use super::history::History;
use super::meter::Meter;
use super::numbers::Numbers;
use super::pacer::{Flow, Pacer};
use super::packet::{Class, Ecn, SentPacket};
use super::push_back::PushBack;
use super::running_probe::RunningProbe;
use super::state::{CongestionState, CongestionStats};
use super::told::{FarClock, Told};
use crate::base::{EcnCodepoint, Micros, Path, Seq, Ssrc};
use crate::wire::rtcp::{CongestionControlFeedback, TransportCc};

/// Of the estimate, so much may be packets sent again, in percent (C13).
const RESEND_PERCENT: u64 = 15;
/// While packets are on their way, the controller looks at the time so often: silence is news too
/// (C10).
const TICK: Micros = Micros::millis(100);
/// A burst is long if over half a second more was sent than this share of the estimate, in percent;
const LONG_BURST: u64 = 120;
/// then what is left goes so fast, in percent of it.
const STEADY: u64 = 105;
/// UDP and IP headers (C2).
const OVERHEAD_V4: u16 = 8 + 20;
const OVERHEAD_V6: u16 = 8 + 40;

/// See the module.
pub(crate) struct SendSide<C> {
    controller: C,
    history: History,
    pacer: Pacer,
    push_back: PushBack,
    /// Over half a second.
    sent: Meter<11, 50>,
    /// Packets again, over a second.
    resent: Meter<11, 100>,
    probe: Option<RunningProbe>,
    /// A packet has left: there is something to probe with.
    begun: bool,
    /// There was nothing to pad with.
    is_bare: bool,
    /// Per datagram.
    overhead: u16,
    demand: Demand,
    /// Media waits in the pacer: a key frame, most likely.
    in_burst: bool,
    /// When to look at the time; `None` while nothing is on its way.
    tick: Option<Micros>,
    /// Of transport-cc, in 64 ms; of RFC 8888, in 1/65,536 s.
    clock: FarClock,
    /// Packets by the names that RFC 8888 has for them, for who speaks that.
    numbers: Option<Numbers>,
    ecn: EcnControl,
    padding_bytes: u64,
    probes: u64,
}

impl<C: Controller> SendSide<C> {
    /// Nothing sent.
    pub(crate) fn new(now: Micros, limits: RateLimits) -> Self {
        let controller = C::new(now, limits);
        let pacer = Pacer::new(now, controller.output().pacing_rate);
        Self {
            controller,
            history: History::new(),
            pacer,
            push_back: PushBack::new(now),
            sent: Meter::new(),
            resent: Meter::new(),
            probe: None,
            begun: false,
            is_bare: false,
            overhead: OVERHEAD_V4,
            demand: Demand::default(),
            in_burst: false,
            tick: None,
            clock: FarClock::default(),
            numbers: None,
            ecn: EcnControl::new(false),
            padding_bytes: 0,
            probes: 0,
        }
    }

    /// The far end speaks of packets by SSRC and sequence number (RFC 8888); `ecn`: packets are to
    /// be sent as ECT(1), if the path carries that honestly.
    pub(crate) fn with_names(mut self, ecn: bool) -> Self {
        self.numbers = Some(Numbers::new());
        self.ecn = EcnControl::new(ecn);
        self
    }

    /// Whether packets need a transport-wide number, written or not.
    #[inline]
    pub(crate) const fn numbers_all(&self) -> bool {
        self.numbers.is_some()
    }

    /// What packets are to be sent as.
    #[inline]
    pub(crate) const fn codepoint(&self) -> EcnCodepoint {
        self.ecn.codepoint()
    }

    /// The packet that leaves under `number` is `seq` of `ssrc`.
    pub(crate) fn name(&mut self, ssrc: Ssrc, seq: Seq, number: Seq) {
        if let Some(numbers) = &mut self.numbers {
            numbers.note(ssrc, seq, number);
        }
    }

    /// Packets are about to be sent along `path`: opens the pacer if it is time.
    #[inline]
    pub(crate) fn begin(&mut self, now: Micros, path: Path) {
        let is_v4 = path.remote.ip().to_canonical().is_ipv4();
        self.overhead = if is_v4 { OVERHEAD_V4 } else { OVERHEAD_V6 };
        if self.probe.is_some_and(|probe| probe.is_over(now)) {
            self.probe = None;
        }
        self.push_back.step(now, self.controller.output().target, self.history.in_flight());
        self.pace(now);
    }

    /// Whether a packet may leave now, after [`begin`](Self::begin).
    #[inline]
    pub(crate) fn may_send(&mut self, class: Class) -> bool {
        self.pacer.may_send(class)
    }

    /// Whether a packet of so many bytes may be sent again: not more than a share of the estimate
    /// over a second, but for one (C13).
    pub(crate) fn may_resend(&self, now: Micros, len: usize) -> bool {
        let resent = self.resent.sum(now);
        let bytes = resent + len as u64 + u64::from(self.overhead);
        resent == 0 || bytes * 8 * 100 <= self.controller.output().target * RESEND_PERCENT
    }

    /// A datagram of `len` bytes left, under the transport-wide number `seq` if it has one.
    #[inline]
    pub(crate) fn on_sent(&mut self, now: Micros, seq: Option<Seq>, len: usize, class: Class) {
        let wire_bytes = u16::try_from(len + usize::from(self.overhead)).unwrap_or(u16::MAX);
        let probe = self.probe.map(|probe| probe.id());
        if probe.is_some() {
            self.on_sent_of_probe(now, wire_bytes);
        }
        self.pacer.on_sent(class, wire_bytes);
        self.sent.add(now, wire_bytes.into());
        if let Some(seq) = seq {
            let ect1 = self.ecn.codepoint() == EcnCodepoint::Ect1;
            self.history.on_sent(seq, &SentPacket { at: now, wire_bytes, class, probe, ect1 });
        }
        match class {
            Class::Audio => {}
            Class::Video => self.is_bare = false,
            Class::Resend => self.resent.add(now, wire_bytes.into()),
            Class::Padding => self.padding_bytes += u64::from(wire_bytes),
        }
        if self.tick.is_none() {
            self.tick = Some(now.plus(TICK));
        }
        if !self.begun {
            self.begun = true;
            self.poll_probe(now);
            self.pace(now);
        }
    }

    /// A datagram that is neither paced nor told of left: RTCP, STUN, DTLS.
    pub(crate) fn on_other_sent(&mut self, now: Micros, len: usize) {
        let wire_bytes = u16::try_from(len + usize::from(self.overhead)).unwrap_or(u16::MAX);
        self.pacer.on_sent(Class::Audio, wire_bytes);
        self.sent.add(now, wire_bytes.into());
    }

    /// A packet left a second time under the number `seq`.
    pub(crate) fn on_sent_again(&mut self, seq: Seq) {
        self.history.void(seq);
    }

    /// Whether there is to be padding where nothing else is to be sent: for a probe, or to see
    /// whether anything comes back (C10).
    pub(crate) const fn wants_padding(&self) -> bool {
        !self.is_bare && self.begun && (self.probe.is_some() || self.pacer.is_audio_only())
    }

    /// There was nothing to pad with; so until something new was sent.
    pub(crate) const fn on_no_padding(&mut self) {
        self.is_bare = true;
    }

    /// When what is held back may leave.
    pub(crate) fn opens_at(&self) -> Micros {
        self.pacer.opens_at()
    }

    /// Whether nothing but sound goes, and a packet now and then.
    pub(crate) const fn is_audio_only(&self) -> bool {
        self.pacer.is_audio_only()
    }

    /// Transport-cc feedback came. What it says of packets never sent is not even read.
    pub(crate) fn on_transport_cc(&mut self, now: Micros, feedback: &TransportCc<'_>) {
        let reference = i64::from(feedback.reference_time);
        let ahead = self.clock.unwrap(reference, 24) - reference;
        // In ticks of 250 µs.
        let ahead = ahead * 256;
        let reach = self.history.reach(feedback.base).unwrap_or(1);
        let told = feedback
            .packets()
            .take(reach)
            .map(|(seq, arrival)| (seq, arrival.map(|ticks| (ahead + ticks) * 250), Ecn::NotEct));
        self.on_told(now, told, None);
    }

    /// Feedback of RFC 8888 came.
    pub(crate) fn on_ccfb(&mut self, now: Micros, feedback: &CongestionControlFeedback<'_>) {
        let Some(numbers) = self.numbers.take() else { return };
        let reported = feedback.report_timestamp;
        let made = self.clock.unwrap(reported.into(), 32);
        let told = feedback.streams().flat_map(|stream| {
            let ssrc = stream.ssrc;
            stream.packets().map(move |(seq, arrival)| (ssrc, seq, arrival))
        });
        let told = told.filter_map(|(ssrc, seq, arrival)| {
            let number = numbers.find(ssrc, seq)?;
            let Some(arrival) = arrival else { return Some((number, None, Ecn::NotEct)) };
            // Nearer to when the report was made than the clock wraps.
            let before = reported.wrapping_sub(arrival.at(reported)?);
            Some((number, Some(micros(made - i64::from(before))), arrival.ecn.into()))
        });
        self.on_told(now, told, Some(micros(made)));
        self.numbers = Some(numbers);
    }

    /// The far end tells of packets; `made`: when it wrote that, on its own clock.
    pub(crate) fn on_told(
        &mut self,
        now: Micros,
        told: impl IntoIterator<Item = Told>,
        made: Option<i64>,
    ) {
        let Self { history, controller, push_back, ecn, .. } = self;
        history.on_feedback(now, told, made, |feedback| {
            if let Some(round_trip) = feedback.round_trip {
                push_back.on_round_trip(now, round_trip);
            }
            controller.on_feedback(now, feedback);
            let queue_delay = controller.output().queue_delay;
            if let Some(reduction) = ecn.on_feedback(now, feedback.results, queue_delay) {
                controller.on_mark(now, reduction.factor);
            }
        });
        self.poll_probe(now);
    }

    /// Receiver reports came.
    pub(crate) fn on_report(&mut self, now: Micros, report: &LinkReport) {
        self.controller.on_report(now, report);
        self.poll_probe(now);
    }

    /// The far end's estimate came, bit/s.
    pub(crate) fn on_remb(&mut self, now: Micros, bitrate: u64) {
        self.controller.on_remb(now, bitrate);
        self.poll_probe(now);
    }

    /// What there is to send changed.
    pub(crate) fn set_demand(&mut self, now: Micros, demand: Demand) {
        self.demand = demand;
        self.tell_demand(now);
    }

    /// Whether media waits in the pacer.
    pub(crate) fn set_in_burst(&mut self, now: Micros, in_burst: bool) {
        if self.in_burst != in_burst {
            self.in_burst = in_burst;
            self.tell_demand(now);
        }
    }

    /// Bounds changed.
    pub(crate) fn set_limits(&mut self, now: Micros, limits: RateLimits) {
        self.controller.set_limits(now, limits);
    }

    /// Time passed.
    pub(crate) fn handle_timeout(&mut self, now: Micros) {
        if self.probe.is_some_and(|probe| probe.is_over(now)) {
            self.probe = None;
        }
        let outstanding = Outstanding { oldest: self.history.oldest(now) };
        if self.tick.is_some_and(|tick| tick <= now) {
            self.tick = outstanding.oldest.map(|_| now.plus(TICK));
        }
        self.controller.handle_timeout(now, &outstanding);
        self.poll_probe(now);
        self.pace(now);
    }

    /// When it wants [`handle_timeout`](Self::handle_timeout).
    pub(crate) fn poll_timeout(&self) -> Option<Micros> {
        let probe = self.probe.map(|probe| probe.gives_up_at());
        // One probe at a time: what it has to say waits for the end of this one.
        let controller = self.controller.poll_timeout();
        let controller = controller.filter(|_| self.begun && self.probe.is_none());
        [controller, probe, self.tick].into_iter().flatten().min()
    }

    /// When it looks at the time next while packets are on their way: of its alarms the only one
    /// that sending can set.
    pub(crate) const fn tick(&self) -> Option<Micros> {
        self.tick
    }

    /// What the controller says.
    pub(crate) fn output(&self) -> &Output {
        self.controller.output()
    }

    /// What packets sent again took over the last second, bit/s.
    pub(crate) fn resent_rate(&self, now: Micros) -> u64 {
        self.resent.sum(now) * 8
    }

    /// What it shows; the oldest packet waits in the pacer for `pacer_delay`.
    pub(crate) fn stats(&self, now: Micros, pacer_delay: Micros) -> CongestionStats {
        let output = self.controller.output();
        let is_steady = matches!(output.state, CongestionState::Hold | CongestionState::Increase);
        let is_probing = is_steady && self.probe.is_some();
        CongestionStats {
            target_bitrate: output.target,
            pacing_bitrate: self.push_back.of(output.pacing_rate),
            state: if is_probing { CongestionState::Probing } else { output.state },
            reason: output.reason,
            queue_delay: Duration::from_micros(output.queue_delay.0),
            loss: output.loss,
            acked_bitrate: output.acked,
            sent_bitrate: self.sent.rate(now),
            capacity: output.capacity,
            // Where nothing more is wanted there is nothing to look for (A11).
            desired_bitrate: self.demand.desired.max(self.demand.allocated),
            allocated_bitrate: self.demand.allocated,
            padding_bytes_sent: self.padding_bytes,
            probes: self.probes,
            pacer_delay: Duration::from_micros(pacer_delay.0),
        }
    }

    fn tell_demand(&mut self, now: Micros) {
        let in_burst = self.demand.in_burst || self.in_burst;
        self.controller.set_demand(now, Demand { in_burst, ..self.demand });
        self.poll_probe(now);
    }

    /// The pace is what the probe or the controller wants, as far as what is in flight allows.
    #[inline]
    fn pace(&mut self, now: Micros) {
        let output = self.controller.output();
        let rate = match self.probe {
            Some(probe) => probe.rate(),
            None => self.push_back.of(self.unburst(now, output)),
        };
        let flow = match output {
            Output { audio_only: true, .. } => Flow::AudioOnly,
            Output { one_by_one: true, .. } => Flow::OneByOne,
            _ => Flow::Usual,
        };
        self.pacer.advance(now, rate, flow);
    }

    /// The controller's pace is one for pictures, not for seconds: what was sent over half a second
    /// already goes beyond the estimate does not go beyond it much longer.
    fn unburst(&self, now: Micros, output: &Output) -> u64 {
        let is_long = self.sent.rate(now) > output.target / 100 * LONG_BURST;
        let steady = output.target / 100 * STEADY;
        if is_long { output.pacing_rate.min(steady) } else { output.pacing_rate }
    }

    #[cold]
    fn on_sent_of_probe(&mut self, now: Micros, wire_bytes: u16) {
        let Some(probe) = &mut self.probe else { return };
        if probe.on_sent(now, wire_bytes) {
            self.probes += 1;
        }
        if probe.is_over(now) {
            self.probe = None;
            self.pace(now);
        }
    }

    /// One probe at a time, and none before there is anything to send.
    fn poll_probe(&mut self, now: Micros) {
        if self.begun && self.probe.is_none() {
            self.probe = self.controller.poll_probe(now).map(|probe| {
                self.is_bare = false;
                RunningProbe::new(now, probe)
            });
        }
    }
}

/// Of a clock that ticks 65,536 times a second (RFC 8888 §3.1).
const fn micros(ticks: i64) -> i64 {
    (ticks * 15_625).div_euclid(1_024)
}

impl<C: Controller> fmt::Debug for SendSide<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendSide")
            .field("output", self.controller.output())
            .field("pacer", &self.pacer)
            .field("in_flight", &self.history.in_flight())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
