//! Absolute send time (`http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time`): when the
//! packet left, in 6.18 fixed point seconds; wraps every 64 s.

/// Reads the 24 bits; [`NtpTime::abs_send_time`](crate::wire::NtpTime::abs_send_time) makes them.
pub fn parse(value: &[u8]) -> Option<u32> {
    let &[a, b, c] = value else { return None };
    Some(u32::from_be_bytes([0, a, b, c]))
}

/// Writes the low 24 bits.
pub const fn write(time: u32) -> [u8; 3] {
    let [_, a, b, c] = time.to_be_bytes();
    [a, b, c]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_24_bits_most_significant_first() {
        assert_eq!(write(0xff12_3456), [0x12, 0x34, 0x56]);
        assert_eq!(parse(&[0x12, 0x34, 0x56]), Some(0x12_3456));
        assert_eq!(parse(&[0x12, 0x34]), None);
        assert_eq!(parse(&[0, 0x12, 0x34, 0x56]), None);
    }
}
