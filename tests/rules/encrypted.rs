//! H1, H2: H.264, and payloads that are encrypted end to end.

use std::time::Duration;

use lahn::Constraints;
use lahn::params::Codec;

use super::publish::{self, Dice, FRAME_INTERVAL, Identity, Kind, Publisher};
use super::stage::{Form, Got, Line, Packet, Stage, What};

/// A single NAL unit with this nal_ref_idc and type, a picture of its own.
fn unit(line: &mut Line, importance: u8, unit_type: u8) -> Packet {
    line.tick();
    line.packet(&[importance << 5 | unit_type, 0x9a], true)
}

/// SPS (x264's, of 1280x720), PPS and SEI in one packet.
fn parameter_sets(line: &mut Line) -> Packet {
    const SPS: [u8; 25] = [
        0x67, 0x42, 0xc0, 0x1f, 0xd9, 0x00, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00,
        0x10, 0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x24, 0x80,
    ];
    line.tick();
    let mut head = vec![0x78, 0, SPS.len() as u8];
    head.extend(SPS);
    head.extend([0, 3, 0x68, 0xce, 0x3c, 0, 25, 6]);
    line.packet(&head, false)
}

#[test]
fn h1_pictures_that_nothing_refers_to_are_dropped_where_nothing_else_tells_layers() {
    let mut stage = Stage::new(Codec::H264);
    let mut line = Line::new(0);
    let sets = parameter_sets(&mut line);
    let idr = line.packet(&[0x65, 0x88], true);
    let last = stage.give_all([&sets, &idr]).pop().expect("it begins").seq;
    for (importance, seq) in [(0, 1), (2, 2), (0, 3), (1, 4)] {
        let got = stage.give(&unit(&mut line, importance, 1));
        assert_eq!(got[0].seq.wrapping_sub(last), seq, "no limit");
    }
    stage.limit_temporal(0);
    for (importance, seq) in [(2, Some(5)), (0, None), (3, Some(6)), (0, None), (1, Some(7))] {
        let got = stage.give(&unit(&mut line, importance, 1));
        assert_eq!(got.first().map(|got| got.seq.wrapping_sub(last)), seq);
    }
}

#[test]
fn h1_stream_all_of_which_is_referred_to_is_forwarded_whole_whatever_the_limit() {
    let mut stage = Stage::new(Codec::H264);
    let mut line = Line::new(0);
    stage.limit_temporal(0);
    stage.give(&parameter_sets(&mut line));
    for _ in 0..30 {
        assert_eq!(stage.give(&unit(&mut line, 2, 1)).len(), 1);
    }
}

#[test]
fn h1_key_frame_begins_with_its_parameter_sets_and_is_one_group_of_one_timestamp() {
    let mut stage = Stage::simulcast(Codec::H264);
    let (mut low, mut high) = (Line::new(0), Line::new(1));
    stage.give(&parameter_sets(&mut low));
    stage.give(&parameter_sets(&mut high));
    stage.limit(1);
    let sets = parameter_sets(&mut high);
    let slices = [high.packet(&[0x7c, 0x85, 0x88], false), high.packet(&[0x7c, 0x45, 0x88], true)];
    let got = stage.give_all([&sets, &slices[0], &slices[1]]);
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|each| each.timestamp == got[0].timestamp));
    // Where the parameter sets came in a packet of their own, nobody begins with the slices.
    stage.pause(true);
    stage.give(&parameter_sets(&mut high));
    stage.pause(false);
    let slice = high.packet(&[0x65, 0x88], true);
    assert_eq!(stage.give(&slice), [], "its parameter sets are gone");
}

#[test]
fn h1_frame_marking_tells_temporal_layers_of_h264() {
    let mut stage = Stage::new(Codec::H264);
    let mut line = Line::new(0);
    // S E I D B TID: random bytes are behind it.
    let mut give = |stage: &mut Stage, flags: u8| {
        line.tick();
        let mut packet = line.packet(&[0xb7, 0x13], true);
        packet.marking = Some(vec![flags, 0, 0]);
        !stage.give(&packet).is_empty()
    };
    assert!(!give(&mut stage, 0xc0), "not independent");
    assert!(give(&mut stage, 0xe0), "I: a key frame");
    assert!(give(&mut stage, 0xc2) && give(&mut stage, 0xc1));
    stage.limit_temporal(0);
    assert!(!give(&mut stage, 0xd2) && !give(&mut stage, 0xc1) && give(&mut stage, 0xc0));
    stage.limit_temporal(1);
    assert!(!give(&mut stage, 0xc1), "not a base layer sync");
    assert!(give(&mut stage, 0xc9) && !give(&mut stage, 0xca) && give(&mut stage, 0xc1));
}

/// Which packet was forwarded, with which number, timestamp, marker and descriptor.
type Decision = (Identity, u16, u32, bool, Option<Vec<u8>>);

