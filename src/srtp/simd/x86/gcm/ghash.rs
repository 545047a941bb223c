//! GHASH (NIST SP 800-38D §6.4), four blocks to a register, each times a power of the hash key of
//! its own: a whole group of blocks is summed up before anything is reduced.
//!
//! A block is a polynomial whose lowest coefficient is the highest bit of its first byte. Here it
//! stands with its bytes reversed, so that the CPU's product of two comes out one bit too low: the
//! powers are kept multiplied by x for that.
//!
//! Must not know AES, nor what is hashed.

use std::arch::x86_64::*;

use zeroize::Zeroizing;

use super::text::WIDE;

/// The highest power that is kept: for four blocks of associated data, sixteen of text, and the
/// lengths.
const MOST: usize = 21;
/// Blocks of a register.
const LANES: usize = 4;

/// The powers of the hash key from the [`MOST`]th down to the first, then nothing, so that a
/// register may be loaded wherever a power stands. Wiped on drop.
pub(super) struct Powers(Zeroizing<[[u8; 16]; MOST + LANES - 1]>);

impl Powers {
    pub(super) fn none() -> Self {
        Self(Zeroizing::new([[0; 16]; MOST + LANES - 1]))
    }

    /// With those of the hash key: the encrypted zero block.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    pub(super) fn fill(&mut self, hash_key: &[u8; 16]) {
        // Times x: one up, and what falls off comes back by the polynomial.
        let key = u128::from_be_bytes(*hash_key);
        let shifted = key << 1 ^ (key >> 127).wrapping_neg() & POLYNOMIAL;
        self.0[MOST - 1] = shifted.to_le_bytes();
        let first = self.all(1);
        for power in 2..=MOST {
            let mut sums = Sums::of_nothing();
            sums.add(self.all(power - 1), first);
            let product = _mm512_castsi512_si128(sums.reduced_lanes());
            // SAFETY: 16 bytes, and an unaligned store takes any.
            unsafe { _mm_storeu_si128(self.0[MOST - power].as_mut_ptr().cast(), product) };
        }
    }

    /// That power and the three below it, one to a lane.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn from(&self, power: usize) -> __m512i {
        let four: &[[u8; 16]; LANES] =
            self.0[MOST - power..].first_chunk().expect("there is room behind the first power");
        // SAFETY: 64 bytes, and an unaligned load takes any.
        unsafe { _mm512_loadu_si512(four.as_ptr().cast()) }
    }

    /// That power, in all lanes.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn all(&self, power: usize) -> __m512i {
        let one = &self.0[MOST - power];
        // SAFETY: 16 bytes, and an unaligned load takes any.
        _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(one.as_ptr().cast()) })
    }
}

/// Products of blocks and powers, summed up and not reduced yet: the upper, middle and lower parts
/// of four sums.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    high: __m512i,
    middle: __m512i,
    low: __m512i,
}

impl Sums {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn of_nothing() -> Self {
        let nothing = _mm512_setzero_si512();
        Self { high: nothing, middle: nothing, low: nothing }
    }

    /// The product of one block and one power.
    #[inline]
    #[target_feature(enable = "avx512f,pclmulqdq")]
    pub(super) fn of_one(block: __m128i, power: __m128i) -> Self {
        let middle = _mm_xor_si128(
            _mm_clmulepi64_si128::<0x01>(block, power),
            _mm_clmulepi64_si128::<0x10>(block, power),
        );
        Self {
            high: _mm512_zextsi128_si512(_mm_clmulepi64_si128::<0x11>(block, power)),
            middle: _mm512_zextsi128_si512(middle),
            low: _mm512_zextsi128_si512(_mm_clmulepi64_si128::<0x00>(block, power)),
        }
    }

    /// Adds the products of four blocks and four powers.
    #[inline]
    #[target_feature(enable = "avx512f,vpclmulqdq")]
    pub(super) fn add(&mut self, blocks: __m512i, powers: __m512i) {
        self.high = _mm512_xor_si512(self.high, _mm512_clmulepi64_epi128::<0x11>(blocks, powers));
        self.low = _mm512_xor_si512(self.low, _mm512_clmulepi64_epi128::<0x00>(blocks, powers));
        self.add_middle(blocks, powers);
    }

