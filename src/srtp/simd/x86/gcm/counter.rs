//! The counter blocks of GCM (NIST SP 800-38D §6.5, §7.1): the nonce and a number of 32 bits, big
//! endian. Read next: `text`, which takes what they are encrypted to.

use std::arch::x86_64::*;

use super::seal::Keys;

/// The next four blocks.
pub(super) struct Counter {
    blocks: __m512i,
    /// That of the first of them.
    number: u32,
}

impl Counter {
    /// Block 1 masks the tag, text begins with 2.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(nonce: u128) -> Self {
        let block = (nonce << 32).to_be();
        let block = _mm512_broadcast_i32x4(_mm_set_epi64x((block >> 64) as i64, block as i64));
        Self { blocks: _mm512_or_si512(block, in_last_bytes([2, 3, 4, 5])), number: 2 }
    }

    /// Block 1, with the first round key added; to be asked for before any other.
    #[inline]
    #[target_feature(enable = "avx512f,sse4.1")]
    pub(super) fn first<const K: usize>(&self, keys: &Keys<K>) -> __m128i {
        let block = _mm_insert_epi32::<3>(_mm512_castsi512_si128(self.blocks), 1 << 24);
        _mm_xor_si128(block, _mm512_castsi512_si128(keys[0]))
    }

    /// The next `4 * N` blocks, with the first round key added.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn next<const K: usize, const N: usize>(&mut self, keys: &Keys<K>) -> [__m512i; N] {
        let carries = self.number % 256 + 4 * N as u32 > 256;
        self.number = self.number.wrapping_add(4 * N as u32);
        let mut blocks = [self.blocks; N];
        for block in &mut blocks {
            *block = _mm512_xor_si512(self.blocks, keys[0]);
            // Nothing is carried from the last byte but once in 16 times.
            self.blocks = if carries {
                self.with_carry()
            } else {
                _mm512_add_epi32(self.blocks, in_last_bytes([4; 4]))
            };
        }
        blocks
    }

    /// The four blocks after these.
    #[cold]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn with_carry(&self) -> __m512i {
        let order = _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        let order = _mm512_broadcast_i32x4(order);
        let four = _mm512_broadcast_i32x4(_mm_set_epi32(4, 0, 0, 0));
        let numbers = _mm512_add_epi32(_mm512_shuffle_epi8(self.blocks, order), four);
        _mm512_shuffle_epi8(numbers, order)
    }
}

/// Each in the last byte of a block.
#[inline]
#[target_feature(enable = "avx512f")]
fn in_last_bytes([a, b, c, d]: [i32; 4]) -> __m512i {
    let [a, b, c, d] = [a << 24, b << 24, c << 24, d << 24];
    _mm512_set_epi32(d, 0, 0, 0, c, 0, 0, 0, b, 0, 0, 0, a, 0, 0, 0)
}
