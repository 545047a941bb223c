//! R1, R2, R7: where an encoding may begin, what is asked for until then, and how long it takes.

use lahn::params::Codec;
use lahn::{Constraints, LayerReason};

use super::descriptor::{DescriptorWriter, Mode};
use super::stage::{Form, Got, Line, Look, Packet, Stage};

fn tags(got: &[Got]) -> Vec<u32> {
    got.iter().map(Got::tag).collect()
}

/// The first of `beginnings` that a new receiver begins with.
fn begins_with(codec: Codec, beginnings: &[&[u8]]) -> Option<usize> {
    let mut stage = Stage::new(codec);
    let mut line = Line::new(0);
    for (place, head) in beginnings.iter().enumerate() {
        let packet = line.packet(head, true);
        line.tick();
        if !stage.give(&packet).is_empty() {
            return Some(place);
        }
    }
    None
}

#[test]
fn r1_new_encoding_is_forwarded_only_from_a_key_frames_first_packet() {
    let mut stage = Stage::simulcast(Codec::Vp8);
    let (mut low, mut high) = (Line::new(0), Line::new(1));
    assert_eq!(stage.give_all(&low.vp8(0, Look::Plain, 2)), [], "nothing to begin with");
    let key = low.vp8(0, Look::Key, 3);
    assert_eq!(stage.give_all(&key[1..]), [], "not in its middle");
    assert_eq!(stage.give_all(&low.vp8(0, Look::Plain, 2)).len(), 0);
    assert_eq!(stage.give_all(&low.vp8(0, Look::Key, 3)).len(), 3);

    stage.limit(1);
    assert_eq!(stage.give_all(&high.vp8(0, Look::Plain, 2)), [], "another encoding, no key frame");
    assert_eq!(stage.give_all(&low.vp8(0, Look::Plain, 2)).len(), 2, "the old one goes on");
    assert_eq!(stage.give_all(&high.vp8(0, Look::Key, 2)).len(), 2);
    assert_eq!(stage.give_all(&low.vp8(0, Look::Plain, 2)), [], "the old one is over");
    assert_eq!(stage.give_all(&high.vp8(0, Look::Plain, 2)).len(), 2);
}

#[test]
fn r1_key_frame_of_each_codec_is_known_by_its_first_packet() {
    // VP8: S=1, PID=0, P=0.
    let vp8: [&[u8]; 5] = [
        &[0x80, 0x80, 0x81, 0x00, 0x10, 2, 0, 0x9d],
        &[0x91, 0x80, 0x81, 0x00, 0x10, 2, 0, 0x9d],
        &[0x90, 0x80, 0x81, 0x01, 0x11, 2, 0, 0x9d],
        &[0x90, 0x80, 0x81, 0x02, 0x31, 2, 0, 0x9d],
        &[0x90, 0x80, 0x81, 0x03, 0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1],
    ];
    assert_eq!(begins_with(Codec::Vp8, &vp8), Some(4));
    // VP9: B=1, P=0, SID=0.
    let vp9: [&[u8]; 4] = [
        &[0xa0, 0x81, 0x01, 0x00, 0x05],
        &[0xe8, 0x81, 0x02, 0x00, 0x05],
        &[0xa8, 0x81, 0x03, 0x03, 0x05],
        &[0xa8, 0x81, 0x04, 0x00, 0x05],
    ];
    assert_eq!(begins_with(Codec::Vp9, &vp9), Some(3));
    // AV1 without descriptor: N.
    assert_eq!(begins_with(Codec::Av1, &[&[0x10], &[0x50], &[0x90], &[0x18]]), Some(3));
    // H.265: a coded slice, then the parameter sets and an IDR picture.
    assert_eq!(begins_with(Codec::H265, &[&[0x02, 0x01, 0xd0], &[0x42, 0x01, 0x01]]), Some(1));
}

/// x264's, of 1280x720: nothing is taken for a sequence parameter set that makes no sense, as what
/// is encrypted may look like anything.
const SPS: [u8; 25] = [
    0x67, 0x42, 0xc0, 0x1f, 0xd9, 0x00, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10,
    0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x24, 0x80,
];

#[test]
fn r1_h264_begins_at_parameter_sets_or_idr_alone_aggregated_or_fragmented() {
    let slices: [&[u8]; 6] = [
        &[0x41, 0x9a],
        &[0x06, 0x05],
        &[0x68, 0xce],
        &[0x7c, 0x81, 0x9a],
        &[0x7c, 0x05, 0x88],
        &[0x78, 0, 2, 0x41, 0x9a, 0, 2, 0x41, 0x9a],
    ];
    let aggregate = [&[0x78, 0, 25][..], &SPS, &[0, 2, 0x68, 0xce]].concat();
    let starts: [&[u8]; 4] = [&SPS, &aggregate, &[0x65, 0x88], &[0x7c, 0x85, 0x88]];
    for start in starts {
        let mut stage = Stage::new(Codec::H264);
        let mut line = Line::new(0);
        let mut give = |stage: &mut Stage, head: &[u8]| {
            line.tick();
            stage.give(&line.packet(head, true)).len()
        };
        assert_eq!(give(&mut stage, &[0x65, 0x88]), 0, "no parameter set was ever seen");
        assert_eq!(give(&mut stage, &SPS), 1);
        stage.pause(true);
        assert_eq!(give(&mut stage, &[0x41, 0x9a]), 0);
        stage.pause(false);
        for slice in slices {
            assert_eq!(give(&mut stage, slice), 0, "{slice:02x?}");
        }
        assert_eq!(give(&mut stage, start), 1, "{start:02x?}");
    }
}

