//! What a congestion controller is told, and what it answers: a pure state machine. Another one
//! can take the place of the one in use.

use super::packet::{Feedback, ProbeId};
use super::state::{CongestionReason, CongestionState};
use crate::base::Micros;

/// Bounds on the target, bit/s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RateLimits {
    pub(crate) start: u64,
    pub(crate) least: u64,
    pub(crate) most: u64,
}

/// What would be sent if the link were endless, and what is allotted as it is, bit/s.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Demand {
    /// 0: nothing more than is sent; no probing.
    pub(crate) desired: u64,
    pub(crate) allocated: u64,
    /// Something is not allotted for want of rate.
    pub(crate) is_short: bool,
    /// A key frame waits in the pacer: no moment for a probe.
    pub(crate) in_burst: bool,
}

/// What a receiver report says of this link alone: losses on the way to us are taken off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkReport {
    /// Packets that it speaks of: since the report before, over all streams.
    pub(crate) expected: u32,
    pub(crate) lost: u32,
    pub(crate) round_trip: Option<Micros>,
}

/// What is on its way and not told of yet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outstanding {
    /// When the oldest left.
    pub(crate) oldest: Option<Micros>,
}

/// Send so much at so high a rate, and see how it arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Probe {
    pub(crate) id: ProbeId,
    /// Bit/s.
    pub(crate) rate: u64,
    pub(crate) bytes: u32,
}

/// What a controller says now.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Output {
    /// What the link is taken to carry, bit/s.
    pub(crate) target: u64,
    /// How fast packets may leave, bit/s.
    pub(crate) pacing_rate: u64,
    /// One packet after the other: where queues are so short that bursts get lost.
    pub(crate) one_by_one: bool,
    /// Nothing but sound, and a packet now and then to see whether feedback comes back (C10).
    pub(crate) audio_only: bool,
    pub(crate) state: CongestionState,
    pub(crate) reason: CongestionReason,
    /// Standing queue.
    pub(crate) queue_delay: Micros,
    /// 0-1, smoothed.
    pub(crate) loss: f64,
    /// Bit/s.
    pub(crate) acked: u64,
    /// What the link was last measured to carry when it was full, bit/s.
    pub(crate) capacity: Option<u64>,
}

impl Output {
    /// Before anything is known.
    pub(crate) const fn start(target: u64, pacing_rate: u64) -> Self {
        Self {
            target,
            pacing_rate,
            one_by_one: false,
            audio_only: false,
            state: CongestionState::Hold,
            reason: CongestionReason::Start,
            queue_delay: Micros(0),
            loss: 0.0,
            acked: 0,
            capacity: None,
        }
    }
}

/// See the module. All times are the sender's; feedback that names no packet is not passed on.
pub(crate) trait Controller {
    /// At its start value, `now`.
    fn new(now: Micros, limits: RateLimits) -> Self;
    /// Packets were told of.
    fn on_feedback(&mut self, now: Micros, feedback: &Feedback<'_>);
    /// Routers marked packets (RFC 9331): the estimate is to be multiplied with `factor`, 0.5-1.
    fn on_mark(&mut self, now: Micros, factor: f64);
    /// A receiver report came. Says something only where no packets are told of.
    fn on_report(&mut self, now: Micros, report: &LinkReport);
    /// The far end's own estimate, bit/s: a bound.
    fn on_remb(&mut self, now: Micros, bitrate: u64);
    /// What there is to send changed.
    fn set_demand(&mut self, now: Micros, demand: Demand);
    /// Bounds changed.
    fn set_limits(&mut self, now: Micros, limits: RateLimits);
    /// Time passed. Idempotent.
    fn handle_timeout(&mut self, now: Micros, outstanding: &Outstanding);
    /// When it wants [`handle_timeout`](Self::handle_timeout).
    fn poll_timeout(&self) -> Option<Micros>;
    /// A probe that is to start now.
    fn poll_probe(&mut self, now: Micros) -> Option<Probe>;
    /// What it says now.
    fn output(&self) -> &Output;
}
