//! Why a datagram or packet went no further. Every drop has a reason, and every reason a counter.

use crate::srtp::UnprotectError;

/// Why something was dropped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
#[non_exhaustive]
pub enum DropReason {
    /// Not STUN, DTLS, RTP or RTCP by its first byte (RFC 7983), or too short to tell.
    UnknownDatagram,
    /// STUN with a user name that names no endpoint.
    UnknownUfrag,
    /// Not STUN, from an address ICE has not vouched for.
    UnknownAddress,
    /// RTP or RTCP before the SRTP keys are there.
    NoKeys,
    /// RTP header does not parse.
    MalformedRtp,
    /// RTCP does not parse.
    MalformedRtcp,
    /// Seen before, or older than the replay window (RFC 3711 §3.3.2).
    Replayed,
    /// The authentication tag does not fit.
    AuthenticationFailed,
    /// Authentic, but of no stream that was negotiated.
    UnknownStream,
    /// Beyond `Limits::ssrcs_per_endpoint`.
    TooManyStreams,
    /// A payload type that was not negotiated.
    UnknownPayloadType,
    /// A packet without media: padding or an empty retransmission.
    Padding,
    /// The same packet again, once as itself and once as its retransmission.
    Duplicate,
    /// The queue of the receiver was full: its oldest packet made room.
    QueueFull,
    /// It waited so long that the history no longer holds it.
    HistoryOverrun,
    /// The receiver did not negotiate the packet's codec.
    CodecNotNegotiated,
    /// A packet of the encoding that is no longer forwarded, or older than its start.
    NotSelected,
    /// A STUN or DTLS datagram that the control plane refused.
    RefusedControl,
    /// A retransmission beyond what a receiver may ask for.
    ResendBudget,
    /// It waited for the receiver's link longer than is of use, or belongs to a picture that cannot
    /// be shown because of such a packet.
    Congested,
}

impl DropReason {
    /// Every reason, in the order of their numbers.
    pub const ALL: [Self; 20] = [
        Self::UnknownDatagram,
        Self::UnknownUfrag,
        Self::UnknownAddress,
        Self::NoKeys,
        Self::MalformedRtp,
        Self::MalformedRtcp,
        Self::Replayed,
        Self::AuthenticationFailed,
        Self::UnknownStream,
        Self::TooManyStreams,
        Self::UnknownPayloadType,
        Self::Padding,
        Self::Duplicate,
        Self::QueueFull,
        Self::HistoryOverrun,
        Self::CodecNotNegotiated,
        Self::NotSelected,
        Self::RefusedControl,
        Self::ResendBudget,
        Self::Congested,
    ];

    /// Why SRTP did not let a packet in; `too_short` is the caller's word for one cut short.
    pub(super) const fn of(error: UnprotectError, too_short: Self) -> Self {
        match error {
            UnprotectError::TooShort => too_short,
            UnprotectError::Replayed => Self::Replayed,
            UnprotectError::AuthenticationFailed => Self::AuthenticationFailed,
            UnprotectError::TooManyStreams => Self::TooManyStreams,
            UnprotectError::KeysExhausted => Self::NoKeys,
        }
    }
}

/// A count for each [`DropReason`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DropCounters {
    counts: [u64; DropReason::ALL.len()],
}

impl DropCounters {
    /// Counts one more.
    pub(crate) const fn count(&mut self, reason: DropReason) {
        self.add(reason, 1);
    }

    /// Counts `times` more.
    pub(crate) const fn add(&mut self, reason: DropReason, times: u64) {
        self.counts[reason as usize] += times;
    }

    /// How many for this reason.
    pub const fn get(&self, reason: DropReason) -> u64 {
        self.counts[reason as usize]
    }

    /// How many altogether.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The reasons that occurred, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> {
        DropReason::ALL.into_iter().map(|reason| (reason, self.get(reason))).filter(|(_, n)| *n > 0)
    }
}
