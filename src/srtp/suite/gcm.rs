//! AES-GCM as RFC 7714 wants it: an AEAD with the header as associated data.

use zeroize::Zeroizing;

use crate::base::Ssrc;
use crate::srtp::AeadBackend;

use super::aead::{Aead, NONCE_LEN, Nonce, TAG_LEN};
use super::{EsrtcpWord, NotAuthentic, PacketIndex, Plain, RTCP_CLEAR_LEN, SessionKeys};

/// A prepared AES-GCM key and its salt.
pub(in crate::srtp) struct Gcm {
    aead: Aead,
    /// 96 bits.
    salt: Zeroizing<u128>,
}

const WORD_LEN: usize = 4;

impl Gcm {
    pub(super) fn new(backend: AeadBackend, keys: &SessionKeys) -> Self {
        assert_eq!(keys.salt.len(), NONCE_LEN, "AEAD profiles have a 96-bit salt");
        let salt = keys.salt.iter().fold(0, |salt, byte| salt << 8 | u128::from(*byte));
        Self { aead: Aead::new(backend, &keys.encryption), salt: Zeroizing::new(salt) }
    }

    pub(super) fn seal_rtp(
        &self,
        packet: &mut [u8],
        plain: Plain<'_>,
        ssrc: Ssrc,
        index: PacketIndex,
    ) {
        let nonce = self.rtp_nonce(ssrc, index);
        let (header, body) = packet.split_at_mut(plain.header_len);
        let (text, tag) = body.split_at_mut(body.len() - TAG_LEN);
        if plain.prefix.is_empty() {
            self.aead.seal(nonce, header, plain.payload, text, tag);
        } else {
            plain.write(text);
            self.aead.seal_in_place(nonce, header, text, tag);
        }
    }

    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: Ssrc,
        index: PacketIndex,
    ) -> Result<usize, NotAuthentic> {
        let (header, payload_and_tag) = packet.split_at_mut(header_len);
        self.aead.open_in_place(self.rtp_nonce(ssrc, index), header, payload_and_tag)?;
        Ok(packet.len() - TAG_LEN)
    }

    pub(super) fn seal_rtcp(&self, packet: &mut [u8], sender: Ssrc, word: EsrtcpWord) {
        let (compound, trailer) = packet.split_at_mut(packet.len() - WORD_LEN - TAG_LEN);
        let (tag, word_out) = trailer.split_at_mut(TAG_LEN);
        let (clear, rest) = compound.split_at_mut(RTCP_CLEAR_LEN);
        let nonce = self.rtcp_nonce(sender, word);
        self.aead.seal_in_place(nonce, &rtcp_aad(clear, word), rest, tag);
        word_out.copy_from_slice(&word.to_be_bytes());
    }

    pub(super) fn open_rtcp(
        &self,
        packet: &mut [u8],
        sender: Ssrc,
        word: EsrtcpWord,
    ) -> Result<usize, NotAuthentic> {
        let nonce = self.rtcp_nonce(sender, word);
        let end = packet.len() - WORD_LEN - TAG_LEN;
        if word.is_encrypted() {
            let (clear, rest) = packet.split_at_mut(RTCP_CLEAR_LEN);
            let text_and_tag = ..rest.len() - WORD_LEN;
            self.aead.open_in_place(nonce, &rtcp_aad(clear, word), &mut rest[text_and_tag])?;
        } else {
            // RFC 7714 §9.3: there is no text, and all but the tag is associated data. On the
            // wire the tag stands between the two parts of it, so move it out of the way.
            let (compound, trailer) = packet.split_at_mut(end);
            let mut tag = [0; TAG_LEN];
            tag.copy_from_slice(&trailer[..TAG_LEN]);
            trailer[..WORD_LEN].copy_from_slice(&word.to_be_bytes());
            let aad_len = compound.len() + WORD_LEN;
            self.aead.open_in_place(nonce, &packet[..aad_len], &mut tag)?;
        }
        Ok(end)
    }

    /// RFC 7714 §8.1: (0 ‖ SSRC ‖ ROC ‖ SEQ) XOR salt.
    #[inline]
    fn rtp_nonce(&self, ssrc: Ssrc, index: PacketIndex) -> Nonce {
        self.salted(u128::from(ssrc.0) << 48 | u128::from(index))
    }

    /// RFC 7714 §9.1: (0 ‖ SSRC ‖ 0 ‖ SRTCP index) XOR salt.
    fn rtcp_nonce(&self, sender: Ssrc, word: EsrtcpWord) -> Nonce {
        self.salted(u128::from(sender.0) << 48 | u128::from(word.index()))
    }

    #[inline]
    fn salted(&self, nonce: u128) -> Nonce {
        Nonce(nonce ^ *self.salt)
    }

    /// Whose code it is.
    pub(super) const fn backend(&self) -> AeadBackend {
        self.aead.backend()
    }
}

/// RFC 7714 §9.2: the associated data of an encrypted packet, its first 8 bytes and the index word.
fn rtcp_aad(clear: &[u8], word: EsrtcpWord) -> [u8; RTCP_CLEAR_LEN + WORD_LEN] {
    let mut aad = [0; RTCP_CLEAR_LEN + WORD_LEN];
    aad[..RTCP_CLEAR_LEN].copy_from_slice(clear);
    aad[RTCP_CLEAR_LEN..].copy_from_slice(&word.to_be_bytes());
    aad
}
