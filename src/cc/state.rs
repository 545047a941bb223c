//! What congestion control shows to the outside.

use std::time::Duration;

/// What the controller of one receiver's link is doing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum CongestionState {
    /// The link carries what is sent, and more was not tried.
    #[default]
    Hold,
    /// The estimate grows.
    Increase,
    /// The estimate was lowered.
    Decrease,
    /// A standing queue is being emptied: less is sent than arrives.
    Drain,
    /// A probe is on its way.
    Probing,
    /// Packets are sent and nothing is heard of them.
    NoFeedback,
}

/// What bounds the estimate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum CongestionReason {
    /// Nothing yet.
    #[default]
    Start,
    /// Packets queue, or have begun to.
    Delay,
    /// Packets get lost.
    Loss,
    /// The round trip is absurdly long.
    RoundTripTime,
    /// The receiver said so (REMB).
    Remb,
    /// Routers marked packets (RFC 3168, RFC 9331).
    Ecn,
    /// What the application allows.
    Limit,
    /// A probe, or what was sent, showed that there is more.
    Measured,
    /// No feedback comes.
    NoFeedback,
}

/// Congestion control towards one endpoint.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct CongestionStats {
    /// What the link is taken to carry, IP headers included, bit/s
    /// (`RTCIceCandidatePairStats.availableOutgoingBitrate`).
    pub target_bitrate: u64,
    /// How fast packets leave, bit/s.
    pub pacing_bitrate: u64,
    /// What it is doing,
    pub state: CongestionState,
    /// and what bounds the estimate.
    pub reason: CongestionReason,
    /// Standing queue on the link.
    pub queue_delay: Duration,
    /// Fraction of packets lost on the link, 0-1, smoothed.
    pub loss: f64,
    /// What arrives, bit/s.
    pub acked_bitrate: u64,
    /// What is sent, IP headers included, over the last half second, bit/s.
    pub sent_bitrate: u64,
    /// What the link carried when it was last full, bit/s.
    pub capacity: Option<u64>,
    /// What would be sent if the link were endless, bit/s; what is allotted if that is all.
    pub desired_bitrate: u64,
    /// What is allotted to subscriptions, bit/s.
    pub allocated_bitrate: u64,
    /// Wire bytes sent as padding and probes.
    pub padding_bytes_sent: u64,
    /// Probes started.
    pub probes: u64,
    /// How long the oldest packet waits in the pacer.
    pub pacer_delay: Duration,
}
