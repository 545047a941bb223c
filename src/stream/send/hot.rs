//! What every packet of a sent stream touches, in two cache lines: with a thousand receivers it is
//! memory, not arithmetic, that a small packet waits for.

use super::sent::SentRing;
use crate::base::{ExtSeq, Ssrc};
use crate::params::{ExtensionIds, MediaKind};
use crate::stream::RateMeter;

/// See the module.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Hot {
    pub(super) sent: SentRing,
    pub(super) kind: MediaKind,
    /// The highest number sent, or the one before the first.
    pub(super) highest: ExtSeq,
    /// Packets sent for the first time, and their payload bytes: what a sender report tells.
    pub(super) packets: u64,
    pub(super) octets: u64,
    pub(super) rate: RateMeter,
    pub(super) ssrc: Ssrc,
    /// Slot of the source that is carried, or [`NO_SOURCE`].
    pub(super) source: u32,
    pub(super) extensions: ExtensionIds,
    /// The source's codec, or [`NO_CODEC`], that the next two are for.
    pub(super) codec: u8,
    pub(super) payload_type: u8,
    /// What is sent again goes out as RTX.
    pub(super) rtx: bool,
    /// The receiver has shown that it knows the SSRC.
    pub(super) heard_of: bool,
}

const _: () = assert!(size_of::<Hot>() == 128, "two cache lines");

pub(super) const NO_SOURCE: u32 = u32::MAX;
pub(super) const NO_CODEC: u8 = u8::MAX;

impl Hot {
    /// Of a stream that has sent nothing and begins after `highest`.
    pub(super) fn new(
        kind: MediaKind,
        ssrc: Ssrc,
        extensions: ExtensionIds,
        highest: ExtSeq,
    ) -> Self {
        Self {
            sent: SentRing::new(highest),
            kind,
            highest,
            packets: 0,
            octets: 0,
            rate: RateMeter::new(),
            ssrc,
            source: NO_SOURCE,
            extensions,
            codec: NO_CODEC,
            payload_type: 0,
            rtx: false,
            heard_of: false,
        }
    }

    /// What was sent cannot be sent again.
    pub(super) fn forget_sent(&mut self) {
        self.sent.clear(self.highest);
    }
}
