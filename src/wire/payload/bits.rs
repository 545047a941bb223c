//! Reads numbers bit after bit, as the headers of video codecs have them: H.264 §7.2 and §9.1,
//! H.265 §9.2, AV1 §4.10. For parameter sets, a few per key frame; not for every packet.

/// A reader of bits, most significant first. Each answer is `None` once the bytes are used up.
#[derive(Debug)]
pub(super) struct Bits<I> {
    bytes: I,
    byte: u8,
    left: u8,
}

impl<I: Iterator<Item = u8>> Bits<I> {
    pub(super) const fn new(bytes: I) -> Self {
        Self { bytes, byte: 0, left: 0 }
    }

    /// u(1), f(1).
    pub(super) fn flag(&mut self) -> Option<bool> {
        if self.left == 0 {
            self.byte = self.bytes.next()?;
            self.left = 8;
        }
        self.left -= 1;
        Some(self.byte >> self.left & 1 == 1)
    }

    /// u(n), f(n): a number of `width` bits, at most 32.
    pub(super) fn number(&mut self, width: u32) -> Option<u32> {
        debug_assert!(width <= 32, "wider than what it is put in");
        (0..width).try_fold(0, |number, _| Some(number << 1 | u32::from(self.flag()?)))
    }

    pub(super) fn skip(&mut self, bits: u32) -> Option<()> {
        (0..bits).try_for_each(|_| self.flag().map(drop))
    }

    /// ue(v), uvlc(): an Exp-Golomb number below 2^32 - 1.
    pub(super) fn exp_golomb(&mut self) -> Option<u32> {
        let mut width = 0;
        while !self.flag()? {
            width += 1;
            if width == 32 {
                return None;
            }
        }
        Some((1 << width) - 1 + self.number(width)?)
    }

    /// se(v): 0, 1, -1, 2, -2 and so on.
    pub(super) fn signed_exp_golomb(&mut self) -> Option<i32> {
        let code = self.exp_golomb()?;
        let half = (code / 2).cast_signed();
        Some(if code % 2 == 1 { half + 1 } else { -half })
    }
}

/// A NAL unit without its emulation prevention: a 3 behind two zeros is none of the content's
/// (H.264 §7.4.1, H.265 §7.4.2).
pub(super) fn unescaped(unit: &[u8]) -> impl Iterator<Item = u8> {
    let mut zeros = 0_usize;
    unit.iter().copied().filter(move |&byte| {
        let is_escape = zeros >= 2 && byte == 3;
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        !is_escape
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(bytes: &[u8]) -> Bits<impl Iterator<Item = u8>> {
        Bits::new(bytes.iter().copied())
    }

    #[test]
    fn numbers_go_over_the_borders_of_bytes() {
        let mut bits = bits(&[0b1010_0000, 0b1111_1110]);
        assert_eq!(bits.flag(), Some(true));
        assert_eq!(bits.number(0), Some(0));
        assert_eq!(bits.number(10), Some(0b01_0000_0111));
        assert_eq!(bits.skip(2), Some(()));
        assert_eq!(bits.number(3), Some(0b110));
        assert_eq!(bits.flag(), None);
        assert_eq!(bits.skip(0), Some(()));
    }

    #[test]
    fn exp_golomb_numbers_are_those_of_the_table_in_9_1() {
        // 1 | 010 | 011 | 00100 | 00101 and again, signed
        let bytes = [0b1010_0110, 0b0100_0010, 0b1000_0000];
        let mut unsigned = bits(&bytes);
        assert_eq!([(); 5].map(|()| unsigned.exp_golomb().unwrap()), [0, 1, 2, 3, 4]);
        let mut signed = bits(&bytes);
        assert_eq!([(); 5].map(|()| signed.signed_exp_golomb().unwrap()), [0, 1, -1, 2, -2]);
    }

    #[test]
    fn largest_numbers_are_read_and_larger_ones_are_not() {
        let mut largest = [0xff; 9];
        largest[..4].copy_from_slice(&[0, 0, 0, 1]);
        assert_eq!(bits(&largest).exp_golomb(), Some(u32::MAX - 1));
        assert_eq!(bits(&largest).signed_exp_golomb(), Some(-i32::MAX));
        let mut too_large = [0xff; 9];
        too_large[..4].copy_from_slice(&[0; 4]);
        assert_eq!(bits(&too_large).exp_golomb(), None);
        assert_eq!(bits(&[0, 0]).exp_golomb(), None);
    }

    #[test]
    fn emulation_prevention_is_taken_out() {
        let content = |unit| unescaped(unit).collect::<Vec<_>>();
        assert_eq!(content(&[0, 0, 3, 1, 3, 0, 3]), [0, 0, 1, 3, 0, 3]);
        assert_eq!(content(&[0, 0, 3, 0, 0, 3, 0, 0, 3]), [0, 0, 0, 0, 0, 0]);
        assert_eq!(content(&[0, 0, 3, 3]), [0, 0, 3], "only the first is put in");
    }
}
