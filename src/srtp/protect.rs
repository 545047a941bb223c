//! SRTP and SRTCP outwards: header into the slot, payload from wherever it is kept, sealed there.
//!
//! Must not know what is in a packet, nor choose its numbers. Read next: the driver, which sends
//! what came out.
#![forbid(unsafe_code)]

use std::fmt;

use crate::base::{ExtSeq, Ssrc};

use super::kdf::Usage;
use super::rtcp_index::RtcpCounter;
use super::suite::{By, PendingTags, Plain, RTCP_CLEAR_LEN, Suite};
use super::{AeadBackend, IndexExhausted, PacketIndex, Profile, Simd, TransportKeys};

/// Why nothing was sealed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum ProtectError {
    /// The slot has no room for packet and overhead, or does not hold as much as was said
    /// (an RTCP packet has 8 bytes at least).
    #[error("the slot is too small for the protected packet")]
    SlotTooSmall,
    /// The packet index is beyond 2^48 - 1, or 2^31 SRTCP packets have been sent
    /// (RFC 3711 §9.2): the association needs new keys.
    #[error("the keys have been used for all packets they may")]
    KeysExhausted,
}

/// The length of a protected packet. Only a [`Protector`] makes one, alone or with a
/// [`ProtectBatch`](super::ProtectBatch), so that whoever asks for one before sending cannot send
/// plaintext.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protected(pub(super) usize);

impl Protected {
    /// In bytes, from the start of the slot, tag and index included.
    #[expect(clippy::len_without_is_empty, reason = "a protected packet is never empty")]
    pub const fn len(&self) -> usize {
        self.0
    }
}

/// Prepared keys for everything we send to one endpoint.
///
/// Not `Clone`: two senders under one key would use one nonce twice.
pub struct Protector {
    profile: Profile,
    rtp: Suite,
    rtcp: Suite,
    rtcp_counter: RtcpCounter,
}

impl Protector {
    /// From `keys.send`; all that can be computed ahead of the packets is computed here. Make
    /// only one of one set of keys.
    pub fn new(keys: &TransportKeys) -> Self {
        Self::by(keys, By::fastest())
    }

    /// The same, with a certain backend doing AES-GCM. RTCP, of which there is little, is a
    /// library's in any case.
    pub fn with_backend(keys: &TransportKeys, aead: AeadBackend) -> Self {
        Self::by(keys, By { aead, ..By::fastest() })
    }

    /// The same, with certain instructions doing AES-CM and its tags.
    pub fn with_simd(keys: &TransportKeys, simd: Simd) -> Self {
        Self::by(keys, By { simd, ..By::fastest() })
    }

    fn by(keys: &TransportKeys, by: By) -> Self {
        Self {
            profile: keys.send.profile(),
            rtp: Suite::new(&keys.send, Usage::RTP, by),
            rtcp: Suite::new(&keys.send, Usage::RTCP, by.library()),
            rtcp_counter: RtcpCounter::default(),
        }
    }

    /// Seals the plaintext compound RTCP packet in `slot[..len]` in place, encrypted, under the
    /// next SRTCP index.
    ///
    /// # Errors
    /// If the slot has no room for it, or all 2^31 indices are used up. Nothing was written then.
    pub fn rtcp(&mut self, slot: &mut [u8], len: usize) -> Result<Protected, ProtectError> {
        let sealed_len = len.saturating_add(self.profile.rtcp_overhead());
        let packet = slot.get_mut(..sealed_len).ok_or(ProtectError::SlotTooSmall)?;
        if len < RTCP_CLEAR_LEN {
            return Err(ProtectError::SlotTooSmall);
        }
        let [_, _, _, _, a, b, c, d, ..] = *packet else {
            return Err(ProtectError::SlotTooSmall);
        };
        let sender = Ssrc(u32::from_be_bytes([a, b, c, d]));
        let word = self.rtcp_counter.advance().ok_or(ProtectError::KeysExhausted)?;
        self.rtcp.seal_rtcp(packet, sender, word);
        Ok(Protected(sealed_len))
    }

    /// Seals an RTP packet: the header stands in `slot[..header_len]` already; `prefix` (an RTX
    /// packet's original sequence number, otherwise nothing) and `payload` are its plaintext.
    ///
    /// `ssrc` and `index` must be those of the header. Start each SSRC below 2^16, the receiver
    /// takes its first packet to have ROC 0, and better below 2^15, so that the first ones may be
    /// lost (RFC 3711 §3.3.1). Never call it twice with one `ssrc` and `index` and different
    /// bytes: for GCM that is fatal to the key.
    ///
    /// # Errors
    /// If the slot has no room for it, or `index` is beyond 2^48 - 1. Nothing was written then.
    pub fn rtp(
        &self,
        slot: &mut [u8],
        header_len: usize,
        prefix: &[u8],
        payload: &[u8],
        ssrc: Ssrc,
        index: ExtSeq,
    ) -> Result<Protected, ProtectError> {
        let plain = Plain { header_len, prefix, payload };
        let (packet, index) = self.packet_in(slot, plain, ssrc, index)?;
        self.rtp.seal_rtp(packet, plain, ssrc, index);
        Ok(Protected(packet.len()))
    }

    /// The same into the slot that begins at `start` of `memory`, but the tag, if it can be made
    /// with others', is left to `pending`; so this is only a length.
    pub(super) fn rtp_but_tag(
        &self,
        (memory, start): (&mut [u8], usize),
        plain: Plain<'_>,
        ssrc: Ssrc,
        index: ExtSeq,
        pending: &mut PendingTags,
    ) -> Result<usize, ProtectError> {
        let (packet, index) = self.packet_in(&mut memory[start..], plain, ssrc, index)?;
        if let Some(key) = self.rtp.seal_rtp_but_tag(packet, plain, ssrc, index) {
            let tag_at = start + plain.header_len + plain.text_len();
            pending.push(key, start..tag_at, index.roc());
        }
        Ok(packet.len())
    }

    /// The beginning of `slot` that the packet is to fill, and its index.
    fn packet_in<'s>(
        &self,
        slot: &'s mut [u8],
        plain: Plain<'_>,
        ssrc: Ssrc,
        index: ExtSeq,
    ) -> Result<(&'s mut [u8], PacketIndex), ProtectError> {
        let index = PacketIndex::try_from(index)?;
        let len = plain.header_len.saturating_add(plain.text_len());
        let sealed_len = len.saturating_add(self.profile.rtp_overhead());
        let packet = slot.get_mut(..sealed_len).ok_or(ProtectError::SlotTooSmall)?;
        debug_assert_eq!(packet.get(2..4), Some(&index.seq().0.to_be_bytes()[..]), "SEQ");
        debug_assert_eq!(packet.get(8..12), Some(&ssrc.0.to_be_bytes()[..]), "SSRC");
        Ok((packet, index))
    }

    /// The profile of the keys.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// What does AES-GCM for RTP; `None` with AES-CM.
    pub const fn aead_backend(&self) -> Option<AeadBackend> {
        self.rtp.aead_backend()
    }

    /// The instructions that do AES-CM; `None` with AES-GCM.
    pub const fn simd(&self) -> Option<Simd> {
        self.rtp.simd()
    }

    #[cfg(test)]
    pub(super) fn starting_rtcp_at(mut self, index: u32) -> Self {
        self.rtcp_counter = RtcpCounter::starting_at(index);
        self
    }
}

impl fmt::Debug for Protector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protector").field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl From<IndexExhausted> for ProtectError {
    fn from(_: IndexExhausted) -> Self {
        Self::KeysExhausted
    }
}
