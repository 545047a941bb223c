//! The judge of forwarded media is judged itself: it takes frames that are whole, in any order of
//! their packets, and says what is wrong with any other.

#[expect(unreachable_pub, reason = "shared by test crates")]
#[path = "support/decode.rs"]
mod decode;
#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/recording.rs"]
mod recording;

use decode::{Codec, Decoded, Frame, Rtp, duration, listen, reassemble, split_red};
use recording::Recording;

fn packet(seq: u16, timestamp: u32, marker: bool, payload: &[u8]) -> Rtp {
    Rtp { payload_type: 96, marker, seq, timestamp, ssrc: 1, payload: payload.to_vec() }
}

/// Two VP8 frames, of two packets and of one, the numbers wrapping between.
fn vp8() -> Vec<Rtp> {
    vec![
        packet(65_534, 3000, false, &[0x10, 1, 2]),
        packet(65_535, 3000, true, &[0x00, 3]),
        packet(0, 6000, true, &[0x90, 0xe0, 0x80, 7, 8, 0x20, 4]),
    ]
}

/// What is said of each frame.
fn verdicts(codec: Codec, packets: &[Rtp]) -> Vec<Result<Vec<u8>, &'static str>> {
    reassemble(codec, packets).into_iter().map(|frame| frame.bytes).collect()
}

/// The same with one packet for the whole frame.
fn verdict(codec: Codec, payload: &[u8]) -> Result<Vec<u8>, &'static str> {
    verdicts(codec, &[packet(1, 1, true, payload)]).remove(0)
}

#[test]
fn frames_are_put_together_whatever_the_order() {
    let whole = [
        Frame { timestamp: 3000, seqs: 65_534..=65_535, bytes: Ok(vec![1, 2, 3]) },
        Frame { timestamp: 6000, seqs: 65_536..=65_536, bytes: Ok(vec![4]) },
    ];
    assert_eq!(reassemble(Codec::Vp8, &vp8()), whole);
    let mut shuffled = vp8();
    shuffled.swap(1, 2);
    assert_eq!(reassemble(Codec::Vp8, &shuffled), whole);
}

#[test]
fn padding_between_frames_belongs_to_none() {
    let mut packets = vp8();
    packets[2].seq = 1;
    packets.push(packet(0, 3000, false, &[]));
    assert_eq!(verdicts(Codec::Vp8, &packets), [Ok(vec![1, 2, 3]), Ok(vec![4])]);
}

#[test]
fn a_packet_that_is_missing_twice_or_wrongly_marked_is_told() {
    let with = |change: &dyn Fn(&mut Vec<Rtp>)| {
        let mut packets = vp8();
        packets.insert(1, packet(65_535, 3000, false, &[0x00, 9]));
        packets[2].seq = 0;
        packets[3].seq = 1;
        change(&mut packets);
        verdicts(Codec::Vp8, &packets)[0].clone()
    };
    assert_eq!(with(&|_| {}), Ok(vec![1, 2, 9, 3]));
    let begins = "a VP8 frame begins elsewhere than at its first packet";
    assert_eq!(with(&|packets| drop(packets.remove(0))), Err(begins));
    assert_eq!(with(&|packets| drop(packets.remove(1))), Err("a packet is missing"));
    assert_eq!(with(&|packets| drop(packets.remove(2))), Err("the last packet has no marker"));
    let twice = |packets: &mut Vec<Rtp>| packets.push(packets[1].clone());
    assert_eq!(with(&twice), Err("two packets have one number"));
    let early = |packets: &mut Vec<Rtp>| packets[1].marker = true;
    assert_eq!(with(&early), Err("a marker before the last packet"));
}

#[test]
fn vp9_layers_of_a_picture_stand_one_behind_another() {
    // The first with a structure of two sizes and one reference distance, the second with two of
    // those for itself.
    let structure = [0x38, 0, 8, 0, 8, 0, 16, 0, 16, 1, 0x04, 5];
    let mut picture = [
        packet(1, 9, false, &[&[0x8e, 0x01][..], &structure, &[1]].concat()),
        packet(2, 9, false, &[0xf8, 0x81, 0x03, 0x03, 0x05, 0x02, 2]),
        packet(3, 9, true, &[0x84, 0x01, 3]),
    ];
    assert_eq!(verdicts(Codec::Vp9, &picture), [Ok(vec![1, 2, 3])]);
    picture[1].payload[0] &= !0x08;
    let unbegun = "a VP9 frame begins within another, or not at all";
    assert_eq!(verdicts(Codec::Vp9, &picture), [Err(unbegun)]);
    assert_eq!(verdict(Codec::Vp9, &[0x88, 0x01, 1]), Err("a VP9 frame does not end"));
    assert_eq!(verdict(Codec::Vp9, &[0x88, 0x01]), Err("a VP9 descriptor is cut off"));
}

