//! AES-GCM's authenticated encryption (NIST SP 800-38D §7.1). A text of less than sixteen blocks
//! is summed up with its associated data and lengths, and reduced once. A longer one goes in
//! groups of sixteen blocks: the rounds of a group go between the products of the group before it,
//! because the CPU has room for the ones beside the others.
//!
//! Branches on lengths, never on a byte of key or text. Read next: `counter`, `text`, `ghash`.

use std::arch::x86_64::*;

use super::Key;
use super::counter::Counter;
use super::ghash::{Powers, Sums};
use super::text::{BLOCK, GROUP, Text, WIDTH, load, reversed};

/// Round keys, in all four lanes.
pub(super) type Keys<const K: usize> = [__m512i; K];

/// Seals `text`, and writes its tag. The nonce is 96 bits, big endian.
///
/// # Safety
/// What [`Text`] says holds, and the CPU has the instructions named at [`short`].
#[inline]
pub(super) unsafe fn seal<const K: usize>(
    key: &Key<K>,
    nonce: u128,
    aad: &[u8],
    text: Text,
    tag: &mut [u8; 16],
) {
    let Text { from, to, len } = text;
    // SAFETY: the caller's promise, and as many registers as the length takes.
    unsafe {
        match len.div_ceil(WIDTH) {
            0 => short::<K, 0>(key, nonce, aad, from, to, len, tag),
            1 => short::<K, 1>(key, nonce, aad, from, to, len, tag),
            2 => short::<K, 2>(key, nonce, aad, from, to, len, tag),
            3 => short::<K, 3>(key, nonce, aad, from, to, len, tag),
            4 if len < GROUP => short::<K, 4>(key, nonce, aad, from, to, len, tag),
            _ => long(key, nonce, aad, from, to, len, tag),
        }
    }
}

