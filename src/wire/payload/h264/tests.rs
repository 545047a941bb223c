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
