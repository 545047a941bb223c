//! N1-N4: spatial and temporal layers of VP9 in one stream.

use lahn::params::Codec;

use super::stage::{Got, Line, Look, Packet, Stage, vp9_numbers};

/// The spatial layers that came, once each.
fn spatial(got: &[Got]) -> Vec<u8> {
    let mut layers: Vec<_> = got.iter().map(|got| vp9_numbers(got).2).collect();
    layers.dedup();
    layers
}

fn stage(full: bool, most: u8) -> (Stage, Line) {
    let mut stage = Stage::new(Codec::Vp9);
    stage.limit(most);
    (stage, Line { full, ..Line::new(0) })
}

#[test]
fn n1_picture_ids_and_tl0_indices_of_a_source_stay_whatever_is_dropped() {
    let (mut stage, mut line) = stage(true, 1);
    line.picture = 0x7ff0;
    line.tl0 = 250;
    let first = stage.give_all(&line.vp9(0, Look::Key, 3))[0].clone();
    stage.limit_temporal(0);
    for round in 0..30 {
        for temporal in [2, 1, 2, 0] {
            let sent = line.vp9(temporal, Look::Plain, 3);
            let got = stage.give_all(&sent);
            assert_eq!(got.is_empty(), temporal > 0);
            for got in got {
                let (id, tl0, _) = vp9_numbers(&got);
                assert_eq!(id.wrapping_sub(vp9_numbers(&first).0) & 0x7fff, 4 * (round + 1));
                assert_eq!(tl0.wrapping_sub(vp9_numbers(&first).1), round as u8 + 1);
            }
        }
    }
}

#[test]
fn n1_picture_ids_go_on_over_a_restart() {
    let (mut stage, mut line) = stage(true, 2);
    stage.give_all(&line.vp9(0, Look::Key, 3));
    let last = stage.give_all(&line.vp9(0, Look::Plain, 3)).pop().expect("it flows");
    let mut next = Line { ssrc: 0x7777, picture: 77, tl0: 200, seq: 9, ..line };
    let got = stage.give_all(&next.vp9(0, Look::Key, 3));
    let ((before, tl0_before, _), (after, tl0, _)) = (vp9_numbers(&last), vp9_numbers(&got[0]));
    assert_eq!(after, (before + 1) & 0x7fff);
    assert_eq!(tl0, tl0_before.wrapping_add(1));
    assert_eq!(got[0].seq, last.seq.wrapping_add(1));
    let then = stage.give_all(&next.vp9(0, Look::Plain, 3));
    assert_eq!(vp9_numbers(&then[0]).0, after + 1);
}

/// mediasoup: "do not drop TL0PICIDX from temporal layers higher than 0".
#[test]
fn n1_tl0_index_counts_base_pictures_in_upper_layers_too() {
    let (mut stage, mut line) = stage(true, 0);
    let base = vp9_numbers(&stage.give_all(&line.vp9(0, Look::Key, 2))[0]).1;
    for (temporal, expected) in [(2, 0), (1, 0), (2, 0), (0, 1), (2, 1), (1, 1)] {
        let got = stage.give_all(&line.vp9(temporal, Look::Sync, 2));
        assert_eq!(vp9_numbers(&got[0]).1.wrapping_sub(base), expected, "T{temporal}");
    }
}

#[test]
fn n2_higher_spatial_layer_is_taken_up_at_a_key_picture_only() {
    for full in [true, false] {
        let (mut stage, mut line) = stage(full, 0);
        let ssrc = line.ssrc;
        assert_eq!(spatial(&stage.give_all(&line.vp9(0, Look::Key, 3))), [0]);
        stage.pass(300);
        stage.limit(2);
        for _ in 0..4 {
            assert_eq!(spatial(&stage.give_all(&line.vp9(0, Look::Sync, 3))), [0], "full {full}");
            stage.pass(33);
        }
        assert!(!stage.key_frames_asked(ssrc).is_empty(), "which has to be asked for");
        assert_eq!(spatial(&stage.give_all(&line.vp9(0, Look::Key, 3))), [0, 1, 2]);
        let expected: &[u8] = if full { &[0, 1, 2] } else { &[2] };
        assert_eq!(spatial(&stage.give_all(&line.vp9(0, Look::Plain, 3))), expected);
    }
}

#[test]
fn n2_lower_spatial_layer_is_taken_up_at_once_in_svc_and_at_a_key_picture_in_k_svc() {
    for full in [true, false] {
        let (mut stage, mut line) = stage(full, 2);
        stage.give_all(&line.vp9(0, Look::Key, 3));
        stage.give_all(&line.vp9(0, Look::Plain, 3));
        stage.limit(1);
        let expected: &[u8] = if full { &[0, 1] } else { &[2] };
        assert_eq!(spatial(&stage.give_all(&line.vp9(0, Look::Plain, 3))), expected, "{full}");
        assert_eq!(spatial(&stage.give_all(&line.vp9(0, Look::Key, 3))), [0, 1]);
        let expected: &[u8] = if full { &[0, 1] } else { &[1] };
        assert_eq!(spatial(&stage.give_all(&line.vp9(0, Look::Plain, 3))), expected);
    }
}

