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