#[test]
fn r1_described_payload_begins_with_the_first_packet_of_a_frame_with_structure() {
    let mut stage = Stage::new(Codec::Av1);
    let mut line = Line::new(0);
    let mut writer = DescriptorWriter::new(Mode::L1T3, 65_530);
    let key = line.described(&writer.unit(true), 3).remove(0);
    assert_eq!(stage.give_all(&key[1..]), [], "not without its beginning");
    let delta = line.described(&writer.unit(false), 2).remove(0);
    assert_eq!(stage.give_all(&delta), []);
    let key = line.described(&writer.unit(true), 3).remove(0);
    assert_eq!(stage.give_all(&key).len(), 3);
}

#[test]
fn r1_key_frame_is_asked_for_at_once_and_again_after_500_ms_until_it_comes() {
    let mut stage = Stage::simulcast(Codec::Vp8);
    let (mut low, mut high) = (Line::new(0), Line::new(1));
    stage.give_all(&low.vp8(0, Look::Key, 1));
    stage.give_all(&high.vp8(0, Look::Key, 1));
    stage.pass(1_000);
    stage.asked.clear();
    let asked_at = stage.millis();
    stage.limit(1);
    for _ in 0..40 {
        stage.pass(30);
        stage.give_all(&low.vp8(0, Look::Plain, 1));
        stage.give_all(&high.vp8(0, Look::Plain, 1));
    }
    let after: Vec<_> = stage.key_frames_asked(high.ssrc).iter().map(|at| at - asked_at).collect();
    assert_eq!(after, [0, 500, 1_000]);
    assert_eq!(stage.key_frames_asked(low.ssrc), [], "nobody needs one of the other");
    stage.give_all(&high.vp8(0, Look::Key, 1));
    stage.pass(2_000);
    assert_eq!(stage.key_frames_asked(high.ssrc).len(), 3, "it came");
}

/// mediasoup's manager of key-frame requests: a request just before a key frame is not repeated,
/// one just after it is made at once, the interval allowing.
#[test]
fn r1_wish_after_a_key_frame_is_a_new_one() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Plain, 1));
    assert_eq!(stage.key_frames_asked(line.ssrc).len(), 1);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.pass(50);
    let at = stage.millis();
    stage.ask_for_key_frame(0);
    stage.pass(400);
    assert_eq!(stage.key_frames_asked(line.ssrc)[1..], [at + 150], "200 ms after the one before");
}

#[test]
fn r1_publisher_is_asked_once_in_200_ms_however_many_ask() {
    let mut stage = Stage::with(Form::of(Codec::Vp8, 1), 40);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.pass(1_000);
    stage.asked.clear();
    for round in 0..200 {
        stage.ask_for_key_frame(round % 40);
        stage.pass(5);
        if round % 8 == 0 {
            stage.give_all(&line.vp8(0, Look::Key, 1));
        }
    }
    let asked = stage.key_frames_asked(line.ssrc);
    assert!((4..=6).contains(&asked.len()), "{asked:?}");
    for pair in asked.windows(2) {
        assert!(pair[1] - pair[0] >= 200, "{asked:?}");
    }
}

#[test]
fn r1_three_requests_of_a_receiver_are_passed_on_in_ten_seconds() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.pass(1_000);
    stage.asked.clear();
    for _ in 0..16 {
        stage.ask_for_key_frame(0);
        stage.pass(600);
        stage.give_all(&line.vp8(0, Look::Key, 1));
    }
    assert_eq!(stage.key_frames_asked(line.ssrc).len(), 3);
    assert_eq!(stage.stats(0).pli_count, 16);
    stage.pass(2_000);
    stage.ask_for_key_frame(0);
    stage.pass(300);
    assert_eq!(stage.key_frames_asked(line.ssrc).len(), 4, "ten seconds have passed");
}

/// JVB's slightly delayed key frame.
#[test]
fn r2_key_frame_overtaken_by_a_few_pictures_is_begun_with_and_those_are_not_lost() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let before = line.vp8(0, Look::Plain, 2);
    let key = line.vp8(0, Look::Key, 1);
    let after: Vec<_> = (0..3).flat_map(|_| line.vp8(0, Look::Plain, 1)).collect();
    assert_eq!(stage.give_all(&before), []);
    assert_eq!(stage.give_all(&after), []);
    stage.pass(20);
    let got = stage.give_all(&key);
    let want: Vec<_> = key.iter().chain(&after).map(tag).collect();
    assert_eq!(tags(&got), want, "what follows is there, what precedes is not");
    let first = got[0].seq;
    for (place, got) in (0..).zip(&got) {
        assert_eq!(got.seq, first.wrapping_add(place));
    }
    assert_eq!(stage.give_all(&line.vp8(0, Look::Plain, 1))[0].seq, first.wrapping_add(4));
}

