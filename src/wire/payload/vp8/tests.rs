use super::*;

#[test]
fn start_of_partition_0_of_a_key_frame_is_one() {
    assert!(is_key_frame_start(&[0x10, 0x00, 0x9d, 0x01, 0x2a]));
    assert!(is_key_frame_start(&[0x30, 0x10]), "N=1, and other bits of the frame tag");
}

#[test]
fn interframe_later_partition_and_continuation_are_none() {
    assert!(!is_key_frame_start(&[0x10, 0x01]));
    assert!(!is_key_frame_start(&[0x11, 0x00]));
    assert!(!is_key_frame_start(&[0x00, 0x00]));
}

#[test]
fn every_optional_field_of_the_descriptor_is_skipped() {
    for key in [true, false] {
        let frame = u8::from(!key);
        // What is skipped has its low bit against the frame's, so a wrong offset shows.
        let skipped = u8::from(key);
        let descriptors: [&[u8]; 6] = [
            &[0x90, 0x00],
            &[0x90, 0x80, 0x10 | skipped],
            &[0x90, 0x80, 0x90, skipped],
            &[0x90, 0x40, skipped],
            &[0x90, 0x20, skipped],
            &[0x90, 0xf0, 0x90, skipped, skipped, skipped],
        ];
        for descriptor in descriptors {
            let payload = [descriptor, &[frame]].concat();
            assert_eq!(is_key_frame_start(&payload), key, "{payload:02x?}");
            assert!(!is_key_frame_start(descriptor), "no frame behind {descriptor:02x?}");
        }
    }
}
