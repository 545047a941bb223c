use super::*;

#[test]
fn beginning_of_an_unpredicted_frame_is_one() {
    assert!(is_key_frame_start(&[0x08, 0x82]), "no optional fields");
    assert!(is_key_frame_start(&[0x8a, 0x01, 0x00]), "7-bit PictureID, scalability structure");
    assert!(is_key_frame_start(&[0xa8, 0x80 | 0x7f, 0xff, 0x01, 0x00]), "15-bit, SID 0");
}

#[test]
fn predicted_frame_and_continuation_are_none() {
    assert!(!is_key_frame_start(&[0x48, 0x82]));
    assert!(!is_key_frame_start(&[0x00, 0x82]));
    assert!(!is_key_frame_start(&[0xc8, 0x01, 0x00]));
}

#[test]
fn upper_spatial_layer_of_a_key_picture_is_none() {
    assert!(!is_key_frame_start(&[0xa8, 0x01, 0x02, 0x00]));
    for sid in 1..8 {
        assert!(!is_key_frame_start(&[0x28, sid << 1, 0x00]), "SID {sid}");
    }
    assert!(is_key_frame_start(&[0x28, 0xf1, 0x00]), "TID, U and D do not matter");
}

#[test]
fn descriptor_cut_short_is_none() {
    for payload in [[].as_slice(), &[0x88], &[0xa8, 0x01], &[0xa8, 0x80, 0x01], &[0x28]] {
        assert!(!is_key_frame_start(payload), "{payload:02x?}");
    }
}
