//! Several packets outwards at once: each is encrypted when it comes, and those whose tags are
//! made side by side get them in the end. They lie back to back, as one system call sends them.
//!
//! Must not know whose packets they are, nor how tags are made. Read next: `suite/mac_lanes`.
#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use std::fmt;

use crate::base::{ExtSeq, Ssrc};

use super::suite::{PendingTags, Plain};
use super::{ProtectError, Protected, Protector};

/// Several SRTP packets, for one endpoint or several, sealed together, back to back in one piece
/// of memory.
///
/// Until [`finish`](Self::finish) they may lack their tags: what is in the memory of a batch that
/// is dropped instead must not be sent.
pub struct ProtectBatch<'m> {
    memory: &'m mut [u8],
    /// Where the packets end.
    end: usize,
    /// How much of the memory from there on is the slot handed out last.
    slot_len: usize,
    packets: [Protected; ProtectBatch::MOST],
    len: usize,
    pending: PendingTags,
}

impl<'m> ProtectBatch<'m> {
    /// Most packets of one batch: the widest lanes.
    pub const MOST: usize = PendingTags::MOST;

    /// An empty one, to fill `memory` from its beginning.
    #[inline] // built where it stays
    pub fn new(memory: &'m mut [u8]) -> Self {
        Self {
            memory,
            end: 0,
            slot_len: 0,
            packets: [Protected(0); Self::MOST],
            len: 0,
            pending: PendingTags::new(),
        }
    }

    /// Memory for the next packet, `len` bytes, right behind the packet before. `None`: there is
    /// no room, or there are [`MOST`](Self::MOST) packets already. What is not sealed by
    /// [`rtp`](Self::rtp) before the next call is handed out again.
    pub fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        self.slot_len = 0;
        if self.len == Self::MOST {
            return None;
        }
        let slot = self.memory[self.end..].get_mut(..len)?;
        self.slot_len = len;
        Some(slot)
    }

    /// As [`Protector::rtp`], into the slot handed out last. With AES-CM the packet is encrypted
    /// now and authenticated in [`finish`](Self::finish); with AES-GCM all is done now.
    ///
    /// # Errors
    /// If the slot has no room for it or there is none, or `index` is beyond 2^48 - 1. Nothing was
    /// written then, and the slot is there still.
    pub fn rtp(
        &mut self,
        protector: &Protector,
        header_len: usize,
        prefix: &[u8],
        payload: &[u8],
        ssrc: Ssrc,
        index: ExtSeq,
    ) -> Result<(), ProtectError> {
        let plain = Plain { header_len, prefix, payload };
        let memory = &mut self.memory[..self.end + self.slot_len];
        let slot = (memory, self.end);
        let sealed_len = protector.rtp_but_tag(slot, plain, ssrc, index, &mut self.pending)?;
        self.packets[self.len] = Protected(sealed_len);
        self.len += 1;
        self.end += sealed_len;
        self.slot_len = 0;
        Ok(())
    }

    /// How many packets it has.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Authenticates what is not yet, and gives the packets' lengths in their order. The first
    /// begins where the memory does, each other where the one before ends.
    #[inline] // moving it would cost more than some packets do
    pub fn finish(self) -> impl Iterator<Item = Protected> + use<> {
        self.pending.write(self.memory);
        self.packets.into_iter().take(self.len)
    }
}

impl fmt::Debug for ProtectBatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProtectBatch").field("len", &self.len).finish_non_exhaustive()
    }
}
