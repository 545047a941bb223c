//! SHA-1 of two messages by the SHA extensions, interleaved: one instruction does four steps, but
//! each waits for the one before, so that half of the time is free for another message.

use std::arch::x86_64::*;

use super::{Block, States};

const LANES: usize = 2;

/// A state as the instructions want it: `a` to `d` from the highest word down, and `e`, which is
/// the highest word of the second.
type State = [__m128i; 2];

/// See [`super::Kernel`].
#[target_feature(enable = "sha,ssse3,sse4.1")]
pub(super) fn compress(states: &mut States<LANES>, runs: &[&[Block]; LANES], live: u32) {
    let [mut one, mut other] = [load(states, 0), load(states, 1)];
    for (block, other_block) in runs[0].iter().zip(runs[1]) {
        (one, other) = two_blocks(one, other, block, other_block);
    }
    for (lane, state) in [one, other].into_iter().enumerate() {
        if live >> lane & 1 == 1 {
            store(states, lane, state);
        }
    }
}

#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn two_blocks(one: State, other: State, block: &Block, other_block: &Block) -> (State, State) {
    let ([mut x, mut y], [x0, y0]) = ([one[0], other[0]], [one[1], other[1]]);
    let (mut w, mut v) = (words(block), words(other_block));
    let mut e = [_mm_add_epi32(x0, w[0]), _mm_add_epi32(y0, v[0])];
    let mut before = [x, y];
    (x, y) = (_mm_sha1rnds4_epu32::<0>(x, e[0]), _mm_sha1rnds4_epu32::<0>(y, e[1]));
    // Four steps of each: the words they take, `e` from the state four steps before, the steps.
    macro_rules! four_steps {
        ($($g:literal),*) => {$(
            if $g >= 4 {
                w[$g & 3] = schedule(w[$g & 3], w[($g + 1) & 3], w[($g + 2) & 3], w[($g + 3) & 3]);
                v[$g & 3] = schedule(v[$g & 3], v[($g + 1) & 3], v[($g + 2) & 3], v[($g + 3) & 3]);
            }
            e[0] = _mm_sha1nexte_epu32(before[0], w[$g & 3]);
            e[1] = _mm_sha1nexte_epu32(before[1], v[$g & 3]);
            before = [x, y];
            x = _mm_sha1rnds4_epu32::<{ $g / 5 }>(x, e[0]);
            y = _mm_sha1rnds4_epu32::<{ $g / 5 }>(y, e[1]);
        )*};
    }
    four_steps!(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
    (
        [_mm_add_epi32(x, one[0]), _mm_sha1nexte_epu32(before[0], x0)],
        [_mm_add_epi32(y, other[0]), _mm_sha1nexte_epu32(before[1], y0)],
    )
}

/// Four words of the schedule from the sixteen before them.
#[inline]
#[target_feature(enable = "sha")]
fn schedule(w16: __m128i, w12: __m128i, w8: __m128i, w4: __m128i) -> __m128i {
    _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(w16, w12), w8), w4)
}

/// A block's words, four to a register, the first in the highest place.
#[inline]
#[target_feature(enable = "ssse3")]
fn words(block: &Block) -> [__m128i; 4] {
    let reversed = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let mut words = [_mm_setzero_si128(); 4];
    for (words, bytes) in words.iter_mut().zip(block.as_chunks::<16>().0) {
        // SAFETY: a quarter of a block is 16 bytes, and an unaligned load takes any.
        *words = _mm_shuffle_epi8(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }, reversed);
    }
    words
}

#[inline]
#[target_feature(enable = "sse4.1")]
fn load(states: &States<LANES>, lane: usize) -> State {
    let [a, b, c, d, e] = states.map(|word| word[lane].cast_signed());
    [_mm_set_epi32(a, b, c, d), _mm_set_epi32(e, 0, 0, 0)]
}

#[inline]
#[target_feature(enable = "sse4.1")]
fn store(states: &mut States<LANES>, lane: usize, [abcd, e]: State) {
    states[0][lane] = _mm_extract_epi32::<3>(abcd).cast_unsigned();
    states[1][lane] = _mm_extract_epi32::<2>(abcd).cast_unsigned();
    states[2][lane] = _mm_extract_epi32::<1>(abcd).cast_unsigned();
    states[3][lane] = _mm_extract_epi32::<0>(abcd).cast_unsigned();
    states[4][lane] = _mm_extract_epi32::<3>(e).cast_unsigned();
}