/// JVB's delayed partial key frame, at a switch: its packets come in any order.
#[test]
fn r2_key_frame_in_several_packets_out_of_order_is_whole() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut stage = Stage::simulcast(Codec::Vp8);
        let (mut low, mut high) = (Line::new(0), Line::new(1));
        let last = stage.give_all(&low.vp8(0, Look::Key, 1))[0].seq;
        stage.give_all(&high.vp8(0, Look::Plain, 1));
        stage.limit(1);
        let key = high.vp8(0, Look::Key, 3);
        let mut got = stage.give_all(order.map(|place| &key[place]));
        got.sort_by_key(|got| got.seq.wrapping_sub(last));
        let seqs: Vec<_> = got.iter().map(|got| got.seq.wrapping_sub(last)).collect();
        assert_eq!((seqs, tags(&got)), (vec![1, 2, 3], key.iter().map(tag).collect()), "{order:?}");
        assert_eq!(got.iter().map(|got| got.marker).collect::<Vec<_>>(), [false, false, true]);
    }
}

/// JVB's very delayed key frame: so much has gone by that only the next one helps.
#[test]
fn r2_key_frame_that_comes_much_too_late_is_not_begun_with() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.pause(true);
    stage.pause(false);
    let key = line.vp8(0, Look::Key, 1);
    for _ in 0..90 {
        assert_eq!(stage.give_all(&line.vp8(0, Look::Plain, 1)), []);
        stage.pass(33);
    }
    let got = stage.give_all(&key);
    assert_eq!(got, [], "3 s and 90 packets late");
    assert_eq!(stage.give_all(&line.vp8(0, Look::Plain, 1)), []);
    assert_eq!(stage.give_all(&line.vp8(0, Look::Key, 1)).len(), 1);
}

#[test]
fn r7_pause_ends_the_stream_at_once_in_the_middle_of_a_frame() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let key = line.vp8(0, Look::Key, 4);
    assert_eq!(stage.give_all(&key[..2]).len(), 2);
    stage.pause(true);
    assert_eq!(stage.give_all(&key[2..]), []);
    assert_eq!(stage.layers_told().last(), Some(&(None, LayerReason::Paused)));
}

#[test]
fn r7_switch_up_and_down_takes_the_key_frame_and_no_longer() {
    let mut stage = Stage::simulcast(Codec::Vp8);
    let mut lines = [0, 1, 2].map(Line::new);
    // The publisher answers within 70 ms.
    let mut wanted = [Some(0_u64); 3];
    let mut changed_at = 0;
    let mut flows = Vec::new();
    for picture in 0..120_u64 {
        if picture % 20 == 10 {
            stage.limit([2, 0, 1, 2, 1, 0][picture as usize / 20]);
            changed_at = stage.millis();
        }
        let asked = std::mem::take(&mut stage.asked);
        for asked in asked {
            let place = lines.iter().position(|line| line.ssrc == asked.ssrc).expect("known");
            wanted[place].get_or_insert(asked.at + 70);
        }
        for (line, wanted) in lines.iter_mut().zip(&mut wanted) {
            let is_key = wanted.is_some_and(|at| at <= stage.millis());
            let look = if is_key { Look::Key } else { Look::Plain };
            *wanted = wanted.filter(|_| !is_key);
            stage.send_all(&line.vp8(0, look, 2));
        }
        // In the picture of a switch up, both encodings'.
        let got = stage.take();
        let encoding = got.last().expect("no break").tag() >> 24;
        let of_it = got.iter().filter(|got| got.tag() >> 24 == encoding).count();
        assert!(of_it == 2 && got.len() <= 4, "picture {picture}: {got:?}");
        if flows.last().is_some_and(|(held, _)| *held != encoding) {
            let took = stage.millis() - changed_at;
            assert!(took <= 70 + 33, "picture {picture}: {took} ms");
        }
        flows.push((encoding, picture));
        stage.pass(33);
    }
    flows.dedup_by_key(|(encoding, _)| *encoding);
    let encodings: Vec<_> = flows.iter().map(|(encoding, _)| encoding - 1).collect();
    assert_eq!(encodings, [0, 2, 0, 1, 2, 1, 0]);
}

fn tag(packet: &Packet) -> u32 {
    u32::from_be_bytes(*packet.payload.last_chunk().expect("packets are tagged"))
}

#[test]
fn r1_whoever_is_paused_asks_for_no_key_frame() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.constrain(0, Constraints { paused: true, ..Constraints::default() });
    for _ in 0..60 {
        stage.give_all(&line.vp8(0, Look::Plain, 1));
        stage.pass(33);
    }
    assert!(stage.key_frames_asked(line.ssrc).len() <= 1, "{:?}", stage.asked);
    stage.asked.clear();
    stage.pause(false);
    assert_eq!(stage.key_frames_asked(line.ssrc), [stage.millis()]);
}