/// `$body` for each round key but the first and the last: a loop that is unrolled for certain.
macro_rules! in_each_round {
    ($keys:expr, |$round:ident, $key:ident| $body:block) => {
        in_each_round!(@ $keys, $round, $key, $body, 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (@ $keys:expr, $round:ident, $key:ident, $body:block, $($number:literal)*) => {$(
        if $number < K - 1 {
            const $round: usize = $number;
            let $key = $keys[$number % K];
            $body
        }
    )*};
}

/// All rounds but the last of `$stream`, and between them the products of the group `$before`: the
/// compiler leaves them in this order, and the CPU does not see far enough to do them side by side
/// if they are in another. A macro, for a function would not be inlined.
macro_rules! rounds_and_products {
    ($keys:expr, $stream:ident, $before:expr, $powers:expr, $sums:ident) => {
        let (before, powers) = ($before, $powers);
        in_each_round!($keys, |ROUND, key| {
            for block in &mut $stream {
                *block = _mm512_aesenc_epi128(*block, key);
            }
            $sums.add_part::<ROUND>(&before, &powers);
        });
    };
}

/// A text of less than a group.
///
/// # Safety
/// What [`Text`] says holds of `from`, `to`, and `len`; and the text takes `N` registers, the last
/// one perhaps not full.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,vaes,vpclmulqdq,aes,pclmulqdq,sse4.1")]
unsafe fn short<const K: usize, const N: usize>(
    Key { rounds, powers }: &Key<K>,
    nonce: u128,
    aad: &[u8],
    from: *const u8,
    to: *mut u8,
    len: usize,
    tag: &mut [u8; 16],
) {
    let keys = in_registers(rounds);
    let mut counter = Counter::new(nonce);
    let mut mask = counter.first(&keys);
    let mut stream = counter.next::<K, N>(&keys);
    in_each_round!(keys, |_ROUND, key| {
        mask = _mm_aesenc_si128(mask, _mm512_castsi512_si128(key));
        for block in &mut stream {
            *block = _mm512_aesenc_epi128(*block, key);
        }
    });
    mask = _mm_aesenclast_si128(mask, _mm512_castsi512_si128(keys[K - 1]));
    let blocks = len.div_ceil(BLOCK);
    let head = Head::new(powers, aad);
    let mut sums = lengths(powers, aad.len(), len);
    sums.add(head.blocks, powers.from(head.len + blocks + 1));
    // SAFETY: the caller's promise.
    let sealed = unsafe { Text { from, to, len }.encrypt_rest(&keys, stream) };
    sums.add_all(&sealed, powers, blocks + 1);
    write_tag(sums, mask, tag);
}

/// A text of a group or more.
///
/// # Safety
/// What [`Text`] says holds of `from`, `to`, and `len`; and `len` is that of a group at least.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,vaes,vpclmulqdq,aes,pclmulqdq,sse4.1")]
unsafe fn long<const K: usize>(
    Key { rounds, powers }: &Key<K>,
    nonce: u128,
    aad: &[u8],
    from: *const u8,
    to: *mut u8,
    len: usize,
    tag: &mut [u8; 16],
) {
    let keys = in_registers(rounds);
    let mut text = Text { from, to, len };
    let mut counter = Counter::new(nonce);
    let mut mask = counter.first(&keys);
    let mut stream = counter.next(&keys);
    in_each_round!(keys, |_ROUND, key| {
        for block in &mut stream {
            *block = _mm512_aesenc_epi128(*block, key);
        }
        mask = _mm_aesenc_si128(mask, _mm512_castsi512_si128(key));
    });
    mask = _mm_aesenclast_si128(mask, _mm512_castsi512_si128(keys[K - 1]));
    let mut sums = Sums::of_nothing();
    let head = Head::new(powers, aad);
    // SAFETY: there is a group.
    let mut before = unsafe { text.encrypt_group(&keys, stream) };
    // Sums are of four lanes, each four blocks from group to group; only after the last group they
    // are brought together. What is added to all lanes but the first then belongs to blocks that
    // much later.
    sums.add(
        head.blocks,
        match len {
            GROUP => powers.from(head.len + GROUP / BLOCK + 1),
            _ if len < 2 * GROUP => powers.from(head.len + GROUP / BLOCK),
            _ => powers.all(head.len + GROUP / BLOCK),
        },
    );
    let lanes = [powers.all(16), powers.all(12), powers.all(8), powers.all(4)];
    while text.len >= GROUP {
        let mut stream = counter.next(&keys);
        rounds_and_products!(keys, stream, before, lanes, sums);
        // SAFETY: there is a group.
        before = unsafe { text.encrypt_group(&keys, stream) };
        before[0] = _mm512_xor_si512(before[0], sums.reduced_lanes());
        sums = Sums::of_nothing();
    }
    let lengths = lengths(powers, aad.len(), len);
    let blocks = text.len.div_ceil(BLOCK);
    macro_rules! rest {
        ($width:literal) => {{
            let mut stream = counter.next::<K, $width>(&keys);
            let lanes = [powers.from(16), powers.from(12), powers.from(8), powers.from(4)];
            rounds_and_products!(keys, stream, before, lanes, sums);
            // SAFETY: the caller's promise, and as many registers as the length takes.
            let mut sealed = unsafe { text.encrypt_rest(&keys, stream) };
            sealed[0] = _mm512_xor_si512(sealed[0], _mm512_zextsi128_si512(sums.reduced()));
            sums = lengths;
            sums.add_all(&sealed, powers, blocks + 1);
        }};
    }
    match text.len.div_ceil(WIDTH) {
        0 => {
            sums.join(lengths);
            sums.add_all(&before, powers, GROUP / BLOCK + 1);
        }
        1 => rest!(1),
        2 => rest!(2),
        3 => rest!(3),
        _ => rest!(4),
    }
    write_tag(sums, mask, tag);
}

/// What is hashed before the text: the blocks of associated data as they are, or if they are many,
/// their hash, to be added to the first block of text.
struct Head {
    blocks: __m512i,
    /// Blocks in front of those of the text.
    len: usize,
}

impl Head {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn new(powers: &Powers, aad: &[u8]) -> Self {
        if aad.len() <= WIDTH {
            return Self { blocks: load(aad), len: aad.len().div_ceil(BLOCK) };
        }
        Self::hashed(powers, aad)
    }

    #[cold]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn hashed(powers: &Powers, aad: &[u8]) -> Self {
        let mut hash = _mm512_setzero_si512();
        for bytes in aad.chunks(WIDTH) {
            let mut sums = Sums::of_nothing();
            let blocks = _mm512_xor_si512(load(bytes), hash);
            sums.add(blocks, powers.from(bytes.len().div_ceil(BLOCK)));
            hash = _mm512_zextsi128_si512(sums.reduced());
        }
        Self { blocks: hash, len: 0 }
    }
}

/// The last block that is hashed: how many bits there were.
#[inline]
#[target_feature(enable = "avx512f,pclmulqdq")]
fn lengths(powers: &Powers, aad: usize, text: usize) -> Sums {
    let block = _mm_set_epi64x(8 * aad as i64, 8 * text as i64);
    Sums::of_one(block, _mm512_castsi512_si128(powers.from(1)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq")]
fn write_tag(sums: Sums, mask: __m128i, tag: &mut [u8; 16]) {
    let hash = reversed(_mm512_zextsi128_si512(sums.reduced()));
    let value = _mm_xor_si128(_mm512_castsi512_si128(hash), mask);
    // SAFETY: 16 bytes, and an unaligned store takes any.
    unsafe { _mm_storeu_si128(tag.as_mut_ptr().cast(), value) };
}

#[inline]
#[target_feature(enable = "avx512f")]
fn in_registers<const K: usize>(rounds: &[[u8; 16]; K]) -> Keys<K> {
    let mut keys = [_mm512_setzero_si512(); K];
    for (key, bytes) in keys.iter_mut().zip(rounds) {
        // SAFETY: 16 bytes, and an unaligned load takes any.
        *key = _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) });
    }
    keys
}
