//! AES-GCM as RFC 7714 wants it, by `ring`: an AEAD with the header as associated data.

use ring::aead::{Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::base::Ssrc;

use super::{EsrtcpWord, NotAuthentic, PacketIndex, RTCP_CLEAR_LEN, SessionKeys};

/// A prepared AES-GCM key. `ring` works in place only: one buffer, the tag behind the text.
pub(in crate::srtp) struct Gcm {
    /// Not wiped on drop: `ring` has no way to.
    key: LessSafeKey,
    salt: Zeroizing<[u8; 12]>,
}

/// Never truncated (RFC 7714 §13.2).
const TAG_LEN: usize = 16;
const WORD_LEN: usize = 4;

impl Gcm {
    pub(super) fn new(algorithm: &'static Algorithm, keys: &SessionKeys) -> Self {
        let key = UnboundKey::new(algorithm, &keys.encryption);
        let salt = keys.salt.as_slice().try_into();
        Self {
            key: LessSafeKey::new(key.expect("the profile gives the key its length")),
            salt: Zeroizing::new(salt.expect("AEAD profiles have a 96-bit salt")),
        }
    }

    pub(super) fn seal_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: Ssrc,
        index: PacketIndex,
    ) {
        let (header, body) = packet.split_at_mut(header_len);
        let (payload, tag) = body.split_at_mut(body.len() - TAG_LEN);
        self.seal(self.rtp_nonce(ssrc, index), header, payload, tag);
    }

    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: Ssrc,
        index: PacketIndex,
    ) -> Result<usize, NotAuthentic> {
        let (header, payload_and_tag) = packet.split_at_mut(header_len);
        self.open(self.rtp_nonce(ssrc, index), header, payload_and_tag)?;
        Ok(packet.len() - TAG_LEN)
    }

    pub(super) fn seal_rtcp(&self, packet: &mut [u8], sender: Ssrc, word: EsrtcpWord) {
        let (compound, trailer) = packet.split_at_mut(packet.len() - WORD_LEN - TAG_LEN);
        let (tag, word_out) = trailer.split_at_mut(TAG_LEN);
        let (clear, rest) = compound.split_at_mut(RTCP_CLEAR_LEN);
        self.seal(self.rtcp_nonce(sender, word), &rtcp_aad(clear, word), rest, tag);
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
            self.open(nonce, &rtcp_aad(clear, word), &mut rest[text_and_tag])?;
        } else {
            // RFC 7714 §9.3: there is no text, and all but the tag is associated data. On the
            // wire the tag stands between the two parts of it, so move it out of the way.
            let (compound, trailer) = packet.split_at_mut(end);
            let mut tag = [0; TAG_LEN];
            tag.copy_from_slice(&trailer[..TAG_LEN]);
            trailer[..WORD_LEN].copy_from_slice(&word.to_be_bytes());
            let aad_len = compound.len() + WORD_LEN;
            self.open(nonce, &packet[..aad_len], &mut tag)?;
        }
        Ok(end)
    }

    /// RFC 7714 §8.1: (0 ‖ SSRC ‖ ROC ‖ SEQ) XOR salt.
    fn rtp_nonce(&self, ssrc: Ssrc, index: PacketIndex) -> Nonce {
        let mut nonce = [0; 12];
        nonce[2..6].copy_from_slice(&ssrc.0.to_be_bytes());
        nonce[6..].copy_from_slice(&index.to_be_bytes());
        self.salted(nonce)
    }

    /// RFC 7714 §9.1: (0 ‖ SSRC ‖ 0 ‖ SRTCP index) XOR salt.
    fn rtcp_nonce(&self, sender: Ssrc, word: EsrtcpWord) -> Nonce {
        let mut nonce = [0; 12];
        nonce[2..6].copy_from_slice(&sender.0.to_be_bytes());
        nonce[8..].copy_from_slice(&word.index().to_be_bytes());
        self.salted(nonce)
    }

    fn salted(&self, mut nonce: [u8; 12]) -> Nonce {
        for (byte, salt) in nonce.iter_mut().zip(*self.salt) {
            *byte ^= salt;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(&self, nonce: Nonce, aad: &[u8], text: &mut [u8], tag_out: &mut [u8]) {
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(aad), text);
        tag_out.copy_from_slice(tag.expect("a datagram is below GCM's 64 GiB").as_ref());
    }

    fn open(&self, nonce: Nonce, aad: &[u8], text_and_tag: &mut [u8]) -> Result<(), NotAuthentic> {
        let opened = self.key.open_in_place(nonce, Aad::from(aad), text_and_tag);
        opened.map(|_| ()).map_err(|_| NotAuthentic)
    }
}

/// RFC 7714 §9.2: the associated data of an encrypted packet, its first 8 bytes and the index word.
fn rtcp_aad(clear: &[u8], word: EsrtcpWord) -> [u8; RTCP_CLEAR_LEN + WORD_LEN] {
    let mut aad = [0; RTCP_CLEAR_LEN + WORD_LEN];
    aad[..RTCP_CLEAR_LEN].copy_from_slice(clear);
    aad[RTCP_CLEAR_LEN..].copy_from_slice(&word.to_be_bytes());
    aad
}
