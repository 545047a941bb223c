#![expect(clippy::indexing_slicing, reason = "tests may panic")]
#![expect(clippy::unusual_byte_groupings, reason = "grouped by fields")]

use proptest::prelude::*;

use super::*;

/// A descriptor with those optional fields that are asked for, and what is in it.
fn every_descriptor() -> Vec<(Vec<u8>, Descriptor)> {
    let ids = [
        None,
        Some(PictureId { value: 0x55, is_long: false }),
        Some(PictureId { value: 0x5577, is_long: true }),
    ];
    let mut all = vec![(vec![0x30], starting_frame(1))];
    for (bits, picture_id) in (0..8_u8).flat_map(|bits| ids.map(|id| (bits, id))) {
        let [l, t, k] = [1, 2, 4].map(|bit| bits & bit != 0);
        let present = u8::from(picture_id.is_some()) << 7
            | u8::from(l) << 6
            | u8::from(t) << 5
            | u8::from(k) << 4;
        let mut bytes = vec![0xb0, present];
        match picture_id {
            Some(PictureId { is_long: true, .. }) => bytes.extend([0xd5, 0x77]),
            Some(_) => bytes.push(0x55),
            None => {}
        }
        bytes.extend(l.then_some(0xc3));
        bytes.extend((t || k).then_some(0b10_1_01101));
        let descriptor = Descriptor {
            picture_id,
            tl0_picture_index: l.then_some(0xc3),
            temporal: t.then_some(2),
            layer_sync: t,
            key_index: k.then_some(13),
            ..starting_frame(bytes.len())
        };
        all.push((bytes, descriptor));
    }
    all
}

fn starting_frame(len: usize) -> Descriptor {
    Descriptor {
        starts_frame: true,
        non_reference: true,
        picture_id: None,
        tl0_picture_index: None,
        temporal: None,
        layer_sync: false,
        key_index: None,
        len,
    }
}

#[test]
fn every_optional_field_is_read_where_it_is_there() {
    for (bytes, expected) in every_descriptor() {
        assert_eq!(Descriptor::parse(&bytes), Some(expected), "{bytes:02x?}");
        let behind = [bytes.as_slice(), &[0xff; 10]].concat();
        assert_eq!(Descriptor::parse(&behind), Some(expected), "{behind:02x?}");
        for len in 0..bytes.len() {
            assert_eq!(Descriptor::parse(&bytes[..len]), None, "{bytes:02x?} up to {len}");
        }
    }
}

#[test]
fn frame_starts_with_its_first_partition_only() {
    let starts = |first| Descriptor::parse(&[first]).unwrap().starts_frame;
    assert!(starts(0x10));
    assert!(!starts(0x00), "continuation");
    for partition in 1..8 {
        assert!(!starts(0x10 | partition), "partition {partition}");
    }
    assert!(!Descriptor::parse(&[0x10]).unwrap().non_reference);
    assert!(Descriptor::parse(&[0x20]).unwrap().non_reference);
}

#[test]
fn layer_without_sync_and_fields_not_announced_are_told_apart() {
    let layer = |present, byte| Descriptor::parse(&[0x90, present, byte]).unwrap();
    assert!(!layer(0x20, 0b01_0_00000).layer_sync);
    let key_index_only = layer(0x10, 0b11_1_00001);
    assert_eq!((key_index_only.temporal, key_index_only.layer_sync), (None, false));
    assert_eq!(layer(0x20, 0b11_1_00001).key_index, None);
}

fn shifted(payload: &[u8], by: Shift) -> Vec<u8> {
    let mut out = [0xee; 8];
    let len = shift(payload, by, &mut out).expect("a descriptor");
    out[..len].to_vec()
}

#[test]
fn numbers_wrap_at_their_own_width() {
    let one = Shift { picture_id: 1, tl0_picture_index: 1, key_index: 1 };
    assert_eq!(shifted(&[0x90, 0x80, 0xff, 0xff], one), [0x90, 0x80, 0x80, 0x00], "15 bits");
    assert_eq!(shifted(&[0x90, 0x80, 0x80, 0xff], one), [0x90, 0x80, 0x81, 0x00], "carry");
    assert_eq!(shifted(&[0x90, 0x80, 0x7f, 0xff], one), [0x90, 0x80, 0x00], "7 bits");
    assert_eq!(shifted(&[0x90, 0x40, 0xff], one), [0x90, 0x40, 0x00]);
    assert_eq!(shifted(&[0x90, 0x10, 0b10_1_11111], one), [0x90, 0x10, 0b10_1_00000]);
}

#[test]
fn key_index_is_masked_whatever_it_is_shifted_by() {
    for by in 0..=255 {
        let by = Shift { key_index: by, ..Shift::default() };
        let out = shifted(&[0x90, 0x30, 0b01_0_00111], by);
        assert_eq!(out[2] >> 5, 0b01_0, "TID and Y stay");
        assert_eq!(out[2] & 0x1f, (7 + by.key_index % 32) % 32);
    }
}

