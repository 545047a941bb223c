//! What real encoders sent (`tests/media/`), decoded by ffmpeg: without an error, at the expected
//! sizes, each picture once; as it was recorded, and as the engine forwards it.
//!
//! Read next: [`replay`] (a recording through the engine), [`judge`], [`layers`], [`loss`],
//! [`opaque`] and [`sound`] (what is tried).

#![allow(unreachable_pub, reason = "tests in several files")]

#[path = "support/decode.rs"]
mod decode;
#[allow(dead_code, reason = "shared by crates that use a part each")]
#[path = "support/ends.rs"]
mod ends;
#[allow(dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/recording.rs"]
mod recording;

#[path = "real_media/judge.rs"]
mod judge;
#[path = "real_media/layers.rs"]
mod layers;
#[path = "real_media/loss.rs"]
mod loss;
#[path = "real_media/opaque.rs"]
mod opaque;
#[path = "real_media/original.rs"]
mod original;
#[path = "real_media/pictures.rs"]
mod pictures;
#[path = "real_media/replay.rs"]
mod replay;
#[path = "real_media/script.rs"]
mod script;
#[path = "real_media/sound.rs"]
mod sound;
#[path = "real_media/wire.rs"]
mod wire;

use decode::{Block, Codec, Rtp, decode, duration, listen, reassemble, split_red};
use recording::{Encoding, Recording};

#[test]
fn vp8_simulcast_decodes() {
    every_encoding_decodes("vp8-simulcast", Codec::Vp8, 3);
}

#[test]
fn h264_simulcast_decodes() {
    every_encoding_decodes("h264-simulcast", Codec::H264, 3);
}

#[test]
fn vp9_simulcast_decodes() {
    every_encoding_decodes("vp9-simulcast", Codec::Vp9, 3);
}

#[test]
fn vp9_l3t3_decodes() {
    every_encoding_decodes("vp9-l3t3", Codec::Vp9, 1);
}

#[test]
fn vp9_l3t3_key_decodes() {
    every_encoding_decodes("vp9-l3t3-key", Codec::Vp9, 1);
}

#[test]
fn vp9_l3t3_of_which_two_layers_are_sent_decodes() {
    let recording = Recording::read("vp9-l3t3-two");
    let packets = sent(&recording, &recording.encodings[0]);
    assert_decodes("vp9-l3t3-two", Codec::Vp9, &packets, (480, 272));
}

#[test]
fn av1_l1t3_decodes() {
    every_encoding_decodes("av1-l1t3", Codec::Av1, 1);
}

#[test]
fn av1_l3t3_decodes() {
    every_encoding_decodes("av1-l3t3", Codec::Av1, 1);
}

#[test]
fn av1_l3t3_key_decodes() {
    every_encoding_decodes("av1-l3t3-key", Codec::Av1, 1);
}

#[test]
fn the_lower_spatial_layers_of_vp9_decode() {
    // The first byte of the descriptor, the picture id in two bytes, then TID, U, SID, D.
    lower_layers_decode("vp9-l3t3", Codec::Vp9, |payload, _| payload[3] >> 1 & 7);
    lower_layers_decode("vp9-l3t3-key", Codec::Vp9, |payload, _| payload[3] >> 1 & 7);
}

#[test]
fn the_lower_spatial_layers_of_av1_decode() {
    lower_layers_decode("av1-l3t3", Codec::Av1, av1_spatial_layer);
    lower_layers_decode("av1-l3t3-key", Codec::Av1, av1_spatial_layer);
}

#[test]
fn opus_with_dtx_decodes() {
    let packets = audio("opus-dtx");
    let steps = packets.windows(2).map(|two| two[1].timestamp.wrapping_sub(two[0].timestamp));
    let pauses = steps.filter(|step| *step >= 48_000 / 5).count();
    assert!(pauses >= 3, "only {pauses} pauses of 200 ms or more: is this DTX?");
    assert_heard(packets.iter().map(|packet| packet.payload.as_slice()).collect());
}

