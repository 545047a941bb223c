//! An AES-GCM key for sealing, with all that can be computed ahead of the packets: the round keys,
//! and the powers of the hash key. Only for CPUs with AVX-512, VAES and VPCLMULQDQ.
//!
//! Sealing only: what strangers send is opened by a library.
//!
//! Must not know where keys and nonces come from. Read next: `seal`, which does it, then `ghash`.

mod counter;
mod ghash;
mod seal;
#[cfg(test)]
mod tests;
mod text;

use std::arch::is_x86_feature_detected as has;

use zeroize::Zeroizing;

use super::aes_ni;
use ghash::Powers;
use text::Text;

/// An AES-GCM key, prepared for sealing. Wiped on drop.
///
/// Boxed to be aligned, and because the libraries' keys are no larger without their boxes.
pub(in crate::srtp) enum SealKey {
    Aes128(Box<Key<11>>),
    Aes256(Box<Key<15>>),
}

/// An AES key of `K` round keys, and what its hash key gives: 560 or 624 bytes. Where there are
/// thousands of keys, the caches they take count.
#[repr(C, align(64))] // in the order in which it is read, the 16th power in the corner of a line
pub(in crate::srtp) struct Key<const K: usize> {
    rounds: Zeroizing<[[u8; 16]; K]>,
    powers: Powers,
}

impl SealKey {
    /// `None` if the CPU lacks the instructions, or if the key is not 16 or 32 bytes long.
    pub(in crate::srtp) fn new(key: &[u8]) -> Option<Self> {
        if !is_supported() {
            return None;
        }
        // SAFETY: the CPU has the AES instructions, SSE4.1, AVX-512 F, BW, VL, and VPCLMULQDQ.
        unsafe {
            if let Ok(key) = key.try_into() {
                Some(Self::Aes128(Key::new(|rounds| aes_ni::expand(key, rounds))))
            } else if let Ok(key) = key.try_into() {
                Some(Self::Aes256(Key::new(|rounds| aes_ni::expand_256(key, rounds))))
            } else {
                None
            }
        }
    }

    /// Seals `text` into `out`, which is as long, and its tag into `tag`, which has 16 bytes. The
    /// nonce is 96 bits, big endian.
    #[inline]
    pub(in crate::srtp) fn seal(
        &self,
        nonce: u128,
        aad: &[u8],
        text: &[u8],
        out: &mut [u8],
        tag: &mut [u8],
    ) {
        assert_eq!(text.len(), out.len(), "GCM changes no length");
        let text = Text { from: text.as_ptr(), to: out.as_mut_ptr(), len: text.len() };
        // SAFETY: both are as long as is said, the one may be read, the other written.
        unsafe { self.seal_raw(nonce, aad, text, tag) }
    }

    /// Seals `text` where it stands.
    #[inline]
    pub(in crate::srtp) fn seal_in_place(
        &self,
        nonce: u128,
        aad: &[u8],
        text: &mut [u8],
        tag: &mut [u8],
    ) {
        let at = text.as_mut_ptr();
        let text = Text { from: at, to: at, len: text.len() };
        // SAFETY: it is as long as is said and may be read and written; both pointers are of one
        // borrow.
        unsafe { self.seal_raw(nonce, aad, text, tag) }
    }

    /// # Safety
    /// What [`Text`] says holds.
    #[inline]
    unsafe fn seal_raw(&self, nonce: u128, aad: &[u8], text: Text, tag: &mut [u8]) {
        assert!(text.len as u64 <= LONGEST, "a datagram is shorter by far");
        let tag = tag.try_into().expect("a tag has 16 bytes");
        // SAFETY: there is a key only where the CPU has the instructions; the rest is the caller's
        // promise.
        unsafe {
            match self {
                Self::Aes128(key) => seal::seal(key, nonce, aad, text, tag),
                Self::Aes256(key) => seal::seal(key, nonce, aad, text, tag),
            }
        }
    }
}

/// 2^36 - 32 bytes (SP 800-38D §5.2.1.1): then the counter would come back to its first block.
const LONGEST: u64 = (1 << 36) - 32;

impl<const K: usize> Key<K> {
    /// Filled in where it stays, so that no copy of it is left behind.
    #[target_feature(enable = "aes,sse4.1,avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn new(expand: impl FnOnce(&mut [[u8; 16]; K])) -> Box<Self> {
        let rounds = Zeroizing::new([[0; 16]; K]);
        let mut key = Box::new(Self { rounds, powers: Powers::none() });
        expand(&mut key.rounds);
        let mut hash_key = Zeroizing::new([0; 16]);
        aes_ni::encrypt_block(&*key.rounds, &mut hash_key);
        key.powers.fill(&hash_key);
        key
    }
}

/// The answers are cached.
fn is_supported() -> bool {
    let narrow = has!("aes") && has!("pclmulqdq") && has!("sse4.1");
    let wide = has!("avx512f") && has!("avx512bw") && has!("avx512vl");
    narrow && wide && has!("vaes") && has!("vpclmulqdq")
}
