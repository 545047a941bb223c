//! What congestion control knows of packets: what was sent, and what the far end says of it.
//! Whether it said so by transport-cc or by RFC 8888 makes no difference from here on.

use crate::base::Micros;

/// What a packet is to the pacer, in the order in which it lets them go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Class {
    /// Sound: goes at once.
    Audio,
    /// A packet again.
    Resend,
    /// A packet of a picture for the first time.
    Video,
    /// Nothing but weight: RTX of what is known already, or padding.
    Padding,
}

/// Number of a probe; those that follow each other differ.
pub(crate) type ProbeId = u16;

/// A packet that left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentPacket {
    pub(crate) at: Micros,
    /// All that the link carries: RTP, extensions, tag, UDP and IP headers.
    pub(crate) wire_bytes: u16,
    pub(crate) class: Class,
    /// The probe it is part of.
    pub(crate) probe: Option<ProbeId>,
    /// Whether it went out as ECT(1) (RFC 9331).
    pub(crate) ect1: bool,
}

/// The ECN field of a packet as it arrived (RFC 3168 §5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Ecn {
    /// Not ECN-capable, or nothing is said of it.
    #[default]
    NotEct,
    /// ECT(0) or ECT(1).
    Ect,
    /// Congestion experienced.
    Ce,
}

/// What became of a packet. Told once: as arrived, or as lost when it can hardly come any more
/// (C14); arrived once more if it came after all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketResult {
    pub(crate) sent: SentPacket,
    /// On the far end's clock, in microseconds from a point of its own; `None`: lost.
    pub(crate) arrived: Option<i64>,
    pub(crate) ecn: Ecn,
}

/// One feedback message, in terms of what was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feedback<'a> {
    /// In the order of sending, but for what came late.
    pub(crate) results: &'a [PacketResult],
    /// Wire bytes sent and not yet told of.
    #[expect(dead_code, reason = "what a window-based controller goes by")]
    pub(crate) in_flight: u64,
    /// The round trip that this feedback shows, the far end's waiting taken off.
    pub(crate) round_trip: Option<Micros>,
}
