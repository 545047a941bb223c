#![expect(clippy::indexing_slicing, reason = "tests may panic")]
#![expect(clippy::unusual_byte_groupings, reason = "grouped by fields")]

use proptest::prelude::*;

use super::*;

/// A descriptor with none of the optional fields.
fn plain(len: usize) -> Descriptor {
    Descriptor {
        picture_id: None,
        inter_picture_predicted: false,
        flexible: false,
        starts_frame: false,
        ends_frame: false,
        not_a_reference_upwards: false,
        layer: None,
        tl0_picture_index: None,
        references: [0; 3],
        reference_count: 0,
        structure: None,
        len,
    }
}

const IDS: [Option<PictureId>; 3] = [
    None,
    Some(PictureId { value: 0x55, is_long: false }),
    Some(PictureId { value: 0x5577, is_long: true }),
];

/// A descriptor with those optional fields that are asked for, and what is in it.
fn written(bits: u8, picture_id: Option<PictureId>) -> (Vec<u8>, Descriptor) {
    let [p, l, f, v] = [0x40, 0x20, 0x10, 0x02].map(|bit| bits & bit != 0);
    let mut bytes = vec![bits & 0x7f | u8::from(picture_id.is_some()) << 7];
    match picture_id {
        Some(PictureId { is_long: true, .. }) => bytes.extend([0xd5, 0x77]),
        Some(_) => bytes.push(0x55),
        None => {}
    }
    bytes.extend(l.then_some(0b101_1_011_0));
    bytes.extend((l && !f).then_some(0xc3));
    bytes.extend_from_slice(if p && f { &[0x03, 0xff, 0x04] } else { &[] });
    bytes.extend(v.then_some(0));
    let layer = LayerIndices {
        temporal: 5,
        switching_up_point: true,
        spatial: 3,
        inter_layer_predicted: false,
    };
    let structure = ScalabilityStructure {
        spatial_layers: 1,
        sizes: [(0, 0); 8],
        has_sizes: false,
        pictures_in_group: 0,
    };
    let descriptor = Descriptor {
        picture_id,
        inter_picture_predicted: p,
        flexible: f,
        starts_frame: bits & 0x08 != 0,
        ends_frame: bits & 0x04 != 0,
        not_a_reference_upwards: bits & 0x01 != 0,
        layer: l.then_some(layer),
        tl0_picture_index: (l && !f).then_some(0xc3),
        references: if p && f { [1, 0x7f, 2] } else { [0; 3] },
        reference_count: if p && f { 3 } else { 0 },
        structure: v.then_some(structure),
        ..plain(bytes.len())
    };
    (bytes, descriptor)
}

#[test]
fn every_optional_field_is_read_where_it_is_there() {
    for (bits, picture_id) in (0..0x80).flat_map(|bits| IDS.map(|id| (bits, id))) {
        let (bytes, expected) = written(bits, picture_id);
        assert_eq!(Descriptor::parse(&bytes), Some(expected), "{bytes:02x?}");
        let behind = [bytes.as_slice(), &[0xff; 10]].concat();
        assert_eq!(Descriptor::parse(&behind), Some(expected), "{behind:02x?}");
        for len in 0..bytes.len() {
            assert_eq!(Descriptor::parse(&bytes[..len]), None, "{bytes:02x?} up to {len}");
        }
    }
}

#[test]
fn layer_indices_have_their_bits() {
    let layer = |byte| Descriptor::parse(&[0x30, byte]).unwrap().layer.unwrap();
    assert_eq!(layer(0xe0).temporal, 7);
    assert_eq!(layer(0x0e).spatial, 7);
    assert!(layer(0x10).switching_up_point && !layer(0xef).switching_up_point);
    assert!(layer(0x01).inter_layer_predicted && !layer(0xfe).inter_layer_predicted);
}

#[test]
fn up_to_three_references_are_read() {
    let references = |bytes| Descriptor::parse(bytes).map(|found| found.references().to_vec());
    assert_eq!(references(&[0x58, 0x02]), Some(vec![1]));
    assert_eq!(references(&[0x58, 0x03, 0x08]), Some(vec![1, 4]));
    assert_eq!(references(&[0x58, 0x03, 0x09, 0xfe]), Some(vec![1, 4, 127]));
    assert_eq!(references(&[0x58, 0x03, 0x09, 0xff, 0x02]), None, "a fourth");
    assert_eq!(references(&[0x48, 0x02]), Some(vec![]), "not in flexible mode");
    assert_eq!(references(&[0x18, 0x02]), Some(vec![]), "not predicted");
}

