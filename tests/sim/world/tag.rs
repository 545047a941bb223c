//! Four bytes in clear on every packet that say what it is: a header extension that the engine
//! carries from publishers to receivers as it is. So nobody has to decrypt what arrives. Knows
//! neither engine nor network. Read next: [`super::decoder`], which lives on it.

/// Which part of which frame a packet is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tag {
    /// Encoding, low to high: 0-3.
    pub layer: u8,
    /// Temporal layer, 0-3.
    pub temporal: u8,
    pub is_key: bool,
    /// Place of the packet in its frame, 0-127,
    pub index: u8,
    /// of so many, 1-127.
    pub count: u8,
    /// Counts what the publisher encodes, all encodings alike; 13 bits.
    pub frame: u16,
}

/// Frame numbers lie below.
pub const FRAMES: u16 = 1 << 13;

impl Tag {
    pub fn to_bytes(self) -> [u8; 4] {
        let word = u32::from(self.layer & 3) << 30
            | u32::from(self.temporal & 3) << 28
            | u32::from(self.is_key) << 27
            | u32::from(self.index & 0x7f) << 20
            | u32::from(self.count & 0x7f) << 13
            | u32::from(self.frame % FRAMES);
        word.to_be_bytes()
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let word = u32::from_be_bytes(bytes.try_into().ok()?);
        let bits = |shift: u32, mask: u32| (word >> shift & mask) as u8;
        Some(Self {
            layer: bits(30, 3),
            temporal: bits(28, 3),
            is_key: bits(27, 1) == 1,
            index: bits(20, 0x7f),
            count: bits(13, 0x7f),
            frame: (word & u32::from(FRAMES - 1)) as u16,
        })
    }
}

/// How far `frame` is ahead of `than`; negative: behind.
pub fn ahead(frame: u16, than: u16) -> i32 {
    let distance = i32::from(frame.wrapping_sub(than) % FRAMES);
    if distance >= i32::from(FRAMES / 2) { distance - i32::from(FRAMES) } else { distance }
}

/// `frame` less `count`.
pub fn before(frame: u16, count: u16) -> u16 {
    frame.wrapping_sub(count) % FRAMES
}

/// The frame behind `frame` by `count`.
pub fn after(frame: u16, count: u16) -> u16 {
    frame.wrapping_add(count) % FRAMES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_survives_its_four_bytes() {
        let tag = Tag { layer: 2, temporal: 1, is_key: true, index: 99, count: 100, frame: 8_191 };
        assert_eq!(Tag::from_bytes(&tag.to_bytes()), Some(tag));
        assert_eq!(Tag::from_bytes(&[1, 2, 3]), None);
    }

    #[test]
    fn frames_are_compared_across_the_wrap() {
        assert_eq!(ahead(2, 8_190), 4);
        assert_eq!(ahead(8_190, 2), -4);
        assert_eq!(before(1, 4), 8_189);
    }
}
