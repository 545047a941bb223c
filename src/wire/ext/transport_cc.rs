//! Transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2): counts
//! every packet of a transport, whatever its stream, so that feedback can tell of each.

/// Reads the number.
pub fn parse(value: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(value.try_into().ok()?))
}

/// Writes the number.
pub const fn write(number: u16) -> [u8; 2] {
    number.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_two_bytes_most_significant_first() {
        assert_eq!(write(0x1234), [0x12, 0x34]);
        assert_eq!(parse(&[0x12, 0x34]), Some(0x1234));
        assert_eq!(parse(&[0x12]), None);
        assert_eq!(parse(&[0x12, 0x34, 0x56]), None);
    }
}