#[test]
fn numbers_that_are_not_there_are_not_added() {
    let all = Shift { picture_id: 0x1234, tl0_picture_index: 0x56, key_index: 7 };
    assert_eq!(shifted(&[0x10, 0xaa], all), [0x10]);
    assert_eq!(shifted(&[0x90, 0x00, 0xaa], all), [0x90, 0x00]);
    assert_eq!(shifted(&[0x90, 0x20, 0x1f, 0xaa], all), [0x90, 0x20, 0x1f], "K=0");
    assert_eq!(shift(&[0x90, 0x80], all, &mut [0; 8]), None);
    assert_eq!(shift(&[], all, &mut [0; 8]), None);
}

prop_compose! {
    fn any_shift()(
        picture_id: u16, tl0_picture_index: u8, key_index: u8,
    ) -> Shift {
        Shift { picture_id, tl0_picture_index, key_index }
    }
}

proptest! {
    #[test]
    fn shift_by_nothing_gives_the_same_bytes(
        payload in prop::collection::vec(any::<u8>(), 6..20),
    ) {
        let descriptor = Descriptor::parse(&payload).expect("there are bytes enough");
        prop_assert_eq!(shifted(&payload, Shift::default()), &payload[..descriptor.len]);
    }

    #[test]
    fn shift_keeps_the_length_and_all_other_bits(
        payload in prop::collection::vec(any::<u8>(), 6..20),
        by in any_shift(),
    ) {
        let before = Descriptor::parse(&payload).expect("there are bytes enough");
        let out = shifted(&payload, by);
        let after = Descriptor::parse(&out).expect("as long as before");
        let plus = |number: Option<u8>, more| number.map(|number: u8| number.wrapping_add(more));
        prop_assert_eq!(after, Descriptor {
            picture_id: before.picture_id.map(|id| id.plus(by.picture_id)),
            tl0_picture_index: plus(before.tl0_picture_index, by.tl0_picture_index),
            key_index: plus(before.key_index, by.key_index).map(|index| index & 0x1f),
            ..before
        });
        // What is no field: reserved bits, and TID, Y, KEYIDX where they do not count.
        let announced = out.len().min(2);
        prop_assert_eq!(&out[..announced], &payload[..announced]);
        let extension = if out[0] & 0x80 != 0 { out[1] } else { 0 };
        if extension & 0x30 != 0 {
            let mask = if extension & 0x10 != 0 { 0xe0 } else { 0xff };
            prop_assert_eq!(out[out.len() - 1] & mask, payload[out.len() - 1] & mask);
        }
    }
}

#[test]
fn start_of_partition_0_of_a_key_frame_is_one() {
    assert!(is_key_frame_start(&[0x10, 0x00, 0x9d, 0x01, 0x2a]), "too short for a start code");
    assert!(is_key_frame_start(&[0x30, 0x10]), "N=1, and other bits of the frame tag");
    assert!(is_key_frame_start(&[0x10, 0x50, 0x02, 0x00, 0x9d, 0x01, 0x2a]));
}

#[test]
fn interframe_later_partition_and_continuation_are_none() {
    for (first, tag) in [(0x10, 0x01), (0x11, 0x00), (0x00, 0x00)] {
        assert!(!is_key_frame_start(&[first, tag]));
        assert!(!is_key_frame_start(&[first, tag, 0, 0, 0x9d, 0x01, 0x2a]));
    }
}

#[test]
fn encrypted_frame_is_not_taken_for_a_key_frame() {
    for broken in 3..6 {
        let mut frame = [0x00, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];
        frame[broken] ^= 0x10;
        let payload = [[0x90, 0x80, 0x11].as_slice(), &frame].concat();
        assert!(!is_key_frame_start(&payload), "{payload:02x?}");
        assert_eq!(key_frame_size(&payload), None);
    }
}

#[test]
fn key_frame_is_found_behind_every_descriptor() {
    for key in [true, false] {
        for (descriptor, _) in every_descriptor() {
            let payload = [descriptor.as_slice(), &[u8::from(!key)]].concat();
            assert_eq!(is_key_frame_start(&payload), key, "{payload:02x?}");
            assert!(!is_key_frame_start(&descriptor), "no frame behind {descriptor:02x?}");
        }
    }
}

#[test]
fn key_frame_tells_its_size() {
    // made with libvpx (by ffmpeg)
    let head = [0x10, 0x90, 0x9c, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];
    assert_eq!(key_frame_size(&head), Some((640, 360)));
    assert_eq!(key_frame_size(&head[..10]), None, "cut short");
    let mut scaled = head;
    scaled[8] |= 0x40;
    scaled[10] |= 0xc0;
    assert_eq!(key_frame_size(&scaled), Some((640, 360)), "scaling is no part of it");
    let mut interframe = head;
    interframe[1] |= 1;
    assert_eq!(key_frame_size(&interframe), None);
    let mut empty = head;
    empty[7..9].fill(0);
    assert_eq!(key_frame_size(&empty), None, "no width");
}
