//! Bits, most significant first.

#[derive(Clone, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    used: usize,
}

impl BitWriter {
    /// The lowest `count` bits of `value`.
    pub fn bits(&mut self, count: usize, value: u32) {
        assert!(count == 32 || value < 1 << count, "{value} fits into {count} bits");
        for place in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.last_mut().expect("just pushed");
            *last |= u8::from(value >> place & 1 != 0) << (7 - self.used % 8);
            self.used += 1;
        }
    }

    pub fn flag(&mut self, flag: bool) {
        self.bits(1, u32::from(flag));
    }

    /// `ns(n)` (AV1 specification §4.10.10): a number below `bound`.
    pub fn below(&mut self, bound: u32, value: u32) {
        assert!(value < bound, "{value} is below {bound}");
        let width = (u32::BITS - bound.leading_zeros()) as usize;
        let short = (1 << width) - bound;
        if value < short {
            self.bits(width - 1, value);
        } else {
            self.bits(width, value + short);
        }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
