//! Payload descriptors of every codec.
#![no_main]

use lahn::wire::payload::{av1, h264, h265, vp8, vp9};

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    let _ = vp8::is_key_frame_start(payload);
    let _ = vp9::is_key_frame_start(payload);
    let _ = av1::is_key_frame_start(payload);
    let _ = h264::is_key_frame_start(payload);
    let _ = h265::is_key_frame_start(payload);
});