    /// Adds the products of the blocks and the powers from `power` down.
    #[inline]
    #[target_feature(enable = "avx512f,vpclmulqdq")]
    pub(super) fn add_all<const N: usize>(
        &mut self,
        blocks: &[__m512i; N],
        powers: &Powers,
        power: usize,
    ) {
        for (i, blocks) in blocks.iter().enumerate() {
            self.add(*blocks, powers.from(power - i * LANES));
        }
    }

    /// Adds an eighth of the products of a group and its powers, one for each `PART` from 1 to 8.
    /// What is summed up of the first register comes last: it waits for what was reduced before.
    #[inline]
    #[target_feature(enable = "avx512f,vpclmulqdq")]
    pub(super) fn add_part<const PART: usize>(
        &mut self,
        [a, b, c, d]: &[__m512i; WIDE],
        [p, q, r, s]: &[__m512i; WIDE],
    ) {
        match PART {
            1 => self.high = sum_of_products::<0x11>(self.high, (*c, *r), (*d, *s)),
            2 => self.low = sum_of_products::<0x00>(self.low, (*c, *r), (*d, *s)),
            3 => self.add_middle(*d, *s),
            4 => self.add_middle(*c, *r),
            5 => self.high = sum_of_products::<0x11>(self.high, (*a, *p), (*b, *q)),
            6 => self.low = sum_of_products::<0x00>(self.low, (*a, *p), (*b, *q)),
            7 => self.add_middle(*b, *q),
            8 => self.add_middle(*a, *p),
            _ => {}
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,vpclmulqdq")]
    fn add_middle(&mut self, blocks: __m512i, powers: __m512i) {
        self.middle = xor3(
            self.middle,
            _mm512_clmulepi64_epi128::<0x01>(blocks, powers),
            _mm512_clmulepi64_epi128::<0x10>(blocks, powers),
        );
    }

    /// Adds what others summed up.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn join(&mut self, others: Self) {
        self.high = _mm512_xor_si512(self.high, others.high);
        self.middle = _mm512_xor_si512(self.middle, others.middle);
        self.low = _mm512_xor_si512(self.low, others.low);
    }

    /// All four together, modulo the polynomial.
    #[inline]
    #[target_feature(enable = "avx512f,vpclmulqdq")]
    pub(super) fn reduced(self) -> __m128i {
        let four = self.reduced_lanes();
        let (two, others) = (_mm512_castsi512_si256(four), _mm512_extracti64x4_epi64::<1>(four));
        let two = _mm256_xor_si256(two, others);
        _mm_xor_si128(_mm256_castsi256_si128(two), _mm256_extracti128_si256::<1>(two))
    }

    /// Each of the four modulo the polynomial.
    #[inline]
    #[target_feature(enable = "avx512f,vpclmulqdq")]
    pub(super) fn reduced_lanes(self) -> __m512i {
        // Adding the polynomial times the lowest 64 bits makes these vanish, and then again. The
        // polynomial is 1, which the swapped halves stand for, and what the product is with.
        let polynomial = _mm512_set1_epi64((POLYNOMIAL >> 64) as i64);
        let low = _mm512_clmulepi64_epi128::<0x00>(self.low, polynomial);
        let middle = xor3(self.middle, swapped_halves(self.low), low);
        let low = _mm512_clmulepi64_epi128::<0x00>(middle, polynomial);
        xor3(self.high, swapped_halves(middle), low)
    }
}

/// x^128 + x^127 + x^126 + x^121 + 1, but for the first, which stands nowhere.
const POLYNOMIAL: u128 = 0xc2 << 120 | 1;

/// `PARTS` says which halves are multiplied.
#[inline]
#[target_feature(enable = "avx512f,vpclmulqdq")]
fn sum_of_products<const PARTS: i32>(
    sum: __m512i,
    (a, p): (__m512i, __m512i),
    (b, q): (__m512i, __m512i),
) -> __m512i {
    let [a, b] = [_mm512_clmulepi64_epi128::<PARTS>(a, p), _mm512_clmulepi64_epi128::<PARTS>(b, q)];
    xor3(sum, a, b)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn swapped_halves(blocks: __m512i) -> __m512i {
    _mm512_shuffle_epi32::<0x4e>(blocks)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi64::<0x96>(a, b, c)
}