#[test]
fn n2_temporal_layer_goes_up_at_switching_points_and_down_between_pictures() {
    let (mut stage, mut line) = stage(true, 2);
    stage.give_all(&line.vp9(0, Look::Key, 2));
    stage.limit_temporal(0);
    for temporal in [2, 1, 2] {
        assert_eq!(stage.give_all(&line.vp9(temporal, Look::Sync, 2)), []);
    }
    stage.limit_temporal(2);
    assert_eq!(stage.give_all(&line.vp9(0, Look::Plain, 2)).len(), 4);
    assert_eq!(stage.give_all(&line.vp9(1, Look::Plain, 2)), [], "not a switching point");
    assert_eq!(stage.give_all(&line.vp9(1, Look::Sync, 2)).len(), 4);
    assert_eq!(stage.give_all(&line.vp9(2, Look::Plain, 2)), []);
    assert_eq!(stage.give_all(&line.vp9(2, Look::Sync, 2)).len(), 4);
    assert_eq!(stage.give_all(&line.vp9(2, Look::Plain, 2)).len(), 4);
    let picture = line.vp9(1, Look::Plain, 2);
    assert_eq!(stage.give_all(&picture[..1]).len(), 1);
    stage.limit_temporal(0);
    assert_eq!(stage.give_all(&picture[1..]).len(), 3, "the picture is finished");
    assert_eq!(stage.give_all(&line.vp9(1, Look::Plain, 2)), []);
}

#[test]
fn n3_numbers_close_up_inside_a_picture_and_late_packets_share_the_fate_of_their_layer() {
    let (mut stage, mut line) = stage(true, 0);
    let last = stage.give_all(&line.vp9(0, Look::Key, 3))[1].seq;
    let pictures: Vec<Vec<Packet>> = (0..3).map(|_| line.vp9(0, Look::Plain, 3)).collect();
    // In order but for one of the base layer and one of an upper.
    let [first, second, third] = &pictures[..] else { unreachable!() };
    let order = first.iter().chain([&second[0], &second[2], &second[3], &second[5]]).chain(third);
    let got = stage.give_all(order);
    let numbers: Vec<_> = got.iter().map(|got| got.seq.wrapping_sub(last)).collect();
    assert_eq!(numbers, [1, 2, 3, 5, 6], "one is missing of the base layer");
    assert_eq!(stage.give(&second[4]), [], "of a layer that was left out");
    let late = stage.give(&second[1]);
    assert_eq!(late[0].seq.wrapping_sub(last), 4);
    assert!(late[0].marker, "it ends its picture");
}

#[test]
fn n3_late_packets_are_judged_by_the_layers_of_their_time() {
    let (mut stage, mut line) = stage(true, 2);
    let last = stage.give_all(&line.vp9(0, Look::Key, 3))[5].seq;
    let before = line.vp9(0, Look::Plain, 3);
    stage.give_all(before[..4].iter().chain(&before[5..]));
    stage.limit(0);
    let after = line.vp9(0, Look::Plain, 3);
    assert_eq!(spatial(&stage.give_all(&after)), [0]);
    let late = stage.give(&before[4]);
    assert_eq!(late[0].seq.wrapping_sub(last), 5, "its layer was forwarded then");
    assert!(!late[0].marker);
}

#[test]
fn n4_layers_are_counted_from_the_structure_and_from_what_comes() {
    let (mut stage, mut line) = stage(true, 2);
    stage.give_all(&line.vp9(0, Look::Key, 3));
    let stats = stage.encoding_stats(0);
    assert_eq!(stats.spatial_layers, 3);
    assert_eq!((stats.frame_width, stats.frame_height), (Some(1_280), Some(720)));
    // Two of them are not sent any more; nobody tells.
    for _ in 0..12 {
        stage.give_all(&line.vp9(0, Look::Plain, 1));
    }
    assert_eq!(stage.encoding_stats(0).spatial_layers, 1);
    stage.give_all(&line.vp9(0, Look::Plain, 2));
    assert_eq!(stage.encoding_stats(0).spatial_layers, 2);
}

#[test]
fn n4_structure_is_passed_on_untouched() {
    let (mut stage, mut line) = stage(true, 0);
    stage.give_all(&line.vp9(0, Look::Key, 3));
    let mut next = Line { ssrc: 0x7777, picture: 77, tl0: 200, seq: 9, ..line };
    let key = next.vp9(0, Look::Key, 3);
    let got = stage.give_all(&key);
    assert_eq!(got[0].payload[5..], key[0].payload[5..]);
    assert_eq!(got[0].payload[0], key[0].payload[0]);
    assert_eq!(got[0].payload[3], key[0].payload[3]);
}
