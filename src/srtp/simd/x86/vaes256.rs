//! AES-128 counter mode, two blocks to a register (VAES with AVX2), for CPUs without AVX-512. What
//! is left in the end is [`aes_ni`]'s.

use std::arch::x86_64::*;
use std::hint::black_box;

use super::aes::RoundKeys;
use super::aes_ni;

/// Blocks of a register, in bytes.
const WIDTH: usize = 32;
/// Registers of a stride.
const WIDE: usize = 4;

/// # Safety
/// `len` bytes may be read at `text` and written at `out`; they are the same bytes or do not
/// overlap.
#[target_feature(enable = "aes,avx2,vaes")]
pub(super) unsafe fn xor(
    keys: &RoundKeys,
    iv: [u8; 16],
    text: *const u8,
    out: *mut u8,
    len: usize,
) {
    // Of a length unknown to the compiler: see `aes_ni`.
    let round_keys = black_box(&keys[..]);
    let second = _mm256_set_epi32(1, 0, 0, 0, 0, 0, 0, 0);
    let mut counter = _mm256_add_epi32(swap_last_word(broadcast(&iv)), second);
    let mut at = 0;
    while len - at >= WIDE * WIDTH {
        for (i, stream) in keystream(round_keys, &mut counter).into_iter().enumerate() {
            let at = at + i * WIDTH;
            // SAFETY: `at + 32` is at most `len`, which the caller promises is there.
            unsafe {
                let text = _mm256_loadu_si256(text.add(at).cast());
                _mm256_storeu_si256(out.add(at).cast(), _mm256_xor_si256(text, stream));
            }
        }
        at += WIDE * WIDTH;
    }
    let [iv @ .., a, b, c, d] = iv;
    #[expect(clippy::cast_possible_truncation, reason = "the counter wraps at 32 bits")]
    let blocks = u32::from_be_bytes([a, b, c, d]).wrapping_add((at / 16) as u32);
    let mut rest_iv = [0; 16];
    rest_iv[..12].copy_from_slice(&iv);
    rest_iv[12..].copy_from_slice(&blocks.to_be_bytes());
    // SAFETY: from `at` on there are `len - at` bytes, by the caller's promise.
    unsafe { aes_ni::xor(keys, rest_iv, text.add(at), out.add(at), len - at) }
}

/// The next blocks of the keystream; `counter` has its last words in the CPU's byte order.
#[inline]
#[target_feature(enable = "avx2,vaes")]
fn keystream(keys: &[[u8; 16]], counter: &mut __m256i) -> [__m256i; WIDE] {
    let two = _mm256_set_epi32(2, 0, 0, 0, 2, 0, 0, 0);
    let mut blocks = [*counter; WIDE];
    let [first, keys @ .., last] = keys else { return blocks };
    let (first, last) = (broadcast(first), broadcast(last));
    for block in &mut blocks {
        *block = _mm256_xor_si256(swap_last_word(*counter), first);
        *counter = _mm256_add_epi32(*counter, two);
    }
    for key in keys {
        let key = broadcast(key);
        for block in &mut blocks {
            *block = _mm256_aesenc_epi128(*block, key);
        }
    }
    for block in &mut blocks {
        *block = _mm256_aesenclast_epi128(*block, last);
    }
    blocks
}

#[inline]
#[target_feature(enable = "avx2")]
fn broadcast(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: 16 bytes, and an unaligned load takes any.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn swap_last_word(blocks: __m256i) -> __m256i {
    let order = _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    _mm256_shuffle_epi8(blocks, _mm256_broadcastsi128_si256(order))
}
