//! Audio level of a packet as its sender measured it (RFC 6464): who is speaking, without decoding.

/// How loud a packet of sound is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AudioLevel {
    /// In -dBov: 0 is the loudest there is, 127 silence (RFC 6464 §3).
    pub level: u8,
    /// The sender's guess that it is speech, if negotiated with `vad=on`.
    pub voice: bool,
}

impl AudioLevel {
    /// Reads V bit and level.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let &[byte] = value else { return None };
        Some(Self { level: byte & 0x7f, voice: byte & 0x80 != 0 })
    }

    /// Writes V bit and level; a level beyond 127 counts as silence.
    pub const fn write(self) -> [u8; 1] {
        let level = if self.level > 127 { 127 } else { self.level };
        [if self.voice { 0x80 | level } else { level }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voice_is_the_top_bit_and_the_level_the_rest() {
        let spoken = AudioLevel { level: 30, voice: true };
        assert_eq!(spoken.write(), [0x80 | 30]);
        assert_eq!(AudioLevel::parse(&[0x80 | 30]), Some(spoken));
        assert_eq!(AudioLevel::parse(&[127]), Some(AudioLevel { level: 127, voice: false }));
        assert_eq!(AudioLevel { level: 128, voice: false }.write(), [127]);
        assert_eq!(AudioLevel::parse(&[]), None);
        assert_eq!(AudioLevel::parse(&[1, 2]), None);
    }
}
