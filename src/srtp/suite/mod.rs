//! The seam between SRTP and the ciphers: a prepared session key that seals and opens whole
//! packets. A faster backend comes in here and nowhere else.
//!
//! Must not know replay, rollover or where keys come from. An enum, not a trait object: the
//! packet path takes one predictable branch.
//!
//! Layouts (RFC 3711 §3.1, §3.4; RFC 7714 §8.2, §9.2), `|…|` is what is encrypted:
//!
//! ```text
//!            SRTP                        SRTCP
//! AES-CM     header |payload| tag(10)    8 bytes |rest| E‖index(4) tag(10)
//! AES-GCM    header |payload| tag(16)    8 bytes |rest| tag(16) E‖index(4)
//! ```

#![forbid(unsafe_code)]

mod aead;
mod aes_cm;
mod gcm;
mod mac;
mod mac_lanes;
mod self_test;
#[cfg(test)]
mod tests;

use crate::base::Ssrc;

use super::kdf::{SessionKeys, Usage};
use super::rtcp_index::EsrtcpWord;
use super::simd::Simd;
use super::{AeadBackend, MasterKey, PacketIndex, Profile};

use aes_cm::AesCm;
use gcm::Gcm;
use mac::MacKey;

pub(super) use mac_lanes::PendingTags;

/// The tag does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NotAuthentic;

/// The first bytes of an RTCP packet, which SRTCP leaves in the clear: header and sender SSRC.
pub(super) const RTCP_CLEAR_LEN: usize = 8;

/// What is to be sealed, and where it begins.
#[derive(Clone, Copy)]
pub(super) struct Plain<'a> {
    pub(super) header_len: usize,
    /// An RTX packet's original sequence number (RFC 4588 §4), or nothing.
    pub(super) prefix: &'a [u8],
    pub(super) payload: &'a [u8],
}

impl Plain<'_> {
    /// Bytes of the text.
    pub(super) const fn text_len(&self) -> usize {
        self.prefix.len() + self.payload.len()
    }

    /// Copies the text to `out`, which is as long.
    fn write(&self, out: &mut [u8]) {
        let (prefix, payload) = out.split_at_mut(self.prefix.len());
        prefix.copy_from_slice(self.prefix);
        payload.copy_from_slice(self.payload);
    }
}

/// Whose code does the work: of `aead`'s for AES-GCM, of `simd`'s for AES-CM.
#[derive(Clone, Copy)]
pub(super) struct By {
    pub(super) aead: AeadBackend,
    pub(super) simd: Simd,
}

impl By {
    /// The same, but all that a library can do is done by a library.
    pub(super) fn library(self) -> Self {
        Self { aead: self.aead.library(), ..self }
    }

    /// The fastest that this CPU has.
    pub(super) fn fastest() -> Self {
        Self { aead: AeadBackend::fastest(), simd: Simd::detect() }
    }
}

/// One direction's session key, RTP or RTCP, with all that can be computed ahead.
///
/// Lengths are the caller's to check: each method says what it relies on.
#[expect(clippy::large_enum_variant, reason = "two per direction, never moved on the packet path")]
pub(super) enum Suite {
    AesCm(AesCm),
    Gcm(Gcm),
}

impl Suite {
    /// The session key that `master` gives for `usage`.
    pub(super) fn new(master: &MasterKey, usage: Usage, by: By) -> Self {
        Self::from_session_keys(master.profile(), &SessionKeys::derive(master, usage), by)
    }

    fn from_session_keys(profile: Profile, keys: &SessionKeys, by: By) -> Self {
        match profile {
            Profile::Aes128CmSha1_80 => Self::AesCm(AesCm::new(keys, by.simd)),
            Profile::AeadAes128Gcm | Profile::AeadAes256Gcm => Self::Gcm(Gcm::new(by.aead, keys)),
        }
    }

    /// Seals `plain` into `packet`, which is as long as header, text and tag, and holds the
    /// header already.
    pub(super) fn seal_rtp(
        &self,
        packet: &mut [u8],
        plain: Plain<'_>,
        ssrc: Ssrc,
        index: PacketIndex,
    ) {
        match self {
            Self::AesCm(keys) => keys.seal_rtp(packet, plain, ssrc, index),
            Self::Gcm(keys) => keys.seal_rtp(packet, plain, ssrc, index),
        }
    }

    /// The same, but if it is faster to make several packets' tags together, this one's is left
    /// out: then here is the key for it.
    pub(super) fn seal_rtp_but_tag(
        &self,
        packet: &mut [u8],
        plain: Plain<'_>,
        ssrc: Ssrc,
        index: PacketIndex,
    ) -> Option<&MacKey> {
        match self {
            Self::AesCm(keys) => Some(keys.encrypt_rtp(packet, plain, ssrc, index)),
            Self::Gcm(keys) => {
                keys.seal_rtp(packet, plain, ssrc, index);
                None
            }
        }
    }

    /// The instructions that seal, if it is AES-CM.
    pub(super) const fn simd(&self) -> Option<Simd> {
        match self {
            Self::AesCm(keys) => Some(keys.simd()),
            Self::Gcm(_) => None,
        }
    }

    /// Whose code seals, if it is an AEAD.
    pub(super) const fn aead_backend(&self) -> Option<AeadBackend> {
        match self {
            Self::AesCm(_) => None,
            Self::Gcm(keys) => Some(keys.backend()),
        }
    }

    /// Opens an SRTP packet no shorter than header and tag; gives back where the payload ends.
    /// What is in `packet` after a failure is of no use.
    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: Ssrc,
        index: PacketIndex,
    ) -> Result<usize, NotAuthentic> {
        match self {
            Self::AesCm(keys) => keys.open_rtp(packet, header_len, ssrc, index),
            Self::Gcm(keys) => keys.open_rtp(packet, header_len, ssrc, index),
        }
    }

    /// Seals the compound RTCP packet, 8 bytes at least, that fills `packet` but for the room of
    /// index word and tag at its end.
    pub(super) fn seal_rtcp(&self, packet: &mut [u8], sender: Ssrc, word: EsrtcpWord) {
        match self {
            Self::AesCm(keys) => keys.seal_rtcp(packet, sender, word),
            Self::Gcm(keys) => keys.seal_rtcp(packet, sender, word),
        }
    }

    /// The index word of an SRTCP packet no shorter than 8 bytes and overhead. Not authentic yet.
    pub(super) fn esrtcp_word(&self, packet: &[u8]) -> EsrtcpWord {
        let after_word = match self {
            Self::AesCm(_) => mac::TAG_LEN,
            Self::Gcm(_) => 0,
        };
        let word = packet[..packet.len() - after_word].last_chunk();
        EsrtcpWord::from_be_bytes(*word.expect("the caller checked the length"))
    }

    /// Opens an SRTCP packet no shorter than 8 bytes and overhead, encrypted or authentic only;
    /// gives back where the compound packet ends. What is in `packet` after a failure is of no use.
    pub(super) fn open_rtcp(
        &self,
        packet: &mut [u8],
        sender: Ssrc,
        word: EsrtcpWord,
    ) -> Result<usize, NotAuthentic> {
        match self {
            Self::AesCm(keys) => keys.open_rtcp(packet, sender, word),
            Self::Gcm(keys) => keys.open_rtcp(packet, sender, word),
        }
    }
}
