//! H.264 (RFC 6184), packetization modes 0 and 1.

use super::aggregated;

/// Whether the payload holds, or starts the first fragment of, a sequence parameter set or a
/// slice of an IDR picture. Senders put the parameter sets in front of the IDR picture, in a
/// packet of their own or in one with it; where that packet is lost, the slice still counts.
pub fn is_key_frame_start(payload: &[u8]) -> bool {
    let Some((&indicator, rest)) = payload.split_first() else { return false };
    match unit_type(indicator) {
        STAP_A => aggregated(rest).filter_map(<[u8]>::first).any(|unit| is_key(unit_type(*unit))),
        FU_A => matches!(rest, [header, _, ..] if header & S != 0 && is_key(unit_type(*header))),
        single => is_key(single) && !rest.is_empty(),
    }
}

/// The low five bits of a NAL unit header, and of an FU header too (§5.3, §5.8).
const fn unit_type(header: u8) -> u8 {
    header & 0x1f
}

const fn is_key(unit_type: u8) -> bool {
    matches!(unit_type, IDR_SLICE | SPS)
}

const IDR_SLICE: u8 = 5;
const SPS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// Start bit of the FU header.
const S: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_parameter_set_or_idr_slice_is_one() {
        assert!(is_key_frame_start(&[0x67, 0x42]));
        assert!(is_key_frame_start(&[0x65, 0x88]));
        assert!(!is_key_frame_start(&[0x41, 0x9a]), "slice of another picture");
        assert!(!is_key_frame_start(&[0x68, 0xce]), "picture parameter set alone");
        assert!(!is_key_frame_start(&[0x67]), "nothing behind the header");
        assert!(!is_key_frame_start(&[]));
    }

    #[test]
    fn aggregate_is_one_if_any_of_its_units_is() {
        assert!(is_key_frame_start(&[0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce]));
        assert!(is_key_frame_start(&[0x78, 0, 2, 0x09, 0x10, 0, 2, 0x67, 0x42]), "behind an AUD");
        assert!(!is_key_frame_start(&[0x78, 0, 2, 0x06, 0x67, 0, 2, 0x41, 0x65]));
        assert!(!is_key_frame_start(&[0x78, 0, 9, 0x67, 0x42]), "unit cut short");
        assert!(!is_key_frame_start(&[0x78, 0, 0]), "empty unit");
    }

    #[test]
    fn only_the_first_fragment_is_one() {
        assert!(is_key_frame_start(&[0x7c, 0x85, 0x88]));
        assert!(!is_key_frame_start(&[0x7c, 0x05, 0x88]), "middle");
        assert!(!is_key_frame_start(&[0x7c, 0x45, 0x88]), "end");
        assert!(!is_key_frame_start(&[0x7c, 0x81, 0x88]), "of another picture");
        assert!(!is_key_frame_start(&[0x7c, 0x85]), "without content");
    }
}
