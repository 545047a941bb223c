#![expect(clippy::indexing_slicing, reason = "tests may panic")]

use super::*;
use crate::wire::payload::tests::{BitWriter, hex};

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

#[test]
fn only_slices_that_nobody_refers_to_are_no_reference() {
    for unit_type in 0..24 {
        let is_slice = matches!(unit_type, 1..=4);
        assert_eq!(is_reference(&[unit_type, 0x9a]), !is_slice, "type {unit_type}");
        assert!(is_reference(&[0x20 | unit_type, 0x9a]), "type {unit_type}, nal_ref_idc 1");
    }
    assert!(is_reference(&[]));
}

#[test]
fn fragments_are_told_by_indicator_and_header_together() {
    for header in [0x81, 0x01, 0x41] {
        assert!(!is_reference(&[0x1c, header, 0x9a]), "start, middle, end");
        assert!(is_reference(&[0x3c, header, 0x9a]));
    }
    assert!(is_reference(&[0x1c, 0x86, 0x9a]), "SEI");
    assert!(is_reference(&[0x1c]));
}

#[test]
fn aggregate_is_a_reference_unless_all_its_slices_are_not() {
    assert!(!is_reference(&[0x18, 0, 2, 0x01, 0x9a, 0, 2, 0x01, 0x9a]));
    assert!(!is_reference(&[0x18, 0, 2, 0x09, 0x30, 0, 2, 0x06, 0x01, 0, 2, 0x01, 0x9a]));
    assert!(is_reference(&[0x18, 0, 2, 0x01, 0x9a, 0, 2, 0x41, 0x9a]), "the second is");
    assert!(is_reference(&[0x18, 0, 2, 0x01, 0x9a, 0, 2, 0x68, 0xce]), "parameter set");
    assert!(is_reference(&[0x18, 0, 2, 0x09, 0x30]), "no slice at all");
    assert!(is_reference(&[0x18]));
}

#[test]
fn parameter_set_is_found_alone_and_in_an_aggregate() {
    let x264 = hex("6742c01fd9005005bb0110000003001000000303c0f1832480");
    let aggregate = in_aggregate(&[&[0x09, 0x10], &x264, &[0x68, 0xce]]);
    for payload in [x264.as_slice(), &aggregate] {
        assert!(has_parameter_set(payload));
        assert_eq!(picture_size(payload), Some((1280, 720)));
    }
    for payload in [[0x65, 0x88].as_slice(), &[0x68, 0xce], &[0x67], &[0x78, 0, 1, 0x67], &[]] {
        assert!(!has_parameter_set(payload), "{payload:02x?}");
        assert_eq!(picture_size(payload), None);
    }
}

/// Made with x264 (core 164, by ffmpeg), one for each form.
#[test]
fn sizes_of_real_parameter_sets_are_read() {
    let sets = [
        ("baseline", "6742c01fd9005005bb0110000003001000000303c0f1832480", (1280, 720)),
        ("main", "674d401eeca05017fcb80880000003008000001e078b16cb", (640, 360)),
        (
            "high, 1088 lines cropped",
            "67640028acd940780227e5c044000003000400000300f03c60c658",
            (1920, 1080),
        ),
        ("interlaced", "67640028acd94078044fde0220000003002000000783e2c5b2c0", (1920, 1080)),
        ("4:2:0, odd", "6764000dacd941519e226c0440000003004000000f03c50a6580", (322, 182)),
        ("4:2:2, 10 bits", "677a000db6cd941519e222f0110000030001000003003c0f142996", (322, 182)),
        ("4:4:4", "67f4000d919b282a33c7c5e022000003000200000300781e28532c", (322, 182)),
        ("monochrome", "6764000df365054678f8bc05b2000003000200000300781e28532c", (322, 182)),
    ];
    for (name, set, size) in sets {
        let set = hex(set);
        assert_eq!(picture_size(&set), Some(size), "{name}");
        for len in 0..8 {
            assert_eq!(picture_size(&set[..len]), None, "{name} cut to {len}");
        }
    }
}

/// A parameter set of the high profile, up to where `chroma` begins.
fn high_profile(chroma: u32) -> BitWriter {
    BitWriter::from(&[0x67, 100, 0, 31]).ue(0).ue(chroma)
}

