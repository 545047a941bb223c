#![expect(clippy::indexing_slicing, reason = "tests may panic")]
#![expect(clippy::unusual_byte_groupings, reason = "groups are fields")]

use super::*;

fn kbps(layer: Option<&AllocatedLayer>) -> Vec<u64> {
    let bitrates = layer.expect("it is active").bitrates();
    bitrates.iter().map(|bitrate| bitrate.as_bps() / 1000).collect()
}

#[test]
fn simulcast_of_three_with_sizes() {
    let value = [
        0b01_10_0001,  // the second of 3 streams, each with spatial layer 0
        0b10_10_01_00, // 3, 3 and 2 temporal layers
        50,
        80,
        100, // stream 0
        0xac,
        0x02,
        0x90,
        0x03,
        0xf4,
        0x03, // 300, 400, 500
        0xdc,
        0x0b,
        0xc4,
        0x13, // 1500, 2500
        0x01,
        0x3f,
        0x00,
        0xb3,
        15, // 320 x 180
        0x02,
        0x7f,
        0x01,
        0x67,
        30, // 640 x 360
        0x04,
        0xff,
        0x02,
        0xcf,
        60, // 1280 x 720
    ];
    let allocation = VideoLayersAllocation::parse(&value).unwrap();
    assert_eq!((allocation.stream(), allocation.streams()), (1, 3));
    assert_eq!(kbps(allocation.layer(0, 0)), [50, 80, 100]);
    assert_eq!(kbps(allocation.layer(1, 0)), [300, 400, 500]);
    assert_eq!(kbps(allocation.layer(2, 0)), [1500, 2500]);
    assert_eq!(allocation.layer(3, 0), None);
    assert_eq!(allocation.layer(0, 1), None);
    let sizes: Vec<_> = allocation
        .layers()
        .filter_map(|(stream, spatial, layer)| Some((stream, spatial, layer.picture?)))
        .map(|(stream, spatial, p)| (stream, spatial, p.width, p.height, p.max_frame_rate))
        .collect();
    assert_eq!(sizes, [(0, 0, 320, 180, 15), (1, 0, 640, 360, 30), (2, 0, 1280, 720, 60)]);
}

#[test]
fn spatial_layers_of_one_stream_without_sizes() {
    // L3T1, the middle layer switched off.
    let value = [0b00_00_0101, 0b00_00_0000, 100, 0xe8, 0x07];
    let allocation = VideoLayersAllocation::parse(&value).unwrap();
    assert_eq!(kbps(allocation.layer(0, 0)), [100]);
    assert_eq!(allocation.layer(0, 1), None);
    assert_eq!(kbps(allocation.layer(0, 2)), [1000]);
    assert!(allocation.layers().all(|(_, _, layer)| layer.picture.is_none()));
}

#[test]
fn streams_with_layers_of_their_own_have_a_mask_each() {
    // Two streams: one byte of masks. The second sends nothing.
    let allocation = VideoLayersAllocation::parse(&[0b00_01_0000, 0x30, 0, 1, 2]).unwrap();
    assert_eq!(allocation.streams(), 2);
    assert_eq!(kbps(allocation.layer(0, 1)), [2]);
    assert_eq!(allocation.layer(1, 0), None);
    // Three: two bytes. Five layers: two bytes of temporal layers.
    let value = [0b10_10_0000, 0x71, 0x10, 0b00_00_00_01, 0b11_00_00_00];
    let bitrates = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    let allocation = VideoLayersAllocation::parse(&[&value[..], &bitrates].concat()).unwrap();
    assert_eq!(allocation.stream(), 2);
    assert_eq!(kbps(allocation.layer(0, 2)), [3]);
    assert_eq!(kbps(allocation.layer(1, 0)), [4, 5]);
    assert_eq!(kbps(allocation.layer(2, 0)), [6, 7, 8, 9]);
}

#[test]
fn single_zero_says_that_nothing_is_sent() {
    let allocation = VideoLayersAllocation::parse(&[0]).unwrap();
    assert_eq!((allocation.streams(), allocation.layers().count()), (0, 0));
}

#[test]
fn allocation_cut_short_is_none() {
    let whole = [0b00_01_0001, 0b01_00_0000, 0x80, 0x01, 2, 3];
    let sizes = [0, 1, 0, 1, 30, 0, 3, 0, 3, 30];
    let value = [&whole[..], &sizes].concat();
    for len in 0..value.len() {
        let read = VideoLayersAllocation::parse(&value[..len]);
        assert_eq!(read.is_some(), len == whole.len(), "{len}");
    }
    assert!(VideoLayersAllocation::parse(&value).is_some());
}

#[test]
fn bitrate_beyond_32_bits_is_none() {
    let read = |bitrate: &[u8]| {
        let value = [&[0b00_00_0001, 0][..], bitrate].concat();
        VideoLayersAllocation::parse(&value).map(|read| kbps(read.layer(0, 0))[0])
    };
    assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Some(0xffff_ffff));
    assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x1f]), None);
    assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]), None);
}
