//! What the publisher sends is what encoders send, from any counter on, and the same from the same
//! seed.

use std::collections::HashSet;

use lahn::wire::ext::dependency_descriptor::{
    Dependencies, FrameDescriptor, Indications, Structure,
};
use lahn::wire::payload::{av1, h264, vp8, vp9};

use super::descriptor::{self, DescriptorWriter};
use super::publish::{Codec, FRAME_INTERVAL, Kind, Mode, PlainPacket, Publisher};
use super::stream::{beginning, frame, publish};

fn packets(kind: Kind, seed: u64, pictures: u32) -> Vec<PlainPacket> {
    let packets = publish(&mut Publisher::new(kind, seed), pictures, |_, _| {});
    packets.into_iter().map(|(_, packet)| packet).collect()
}

#[test]
fn same_seed_same_packets() {
    let bytes = |packets: Vec<PlainPacket>| {
        packets.into_iter().map(|packet| (packet.seq, packet.payload)).collect::<Vec<_>>()
    };
    for kind in Kind::ALL {
        assert!(bytes(packets(kind, 1, 30)) == bytes(packets(kind, 1, 30)));
        assert!(bytes(packets(kind, 1, 30)) != bytes(packets(kind, 2, 30)));
    }
}

/// Encryption hides bytes, and changes nothing else that could be decided by.
#[test]
fn opaque_packets_are_the_same_but_for_what_is_hidden() {
    for kind in Kind::ALL {
        let (clear, opaque) = (packets(kind, 3, 40), packets(kind.opaque(), 3, 40));
        assert_eq!(clear.len(), opaque.len());
        for (clear, opaque) in clear.iter().zip(&opaque) {
            let numbers = |packet: &PlainPacket| {
                (packet.ssrc, packet.seq, packet.timestamp, packet.marker, packet.identity)
            };
            assert_eq!(numbers(clear), numbers(opaque));
            assert_eq!(clear.descriptor, opaque.descriptor);
            let head = match (kind.codec, opaque.payload[0] & 0x10 != 0) {
                (Codec::Vp8, true) => 8,
                (Codec::Vp8 | Codec::Vp9, _) => 4,
                _ => 0,
            };
            assert_eq!(clear.payload[..head], opaque.payload[..head]);
        }
    }
}

/// As the engine's own eyes see them.
#[test]
fn first_packets_of_key_frames_begin_key_frames_and_no_others_do() {
    for kind in Kind::ALL {
        let mut publisher = Publisher::new(kind, 4);
        let stream = publish(&mut publisher, 60, |picture, publisher| {
            if picture == 31 {
                publisher.key_frame_wanted(0);
            }
        });
        let truth = publisher.truth();
        let mut keys = 0;
        for (_, plain) in &stream {
            let frame = frame(&truth, plain);
            let sees = match kind.codec {
                Codec::Vp8 => vp8::is_key_frame_start,
                Codec::Vp9 => vp9::is_key_frame_start,
                Codec::Av1 => av1::is_key_frame_start,
                Codec::H264 => h264::is_key_frame_start,
            };
            let opens = frame.in_key_picture && frame.spatial == 0 && plain.identity.packet == 0;
            // The slice behind the parameter sets counts too.
            let is_slice =
                kind.codec == Codec::H264 && frame.starts() && plain.identity.packet == 1;
            assert_eq!(sees(&plain.payload), opens || is_slice, "{kind:?} {:02x?}", plain.payload);
            keys += u32::from(opens);
        }
        assert_eq!(keys, u32::from(kind.encodings) + 1);
    }
}

#[test]
fn structures_are_those_of_real_encoders() {
    for (kind, templates) in
        [(Kind::AV1_L1T3, 5), (Kind::AV1_L3T3, 15), (Kind::AV1_L3T3_KEY, 15), (Kind::AV1_S3T3, 15)]
    {
        let first = &packets(kind, 5, 1)[0];
        let descriptor = first.descriptor.as_ref().expect("described");
        let structure = Structure::parse(descriptor).expect("good").expect("there is one");
        assert_eq!(structure.template_count(), templates, "{kind:?}");
        let spatial = kind.mode.spatial_layers();
        assert_eq!(structure.chains(), spatial);
        assert_eq!(structure.decode_targets(), spatial * 3);
        assert_eq!(structure.resolution(spatial - 1), Some((1280, 720)));
        assert_eq!(structure.layer_of(1), Some((0, 1)));
    }
}

