//! An expanded AES-128 key, and counter mode with it: out of place, so that the copy of the
//! payload from where it is kept to where it is sent from costs nothing.
//!
//! Read next: `vaes`, `vaes256` and `aes_ni`, the three loops.

use zeroize::Zeroizing;

use super::super::{Level, Simd};
use super::{aes_ni, vaes, vaes256};

/// The eleven round keys (FIPS 197 §5.2), as the instructions want them.
pub(super) type RoundKeys = [[u8; 16]; 11];

/// An AES-128 key, expanded. Wiped on drop.
pub(in crate::srtp) struct Aes128 {
    /// Not the portable one.
    simd: Simd,
    keys: Zeroizing<RoundKeys>,
}

impl Aes128 {
    pub(in super::super) fn new(simd: Simd, key: &[u8; 16]) -> Option<Self> {
        if simd.level == Level::Portable {
            return None;
        }
        let mut keys = Zeroizing::new([[0; 16]; 11]);
        // SAFETY: every level but the portable one has AES instructions and SSE4.1 (`detect`).
        unsafe { aes_ni::expand(key, &mut keys) };
        Some(Self { simd, keys })
    }

    /// Writes `text` XOR the keystream to `out`, which is as long. The last 32 bits of `iv` count
    /// blocks, big endian, and wrap.
    pub(in crate::srtp) fn xor(&self, iv: [u8; 16], text: &[u8], out: &mut [u8]) {
        assert_eq!(text.len(), out.len(), "counter mode changes no length");
        // SAFETY: both are as long as is said, the one may be read, the other written.
        unsafe { self.xor_raw(iv, text.as_ptr(), out.as_mut_ptr(), text.len()) }
    }

    /// The same where the text stands.
    pub(in crate::srtp) fn xor_in_place(&self, iv: [u8; 16], text: &mut [u8]) {
        let (at, len) = (text.as_mut_ptr(), text.len());
        // SAFETY: it is as long as is said and may be read and written; both pointers are of one
        // borrow.
        unsafe { self.xor_raw(iv, at, at, len) }
    }

    /// # Safety
    /// `len` bytes may be read at `text` and written at `out`; they are the same bytes or do not
    /// overlap.
    unsafe fn xor_raw(&self, iv: [u8; 16], text: *const u8, out: *mut u8, len: usize) {
        match (self.simd.level, self.simd.vaes) {
            // SAFETY: this level has AVX-512 F and BW and VAES (`detect`); the rest is the caller's
            // promise.
            (Level::Avx512, _) => unsafe { vaes::xor(&self.keys, iv, text, out, len) },
            // SAFETY: AVX2, AES and VAES are there; the rest likewise.
            (Level::Avx2, true) => unsafe { vaes256::xor(&self.keys, iv, text, out, len) },
            // SAFETY: every other level has AES instructions and SSE4.1 but the portable one, which
            // has no such key; the rest likewise.
            _ => unsafe { aes_ni::xor(&self.keys, iv, text, out, len) },
        }
    }
}
