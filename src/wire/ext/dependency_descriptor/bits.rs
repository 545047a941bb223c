//! Bits of a descriptor, from the highest bit of a byte to the lowest (§A.8.2). Positions count
//! from the start of the value.

use crate::wire::Malformed;

/// Reads on from a position, never beyond the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct BitReader<'a> {
    value: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) const fn new(value: &'a [u8], at: usize) -> Self {
        Self { value, at }
    }

    /// `f(count)`: the next `count` bits, at most 32.
    pub(super) fn bits(&mut self, count: usize) -> Result<u32, Malformed> {
        debug_assert!(count <= 32);
        let end = self.at + count;
        if end > self.value.len() * 8 {
            return Err(Malformed("dependency descriptor ends early"));
        }
        let word = word_at(self.value, self.at / 8) << (self.at % 8);
        self.at = end;
        // Two shifts, as shifting by all 64 bits is none.
        let bits = (word >> 1) >> (63 - count);
        Ok(u32::try_from(bits).expect("at most 32 bits were asked for"))
    }

    /// As [`bits`](Self::bits), at most 8 of them.
    pub(super) fn byte(&mut self, count: usize) -> Result<u8, Malformed> {
        debug_assert!(count <= 8);
        self.bits(count).map(|bits| u8::try_from(bits).expect("at most 8 bits were asked for"))
    }

    pub(super) fn flag(&mut self) -> Result<bool, Malformed> {
        self.bits(1).map(|bit| bit != 0)
    }

    /// `ns(n)`: a number below `n`, which is at least 1 and at most 255.
    pub(super) fn below(&mut self, n: u8) -> Result<u8, Malformed> {
        debug_assert!(n != 0);
        let width = (u8::BITS - n.leading_zeros()) as usize;
        let short_ones = (1 << width) - u32::from(n);
        let value = self.bits(width - 1)?;
        let value =
            if value < short_ones { value } else { (value << 1) - short_ones + self.bits(1)? };
        Ok(u8::try_from(value).expect("it is below n"))
    }

    /// The position of the next bit.
    pub(super) const fn at(&self) -> usize {
        self.at
    }
}

/// The 8 bytes from `at`, as if zeros followed the end.
fn word_at(value: &[u8], at: usize) -> u64 {
    let rest = value.get(at..).unwrap_or_default();
    if let Some(word) = rest.first_chunk() {
        return u64::from_be_bytes(*word);
    }
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(rest) {
        *to = *from;
    }
    u64::from_be_bytes(word)
}

/// Writes the low `count` bits of `bits`, at most 32, at a position, and leaves what is around
/// them. `None` if they do not fit; what was written till then stays.
pub(super) fn write(out: &mut [u8], at: usize, count: usize, bits: u32) -> Option<()> {
    debug_assert!(count <= 32);
    let (mut at, mut left) = (at, count);
    while left != 0 {
        let byte = out.get_mut(at / 8)?;
        let room = 8 - at % 8;
        let now = room.min(left);
        let mask = (0xffu32 >> (8 - now)) << (room - now);
        let piece = (bits >> (left - now)) << (room - now) & mask;
        *byte = u8::try_from(u32::from(*byte) & !mask | piece).expect("both are within a byte");
        at += now;
        left -= now;
    }
    Some(())
}
