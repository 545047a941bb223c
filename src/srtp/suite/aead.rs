//! AES-GCM by one of two libraries, or sealed by our own code, behind one face: seal out of place
//! or in place, open in place.
//!
//! Which library is faster depends on the CPU: with AVX-512, `aws-lc-rs` is, and it works out of
//! place, so that the payload is not copied first; without, `ring`. Our own code is faster than
//! both where there are the instructions it is written for. (`cargo bench --bench srtp`.)
//!
//! Must not know what a packet is. An enum, not a trait object: the packet path takes one
//! predictable branch.

use aws_lc_rs::aead as aws_lc;
use ring::aead as ring;

use super::{NotAuthentic, self_test};
use crate::srtp::AeadBackend;
use crate::srtp::simd::SealKey;

/// Never truncated (RFC 7714 §13.2).
pub(super) const TAG_LEN: usize = 16;
/// 96 bits (RFC 7714 §8.1).
pub(super) const NONCE_LEN: usize = 12;

/// A number used once under one key: 96 bits, big endian. As a number it stays in registers; what
/// is written byte by byte and then read at once makes the CPU wait.
#[derive(Clone, Copy)]
pub(super) struct Nonce(pub(super) u128);

impl Nonce {
    #[inline]
    fn to_bytes(self) -> [u8; NONCE_LEN] {
        let [_, _, _, _, nonce @ ..] = self.0.to_be_bytes();
        nonce
    }
}

/// A prepared AES-GCM key, of 128 or 256 bits.
#[expect(clippy::large_enum_variant, reason = "where ring is slower, few keys are ring's")]
pub(super) enum Aead {
    /// Not wiped on drop: `ring` has no way to.
    Ring(ring::LessSafeKey),
    /// Wiped on drop, by the library.
    AwsLc(aws_lc::LessSafeKey),
    /// Seals only. Wiped on drop.
    Vaes(SealKey),
}

impl Aead {
    /// The key is 16 or 32 bytes long.
    pub(super) fn new(backend: AeadBackend, key: &[u8]) -> Self {
        let long = key.len() == 32;
        match backend {
            AeadBackend::Ring => {
                let algorithm = if long { &ring::AES_256_GCM } else { &ring::AES_128_GCM };
                let key = ring::UnboundKey::new(algorithm, key);
                Self::Ring(ring::LessSafeKey::new(key.expect("AES takes 16 or 32 bytes")))
            }
            AeadBackend::Vaes => self_test::seal_key(key)
                .map_or_else(|| Self::new(AeadBackend::fastest(), key), Self::Vaes),
            AeadBackend::AwsLc => {
                let algorithm = if long { &aws_lc::AES_256_GCM } else { &aws_lc::AES_128_GCM };
                let key = aws_lc::UnboundKey::new(algorithm, key);
                Self::AwsLc(aws_lc::LessSafeKey::new(key.expect("AES takes 16 or 32 bytes")))
            }
        }
    }

    /// Whose it is.
    pub(super) const fn backend(&self) -> AeadBackend {
        match self {
            Self::Ring(_) => AeadBackend::Ring,
            Self::AwsLc(_) => AeadBackend::AwsLc,
            Self::Vaes(_) => AeadBackend::Vaes,
        }
    }

    /// Seals `text` into `out`, which is as long, and its tag into `tag_out`.
    pub(super) fn seal(
        &self,
        nonce: Nonce,
        aad: &[u8],
        text: &[u8],
        out: &mut [u8],
        tag_out: &mut [u8],
    ) {
        match self {
            Self::Ring(_) => {
                out.copy_from_slice(text);
                self.seal_in_place(nonce, aad, out, tag_out);
            }
            Self::AwsLc(key) => {
                let nonce = aws_lc::Nonce::assume_unique_for_key(nonce.to_bytes());
                let aad = aws_lc::Aad::from(aad);
                key.seal_out_of_place_scatter(nonce, aad, text, out, &[], tag_out).expect(SHORT);
            }
            Self::Vaes(key) => key.seal(nonce.0, aad, text, out, tag_out),
        }
    }

    /// Seals `text` where it stands, its tag into `tag_out`.
    pub(super) fn seal_in_place(
        &self,
        nonce: Nonce,
        aad: &[u8],
        text: &mut [u8],
        tag_out: &mut [u8],
    ) {
        match self {
            Self::Ring(key) => {
                let nonce = ring::Nonce::assume_unique_for_key(nonce.to_bytes());
                let tag = key.seal_in_place_separate_tag(nonce, ring::Aad::from(aad), text);
                tag_out.copy_from_slice(tag.expect(SHORT).as_ref());
            }
            Self::AwsLc(key) => {
                let nonce = aws_lc::Nonce::assume_unique_for_key(nonce.to_bytes());
                let aad = aws_lc::Aad::from(aad);
                key.seal_in_place_scatter(nonce, aad, text, &[], tag_out).expect(SHORT);
            }
            Self::Vaes(key) => key.seal_in_place(nonce.0, aad, text, tag_out),
        }
    }

    /// Opens what stands in front of its tag, in place. A key of a backend that seals only opens
    /// nothing: who wants to open asks for [`AeadBackend::library`].
    pub(super) fn open_in_place(
        &self,
        nonce: Nonce,
        aad: &[u8],
        text_and_tag: &mut [u8],
    ) -> Result<(), NotAuthentic> {
        let opened = match self {
            Self::Ring(key) => {
                let nonce = ring::Nonce::assume_unique_for_key(nonce.to_bytes());
                key.open_in_place(nonce, ring::Aad::from(aad), text_and_tag).is_ok()
            }
            Self::AwsLc(key) => {
                let nonce = aws_lc::Nonce::assume_unique_for_key(nonce.to_bytes());
                key.open_in_place(nonce, aws_lc::Aad::from(aad), text_and_tag).is_ok()
            }
            Self::Vaes(_) => {
                debug_assert!(false, "it seals only");
                false
            }
        };
        if opened { Ok(()) } else { Err(NotAuthentic) }
    }
}

const SHORT: &str = "a datagram is below GCM's 64 GiB, and the lengths fit";
