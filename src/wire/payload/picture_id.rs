//! The PictureID of VP8 (RFC 7741 §4.2) and VP9 (RFC 9628 §4.2), which share its form: a bit M,
//! then 15 bits (M=1) or 7.

/// The running number of a picture, as wide as its sender made it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PictureId {
    /// 15 or 7 bits.
    pub value: u16,
    /// Whether it has 15 bits.
    pub is_long: bool,
}

impl PictureId {
    /// This number and `shift` more, modulo its width.
    #[must_use]
    pub const fn plus(self, shift: u16) -> Self {
        let mask = if self.is_long { LONG } else { SHORT };
        Self { value: self.value.wrapping_add(shift) & mask, is_long: self.is_long }
    }

    /// Reads it at the front of `bytes`; returns what is behind.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&first, behind) = bytes.split_first()?;
        if first & M == 0 {
            return Some((Self { value: u16::from(first), is_long: false }, behind));
        }
        let (&second, behind) = behind.split_first()?;
        let value = u16::from_be_bytes([first & !M, second]);
        Some((Self { value, is_long: true }, behind))
    }

    /// Writes it to the front of `bytes`; returns what is behind.
    pub(super) fn write(self, bytes: &mut [u8]) -> Option<&mut [u8]> {
        let [high, low] = self.value.to_be_bytes();
        if self.is_long {
            let (id, behind) = bytes.split_first_chunk_mut()?;
            *id = [high | M, low];
            Some(behind)
        } else {
            let (id, behind) = bytes.split_first_mut()?;
            *id = low;
            Some(behind)
        }
    }
}

/// 15 bits.
const M: u8 = 0x80;
const LONG: u16 = 0x7fff;
const SHORT: u16 = 0x7f;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_one_wraps_at_15_bits_and_short_one_at_7() {
        let long = PictureId { value: 0x7fff, is_long: true };
        assert_eq!(long.plus(1).value, 0);
        assert_eq!(long.plus(0xffff).value, 0x7ffe, "backwards");
        let short = PictureId { value: 0x7f, is_long: false };
        assert_eq!(short.plus(1).value, 0);
        assert_eq!(short.plus(0x0102).value, 1, "only the low bits of the shift count");
    }

    #[test]
    fn both_forms_survive_the_trip() {
        for bytes in [[0x00, 0xaa], [0x7f, 0xaa], [0x80, 0x05], [0xff, 0xff]] {
            let (id, _) = PictureId::read(&bytes).expect("there are bytes enough");
            let mut out = [0x55, 0xaa];
            let behind = id.write(&mut out).expect("there is room").len();
            assert_eq!(
                (out, behind),
                (if id.is_long { bytes } else { [bytes[0], 0xaa] }, { usize::from(!id.is_long) })
            );
        }
        assert_eq!(PictureId::read(&[0x80]), None, "second byte missing");
        assert_eq!(PictureId::read(&[]), None);
    }
}
