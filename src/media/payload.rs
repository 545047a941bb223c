//! What forwarding must know of a payload, whichever codec it is.

use crate::params::Codec;
use crate::wire::payload::{av1, h264, h265, vp8, vp9};

/// Whether a key frame starts with this payload.
pub(crate) fn is_key_frame_start(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Opus => false,
        Codec::Vp8 => vp8::is_key_frame_start(payload),
        Codec::Vp9 => vp9::is_key_frame_start(payload),
        Codec::Av1 => av1::is_key_frame_start(payload),
        Codec::H264 => h264::is_key_frame_start(payload),
        Codec::H265 => h265::is_key_frame_start(payload),
    }
}
