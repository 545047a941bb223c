//! H.265 (RFC 7798), without DONL (`sprop-max-don-diff` 0), as WebRTC uses it.

use super::aggregated;

/// Whether the payload holds, or starts the first fragment of, a video or sequence parameter set
/// or a slice of an IRAP picture (IDR, CRA, BLA). Senders put the parameter sets in front of the
/// picture, in a packet of their own or in one with it; where that packet is lost, the slice
/// still counts.
pub fn is_key_frame_start(payload: &[u8]) -> bool {
    let Some((&[first, _], rest)) = payload.split_first_chunk::<2>() else { return false };
    match unit_type(first) {
        AP => aggregated(rest).filter_map(<[u8]>::first).any(|unit| is_key(unit_type(*unit))),
        FU => matches!(rest, [header, _, ..] if header & S != 0 && is_key(header & 0x3f)),
        single => is_key(single) && !rest.is_empty(),
    }
}

/// Six bits of the first byte of the NAL unit header (§1.1.4).
const fn unit_type(first: u8) -> u8 {
    (first >> 1) & 0x3f
}

const fn is_key(unit_type: u8) -> bool {
    matches!(unit_type, IRAP_FIRST..=IRAP_LAST | VPS | SPS)
}

const IRAP_FIRST: u8 = 16;
const IRAP_LAST: u8 = 23;
const VPS: u8 = 32;
const SPS: u8 = 33;
const AP: u8 = 48;
const FU: u8 = 49;
/// Start bit of the FU header (§4.4.3).
const S: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    /// First byte of a NAL unit header.
    const fn head(unit_type: u8) -> u8 {
        unit_type << 1
    }

    #[test]
    fn single_parameter_set_or_irap_slice_is_one() {
        for unit_type in 0..48 {
            let key = matches!(unit_type, 16..=23 | 32 | 33);
            assert_eq!(is_key_frame_start(&[head(unit_type), 1, 0xaa]), key, "type {unit_type}");
        }
        assert!(!is_key_frame_start(&[head(19), 1]), "nothing behind the header");
        assert!(!is_key_frame_start(&[head(19)]));
    }

    #[test]
    fn aggregate_is_one_if_any_of_its_units_is() {
        assert!(is_key_frame_start(&[head(48), 1, 0, 3, head(35), 1, 0, 0, 3, head(32), 1, 0]));
        assert!(!is_key_frame_start(&[head(48), 1, 0, 3, head(1), 1, 0, 0, 3, head(34), 1, 0]));
        assert!(!is_key_frame_start(&[head(48), 1, 0, 9, head(32), 1]), "unit cut short");
    }

    #[test]
    fn only_the_first_fragment_is_one() {
        assert!(is_key_frame_start(&[head(49), 1, 0x80 | 19, 0xaa]));
        assert!(!is_key_frame_start(&[head(49), 1, 19, 0xaa]), "middle");
        assert!(!is_key_frame_start(&[head(49), 1, 0x40 | 19, 0xaa]), "end");
        assert!(!is_key_frame_start(&[head(49), 1, 0x80 | 1, 0xaa]), "of another picture");
        assert!(!is_key_frame_start(&[head(49), 1, 0x80 | 19]), "without content");
    }
}
