//! Where the text stands and where its ciphertext goes: loads, the cipher's last round, stores,
//! and nothing read or written beyond. Read next: `ghash`, which takes what comes out.

use std::arch::x86_64::*;

use super::seal::Keys;

/// Bytes of a register.
pub(super) const WIDTH: usize = 64;
/// Registers of a group.
pub(super) const WIDE: usize = 4;
/// Bytes of a group.
pub(super) const GROUP: usize = WIDE * WIDTH;
/// Bytes of a block.
pub(super) const BLOCK: usize = 16;

/// `len` bytes that may be read at `from` and written at `to`; they are the same bytes or do not
/// overlap.
#[derive(Clone, Copy)]
pub(super) struct Text {
    pub(super) from: *const u8,
    pub(super) to: *mut u8,
    pub(super) len: usize,
}

impl Text {
    /// Encrypts a group by the last round of `stream`, and leaves it behind; gives its ciphertext,
    /// ready to be hashed.
    ///
    /// # Safety
    /// What [`Text`] says holds, and there is a group at least.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,vaes")]
    pub(super) unsafe fn encrypt_group<const K: usize>(
        &mut self,
        keys: &Keys<K>,
        mut stream: [__m512i; WIDE],
    ) -> [__m512i; WIDE] {
        for (i, block) in stream.iter_mut().enumerate() {
            // SAFETY: all of the group is there.
            *block = unsafe { self.encrypt_at(i * WIDTH, keys, *block) };
        }
        // SAFETY: likewise.
        (self.from, self.to) = unsafe { (self.from.add(GROUP), self.to.add(GROUP)) };
        self.len -= GROUP;
        stream
    }

    /// Encrypts all that is left; gives the ciphertext, ready to be hashed, with zeros behind it.
    ///
    /// # Safety
    /// What [`Text`] says holds, and the text takes `N` registers, the last one perhaps not full.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,vaes")]
    pub(super) unsafe fn encrypt_rest<const K: usize, const N: usize>(
        self,
        keys: &Keys<K>,
        mut stream: [__m512i; N],
    ) -> [__m512i; N] {
        for (i, block) in stream.iter_mut().enumerate() {
            let at = i * WIDTH;
            *block = if i + 1 < N {
                // SAFETY: this is not the last register.
                unsafe { self.encrypt_at(at, keys, *block) }
            } else {
                let mask = first_bytes(self.len - at);
                let stream = _mm512_aesenclast_epi128(*block, keys[K - 1]);
                let stream = _mm512_maskz_mov_epi8(mask, stream);
                // SAFETY: bytes behind the end, which have no bit in the mask, are neither read
                // nor written.
                unsafe {
                    let text = _mm512_maskz_loadu_epi8(mask, self.from.add(at).cast());
                    let sealed = _mm512_xor_si512(text, stream);
                    _mm512_mask_storeu_epi8(self.to.add(at).cast(), mask, sealed);
                    reversed(sealed)
                }
            };
        }
        stream
    }

    /// # Safety
    /// What [`Text`] says holds, and there are [`WIDTH`] bytes from `at` on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,vaes")]
    unsafe fn encrypt_at<const K: usize>(
        self,
        at: usize,
        keys: &Keys<K>,
        block: __m512i,
    ) -> __m512i {
        let stream = _mm512_aesenclast_epi128(block, keys[K - 1]);
        // SAFETY: the bytes are there, and unaligned ones will do.
        unsafe {
            let text = _mm512_loadu_si512(self.from.add(at).cast());
            let sealed = _mm512_xor_si512(text, stream);
            _mm512_storeu_si512(self.to.add(at).cast(), sealed);
            reversed(sealed)
        }
    }
}

/// At most [`WIDTH`] bytes, ready to be hashed, and zeros behind them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn load(bytes: &[u8]) -> __m512i {
    let mask = first_bytes(bytes.len());
    // SAFETY: bytes behind the end, which have no bit in the mask, are not read.
    reversed(unsafe { _mm512_maskz_loadu_epi8(mask, bytes.as_ptr().cast()) })
}

/// A bit for each of the first `len` bytes of a register.
#[inline]
fn first_bytes(len: usize) -> u64 {
    u64::MAX.checked_shr((WIDTH - len.min(WIDTH)) as u32).unwrap_or(0)
}

/// Each block with its last byte first.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn reversed(blocks: __m512i) -> __m512i {
    let order = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    _mm512_shuffle_epi8(blocks, _mm512_broadcast_i32x4(order))
}
