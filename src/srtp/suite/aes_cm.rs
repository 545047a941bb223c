//! AES-128 in counter mode with HMAC-SHA1-80 (RFC 3711 §4.1.1, §4.2.1): encrypt, then
//! authenticate; check, then decrypt.

use aes::Aes128Enc;
use aes::cipher::{InnerIvInit, KeyInit, StreamCipherCore};
use ctr::CtrCore;
use ctr::flavors::Ctr32BE;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::base::Ssrc;

use super::{EsrtcpWord, NotAuthentic, PacketIndex, Plain, RTCP_CLEAR_LEN, SessionKeys};

/// A prepared AES key schedule and an HMAC state that has taken its key in. Both are wiped on
/// drop, and so are the copies of the HMAC state that each packet works on.
pub(in crate::srtp) struct AesCm {
    aes: Aes128Enc,
    hmac: Hmac<Sha1>,
    salt: Zeroizing<[u8; 14]>,
}

/// The first 80 bits of the HMAC.
pub(super) const TAG_LEN: usize = 10;
const WORD_LEN: usize = 4;

impl AesCm {
    pub(super) fn new(keys: &SessionKeys) -> Self {
        let salt = keys.salt.as_slice().try_into();
        Self {
            aes: Aes128Enc::new_from_slice(&keys.encryption)
                .expect("the profile's key is 128 bits"),
            hmac: Hmac::new_from_slice(&*keys.authentication).expect("HMAC takes any key"),
            salt: Zeroizing::new(salt.expect("the profile's salt is 112 bits")),
        }
    }

    pub(super) fn seal_rtp(
        &self,
        packet: &mut [u8],
        plain: Plain<'_>,
        ssrc: Ssrc,
        index: PacketIndex,
    ) {
        let (authenticated, tag) = packet.split_at_mut(packet.len() - TAG_LEN);
        let text = &mut authenticated[plain.header_len..];
        plain.write(text);
        self.apply_keystream(ssrc, index.to_be_bytes(), text);
        tag.copy_from_slice(&self.rtp_mac(authenticated, index).finalize().into_bytes()[..TAG_LEN]);
    }

    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: Ssrc,
        index: PacketIndex,
    ) -> Result<usize, NotAuthentic> {
        let end = packet.len() - TAG_LEN;
        let (authenticated, tag) = packet.split_at_mut(end);
        let mac = self.rtp_mac(authenticated, index);
        mac.verify_truncated_left(tag).map_err(|_| NotAuthentic)?;
        self.apply_keystream(ssrc, index.to_be_bytes(), &mut authenticated[header_len..]);
        Ok(end)
    }

    pub(super) fn seal_rtcp(&self, packet: &mut [u8], sender: Ssrc, word: EsrtcpWord) {
        let (authenticated, tag) = packet.split_at_mut(packet.len() - TAG_LEN);
        let (compound, word_out) = authenticated.split_at_mut(authenticated.len() - WORD_LEN);
        self.apply_keystream(sender, rtcp_index(word), &mut compound[RTCP_CLEAR_LEN..]);
        word_out.copy_from_slice(&word.to_be_bytes());
        let mac = self.hmac.clone().chain_update(authenticated);
        tag.copy_from_slice(&mac.finalize().into_bytes()[..TAG_LEN]);
    }

    pub(super) fn open_rtcp(
        &self,
        packet: &mut [u8],
        sender: Ssrc,
        word: EsrtcpWord,
    ) -> Result<usize, NotAuthentic> {
        let (authenticated, tag) = packet.split_at_mut(packet.len() - TAG_LEN);
        let mac = self.hmac.clone().chain_update(&*authenticated);
        mac.verify_truncated_left(tag).map_err(|_| NotAuthentic)?;
        let end = authenticated.len() - WORD_LEN;
        if word.is_encrypted() {
            let encrypted = &mut authenticated[RTCP_CLEAR_LEN..end];
            self.apply_keystream(sender, rtcp_index(word), encrypted);
        }
        Ok(end)
    }

    /// RFC 3711 §4.2: what is authenticated is header, ciphertext and ROC.
    fn rtp_mac(&self, authenticated: &[u8], index: PacketIndex) -> Hmac<Sha1> {
        self.hmac.clone().chain_update(authenticated).chain_update(index.roc().to_be_bytes())
    }

    /// RFC 3711 §4.1.1: IV = (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16); the low 16 bits
    /// count blocks.
    fn apply_keystream(&self, ssrc: Ssrc, index: [u8; 6], text: &mut [u8]) {
        let mut iv = [0; 16];
        iv[4..8].copy_from_slice(&ssrc.0.to_be_bytes());
        iv[8..14].copy_from_slice(&index);
        for (byte, salt) in iv.iter_mut().zip(*self.salt) {
            *byte ^= salt;
        }
        let ctr = CtrCore::<_, Ctr32BE>::inner_iv_init(&self.aes, &iv.into());
        ctr.apply_keystream_partial(text.into());
    }
}

/// The 31-bit index in the place of SRTP's 48-bit one.
fn rtcp_index(word: EsrtcpWord) -> [u8; 6] {
    let [a, b, c, d] = word.index().to_be_bytes();
    [0, 0, a, b, c, d]
}
