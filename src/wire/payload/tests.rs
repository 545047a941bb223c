//! What holds for every codec: no payload makes reading it panic. And what the tests of several
//! write parameter sets with.

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

/// Writes numbers bit after bit, the opposite of `Bits`.
pub(super) struct BitWriter {
    head: Vec<u8>,
    bits: Vec<bool>,
}

impl BitWriter {
    /// Bits go behind whole bytes.
    pub(super) fn from(head: &[u8]) -> Self {
        Self { head: head.to_vec(), bits: Vec::new() }
    }

    pub(super) fn put(mut self, number: u32, width: u32) -> Self {
        self.bits.extend((0..width).rev().map(|bit| number >> bit & 1 == 1));
        self
    }

    /// ue(v).
    pub(super) fn ue(self, number: u32) -> Self {
        let width = (number + 1).ilog2();
        self.put(0, width).put(number + 1, width + 1)
    }

    /// se(v).
    pub(super) fn se(self, number: i32) -> Self {
        let code = number.unsigned_abs() * 2;
        self.ue(if number > 0 { code - 1 } else { code })
    }

    /// The bytes, with zeros up to a whole one.
    pub(super) fn plain(self) -> Vec<u8> {
        let bits = self.bits.chunks(8).map(|chunk| {
            chunk.iter().zip((0..8).rev()).fold(0, |byte, (bit, at)| byte | u8::from(*bit) << at)
        });
        self.head.into_iter().chain(bits).collect()
    }

    /// The bytes of a NAL unit: ended by a 1, and with emulation prevention.
    pub(super) fn escaped(self) -> Vec<u8> {
        let mut out = Vec::new();
        for byte in self.put(1, 1).plain() {
            if byte <= 3 && out.ends_with(&[0, 0]) {
                out.push(3);
            }
            out.push(byte);
        }
        out
    }
}

/// Bytes from hexadecimal digits.
pub(super) fn hex(digits: &str) -> Vec<u8> {
    let digits = digits.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).expect("ASCII"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("two digits")).collect()
}
