//! Absolute capture time (`http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time`): when
//! the first sample of a packet was captured, by its capturer's clock. Lets receivers align
//! sources across a middlebox whose sender reports carry another clock.

use crate::base::NtpTime;

/// When, and whose clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AbsCaptureTime {
    /// Capture time in 32.32 fixed point seconds since 1900, by the capturer's clock.
    pub ntp: NtpTime,
    /// What to add to the clock of the sender of this packet to get the capturer's, in signed
    /// 32.32 fixed point seconds, as the sender estimates it.
    pub clock_offset: Option<i64>,
}

impl AbsCaptureTime {
    /// Reads 8 bytes, or 16 with the clock offset.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (ntp, rest) = value.split_first_chunk()?;
        let clock_offset = match rest {
            [] => None,
            offset => Some(i64::from_be_bytes(offset.try_into().ok()?)),
        };
        Some(Self { ntp: NtpTime(u64::from_be_bytes(*ntp)), clock_offset })
    }

    /// Writes 8 bytes, or 16 with the clock offset, to the front of `out` and returns those.
    pub fn write(self, out: &mut [u8; 16]) -> &[u8] {
        let wide = u128::from(self.ntp.0) << 64;
        let Some(offset) = self.clock_offset else {
            *out = wide.to_be_bytes();
            return out.first_chunk::<8>().expect("8 bytes are in front of 16");
        };
        *out = (wide | u128::from(offset.cast_unsigned())).to_be_bytes();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_alone_or_with_an_offset() {
        let mut out = [0; 16];
        let alone = AbsCaptureTime { ntp: NtpTime(0x0102_0304_0506_0708), clock_offset: None };
        assert_eq!(alone.write(&mut out), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(AbsCaptureTime::parse(&[1, 2, 3, 4, 5, 6, 7, 8]), Some(alone));

        let behind = AbsCaptureTime { clock_offset: Some(-2), ..alone };
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8, 255, 255, 255, 255, 255, 255, 255, 254];
        assert_eq!(behind.write(&mut out), bytes);
        assert_eq!(AbsCaptureTime::parse(&bytes), Some(behind));
    }

    #[test]
    fn other_lengths_are_refused() {
        for len in (0..8).chain(9..16).chain(17..20) {
            assert_eq!(AbsCaptureTime::parse(&vec![1; len]), None, "{len} bytes");
        }
    }
}