/// Two writers that know nothing of each other, one of which was compared with Chromium, say the
/// same of every frame, whenever a key frame is wanted.
#[test]
fn descriptors_are_those_of_the_other_writer() {
    for (kind, mode) in [
        (Kind::AV1_L1T3, descriptor::Mode::L1T3),
        (Kind::AV1_L3T3, descriptor::Mode::L3T3),
        (Kind::AV1_L3T3_KEY, descriptor::Mode::L3T3Key),
        (Kind::AV1_S3T3, descriptor::Mode::S3T3),
    ] {
        let is_key = |picture| [0, 14, 21, 39].contains(&picture);
        let stream = publish(&mut Publisher::new(kind, 8), 60, |picture, publisher| {
            if is_key(picture) {
                publisher.key_frame_wanted(0);
            }
        });
        let firsts = stream.iter().filter(|(_, plain)| plain.identity.packet == 0);
        let ours: Vec<_> =
            firsts.map(|(_, plain)| plain.descriptor.clone().expect("described")).collect();
        let own = Structure::parse(&ours[0]).expect("good").expect("there is one");
        let mut writer = DescriptorWriter::new(mode, 0)
            .with_resolution(1280, 720)
            .with_template_id_offset(own.template_id_offset());
        let theirs: Vec<_> = (0..60).flat_map(|picture| writer.unit(is_key(picture))).collect();
        let theirs: Vec<_> = theirs.iter().map(|frame| frame.descriptor(true, false)).collect();
        let their_own = Structure::parse(&theirs[0]).expect("good").expect("there is one");
        // The order of templates within a layer is free.
        assert_eq!(own.template_count(), their_own.template_count());
        for target in 0..own.decode_targets() {
            assert_eq!(own.chain_of(target), their_own.chain_of(target));
            assert_eq!(own.included_in(target), their_own.included_in(target));
        }
        assert_eq!(ours.len(), theirs.len());
        let (mut our_structure, mut their_structure) = (own, their_own);
        for (place, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            let ours = facts(ours, &mut our_structure);
            assert_eq!(ours, facts(theirs, &mut their_structure), "{kind:?} frame {place}");
        }
    }
}

/// What a descriptor says, numbers and template ids aside.
fn facts(
    value: &[u8],
    structure: &mut Structure,
) -> (u8, u8, Indications, Dependencies, Option<u32>) {
    if let Some(own) = Structure::parse(value).expect("good") {
        *structure = own;
    }
    let says = FrameDescriptor::parse(value, structure).expect("good");
    let FrameDescriptor { spatial, temporal, indications, dependencies, .. } = says;
    (spatial, temporal, indications, dependencies, says.active_decode_targets)
}

#[test]
fn counters_begin_anywhere_and_wrap() {
    let mut near_the_wrap = 0;
    let mut widths = HashSet::new();
    for seed in 0..40 {
        let packets = packets(Kind::VP8_SIMULCAST, seed, 2);
        near_the_wrap += u32::from(packets[0].seq > 0xff00);
        widths.insert(packets[0].payload[2] & 0x80 != 0);
    }
    assert!((8..40).contains(&near_the_wrap));
    assert_eq!(widths.len(), 2, "picture ids of both widths");
    let seen: HashSet<_> =
        packets(Kind::VP8_SIMULCAST, 1, 40).iter().map(|packet| packet.payload[5] & 0x1f).collect();
    assert!(!seen.is_empty());
}

#[test]
fn restart_changes_the_ssrc_and_begins_with_a_key_frame() {
    let mut publisher = Publisher::new(Kind::VP9_L3T3, 6);
    let mut now = beginning();
    let before = publisher.next_frame(now)[0].clone();
    now += FRAME_INTERVAL;
    publisher.restart(0);
    let after = publisher.next_frame(now)[0].clone();
    assert!(before.ssrc != after.ssrc && after.ssrc == publisher.ssrc(0));
    assert!(vp9::is_key_frame_start(&after.payload));
    let truth = publisher.truth();
    assert_eq!(frame(&truth, &after).incarnation, 1);
    assert!(frame(&truth, &before).index < frame(&truth, &after).index);
}

/// Capture time, RTP time and the time of sender reports agree, but for 50 ppm.
#[test]
fn clocks_agree() {
    let mut publisher = Publisher::new(Kind::AV1_SIMULCAST, 7);
    let stream = publish(&mut publisher, 300, |_, _| {});
    for encoding in 0..3 {
        let told = stream.iter().filter(|(_, plain)| plain.encoding == encoding);
        let told: Vec<_> = told.filter(|(_, plain)| plain.capture_time.is_some()).collect();
        assert!(told.len() > 8);
        for (_, plain) in told {
            let (ntp, rtp) = publisher.clock(encoding, plain.captured);
            let off = ntp.abs_diff(plain.capture_time.expect("filtered"));
            assert!(off < 1 << 14, "a few microseconds: {off}");
            assert!((plain.timestamp.wrapping_sub(rtp) as i32).abs() <= 1);
        }
    }
    let Mode::L1T3 = publisher.kind().mode else { panic!("it has no spatial layers") };
}