/// What a receiver gets of a scripted call.
fn decisions(kind: Kind, seed: u64) -> Vec<Decision> {
    let codec = match kind.codec {
        publish::Codec::Vp8 => Codec::Vp8,
        publish::Codec::Vp9 => Codec::Vp9,
        publish::Codec::Av1 => Codec::Av1,
        publish::Codec::H264 => Codec::H264,
    };
    let mut stage = Stage::with(Form::of(codec, kind.encodings), 1);
    let mut publisher = Publisher::new(kind, seed);
    let mut dice = Dice::new(seed + 40);
    let mut held_up: Vec<Packet> = Vec::new();
    let mut log = Vec::new();
    for picture in 0..240 {
        if dice.chance(0.05) {
            let mut bound = || dice.chance(0.6).then(|| dice.below(3) as u8);
            let (max_spatial, max_temporal) = (bound(), bound());
            let paused = dice.chance(0.1);
            let limits = Constraints { max_spatial, max_temporal, paused, ..Default::default() };
            stage.constrain(0, limits);
        }
        for asked in std::mem::take(&mut stage.asked) {
            let of = |place: &u8| publisher.ssrc(*place) == asked.ssrc;
            if let (What::KeyFrame, Some(place)) = (asked.what, (0..kind.encodings).find(of)) {
                publisher.key_frame_wanted(place);
            }
        }
        for packet in publisher.next_frame(stage.now) {
            let packet = Packet::of(&packet);
            // What begins below the wrap may not lose its first packets (RFC 3711 §3.3.1).
            let is_safe = picture > 20;
            match dice.below(50) {
                0 if is_safe => {}
                1 | 2 if is_safe => held_up.push(packet),
                _ => stage.send(&packet),
            }
            if dice.chance(0.1) {
                held_up.drain(..).for_each(|packet| stage.send(&packet));
            }
        }
        stage.pass_for(FRAME_INTERVAL);
        log.extend(stage.take().into_iter().map(|got| {
            let Got { seq, timestamp, marker, payload, descriptor, .. } = got;
            let id = Identity::of(&payload, seed).expect("published");
            (id, seq, timestamp, marker, descriptor)
        }));
    }
    log
}

#[test]
fn h2_decisions_are_the_same_when_payloads_are_random_bytes() {
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::H264_SIMULCAST) {
        for seed in 1..=2 {
            let (clear, opaque) = (decisions(kind, seed), decisions(kind.opaque(), seed));
            assert!(clear.len() > 100, "{kind:?}: {}", clear.len());
            let same = clear.iter().zip(&opaque).take_while(|(a, b)| a == b).count();
            let (at, len) = (clear.get(same), (clear.len(), opaque.len()));
            assert!(clear == opaque, "{kind:?} {seed}: {len:?}, {at:?} {:?}", opaque.get(same));
        }
    }
}

#[test]
fn h2_where_nothing_tells_a_frame_after_a_request_is_taken_for_a_key_frame() {
    let mut stage = Stage::new(Codec::H264);
    let mut line = Line::new(0);
    let mut dice = Dice::new(3);
    let (mut began, mut frames) = (None, 0);
    for _ in 0..60 {
        line.tick();
        let random: Vec<_> = (0..12).map(|_| dice.next() as u8).collect();
        let packets = [line.packet(&random, false), line.packet(&random, true)];
        let got = stage.give_all(&packets);
        if !got.is_empty() && began.is_none() {
            began = Some((stage.millis(), got.len()));
        }
        if began.is_some() {
            assert_eq!(got.len(), 2, "whole from then on");
            frames += 1;
        }
        stage.pass_for(Duration::from_millis(33));
    }
    let (at, packets) = began.expect("it begins at last");
    let asked = stage.key_frames_asked(line.ssrc);
    assert!(at >= asked[0] + 50 && packets == 2, "{at} {asked:?}: with a frame's first packet");
    stage.limit_temporal(0);
    line.tick();
    assert_eq!(stage.give(&line.packet(&[0x01, 0x9a], true)).len(), 1, "a single layer");
    assert!(frames > 5);
}

#[test]
fn h2_dependency_descriptor_is_trusted_before_the_payload() {
    use super::descriptor::{DescriptorWriter, Mode};
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let mut writer = DescriptorWriter::new(Mode::L1T3, 7);
    // The payload descriptors claim that all is of the base layer.
    let mut next = |stage: &mut Stage, is_key| {
        let frame = writer.unit(is_key).remove(0);
        let mut packets = line.vp8(0, super::stage::Look::Plain, 1);
        packets[0].descriptor = Some(frame.descriptor(true, true));
        !stage.give_all(&packets).is_empty()
    };
    assert!(next(&mut stage, true), "a key frame by its structure alone");
    stage.limit_temporal(0);
    let flows: Vec<_> = (0..8).map(|_| next(&mut stage, false)).collect();
    assert_eq!(flows, [false, false, false, true, false, false, false, true]);
}
