//! The 31-bit index of SRTCP: unlike SRTP's it travels whole, in a word behind the packet, so
//! there is nothing to guess, only replay to refuse (RFC 3711 §3.4).
//!
//! Must not know ciphers. Read next: `suite`.
#![forbid(unsafe_code)]

use crate::base::{BitWindow, Ssrc};

use super::UnprotectError;

/// The word behind an SRTCP packet: "E" flag and index. RFC 7714 §9.2 calls it the ESRTCP word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct EsrtcpWord(u32);

impl EsrtcpWord {
    const ENCRYPTED: u32 = 1 << 31;

    /// An encrypted packet with this index.
    pub(super) const fn encrypted(index: u32) -> Self {
        Self(index | Self::ENCRYPTED)
    }

    pub(super) const fn from_be_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(bytes))
    }

    pub(super) const fn to_be_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// 31 bits.
    pub(super) const fn index(self) -> u32 {
        self.0 & !Self::ENCRYPTED
    }

    /// Whether all after the first 8 bytes is encrypted; otherwise the packet is authentic only.
    pub(super) const fn is_encrypted(self) -> bool {
        self.0 & Self::ENCRYPTED != 0
    }
}

/// Counts what we send: one counter for all our SSRCs, from 0 to 2^31 - 1, then the keys are
/// used up (RFC 3711 §9.2).
#[derive(Clone, Debug, Default)]
pub(super) struct RtcpCounter {
    next: u32,
}

impl RtcpCounter {
    /// The last index a key may be used with.
    pub(super) const MAX: u32 = (1 << 31) - 1;

    /// The next index; `None` once they are used up.
    pub(super) const fn advance(&mut self) -> Option<EsrtcpWord> {
        if self.next > Self::MAX {
            return None;
        }
        let index = self.next;
        self.next += 1;
        Some(EsrtcpWord::encrypted(index))
    }

    #[cfg(test)]
    pub(super) const fn starting_at(next: u32) -> Self {
        Self { next }
    }
}

/// What the receiver remembers of each SSRC that has sent authentic SRTCP.
///
/// A list, not a map: it is short, capped, and a stranger who picks the SSRCs gets nothing but a
/// walk over it. Only authentic packets add to it.
#[derive(Clone, Debug, Default)]
pub(super) struct RtcpReplay {
    senders: Vec<(Ssrc, BitWindow<2>)>,
}

impl RtcpReplay {
    /// The most sender SSRCs one peer may use under one set of keys.
    pub(super) const MAX_SENDERS: usize = 64;

    /// Whether a packet of this sender with this index may still come.
    pub(super) fn check(&self, sender: Ssrc, word: EsrtcpWord) -> Result<(), UnprotectError> {
        match self.senders.iter().find(|(ssrc, _)| *ssrc == sender) {
            Some((_, seen)) if seen.is_fresh(word.index().into()) => Ok(()),
            Some(_) => Err(UnprotectError::Replayed),
            None if self.senders.len() < Self::MAX_SENDERS => Ok(()),
            None => Err(UnprotectError::TooManyStreams),
        }
    }

    /// Takes note of a packet that passed the check and proved authentic.
    pub(super) fn commit(&mut self, sender: Ssrc, word: EsrtcpWord) {
        let index = word.index().into();
        if let Some((_, seen)) = self.senders.iter_mut().find(|(ssrc, _)| *ssrc == sender) {
            seen.mark(index);
            return;
        }
        let mut seen = BitWindow::new();
        seen.mark(index);
        self.senders.push((sender, seen));
    }
}