#[test]
fn structure_tells_layers_and_their_sizes() {
    // three layers up to 1280x720, as libvpx sends with L3T3; N_G of 2: one reference, then two
    let group = [2, 0b000_0_01_00, 4, 0b001_1_10_00, 1, 2];
    let bytes = [
        [0x8a, 0x11, 0b010_1_1_000].as_slice(),
        &[1, 0x40, 0, 180, 2, 0x80, 1, 0x68, 5, 0, 2, 0xd0],
        &group,
    ]
    .concat();
    let descriptor = Descriptor::parse(&bytes).expect("it is whole");
    let structure = descriptor.structure.expect("it is there");
    assert_eq!((structure.spatial_layers, structure.pictures_in_group), (3, 2));
    assert!(structure.has_sizes);
    assert_eq!(structure.sizes[..3], [(320, 180), (640, 360), (1280, 720)]);
    assert_eq!(structure.sizes[3..], [(0, 0); 5]);
    assert_eq!(descriptor.len, bytes.len());
    for len in 0..bytes.len() {
        assert_eq!(Descriptor::parse(&bytes[..len]), None, "up to {len}");
    }
}

#[test]
fn largest_structure_is_read() {
    let pictures = [0b000_0_11_00, 1, 2, 3].repeat(255);
    let bytes = [[0x02, 0b111_1_1_000].as_slice(), &[1; 32], &[255], &pictures].concat();
    let descriptor = Descriptor::parse(&bytes).expect("it is whole");
    assert_eq!(descriptor.len, 2 + 32 + 1 + 255 * 4);
    assert_eq!(descriptor.structure.unwrap().sizes, [(0x0101, 0x0101); 8]);
}

fn shifted(payload: &[u8], by: Shift) -> Vec<u8> {
    let mut out = [0xee; 8];
    let len = shift(payload, by, &mut out).expect("a descriptor");
    out[..len].to_vec()
}

#[test]
fn numbers_wrap_at_their_own_width() {
    let one = Shift { picture_id: 1, tl0_picture_index: 1 };
    assert_eq!(shifted(&[0x88, 0xff, 0xff], one), [0x88, 0x80, 0x00], "15 bits");
    assert_eq!(shifted(&[0x88, 0x80, 0xff], one), [0x88, 0x81, 0x00], "carry");
    assert_eq!(shifted(&[0x88, 0x7f, 0xff], one), [0x88, 0x00], "7 bits");
    assert_eq!(shifted(&[0x28, 0xff, 0xff], one), [0x28, 0xff, 0x00], "TL0PICIDX alone");
    assert_eq!(shifted(&[0xa8, 0x01, 0xff, 0x05], one), [0xa8, 0x02, 0xff, 0x06]);
}

#[test]
fn numbers_that_are_not_there_are_not_added() {
    let all = Shift { picture_id: 0x1234, tl0_picture_index: 0x56 };
    assert_eq!(shifted(&[0x08, 0xaa], all), [0x08]);
    assert_eq!(shifted(&[0x38, 0x10, 0xaa], all), [0x38, 0x10], "flexible: no TL0PICIDX");
    assert_eq!(shifted(&[0x58, 0x02, 0xaa], all), [0x58], "a reference is none of the numbers");
    assert_eq!(shift(&[0x88], all, &mut [0; 8]), None);
    assert_eq!(shift(&[], all, &mut [0; 8]), None);
}

proptest! {
    #[test]
    fn shift_by_nothing_gives_the_same_bytes(
        bits in 0..0x80_u8, picture_id in 0..3_usize, behind in any::<[u8; 4]>(),
    ) {
        let payload = [written(bits, IDS[picture_id]).0, behind.to_vec()].concat();
        let out = shifted(&payload, Shift::default());
        prop_assert_eq!(&out, &payload[..out.len()]);
    }

    #[test]
    fn shift_keeps_the_length_and_all_other_bits(
        mut payload in prop::collection::vec(any::<u8>(), 1..60), picture_id: u16, index: u8,
    ) {
        let by = Shift { picture_id, tl0_picture_index: index };
        let Some(before) = Descriptor::parse(&payload) else {
            prop_assert_eq!(shift(&payload, by, &mut [0; 8]), None);
            return Ok(());
        };
        let out = shifted(&payload, by);
        payload[..out.len()].copy_from_slice(&out);
        prop_assert_eq!(Descriptor::parse(&payload), Some(Descriptor {
            picture_id: before.picture_id.map(|id| id.plus(picture_id)),
            tl0_picture_index: before.tl0_picture_index.map(|number| number.wrapping_add(index)),
            ..before
        }));
    }
}

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
