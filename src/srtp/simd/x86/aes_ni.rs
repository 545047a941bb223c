//! AES-128 by the AES instructions: the key's expansion, and counter mode of eight blocks at a
//! time.

use std::arch::x86_64::*;
use std::hint::black_box;

use super::aes::RoundKeys;

const WIDTH: usize = 16;
/// Blocks of a stride.
const WIDE: usize = 8;

/// The expansion of `key` (FIPS 197 §5.2).
#[target_feature(enable = "aes,sse4.1")]
pub(super) fn expand(key: &[u8; 16], out: &mut RoundKeys) {
    let mut last = load(key);
    store(&mut out[0], last);
    macro_rules! next {
        ($($round:literal $constant:literal),*) => {$(
            last = next_key(last, _mm_aeskeygenassist_si128::<$constant>(last));
            store(&mut out[$round], last);
        )*};
    }
    next!(1 0x01, 2 0x02, 3 0x04, 4 0x08, 5 0x10, 6 0x20, 7 0x40, 8 0x80, 9 0x1b, 10 0x36);
}

/// The expansion of a key of 256 bits.
#[target_feature(enable = "aes,sse4.1")]
pub(super) fn expand_256(key: &[u8; 32], out: &mut [[u8; 16]; 15]) {
    out.as_flattened_mut()[..32].copy_from_slice(key);
    let (mut even, mut odd) = (load(&out[0]), load(&out[1]));
    macro_rules! next {
        ($($round:literal $constant:literal),*) => {$(
            even = next_key(even, _mm_aeskeygenassist_si128::<$constant>(odd));
            store(&mut out[$round], even);
            // Every second one without rotation and constant: that is the assist's third word.
            let assist = _mm_aeskeygenassist_si128::<0>(even);
            odd = next_key(odd, _mm_shuffle_epi32::<0xaa>(assist));
            store(&mut out[$round + 1], odd);
        )*};
    }
    next!(2 0x01, 4 0x02, 6 0x04, 8 0x08, 10 0x10, 12 0x20);
    store(&mut out[14], next_key(even, _mm_aeskeygenassist_si128::<0x40>(odd)));
}

/// Encrypts one block, in as many rounds as there are keys but one.
#[target_feature(enable = "aes,sse4.1")]
pub(super) fn encrypt_block(keys: &[[u8; 16]], block: &mut [u8; 16]) {
    let [first, between @ .., last] = keys else { return };
    let mut state = _mm_xor_si128(load(block), load(first));
    for key in between {
        state = _mm_aesenc_si128(state, load(key));
    }
    store(block, _mm_aesenclast_si128(state, load(last)));
}

/// Each word is the XOR of all before it and of the last one's substitute, which `assist` has in
/// its highest word.
#[inline]
#[target_feature(enable = "aes,sse4.1")]
fn next_key(last: __m128i, assist: __m128i) -> __m128i {
    let mut key = _mm_xor_si128(last, _mm_slli_si128::<4>(last));
    key = _mm_xor_si128(key, _mm_slli_si128::<8>(key));
    _mm_xor_si128(key, _mm_shuffle_epi32::<0xff>(assist))
}

/// # Safety
/// `len` bytes may be read at `text` and written at `out`; they are the same bytes or do not
/// overlap.
#[target_feature(enable = "aes,ssse3,sse4.1")]
pub(super) unsafe fn xor(
    keys: &RoundKeys,
    iv: [u8; 16],
    text: *const u8,
    out: *mut u8,
    len: usize,
) {
    // Of a length unknown to the compiler. Otherwise it unrolls the rounds and puts block after
    // block, for want of registers: half as fast, because a CPU does not look far enough ahead.
    let keys = black_box(&keys[..]);
    let mut counter = swap_last_word(load(&iv));
    let mut at = 0;
    while len - at >= WIDE * WIDTH {
        for (i, stream) in keystream(keys, &mut counter).into_iter().enumerate() {
            let at = at + i * WIDTH;
            // SAFETY: `at + 16` is at most `len`, which the caller promises is there.
            unsafe { xor_block(text.add(at), out.add(at), stream) };
        }
        at += WIDE * WIDTH;
    }
    if at == len {
        return;
    }
    for stream in keystream(keys, &mut counter) {
        // SAFETY: `at` is at most `len`, which the caller promises is there.
        let (text, out) = unsafe { (text.add(at), out.add(at)) };
        if len - at < WIDTH {
            let (mut last, rest) = ([0; WIDTH], len - at);
            // SAFETY: `rest` bytes are there to be read and written, and `last` has room for them.
            unsafe {
                text.copy_to_nonoverlapping(last.as_mut_ptr(), rest);
                xor_block(last.as_ptr(), last.as_mut_ptr(), stream);
                last.as_ptr().copy_to_nonoverlapping(out, rest);
            }
            return;
        }
        // SAFETY: another 16 bytes are there.
        unsafe { xor_block(text, out, stream) };
        at += WIDTH;
    }
}

/// # Safety
/// 16 bytes may be read at `text` and written at `out`.
#[inline]
#[target_feature(enable = "sse2")]
unsafe fn xor_block(text: *const u8, out: *mut u8, stream: __m128i) {
    // SAFETY: the caller's promise; unaligned ones will do.
    unsafe {
        let text = _mm_loadu_si128(text.cast());
        _mm_storeu_si128(out.cast(), _mm_xor_si128(text, stream));
    }
}

/// The next blocks of the keystream; `counter` has its last word in the CPU's byte order.
#[inline]
#[target_feature(enable = "aes,ssse3,sse4.1")]
fn keystream(keys: &[[u8; 16]], counter: &mut __m128i) -> [__m128i; WIDE] {
    let one = _mm_set_epi32(1, 0, 0, 0);
    let mut blocks = [*counter; WIDE];
    let [first, keys @ .., last] = keys else { return blocks };
    let (first, last) = (load(first), load(last));
    for block in &mut blocks {
        *block = _mm_xor_si128(swap_last_word(*counter), first);
        *counter = _mm_add_epi32(*counter, one);
    }
    for key in keys {
        let key = load(key);
        for block in &mut blocks {
            *block = _mm_aesenc_si128(*block, key);
        }
    }
    for block in &mut blocks {
        *block = _mm_aesenclast_si128(*block, last);
    }
    blocks
}

#[inline]
#[target_feature(enable = "ssse3")]
fn swap_last_word(block: __m128i) -> __m128i {
    let order = _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    _mm_shuffle_epi8(block, order)
}

#[inline]
#[target_feature(enable = "sse2")]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes, and an unaligned load takes any.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "sse2")]
fn store(bytes: &mut [u8; 16], value: __m128i) {
    // SAFETY: 16 bytes, and an unaligned store takes any.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), value) }
}
