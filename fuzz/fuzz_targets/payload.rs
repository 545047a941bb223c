//! Payload descriptors and parameter sets of every codec: none makes reading it panic, what is
//! shifted keeps its length, and by nothing its bytes.
#![no_main]

use lahn::wire::payload::{av1, h264, h265, vp8, vp9};

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
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
    let _ = vp9::is_key_frame_start(payload);
    shift_vp8(payload);
    shift_vp9(payload);
});

fn shift_vp8(payload: &[u8]) {
    let descriptor = vp8::Descriptor::parse(payload);
    let len = descriptor.map(|descriptor| descriptor.len);
    let mut out = [0; 8];
    assert_eq!(vp8::shift(payload, vp8::Shift::default(), &mut out), len);
    let Some(len) = len else { return };
    assert_eq!(out[..len], payload[..len]);
    let by = vp8::Shift { picture_id: 0x1234, tl0_picture_index: 0x56, key_index: 0xff };
    assert_eq!(vp8::shift(payload, by, &mut out), Some(len));
    assert_eq!(vp8::Descriptor::parse(&out[..len]).map(|shifted| shifted.len), Some(len));
}

fn shift_vp9(payload: &[u8]) {
    let mut out = [0; 8];
    let front = vp9::shift(payload, vp9::Shift::default(), &mut out);
    let descriptor = vp9::Descriptor::parse(payload);
    assert_eq!(front.is_some(), descriptor.is_some());
    let (Some(front), Some(descriptor)) = (front, descriptor) else { return };
    assert!(front <= descriptor.len && descriptor.len <= payload.len());
    assert!(descriptor.references().len() <= 3);
    assert_eq!(out[..front], payload[..front]);
    let by = vp9::Shift { picture_id: 0x1234, tl0_picture_index: 0x56 };
    assert_eq!(vp9::shift(payload, by, &mut out), Some(front));
}
