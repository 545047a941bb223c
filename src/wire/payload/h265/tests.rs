#![expect(clippy::indexing_slicing, reason = "tests may panic")]

use super::*;
use crate::wire::payload::tests::{BitWriter, hex};

/// First byte of a NAL unit header.
const fn head(unit_type: u8) -> u8 {
    unit_type << 1
}

#[test]
fn single_parameter_set_or_irap_slice_is_one() {
    for unit_type in 0..48 {
        let key = matches!(unit_type, 16..=23 | 32 | 33);
        assert_eq!(is_key_frame_start(&[head(unit_type), 1, 0xaa]), key, "type {unit_type}");
    }
    assert!(!is_key_frame_start(&[head(19), 1]), "nothing behind the header");
    assert!(!is_key_frame_start(&[head(19)]));
}

#[test]
fn aggregate_is_one_if_any_of_its_units_is() {
    assert!(is_key_frame_start(&[head(48), 1, 0, 3, head(35), 1, 0, 0, 3, head(32), 1, 0]));
    assert!(!is_key_frame_start(&[head(48), 1, 0, 3, head(1), 1, 0, 0, 3, head(34), 1, 0]));
    assert!(!is_key_frame_start(&[head(48), 1, 0, 9, head(32), 1]), "unit cut short");
}

#[test]
fn only_the_first_fragment_is_one() {
    assert!(is_key_frame_start(&[head(49), 1, 0x80 | 19, 0xaa]));
    assert!(!is_key_frame_start(&[head(49), 1, 19, 0xaa]), "middle");
    assert!(!is_key_frame_start(&[head(49), 1, 0x40 | 19, 0xaa]), "end");
    assert!(!is_key_frame_start(&[head(49), 1, 0x80 | 1, 0xaa]), "of another picture");
    assert!(!is_key_frame_start(&[head(49), 1, 0x80 | 19]), "without content");
}

#[test]
fn temporal_layer_is_in_the_header_of_units_aggregates_and_fragments() {
    for unit_type in [1, 33, 48, 49] {
        for plus_one in 1..8 {
            let payload = [head(unit_type), 0xf8 | plus_one, 0xaa];
            assert_eq!(temporal_id(&payload), Some(plus_one - 1), "type {unit_type}");
        }
    }
    assert_eq!(temporal_id(&[head(1), 0xf8]), None, "0 stands for no layer");
    assert_eq!(temporal_id(&[head(1)]), None);
}

#[test]
fn switching_points_are_sync_wherever_they_stand() {
    for unit_type in 0..48 {
        let sync = matches!(unit_type, 2..=5 | 16..=23);
        assert_eq!(is_sync(&[head(unit_type), 1, 0xaa]), sync, "type {unit_type}");
        for flags in [0x80, 0, 0x40] {
            let fragment = [head(49), 1, flags | unit_type, 0xaa];
            assert_eq!(is_sync(&fragment), sync, "fragment of type {unit_type}");
        }
        let aggregate = [head(48), 1, 0, 3, head(39), 1, 0, 0, 3, head(unit_type), 1, 0];
        assert_eq!(is_sync(&aggregate), sync, "type {unit_type} in an aggregate");
    }
    assert!(!is_sync(&[head(49), 1]));
    assert!(!is_sync(&[head(2)]));
}

#[test]
fn parameter_set_is_found_alone_and_in_an_aggregate() {
    for unit_type in 0..48 {
        let is_set = matches!(unit_type, 32 | 33);
        assert_eq!(has_parameter_set(&[head(unit_type), 1, 0xaa]), is_set, "type {unit_type}");
        let aggregate = [head(48), 1, 0, 3, head(35), 1, 0, 0, 3, head(unit_type), 1, 0];
        assert_eq!(has_parameter_set(&aggregate), is_set, "type {unit_type}");
    }
    assert!(!has_parameter_set(&[head(33), 1]), "nothing behind the header");
    assert!(!has_parameter_set(&[head(33)]));
}

const X265_720: &str =
    "42010101600000030090000003000003005da00280802d165959a4932bc05a020000030002000003003c10";

