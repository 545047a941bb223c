//! AES-128 counter mode, four blocks to a register (VAES with AVX-512).
//!
//! An `aesenc` takes four cycles or so, and one or two begin in each: eight registers at a time
//! keep them busy. Read next: `aes_ni`, the same with one block to a register.

use std::arch::x86_64::*;

use super::aes::RoundKeys;

/// Blocks of a register, in bytes.
const WIDTH: usize = 64;
/// Registers of a stride of the main loop.
const WIDE: usize = 8;
/// Registers of the strides at the end, which are not full.
const NARROW: usize = 4;

/// # Safety
/// `len` bytes may be read at `text` and written at `out`; they are the same bytes or do not
/// overlap.
#[target_feature(enable = "avx512f,avx512bw,vaes")]
pub(super) unsafe fn xor(
    keys: &RoundKeys,
    iv: [u8; 16],
    text: *const u8,
    out: *mut u8,
    len: usize,
) {
    let mut registers = [_mm512_setzero_si512(); 11];
    for (register, key) in registers.iter_mut().zip(keys) {
        *register = broadcast(key);
    }
    let (keys, mut counter) = (registers, first_counters(&iv));
    let mut at = 0;
    while len - at >= WIDE * WIDTH {
        let stream = keystream::<WIDE>(&keys, &mut counter);
        for (i, stream) in stream.into_iter().enumerate() {
            let at = at + i * WIDTH;
            // SAFETY: `at + 64` is at most `len`, which the caller promises is there.
            unsafe {
                let text = _mm512_loadu_si512(text.add(at).cast());
                _mm512_storeu_si512(out.add(at).cast(), _mm512_xor_si512(text, stream));
            }
        }
        at += WIDE * WIDTH;
    }
    while at < len {
        let stream = keystream::<NARROW>(&keys, &mut counter);
        for stream in stream {
            let rest = (len - at).min(WIDTH);
            let mask = u64::MAX.checked_shr((WIDTH - rest) as u32).unwrap_or(0);
            // SAFETY: the mask has a bit for each byte up to `len` and none beyond; bytes without
            // one are neither read nor written.
            unsafe {
                let text = _mm512_maskz_loadu_epi8(mask, text.add(at).cast());
                let sealed = _mm512_xor_si512(text, stream);
                _mm512_mask_storeu_epi8(out.add(at).cast(), mask, sealed);
            }
            at += rest;
        }
    }
}

/// Four counter blocks from the first, each with its last word in the CPU's byte order.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn first_counters(iv: &[u8; 16]) -> __m512i {
    let iv = swap_last_word(broadcast(iv));
    _mm512_add_epi32(iv, _mm512_set_epi32(3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0))
}

/// The next `4 * N` blocks of the keystream.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,vaes")]
fn keystream<const N: usize>(keys: &[__m512i; 11], counter: &mut __m512i) -> [__m512i; N] {
    let four = _mm512_set_epi32(4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0);
    let mut blocks = [*counter; N];
    for block in &mut blocks {
        *block = _mm512_xor_si512(swap_last_word(*counter), keys[0]);
        *counter = _mm512_add_epi32(*counter, four);
    }
    for key in &keys[1..10] {
        for block in &mut blocks {
            *block = _mm512_aesenc_epi128(*block, *key);
        }
    }
    for block in &mut blocks {
        *block = _mm512_aesenclast_epi128(*block, keys[10]);
    }
    blocks
}

#[inline]
#[target_feature(enable = "avx512f")]
fn broadcast(bytes: &[u8; 16]) -> __m512i {
    // SAFETY: 16 bytes, and an unaligned load takes any.
    _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn swap_last_word(blocks: __m512i) -> __m512i {
    let order = _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    _mm512_shuffle_epi8(blocks, _mm512_broadcast_i32x4(order))
}
