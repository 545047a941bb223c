//! What holds for every codec: no payload makes reading it panic.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(payload in prop::collection::vec(any::<u8>(), 0..80)) {
        read_all(&payload);
    }

    #[test]
    fn any_bytes_behind_the_head_of_a_parameter_set_are_read_without_panic(
        set in prop::collection::vec(prop_oneof![Just(0), Just(0xff), any::<u8>()], 0..200),
        profile in prop_oneof![Just(66), Just(100), Just(244)],
    ) {
        read_all(&[&[0x67, profile], set.as_slice()].concat());
        read_all(&[&[0x42, 1], set.as_slice()].concat());
        read_all(&[&[0x18, 0x08], set.as_slice()].concat());
    }
}

fn read_all(payload: &[u8]) {
    let _ = av1::is_key_frame_start(payload);
    let _ = av1::picture_size(payload);
    let _ = h264::is_key_frame_start(payload);
    let _ = h264::is_reference(payload);
    let _ = h264::has_parameter_set(payload);
    let _ = h264::picture_size(payload);
    let _ = h265::is_key_frame_start(payload);
    let _ = h265::temporal_id(payload);
    let _ = h265::is_sync(payload);
    let _ = h265::has_parameter_set(payload);
    let _ = h265::picture_size(payload);
    let _ = vp8::is_key_frame_start(payload);
    let _ = vp8::key_frame_size(payload);
    let _ = vp8::shift(payload, vp8::Shift::default(), &mut [0; 8]);
    let _ = vp9::is_key_frame_start(payload);
    let _ = vp9::shift(payload, vp9::Shift::default(), &mut [0; 8]);
}
