#![expect(clippy::indexing_slicing, reason = "tests may panic")]

use super::*;
use crate::wire::payload::tests::{BitWriter, hex};

#[test]
fn first_packet_of_a_sequence_is_one() {
    assert!(is_key_frame_start(&[0x18, 0x0a]));
    assert!(is_key_frame_start(&[0x68, 0x0a]), "Y and W do not matter");
}

#[test]
fn other_packets_fragments_and_empty_ones_are_none() {
    assert!(!is_key_frame_start(&[0x10, 0x0a]));
    assert!(!is_key_frame_start(&[0x98, 0x0a]));
    assert!(!is_key_frame_start(&[0x08]));
    assert!(!is_key_frame_start(&[]));
}

/// Sequence headers made with libaom and SVT-AV1 (by ffmpeg), without their OBU headers.
const REAL: [(&str, &str, (u16, u16)); 4] = [
    ("libaom", "0000000cc4ff6736be4010", (640, 360)),
    ("libaom, larger", "00000042abbfc3776be401", (1920, 1080)),
    ("SVT-AV1", "0000002d4cffb3cfbf9004", (1280, 720)),
    (
        "libaom, with timing and a decoder model",
        "040000000400000079780000000a530000035f915f90bc3d06d4daf90040",
        (322, 182),
    ),
];

#[test]
fn sizes_of_real_sequence_headers_are_read() {
    for (name, header, size) in REAL {
        let obu = [vec![0x08], hex(header)].concat();
        let payload = [&[0x18], obu.as_slice()].concat();
        assert_eq!(picture_size(&payload), Some(size), "{name}");
        assert_eq!(picture_size(&payload[..7]), None, "{name}, cut short");
    }
}

#[test]
fn sequence_header_is_found_among_other_obus() {
    let (_, header, size) = REAL[0];
    let header = hex(header);
    let obu = [&[0x08], header.as_slice()].concat();
    let sized = [&[0x0a, 11], header.as_slice()].concat();
    let extended = [&[0x0c, 0x20], header.as_slice()].concat();
    let metadata = [3, 0x28, 0x01, 0x02];
    for (name, payload) in [
        ("alone, W=0", [&[0x08, 12], obu.as_slice()].concat()),
        ("alone, W=1", [&[0x18], obu.as_slice()].concat()),
        ("with a size of its own", [&[0x18], sized.as_slice()].concat()),
        ("with an extension", [&[0x18], extended.as_slice()].concat()),
        ("first of two", [&[0x28, 12], obu.as_slice(), &[0x30, 0xaa]].concat()),
        ("last of two", [&[0x28], metadata.as_slice(), &obu].concat()),
        ("second, W=0", [&[0x08], metadata.as_slice(), &[12], &obu].concat()),
        ("a length in two bytes", [&[0x08, 0x8c, 0x00], obu.as_slice()].concat()),
    ] {
        assert_eq!(picture_size(&payload), Some(size), "{name}");
    }
    let inner = [&[0x10], obu.as_slice()].concat();
    assert_eq!(picture_size(&inner), None, "where no sequence starts");
    assert_eq!(picture_size(&[0x18, 0x30, 0xaa]), None, "a frame alone");
    assert_eq!(picture_size(&[&[0x08, 13], obu.as_slice()].concat()), None, "beyond the packet");
    let endless = [&[0x08], [0x80; 12].as_slice()].concat();
    assert_eq!(picture_size(&endless), None);
}

/// Size 640x360 in 16 bits each, behind what precedes it.
fn with_size(bits: BitWriter) -> Option<(u16, u16)> {
    picture_size(&bits.put(15, 4).put(15, 4).put(639, 16).put(359, 16).plain())
}

fn sequence() -> BitWriter {
    BitWriter::from(&[0x18, 0x08]).put(0, 4)
}

#[test]
fn operating_points_and_reduced_headers_are_skipped() {
    assert_eq!(with_size(sequence().put(1, 1).put(31, 5)), Some((640, 360)), "reduced");
    // Nine operating points as L3T3 has them, with a tier from level 4.0 on, and display delays.
    let mut bits = sequence().put(0, 1).put(0, 1).put(1, 1).put(8, 5);
    for point in 0..9 {
        bits = bits.put(0xfff, 12).put(point, 5).put(1, if point > 7 { 1 } else { 0 });
        bits = bits.put(point % 2, 1).put(9, if point % 2 == 1 { 4 } else { 0 });
    }
    assert_eq!(with_size(bits), Some((640, 360)), "nine operating points");
}

#[test]
fn timing_is_skipped_with_and_without_a_decoder_model() {
    let timing = || sequence().put(0, 1).put(1, 1).put(1, 32).put(30, 32).put(1, 1).ue(5);
    let plain = timing().put(0, 1).put(0, 1).put(0, 5).put(0, 12).put(0, 5);
    assert_eq!(with_size(plain), Some((640, 360)));
    let model = timing().put(1, 1).put(9, 5).put(1, 32).put(3, 5).put(7, 5).put(0, 1).put(1, 5);
    let model = model.put(0, 12).put(0, 5).put(1, 1).put(0x3ff, 10).put(0x3ff, 10).put(1, 1);
    let model = model.put(0, 12).put(0, 5).put(0, 1);
    assert_eq!(with_size(model), Some((640, 360)));
}

#[test]
fn sizes_that_cannot_be_are_none() {
    let size = |width| {
        let bits = sequence().put(1, 1).put(0, 5).put(15, 4).put(8, 4);
        picture_size(&bits.put(width, 16).put(359, 9).plain())
    };
    assert_eq!(size(65534), Some((65535, 360)));
    assert_eq!(size(65535), None);
}
