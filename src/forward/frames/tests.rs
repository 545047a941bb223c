use super::*;

/// A packet of VP8 with a 15-bit picture id.
fn vp8(seq: u64, picture: u16, temporal: u8, is_key: bool, starts: bool) -> (u64, Vec<u8>) {
    let [high, low] = picture.to_be_bytes();
    let mut payload = vec![0x80 | u8::from(starts) << 4, 0xe0, 0x80 | high, low, 1, temporal << 6];
    match (starts, is_key) {
        (true, true) => payload.extend([0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]),
        (true, false) => payload.extend([0x11, 0, 0, 1, 2, 3]),
        (false, _) => payload.extend([0x77; 8]),
    }
    (seq, payload)
}

fn read(frames: &mut Frames, now: u32, timestamp: u32, (seq, payload): &(u64, Vec<u8>)) -> Reading {
    read_as(Codec::Vp8, frames, now, timestamp, *seq, payload)
}

fn read_as(
    codec: Codec,
    frames: &mut Frames,
    now: u32,
    timestamp: u32,
    seq: u64,
    payload: &[u8],
) -> Reading {
    frames.read(&Packet {
        now,
        codec,
        seq: ExtSeq(seq),
        timestamp: RtpTime(timestamp),
        marker: true,
        payload,
        descriptor: None,
        marking: None,
        patience: 100,
    })
}

#[test]
fn frames_are_counted_across_the_wrap_of_picture_ids_and_known_by_any_packet() {
    let mut frames = Frames::new();
    let first = read(&mut frames, 0, 0, &vp8(10, 0x7fff, 0, true, true));
    assert!(first.marks.has(Marks::KEY | Marks::FIRST | Marks::FRAME));
    // The second packet of the next frame comes before the first.
    let late = read(&mut frames, 33, 3_000, &vp8(12, 0, 2, false, false));
    assert_eq!(late.frame, first.frame + 1);
    let begin = read(&mut frames, 34, 3_000, &vp8(11, 0, 2, false, true));
    assert_eq!(begin.frame, late.frame);
    let frame = frames.get(begin.frame).expect("it is remembered");
    assert_eq!((frame.temporal, frame.timestamp), (2, RtpTime(3_000)));
    assert_eq!((frames.frames(), frames.pictures(), frames.temporal_layers()), (2, 2, 3));
    assert_eq!(frames.size(0), Some((640, 360)));
}

#[test]
fn encoder_that_starts_over_with_lower_picture_ids_does_not_go_back() {
    let mut frames = Frames::new();
    let before = read(&mut frames, 0, 0, &vp8(10, 9_000, 0, true, true)).frame;
    let after = read(&mut frames, 33, 3_000, &vp8(11, 5, 0, true, true)).frame;
    assert_eq!(after, before + 1);
    assert_eq!(read(&mut frames, 66, 6_000, &vp8(12, 6, 0, false, true)).frame, before + 2);
}

#[test]
fn frames_of_another_stream_pass_for_none_of_the_one_before() {
    let mut frames = Frames::new();
    let before = read(&mut frames, 0, 0, &vp8(10, 9_000, 0, true, true)).frame;
    frames.begin_stream();
    assert!(frames.get(before).is_none() && frames.newest().is_none());
    let after = read(&mut frames, 33, 77, &vp8(9_999, 20, 0, true, true)).frame;
    assert!(after.wrapping_sub(before) > 1 << 16);
}

#[test]
fn pictures_without_numbers_are_told_apart_by_their_timestamps() {
    let mut frames = Frames::new();
    let slice: &[u8] = &[0x41, 0x9a, 0, 0];
    let mut number = |seq, timestamp| read_as(Codec::H264, &mut frames, 0, timestamp, seq, slice);
    let first = number(10, 0).frame;
    assert_eq!(number(11, 0).frame, first, "of one picture");
    assert_eq!(number(12, 3_000).frame, first + 1);
    // 13 is missing: it may be of a picture in between.
    assert_eq!(number(14, 9_000).frame, first + 3);
    assert_eq!(number(13, 6_000).frame, first + 2);
    let older = number(9, 4_294_964_296);
    assert!(!older.marks.has(Marks::FRAME), "nothing of it came in its time");
}

/// Where nothing tells (H2), what begins after a second request in vain is taken for a key frame.
#[test]
fn key_frame_is_guessed_only_where_none_was_ever_recognized_and_requests_were_in_vain() {
    let opaque: &[u8] = &[0xb7, 0x11, 0x22, 0x33];
    for (requests, expected) in [(0, false), (1, false), (2, true)] {
        let mut frames = Frames::new();
        read_as(Codec::H264, &mut frames, 0, 0, 10, opaque);
        for request in 0..requests {
            frames.on_key_frame_asked(500 * request);
        }
        let soon = read_as(Codec::H264, &mut frames, 510, 3_000, 11, opaque);
        assert!(!soon.marks.has(Marks::KEY), "no answer comes as soon");
        let later = read_as(Codec::H264, &mut frames, 600, 6_000, 12, opaque);
        assert_eq!(later.marks.has(Marks::KEY), expected, "{requests} requests");
    }
    let mut frames = Frames::new();
    read(&mut frames, 0, 0, &vp8(10, 1, 0, true, true));
    frames.on_key_frame_asked(0);
    frames.on_key_frame_asked(500);
    let next = read(&mut frames, 600, 3_000, &vp8(11, 2, 0, false, true));
    assert!(!next.marks.has(Marks::KEY), "this stream tells");
}

/// The first key frame was lost, but what comes can be read, and says that it is none.
#[test]
fn key_frame_of_vp8_is_guessed_only_where_frames_say_what_cannot_be() {
    let scrambled = (11, vec![0x90, 0xe0, 0x80, 2, 1, 0, 0x40, 1, 2, 3, 4, 5, 6, 7]);
    for is_scrambled in [false, true] {
        let mut frames = Frames::new();
        read(&mut frames, 0, 0, &vp8(10, 1, 0, false, true));
        if is_scrambled {
            read(&mut frames, 33, 3_000, &scrambled);
        }
        frames.on_key_frame_asked(0);
        frames.on_key_frame_asked(500);
        let next = read(&mut frames, 600, 6_000, &vp8(12, 3, 0, false, true));
        assert_eq!(next.marks.has(Marks::KEY), is_scrambled);
    }
}

#[test]
fn slice_of_a_key_frame_opens_it_only_where_nothing_of_it_came_before() {
    let mut frames = Frames::new();
    let sps: &[u8] = &[
        0x67, 0x42, 0xc0, 0x1f, 0xd9, 0x00, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00,
        0x10, 0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x24, 0x80,
    ];
    let idr: &[u8] = &[0x65, 0x88, 0x80];
    let mut is_key = |seq, timestamp, payload| {
        read_as(Codec::H264, &mut frames, 0, timestamp, seq, payload).marks.has(Marks::KEY)
    };
    assert!(is_key(10, 0, sps));
    assert!(!is_key(11, 0, idr), "of the picture that the parameter set has opened");
    assert!(is_key(12, 3_000, idr), "a picture that begins with it");
    assert!(!is_key(14, 6_000, idr), "what is missing may be its parameter set");
    assert_eq!(frames.size(0), Some((1_280, 720)));
}
