//! SHA-1 in 8 lanes of 32 bits (AVX2), and how blocks become words of lanes, which AVX-512's 8
//! lanes use too.

use std::arch::x86_64::*;

use super::sha1_rounds::{rounds, sha1_five, sha1_step};
use super::{Block, States};

const LANES: usize = 8;

/// See [`super::Kernel`].
#[target_feature(enable = "avx2")]
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
    let bits = _mm256_set_epi32(128, 64, 32, 16, 8, 4, 2, 1);
    let live = _mm256_cmpeq_epi32(_mm256_and_si256(splat(live.cast_signed()), bits), bits);
    for (row, vector) in states.iter_mut().zip(vectors) {
        // SAFETY: a row of states is 32 bytes; lanes that are not set in the mask are not written.
        unsafe { _mm256_maskstore_epi32(row.as_mut_ptr().cast(), live, vector) };
    }
}

/// The words of block `at` of each lane, word by word, in the CPU's byte order.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn words(runs: &[&[Block]; LANES], at: usize) -> [__m256i; 16] {
    let mut words = [_mm256_setzero_si256(); 16];
    for (quarter, words) in words.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let a = two_quarters(&runs[0][at], &runs[4][at], quarter);
        let b = two_quarters(&runs[1][at], &runs[5][at], quarter);
        let c = two_quarters(&runs[2][at], &runs[6][at], quarter);
        let d = two_quarters(&runs[3][at], &runs[7][at], quarter);
        let (low, high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (low2, high2) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        *words = [
            _mm256_unpacklo_epi64(low, low2),
            _mm256_unpackhi_epi64(low, low2),
            _mm256_unpacklo_epi64(high, high2),
            _mm256_unpackhi_epi64(high, high2),
        ];
    }
    words
}

/// The same four words of two blocks.
#[inline]
#[target_feature(enable = "avx2")]
fn two_quarters(low: &Block, high: &Block, quarter: usize) -> __m256i {
    let (low, high) = (&low.as_chunks::<16>().0[quarter], &high.as_chunks::<16>().0[quarter]);
    // SAFETY: a quarter of a block is 16 bytes, and an unaligned load takes any.
    swap_bytes(unsafe { _mm256_loadu2_m128i(high.as_ptr().cast(), low.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn swap_bytes(words: __m256i) -> __m256i {
    let order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    _mm256_shuffle_epi8(words, _mm256_broadcastsi128_si256(order))
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(word: i32) -> __m256i {
    _mm256_set1_epi32(word)
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(x: __m256i, y: __m256i) -> __m256i {
    _mm256_add_epi32(x, y)
}

/// There is no such instruction before AVX-512.
#[inline]
#[target_feature(enable = "avx2")]
fn rotate<const LEFT: i32>(x: __m256i) -> __m256i {
    let left = _mm256_sllv_epi32(x, splat(LEFT));
    _mm256_or_si256(left, _mm256_srlv_epi32(x, splat(32 - LEFT)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn xor4(x: __m256i, y: __m256i, z: __m256i, last: __m256i) -> __m256i {
    _mm256_xor_si256(parity(x, y, z), last)
}

#[inline]
#[target_feature(enable = "avx2")]
fn choose(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    _mm256_xor_si256(z, _mm256_and_si256(x, _mm256_xor_si256(y, z)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn parity(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    _mm256_xor_si256(x, _mm256_xor_si256(y, z))
}

#[inline]
#[target_feature(enable = "avx2")]
fn majority(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    let either = _mm256_and_si256(x, _mm256_or_si256(y, z));
    _mm256_or_si256(either, _mm256_and_si256(y, z))
}
