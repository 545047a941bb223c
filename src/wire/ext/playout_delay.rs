//! Playout delay (`http://www.webrtc.org/experiments/rtp-hdrext/playout-delay`): how long a
//! receiver should wait before it shows a picture.

/// Bounds of the delay from capture to playout, both in units of 10 ms, 0-4095.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlayoutDelay {
    /// At least this long.
    pub min: u16,
    /// At most this long.
    pub max: u16,
}

impl PlayoutDelay {
    /// Reads two numbers of 12 bits.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let &[a, b, c] = value else { return None };
        Some(Self { min: u16::from_be_bytes([a, b]) >> 4, max: u16::from_be_bytes([b & 0x0f, c]) })
    }

    /// Writes two numbers of 12 bits; larger ones are cut down to 4095.
    pub fn write(self) -> [u8; 3] {
        let [a, b] = (self.min.min(0xfff) << 4).to_be_bytes();
        let [c, d] = self.max.min(0xfff).to_be_bytes();
        [a, b | c, d]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_12_bits_each() {
        let delay = PlayoutDelay { min: 0x123, max: 0xabc };
        assert_eq!(delay.write(), [0x12, 0x3a, 0xbc]);
        assert_eq!(PlayoutDelay::parse(&[0x12, 0x3a, 0xbc]), Some(delay));
        assert_eq!(PlayoutDelay { min: 5000, max: 5000 }.write(), [0xff; 3]);
        assert_eq!(PlayoutDelay::parse(&[0x12, 0x3a]), None);
    }
}
