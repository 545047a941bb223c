//! AES-128 in counter mode with HMAC-SHA1-80 (RFC 3711 §4.1.1, §4.2.1): encrypt, then
//! authenticate; check, then decrypt. Read next: `mac`.

use aes::Aes128Enc;
use aes::cipher::{InnerIvInit, KeyInit, StreamCipherCore};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use ctr::CtrCore;
use ctr::flavors::Ctr32BE;
use zeroize::Zeroizing;

use crate::base::Ssrc;
use crate::srtp::simd::{Aes128, Simd};

use super::mac::{MacKey, TAG_LEN};
use super::{EsrtcpWord, NotAuthentic, PacketIndex, Plain, RTCP_CLEAR_LEN, SessionKeys};

/// Prepared AES round keys and HMAC states that have taken their key in. All wiped on drop.
pub(in crate::srtp) struct AesCm {
    cipher: Cipher,
    mac: MacKey,
    /// 112 bits.
    salt: Zeroizing<u128>,
}

enum Cipher {
    Simd(Aes128),
    /// Boxed for its size, four times the other's.
    Portable(Box<Aes128Enc>),
}

const WORD_LEN: usize = 4;

impl AesCm {
    pub(super) fn new(keys: &SessionKeys, simd: Simd) -> Self {
        let key = keys.encryption.as_slice().try_into();
        let key: &[u8; 16] = key.expect("the profile's key is 128 bits");
        let cipher = simd
            .aes(key)
            .map_or_else(|| Cipher::Portable(Box::new(Aes128Enc::new(key.into()))), Cipher::Simd);
        let mut salt = Zeroizing::new([0; 16]);
        salt[2..].copy_from_slice(&keys.salt);
        Self {
            cipher,
            mac: MacKey::new(&keys.authentication, simd),
            salt: Zeroizing::new(u128::from_be_bytes(*salt)),
        }
    }

    /// The instructions it uses.
    pub(super) const fn simd(&self) -> Simd {
        self.mac.simd()
    }

    pub(super) fn seal_rtp(
        &self,
        packet: &mut [u8],
        plain: Plain<'_>,
        ssrc: Ssrc,
        index: PacketIndex,
    ) {
        let mac = self.encrypt_rtp(packet, plain, ssrc, index);
        let (authenticated, tag) = packet.split_at_mut(packet.len() - TAG_LEN);
        tag.copy_from_slice(&mac.tag(authenticated, &index.roc().to_be_bytes()));
    }

    /// Seals but for the tag; gives the key for it.
    pub(super) fn encrypt_rtp(
        &self,
        packet: &mut [u8],
        plain: Plain<'_>,
        ssrc: Ssrc,
        index: PacketIndex,
    ) -> &MacKey {
        let end = packet.len() - TAG_LEN;
        let out = &mut packet[plain.header_len..end];
        let iv = self.iv(ssrc, index.to_be_bytes());
        match &self.cipher {
            Cipher::Simd(aes) if plain.prefix.is_empty() => aes.xor(iv, plain.payload, out),
            Cipher::Simd(_) | Cipher::Portable(_) => {
                plain.write(out);
                self.apply_keystream(iv, out);
            }
        }
        &self.mac
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
        self.check(authenticated, &index.roc().to_be_bytes(), tag)?;
        let iv = self.iv(ssrc, index.to_be_bytes());
        self.apply_keystream(iv, &mut authenticated[header_len..]);
        Ok(end)
    }

    pub(super) fn seal_rtcp(&self, packet: &mut [u8], sender: Ssrc, word: EsrtcpWord) {
        let (authenticated, tag) = packet.split_at_mut(packet.len() - TAG_LEN);
        let (compound, word_out) = authenticated.split_at_mut(authenticated.len() - WORD_LEN);
        let iv = self.iv(sender, rtcp_index(word));
        self.apply_keystream(iv, &mut compound[RTCP_CLEAR_LEN..]);
        word_out.copy_from_slice(&word.to_be_bytes());
        tag.copy_from_slice(&self.mac.tag(authenticated, &[]));
    }

    pub(super) fn open_rtcp(
        &self,
        packet: &mut [u8],
        sender: Ssrc,
        word: EsrtcpWord,
    ) -> Result<usize, NotAuthentic> {
        let (authenticated, tag) = packet.split_at_mut(packet.len() - TAG_LEN);
        self.check(authenticated, &[], tag)?;
        let end = authenticated.len() - WORD_LEN;
        if word.is_encrypted() {
            let iv = self.iv(sender, rtcp_index(word));
            self.apply_keystream(iv, &mut authenticated[RTCP_CLEAR_LEN..end]);
        }
        Ok(end)
    }

    /// In a time that does not depend on where the tags differ.
    fn check(&self, message: &[u8], suffix: &[u8], tag: &[u8]) -> Result<(), NotAuthentic> {
        let expected = self.mac.tag(message, suffix);
        verify_slices_are_equal(&expected, tag).map_err(|_| NotAuthentic)
    }

    /// RFC 3711 §4.1.1: (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16); the low 16 bits count
    /// blocks.
    fn iv(&self, ssrc: Ssrc, [a, b, c, d, e, f]: [u8; 6]) -> [u8; 16] {
        let index = u64::from_be_bytes([a, b, c, d, e, f, 0, 0]);
        (*self.salt << 16 ^ u128::from(ssrc.0) << 64 ^ u128::from(index)).to_be_bytes()
    }

    fn apply_keystream(&self, iv: [u8; 16], text: &mut [u8]) {
        match &self.cipher {
            Cipher::Simd(aes) => aes.xor_in_place(iv, text),
            Cipher::Portable(aes) => {
                let ctr = CtrCore::<_, Ctr32BE>::inner_iv_init(&**aes, &iv.into());
                ctr.apply_keystream_partial(text.into());
            }
        }
    }
}

/// The 31-bit index in the place of SRTP's 48-bit one.
fn rtcp_index(word: EsrtcpWord) -> [u8; 6] {
    let [a, b, c, d] = word.index().to_be_bytes();
    [0, 0, a, b, c, d]
}