/// 8-bit samples, and no scaling lists.
fn plain_samples(bits: BitWriter) -> BitWriter {
    bits.ue(0).ue(0).put(0, 1).put(0, 1)
}

/// Size 40x30 macroblocks, frames only, with one unit cropped on each side.
fn size_cropped(bits: BitWriter) -> BitWriter {
    bits.ue(1).put(0, 1).ue(39).ue(29).put(1, 1).put(1, 1).put(1, 1).ue(1).ue(1).ue(1).ue(1)
}

#[test]
fn scaling_lists_are_skipped() {
    // The first whole, the second with a scale of 0 at once, the seventh of 64 ending early.
    let mut bits = high_profile(1).ue(0).ue(0).put(0, 1).put(1, 1);
    bits = (0..16).fold(bits.put(1, 1), |bits, _| bits.se(1));
    bits = bits.put(1, 1).se(-8).put(0, 4).put(1, 1).se(100).se(148).put(0, 1);
    let set = size_cropped(bits.ue(0).ue(2)).escaped();
    assert_eq!(picture_size(&set), Some((636, 476)));
}

#[test]
fn twelve_scaling_lists_are_skipped_where_chroma_is_full() {
    let bits = high_profile(3).put(0, 1).ue(0).ue(0).put(0, 1).put(1, 1).put(0, 11);
    let bits = (0..64).fold(bits.put(1, 1), |bits, _| bits.se(0));
    let set = size_cropped(bits.ue(0).ue(2)).escaped();
    assert_eq!(picture_size(&set), Some((638, 478)));
}

#[test]
fn every_order_of_pictures_is_skipped() {
    let sizes = [
        plain_samples(high_profile(1)).ue(0).ue(0).ue(4),
        plain_samples(high_profile(1)).ue(0).ue(1).put(1, 1).se(-3).se(7).ue(2).se(5).se(-9),
        plain_samples(high_profile(1)).ue(0).ue(2),
    ]
    .map(|bits| picture_size(&size_cropped(bits).escaped()));
    assert_eq!(sizes, [Some((636, 476)); 3]);
}

#[test]
fn cropping_counts_in_samples_of_chroma() {
    let size = |bits| picture_size(&size_cropped(plain_samples(bits).ue(0).ue(2)).escaped());
    assert_eq!(size(high_profile(0)), Some((638, 478)), "monochrome");
    assert_eq!(size(high_profile(1)), Some((636, 476)), "4:2:0");
    assert_eq!(size(high_profile(2)), Some((636, 478)), "4:2:2");
    assert_eq!(size(high_profile(3).put(0, 1)), Some((638, 478)), "4:4:4");
    assert_eq!(size(high_profile(3).put(1, 1)), Some((638, 478)), "separate planes");
}

#[test]
fn sizes_that_cannot_be_are_none() {
    let head = || BitWriter::from(&[0x67, 66, 0, 31]).ue(0).ue(0).ue(2).ue(1).put(0, 1);
    let uncropped = |width, height| {
        picture_size(&head().ue(width).ue(height).put(1, 1).put(1, 1).put(0, 1).escaped())
    };
    assert_eq!(uncropped(4094, 4094), Some((65520, 65520)));
    assert_eq!(uncropped(4095, 4094), None);
    assert_eq!(uncropped(0, u32::MAX - 1), None);
    let cropped = |right| {
        let bits = head().ue(0).ue(0).put(1, 1).put(1, 1).put(1, 1);
        picture_size(&bits.ue(0).ue(right).ue(0).ue(0).escaped())
    };
    assert_eq!(cropped(7), Some((2, 16)));
    assert_eq!(cropped(8), None, "all of it");
    assert_eq!(cropped(9), None, "more than all");
    assert_eq!(cropped(u32::MAX - 1), None);
}

fn in_aggregate(units: &[&[u8]]) -> Vec<u8> {
    let mut payload = vec![0x78];
    for unit in units {
        payload.extend([0, u8::try_from(unit.len()).unwrap()]);
        payload.extend_from_slice(unit);
    }
    payload
}
