//! SRTP and SRTCP inwards. Everything here is hostile until its tag fits, so the order of the
//! steps is the substance of this file: guess the index, *check* replay, authenticate and
//! decrypt, and only then *commit* what was learnt (RFC 3711 §3.3).
//!
//! Must not know what is in a packet. Read next: `protect`.
#![forbid(unsafe_code)]

use std::fmt;

use crate::base::{Seq, Ssrc};

use super::kdf::Usage;
use super::rtcp_index::RtcpReplay;
use super::suite::{By, NotAuthentic, RTCP_CLEAR_LEN, Suite};
use super::{AeadBackend, IndexExhausted, Profile, ReceiveIndex, TransportKeys};

/// Why a packet was not let in. The peer's doing, or a stranger's: to be counted, never answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum UnprotectError {
    /// Too short to hold what every packet of the profile holds.
    #[error("too short for SRTP")]
    TooShort,
    /// Seen before, or older than the replay window (RFC 3711 §3.3.2). Decided before
    /// decryption, so it says nothing about who sent it.
    #[error("replayed, or older than the replay window")]
    Replayed,
    /// The tag does not fit.
    #[error("authentication failed")]
    AuthenticationFailed,
    /// SRTCP of one sender SSRC more than the 64 of which replay state is kept. Decided before
    /// decryption.
    #[error("SRTCP of too many SSRCs")]
    TooManyStreams,
    /// Its index would lie beyond 2^48 - 1 (RFC 3711 §9.2).
    #[error("the keys have been used for all packets they may")]
    KeysExhausted,
}

/// Prepared keys for everything one peer sends.
pub struct Unprotector {
    profile: Profile,
    rtp: Suite,
    rtcp: Suite,
    rtcp_replay: RtcpReplay,
}

impl Unprotector {
    /// From `keys.receive`; all that can be computed ahead of the packets is computed here.
    pub fn new(keys: &TransportKeys) -> Self {
        Self::by(keys, By::fastest())
    }

    /// The same, with a certain library doing AES-GCM; the faster one for a backend that only seals.
    pub fn with_backend(keys: &TransportKeys, aead: AeadBackend) -> Self {
        Self::by(keys, By { aead, ..By::fastest() })
    }

    fn by(keys: &TransportKeys, by: By) -> Self {
        let by = by.library();
        Self {
            profile: keys.receive.profile(),
            rtp: Suite::new(&keys.receive, Usage::RTP, by),
            rtcp: Suite::new(&keys.receive, Usage::RTCP, by),
            rtcp_replay: RtcpReplay::default(),
        }
    }

    /// Opens a compound SRTCP packet in place and returns the plaintext compound, its first 8
    /// bytes included. Authentic packets that are not encrypted ("E" flag 0, RFC 3711 §3.4) are
    /// let in: the flag is the sender's choice and itself authenticated.
    ///
    /// # Errors
    /// The bytes in `packet` are of no use then, and nothing was remembered.
    pub fn rtcp<'p>(&mut self, packet: &'p mut [u8]) -> Result<&'p [u8], UnprotectError> {
        let sender = packet.first_chunk().ok_or(UnprotectError::TooShort)?;
        let [_, _, _, _, ssrc @ ..]: &[u8; RTCP_CLEAR_LEN] = sender;
        let sender = Ssrc(u32::from_be_bytes(*ssrc));
        if packet.len() < RTCP_CLEAR_LEN + self.profile.rtcp_overhead() {
            return Err(UnprotectError::TooShort);
        }
        let word = self.rtcp.esrtcp_word(packet);
        self.rtcp_replay.check(sender, word)?;
        let end = self.rtcp.open_rtcp(packet, sender, word)?;
        self.rtcp_replay.commit(sender, word);
        Ok(&packet[..end])
    }

    /// Opens an SRTP packet in place and returns its plaintext payload. `packet` is the whole
    /// datagram; `ssrc`, `sequence_number` and `header_len` (CSRCs and extensions included) are
    /// those of its header, and `stream` is what is remembered of that SSRC.
    ///
    /// # Errors
    /// The bytes in `packet` after the header are of no use then, and `stream` has not changed.
    pub fn rtp<'p>(
        &self,
        stream: &mut ReceiveIndex,
        ssrc: Ssrc,
        sequence_number: Seq,
        header_len: usize,
        packet: &'p mut [u8],
    ) -> Result<&'p mut [u8], UnprotectError> {
        let body_len = packet.len().checked_sub(header_len).ok_or(UnprotectError::TooShort)?;
        if body_len < self.profile.rtp_overhead() {
            return Err(UnprotectError::TooShort);
        }
        let index = stream.estimate(sequence_number)?;
        if !stream.is_fresh(index) {
            return Err(UnprotectError::Replayed);
        }
        let end = self.rtp.open_rtp(packet, header_len, ssrc, index)?;
        stream.commit(index);
        Ok(&mut packet[header_len..end])
    }

    /// The profile of the keys.
    pub const fn profile(&self) -> Profile {
        self.profile
    }
}

impl fmt::Debug for Unprotector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unprotector").field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl From<NotAuthentic> for UnprotectError {
    fn from(_: NotAuthentic) -> Self {
        Self::AuthenticationFailed
    }
}

impl From<IndexExhausted> for UnprotectError {
    fn from(_: IndexExhausted) -> Self {
        Self::KeysExhausted
    }
}