#[test]
fn opus_in_red_decodes() {
    let blocks: Vec<Vec<Block>> =
        audio("opus-red").iter().map(|packet| split_red(packet).expect("RED")).collect();
    let primary: Vec<&Block> = blocks.iter().map(|blocks| blocks.last().unwrap()).collect();
    let mut repeated = 0;
    for block in blocks.iter().flat_map(|blocks| &blocks[..blocks.len() - 1]) {
        let original = primary.iter().find(|other| other.timestamp == block.timestamp);
        assert_eq!(original, Some(&block), "a block repeats what was sent before");
        repeated += 1;
    }
    assert!(repeated > 50, "only {repeated} redundant blocks");
    assert_heard(primary.iter().map(|block| block.bytes.as_slice()).collect());
}

/// The packets of a recording of a microphone, but for padding.
fn audio(name: &str) -> Vec<Rtp> {
    let recording = Recording::read(name);
    let mut packets = sent(&recording, &recording.encodings[0]);
    packets.retain(|packet| !packet.payload.is_empty());
    assert!(packets.len() > 60, "{name}: only {} packets", packets.len());
    packets
}

#[track_caller]
fn assert_heard(packets: Vec<&[u8]>) {
    let samples = packets.iter().map(|packet| duration(packet).expect("Opus")).sum();
    let Some(heard) = listen(&packets) else { return };
    assert_eq!((heard.samples, heard.errors.as_str()), (samples, ""));
}

/// As the extension of its first OBU says (AV1 bitstream specification §5.3.3); what has none is the
/// sequence header at the beginning of a key frame.
fn av1_spatial_layer(payload: &[u8], before: u8) -> u8 {
    let (continues, count) = (payload[0] & 0x80 != 0, payload[0] >> 4 & 3);
    let length_bytes = match payload[1] {
        _ if count == 1 => 0,
        0..0x80 => 1,
        _ => 2,
    };
    match payload[1 + length_bytes..] {
        _ if continues => before,
        [header, extension, ..] if header & 4 != 0 => extension >> 3 & 3,
        _ => 0,
    }
}

/// Cuts the highest layer off, then the one below, as a selector would: gaps closed, marker set.
fn lower_layers_decode(name: &str, codec: Codec, layer_of: impl Fn(&[u8], u8) -> u8) {
    let recording = Recording::read(name);
    let encoding = &recording.encodings[0];
    let whole = sent(&recording, encoding);
    let (width, height) = encoding.size.expect("a size for video");
    for (highest, size) in [(1, (width / 2, height / 2)), (0, (width / 4, height / 4))] {
        let mut layer = 0;
        let mut packets = whole.clone();
        packets.retain(|packet| {
            layer = layer_of(&packet.payload, layer);
            layer <= highest
        });
        for place in 0..packets.len() {
            let last = packets
                .get(place + 1)
                .is_none_or(|next| next.timestamp != packets[place].timestamp);
            packets[place].marker = last;
            packets[place].seq = place as u16;
        }
        assert!(packets.len() < whole.len(), "nothing was cut");
        assert_decodes(name, codec, &packets, size);
    }
}

fn every_encoding_decodes(name: &str, codec: Codec, encodings: usize) {
    let recording = Recording::read(name);
    assert_eq!(recording.encodings.len(), encodings, "{name}");
    for encoding in &recording.encodings {
        let packets = sent(&recording, encoding);
        let size = encoding.size.expect("a size for video");
        assert!(packets.len() > 60, "{name}: only {} packets", packets.len());
        assert_decodes(name, codec, &packets, size);
    }
}

/// The packets of an encoding as they were recorded.
fn sent(recording: &Recording, encoding: &Encoding) -> Vec<Rtp> {
    let packets = recording.of(encoding);
    packets.map(|packet| Rtp::parse(&packet.bytes).expect("RTP")).collect()
}

/// Asserts that all frames in `packets` are whole, and that a decoder makes a picture of `size` of
/// each of them, without complaint.
#[track_caller]
fn assert_decodes(name: &str, codec: Codec, packets: &[Rtp], size: (u16, u16)) {
    let frames = reassemble(codec, packets);
    for frame in &frames {
        assert!(frame.bytes.is_ok(), "{name}: {frame:?}");
    }
    let Some(decoded) = decode(codec, &frames) else { return };
    assert_eq!(decoded.errors, "", "{name}");
    assert_eq!(decoded.sizes, vec![size; frames.len()], "{name}");
}
