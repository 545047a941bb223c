//! SHA-1 in 8 lanes of 32 bits with AVX-512's instructions (VL): for batches that would leave half
//! of 16 lanes empty, where registers of half the width cost half the time.

use std::arch::x86_64::*;

use super::sha1_avx2::words;
use super::sha1_rounds::{rounds, sha1_five, sha1_step};
use super::{Block, States};

const LANES: usize = 8;

/// See [`super::Kernel`].
#[target_feature(enable = "avx2,avx512f,avx512vl")]
pub(super) fn compress(states: &mut States<LANES>, runs: &[&[Block]; LANES], live: u32) {
    let mut vectors = [_mm256_setzero_si256(); 5];
    for (vector, row) in vectors.iter_mut().zip(&*states) {
        // SAFETY: a row of states is 32 bytes, and an unaligned load takes any.
        *vector = unsafe { _mm256_loadu_si256(row.as_ptr().cast()) };
    }
    let count = runs.iter().map(|run| run.len()).min().unwrap_or(0);
    for at in 0..count {
        vectors = rounds!(vectors, words(runs, at));
    }
    for (row, vector) in states.iter_mut().zip(vectors) {
        // SAFETY: a row of states is 32 bytes; lanes without a bit in the mask are not written.
        unsafe { _mm256_mask_storeu_epi32(row.as_mut_ptr().cast(), live as u8, vector) };
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl")]
fn splat(word: i32) -> __m256i {
    _mm256_set1_epi32(word)
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl")]
fn add(x: __m256i, y: __m256i) -> __m256i {
    _mm256_add_epi32(x, y)
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl")]
fn rotate<const LEFT: i32>(x: __m256i) -> __m256i {
    _mm256_rol_epi32::<LEFT>(x)
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl")]
fn xor4(x: __m256i, y: __m256i, z: __m256i, last: __m256i) -> __m256i {
    _mm256_xor_si256(parity(x, y, z), last)
}

// The constants are the functions' tables: bit `4 * x + 2 * y + z` is their value.

#[inline]
#[target_feature(enable = "avx512f,avx512vl")]
fn choose(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    _mm256_ternarylogic_epi32::<0xca>(x, y, z)
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl")]
fn parity(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    _mm256_ternarylogic_epi32::<0x96>(x, y, z)
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl")]
fn majority(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    _mm256_ternarylogic_epi32::<0xe8>(x, y, z)
}