/// Made with x265 (by ffmpeg), one for each form.
#[test]
fn sizes_of_real_parameter_sets_are_read() {
    let sets = [
        ("main", X265_720, (1280, 720)),
        (
            "1088 lines, cropped",
            "420101016000000300900000030000030078a003c08010e596566924caf0168080000003008000000f04",
            (1920, 1080),
        ),
        (
            "4:2:2, odd",
            "4201010408000003009d0800000300003cb00a480b9c9796566924caf0168080000003008000000f04",
            (322, 182),
        ),
        (
            "two temporal layers",
            "42010201600000030090000003000003003f0000a005020169659598acd24995e02d01000003000100\
             0003001e08",
            (640, 360),
        ),
    ];
    for (name, set, size) in sets {
        let set = hex(set);
        assert_eq!(picture_size(&set), Some(size), "{name}");
        for len in 0..18 {
            assert_eq!(picture_size(&set[..len]), None, "{name} cut to {len}");
        }
    }
}

#[test]
fn size_is_found_in_an_aggregate() {
    let set = hex(X265_720);
    let len = u8::try_from(set.len()).unwrap();
    let aggregate = [&[head(48), 1, 0, 3, head(32), 1, 0x0c, 0, len], set.as_slice()].concat();
    assert_eq!(picture_size(&aggregate), Some((1280, 720)));
    assert_eq!(picture_size(&[head(32), 1, 0x0c]), None, "video parameter set alone");
    assert_eq!(picture_size(&[head(33)]), None);
}

/// A parameter set with profiles and levels of its lower temporal layers, up to the profile.
fn layered(layers: &[(bool, bool)]) -> BitWriter {
    let lower = u32::try_from(layers.len()).unwrap();
    let mut bits = BitWriter::from(&[head(33), 1]).put(0, 4).put(lower, 3).put(1, 1);
    bits = bits.put(u32::MAX, 32).put(u32::MAX, 32).put(u32::MAX, 32);
    for &(profile, level) in layers {
        bits = bits.put(u32::from(profile), 1).put(u32::from(level), 1);
    }
    bits = bits.put(0, if layers.is_empty() { 0 } else { (8 - lower) * 2 });
    for &(profile, level) in layers {
        for _ in 0..if profile { 11 } else { 0 } {
            bits = bits.put(0xaa, 8);
        }
        bits = bits.put(0x55, if level { 8 } else { 0 });
    }
    bits.ue(0)
}

#[test]
fn profiles_and_levels_of_temporal_layers_are_skipped() {
    let both = [(true, true), (false, false), (true, false), (false, true), (true, true)];
    for count in 0..=both.len() {
        let set = layered(&both[..count]).ue(1).ue(640).ue(360).put(0, 1).escaped();
        assert_eq!(picture_size(&set), Some((640, 360)), "{count} lower layers");
    }
}

#[test]
fn window_counts_in_samples_of_chroma() {
    let size = |chroma: BitWriter| {
        let bits = chroma.ue(640).ue(480).put(1, 1);
        picture_size(&bits.ue(1).ue(2).ue(3).ue(4).escaped())
    };
    assert_eq!(size(layered(&[]).ue(0)), Some((637, 473)), "monochrome");
    assert_eq!(size(layered(&[]).ue(1)), Some((634, 466)), "4:2:0");
    assert_eq!(size(layered(&[]).ue(2)), Some((634, 473)), "4:2:2");
    assert_eq!(size(layered(&[]).ue(3).put(0, 1)), Some((637, 473)), "4:4:4");
}

#[test]
fn sizes_that_cannot_be_are_none() {
    let size =
        |width, height| picture_size(&layered(&[]).ue(1).ue(width).ue(height).put(0, 1).escaped());
    assert_eq!(size(65535, 65535), Some((65535, 65535)));
    assert_eq!(size(65536, 360), None);
    assert_eq!(size(0, 360), None);
    let cut = |right| {
        let bits = layered(&[]).ue(1).ue(640).ue(480).put(1, 1);
        picture_size(&bits.ue(0).ue(right).ue(0).ue(0).escaped())
    };
    assert_eq!(cut(319), Some((2, 480)));
    assert_eq!(cut(320), None, "all of it");
    assert_eq!(cut(u32::MAX - 1), None);
}