#[test]
fn av1_obus_get_their_sizes_back() {
    let unit = [
        // Two elements, the second goes on: a sequence header, and the first part of a frame.
        packet(1, 9, false, &[0x60, 2, 0x08, 7, 0x34, 0x28, 1]),
        packet(2, 9, true, &[0x90, 2, 3]),
    ];
    let whole = vec![0x12, 0, 0x0a, 1, 7, 0x36, 0x28, 3, 1, 2, 3];
    assert_eq!(verdicts(Codec::Av1, &unit), [Ok(whole)]);
    assert_eq!(verdict(Codec::Av1, &unit[0].payload), Err("the last OBU does not end"));
    assert_eq!(verdict(Codec::Av1, &unit[1].payload), Err("the part of an OBU is missing"));
    assert_eq!(verdict(Codec::Av1, &[0x00, 9, 0x08]), Err("an OBU element is cut off"));
    let long = [&[0x10, 0x30][..], &[5; 200]].concat();
    let sized = [&[0x12, 0, 0x32, 0xc8, 0x01][..], &[5; 200]].concat();
    assert_eq!(verdict(Codec::Av1, &long), Ok(sized));
}

#[test]
fn h264_units_become_annex_b() {
    let frame = [
        packet(1, 9, false, &[0x78, 0, 2, 0x67, 1, 0, 1, 0x68]),
        packet(2, 9, false, &[0x7c, 0x85, 2]),
        packet(3, 9, true, &[0x7c, 0x45, 3]),
    ];
    let whole = vec![0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 0, 0, 0, 1, 0x65, 2, 3];
    assert_eq!(verdicts(Codec::H264, &frame), [Ok(whole)]);
    let unended = "a fragmented NAL unit does not end";
    assert_eq!(verdict(Codec::H264, &frame[1].payload), Err(unended));
    let unbegun = "a fragmented NAL unit begins within another, or not at all";
    assert_eq!(verdict(Codec::H264, &frame[2].payload), Err(unbegun));
    assert_eq!(verdict(Codec::H264, &[0x78, 0, 9, 1]), Err("a STAP-A is cut off"));
}

#[test]
fn red_is_split_into_its_blocks() {
    // 960 ticks before, two bytes; then the primary block.
    let red = packet(1, 5000, false, &[0xef, 0x0f, 0x00, 0x02, 0x6f, 1, 2, 3]);
    let blocks = split_red(&red).unwrap();
    let flat: Vec<_> = blocks.iter().map(|b| (b.payload_type, b.timestamp, &b.bytes[..])).collect();
    assert_eq!(flat, [(111, 4040, &[1, 2][..]), (111, 5000, &[3][..])]);
    assert_eq!(split_red(&packet(1, 1, false, &[0xef, 0x0f, 0x00, 0x02, 0x6f, 1])), None);
}

#[test]
fn opus_packets_tell_how_long_they_are() {
    let durations = [
        (&[0x00][..], 480), // SILK, 10 ms
        (&[0x18], 2880),    // SILK, 60 ms
        (&[0x79], 1920),    // hybrid, twice 20 ms
        (&[0x80], 120),     // CELT, 2.5 ms
        (&[0xfb, 3], 2880), // CELT, 20 ms, as many as the second byte says
    ];
    for (packet, samples) in durations {
        assert_eq!(duration(packet), Some(samples), "{packet:x?}");
    }
    assert_eq!((duration(&[]), duration(&[0xfb])), (None, None));
}

#[test]
fn the_decoder_tells_rubbish_from_opus() {
    let recording = Recording::read("opus-dtx");
    let packets = recording.of(&recording.encodings[0]).map(|p| Rtp::parse(&p.bytes).expect("RTP"));
    let packets: Vec<Rtp> = packets.collect();
    let mut payloads: Vec<&[u8]> = packets.iter().map(|p| p.payload.as_slice()).collect();
    payloads[2] = &[0xff; 5];
    let Some(heard) = listen(&payloads) else { return };
    assert!(!heard.errors.is_empty(), "{heard:?}");
}

#[test]
fn the_decoder_tells_a_stream_without_its_key_frame() {
    for (name, codec) in REAL {
        let frames = recorded(name, codec);
        let Some(decoded) = decode::decode(codec, &frames[1..8]) else { return };
        assert!(decoded.sizes.len() < 7 || !decoded.errors.is_empty(), "{name}: {decoded:?}");
    }
}

#[test]
fn the_decoder_tells_a_frame_of_rubbish() {
    for (name, codec) in REAL {
        let mut frames = recorded(name, codec);
        let bytes = frames[4].bytes.as_mut().expect("a whole frame");
        bytes.fill(0xff);
        let Some(Decoded { sizes, errors, .. }) = decode::decode(codec, &frames[..8]) else {
            return;
        };
        assert!(sizes.len() < 8 || !errors.is_empty(), "{name}: {errors}");
    }
}

const REAL: [(&str, Codec); 4] = [
    ("vp8-simulcast", Codec::Vp8),
    ("vp9-l3t3", Codec::Vp9),
    ("av1-l3t3", Codec::Av1),
    ("h264-simulcast", Codec::H264),
];

/// The frames of the highest encoding of a recording.
fn recorded(name: &str, codec: Codec) -> Vec<Frame> {
    let recording = Recording::read(name);
    let encoding = recording.encodings.last().expect("an encoding");
    let packets = recording.of(encoding).map(|packet| Rtp::parse(&packet.bytes).expect("RTP"));
    reassemble(codec, &packets.collect::<Vec<_>>())
}
