//! SHA-1 in 16 lanes of 32 bits (AVX-512 F and BW): a rotation is one instruction, and so is any
//! function of three words.

use std::arch::x86_64::*;

use super::sha1_rounds::{rounds, sha1_five, sha1_step};
use super::{Block, States};

const LANES: usize = 16;

/// See [`super::Kernel`].
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn compress(states: &mut States<LANES>, runs: &[&[Block]; LANES], live: u32) {
    let mut vectors = [_mm512_setzero_si512(); 5];
    for (vector, row) in vectors.iter_mut().zip(&*states) {
        // SAFETY: a row of states is 64 bytes, and an unaligned load takes any.
        *vector = unsafe { _mm512_loadu_si512(row.as_ptr().cast()) };
    }
    let count = runs.iter().map(|run| run.len()).min().unwrap_or(0);
    for at in 0..count {
        vectors = rounds!(vectors, words(runs, at));
    }
    for (row, vector) in states.iter_mut().zip(vectors) {
        // SAFETY: a row of states is 64 bytes; lanes without a bit in the mask are not written.
        unsafe { _mm512_mask_storeu_epi32(row.as_mut_ptr().cast(), live as u16, vector) };
    }
}

/// The words of block `at` of each lane, word by word, in the CPU's byte order.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn words(runs: &[&[Block]; LANES], at: usize) -> [__m512i; 16] {
    let mut rows = [_mm512_setzero_si512(); LANES];
    for (row, run) in rows.iter_mut().zip(runs) {
        // SAFETY: a block is 64 bytes, and an unaligned load takes any.
        *row = unsafe { _mm512_loadu_si512(run[at].as_ptr().cast()) };
    }
    let mut words = [_mm512_setzero_si512(); 16];
    // In each quarter of a register, the four words of four rows change places.
    let mut quarters = [[_mm512_setzero_si512(); 4]; 4];
    for (four, rows) in quarters.iter_mut().zip(rows.as_chunks::<4>().0) {
        let low = _mm512_unpacklo_epi32(rows[0], rows[1]);
        let high = _mm512_unpackhi_epi32(rows[0], rows[1]);
        let low2 = _mm512_unpacklo_epi32(rows[2], rows[3]);
        let high2 = _mm512_unpackhi_epi32(rows[2], rows[3]);
        *four = [
            _mm512_unpacklo_epi64(low, low2),
            _mm512_unpackhi_epi64(low, low2),
            _mm512_unpacklo_epi64(high, high2),
            _mm512_unpackhi_epi64(high, high2),
        ];
    }
    // Then the quarters do.
    for j in 0..4 {
        let even = _mm512_shuffle_i32x4::<0x88>(quarters[0][j], quarters[1][j]);
        let odd = _mm512_shuffle_i32x4::<0xdd>(quarters[0][j], quarters[1][j]);
        let even2 = _mm512_shuffle_i32x4::<0x88>(quarters[2][j], quarters[3][j]);
        let odd2 = _mm512_shuffle_i32x4::<0xdd>(quarters[2][j], quarters[3][j]);
        words[j] = swap_bytes(_mm512_shuffle_i32x4::<0x88>(even, even2));
        words[4 + j] = swap_bytes(_mm512_shuffle_i32x4::<0x88>(odd, odd2));
        words[8 + j] = swap_bytes(_mm512_shuffle_i32x4::<0xdd>(even, even2));
        words[12 + j] = swap_bytes(_mm512_shuffle_i32x4::<0xdd>(odd, odd2));
    }
    words
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn swap_bytes(words: __m512i) -> __m512i {
    let order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    _mm512_shuffle_epi8(words, _mm512_broadcast_i32x4(order))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: i32) -> __m512i {
    _mm512_set1_epi32(word)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add(x: __m512i, y: __m512i) -> __m512i {
    _mm512_add_epi32(x, y)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn rotate<const LEFT: i32>(x: __m512i) -> __m512i {
    _mm512_rol_epi32::<LEFT>(x)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor4(x: __m512i, y: __m512i, z: __m512i, last: __m512i) -> __m512i {
    _mm512_xor_si512(parity(x, y, z), last)
}

// The constants are the functions' tables: bit `4 * x + 2 * y + z` is their value.

#[inline]
#[target_feature(enable = "avx512f")]
fn choose(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0xca>(x, y, z)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn parity(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0x96>(x, y, z)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn majority(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0xe8>(x, y, z)
}
