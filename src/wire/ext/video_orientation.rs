//! Coordination of video orientation (3GPP TS 26.114 §7.4.5, `urn:3gpp:video-orientation`): how
//! the receiver turns the picture before it shows it.

/// How a picture is to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VideoOrientation {
    /// C: from a camera that faces away from its owner.
    pub back_camera: bool,
    /// F: mirrored left to right on the wire.
    pub flipped: bool,
    /// R1 R0: quarter turns clockwise that the receiver has to make, 0-3.
    pub quarter_turns: u8,
}

impl VideoOrientation {
    /// Reads `0000CFRR`; the four bits on top are reserved and ignored.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let &[byte] = value else { return None };
        Some(Self {
            back_camera: byte & 0x08 != 0,
            flipped: byte & 0x04 != 0,
            quarter_turns: byte & 0x03,
        })
    }

    /// Writes `0000CFRR`; turns count modulo 4.
    pub const fn write(self) -> [u8; 1] {
        [(self.back_camera as u8) << 3 | (self.flipped as u8) << 2 | (self.quarter_turns & 0x03)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation_survives_the_trip() {
        for byte in 0..16 {
            assert_eq!(VideoOrientation::parse(&[byte]).unwrap().write(), [byte]);
        }
    }

    #[test]
    fn camera_flip_and_turns_have_their_bits() {
        let orientation = |byte| VideoOrientation::parse(&[byte]).unwrap();
        assert!(orientation(0xf8).back_camera && !orientation(0xf8).flipped);
        assert!(orientation(0x04).flipped && !orientation(0x04).back_camera);
        assert_eq!(orientation(0x02).quarter_turns, 2);
        assert_eq!(VideoOrientation::parse(&[]), None);
    }
}
