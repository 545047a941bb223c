//! R4, R8, R9: sequence numbers and markers of what is forwarded.

use lahn::params::Codec;

use super::publish::Dice;
use super::stage::{Got, Line, Look, Packet, Stage};

/// Of the first receiver's packets, how far each is behind `from`.
fn behind(from: u16, got: &[Got]) -> Vec<u16> {
    got.iter().map(|got| got.seq.wrapping_sub(from)).collect()
}

/// A call of VP8 in which the upper temporal layers are left out. What came last.
fn base_layer(line: &mut Line) -> (Stage, u16) {
    let mut stage = Stage::new(Codec::Vp8);
    let key = stage.give_all(&line.vp8(0, Look::Key, 2));
    for temporal in [2, 1, 2, 0] {
        stage.send_all(&line.vp8(temporal, Look::Sync, 2));
    }
    stage.limit_temporal(0);
    stage.send_all(&line.vp8(0, Look::Plain, 1));
    assert_eq!(behind(key[1].seq, &stage.take()), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    (stage, key[1].seq.wrapping_add(9))
}

#[test]
fn r4_numbers_close_up_over_what_is_left_out() {
    let mut line = Line::new(0);
    let (mut stage, last) = base_layer(&mut line);
    for round in 0..5 {
        assert_eq!(stage.give_all(&line.vp8(2, Look::Sync, 3)), []);
        let got = stage.give_all(&line.vp8(0, Look::Plain, 2));
        assert_eq!(behind(last, &got), [1 + 2 * round, 2 + 2 * round]);
    }
}

#[test]
fn r4_loss_on_the_way_to_us_stays_a_gap_and_is_filled_by_what_comes_late() {
    let mut line = Line::new(0);
    let (mut stage, last) = base_layer(&mut line);
    let first = line.vp8(0, Look::Plain, 4);
    let out = line.vp8(2, Look::Sync, 2);
    let second = line.vp8(0, Look::Plain, 2);
    let got = stage.give_all([&first[0], &first[3]].into_iter().chain(&out).chain(&second));
    assert_eq!(behind(last, &got), [1, 4, 5, 6]);
    let late = stage.give_all([&first[2], &first[1]]);
    assert_eq!(behind(last, &late), [3, 2], "under the offset of its own range");
}

#[test]
fn r4_packet_that_comes_late_shares_the_fate_of_its_frame() {
    let mut line = Line::new(0);
    let (mut stage, last) = base_layer(&mut line);
    let out = line.vp8(2, Look::Plain, 3);
    let next = line.vp8(0, Look::Plain, 1);
    let got = stage.give_all([&out[0], &out[2], &next[0]]);
    assert_eq!(behind(last, &got), [1]);
    assert_eq!(stage.give(&out[1]), [], "of a frame that was left out");
    assert_eq!(behind(last, &stage.give_all(&line.vp8(0, Look::Plain, 1))), [2]);
}

#[test]
fn r4_duplicate_is_forwarded_once() {
    let mut line = Line::new(0);
    let (mut stage, last) = base_layer(&mut line);
    let out = line.vp8(2, Look::Plain, 1);
    let kept = line.vp8(0, Look::Plain, 2);
    let both = [&out[0], &kept[0], &kept[0], &kept[1], &out[0], &kept[0], &kept[1], &out[0]];
    let got = stage.give_all(both);
    assert_eq!(behind(last, &got), [1, 2]);
}

#[test]
fn r4_numbers_wrap_on_both_sides_whatever_is_left_out() {
    let mut line = Line::new(0);
    line.seq = 65_536 - 300;
    let (mut stage, mut last) = base_layer(&mut line);
    let mut dice = Dice::new(5);
    let (mut sent, mut wraps) = (0_u32, 0);
    // The sent numbers begin anywhere: until they have wrapped, too.
    while wraps == 0 || sent < 2_000 {
        let is_base = dice.chance(0.5);
        let count = 1 + dice.below(40) as usize;
        let got = stage.give_all(&line.vp8(u8::from(!is_base) * 2, Look::Plain, count));
        assert_eq!(got.len(), if is_base { count } else { 0 });
        for got in got {
            assert_eq!(got.seq, last.wrapping_add(1), "after {sent}");
            wraps += u32::from(got.seq == 0);
            last = got.seq;
            sent += 1;
        }
        stage.pass(5);
    }
    assert!(line.seq > 65_536);
}

#[test]
fn r4_switch_goes_on_with_the_next_number_behind_a_finished_frame_and_leaves_one_out_otherwise() {
    for cut in [false, true] {
        let mut stage = Stage::simulcast(Codec::Vp8);
        let (mut low, mut high) = (Line::new(0), Line::new(1));
        let old = low.vp8(0, Look::Key, 3);
        let got = stage.give_all(&old[..if cut { 2 } else { 3 }]);
        let last = got.last().expect("it flows").seq;
        stage.give_all(&high.vp8(0, Look::Plain, 1));
        stage.limit(1);
        let new = stage.give_all(&high.vp8(0, Look::Key, 2));
        let first = if cut { 2 } else { 1 };
        assert_eq!(behind(last, &new), [first, first + 1], "cut: {cut}");
        assert_eq!(stage.give_all(&old[2..]), [], "the old encoding after the switch");
    }
}

#[test]
fn r4_packets_from_before_the_switch_are_not_forwarded_after_it() {
    let mut stage = Stage::simulcast(Codec::Vp8);
    let (mut low, mut high) = (Line::new(0), Line::new(1));
    let late_low = low.vp8(0, Look::Key, 3);
    stage.give_all([&late_low[0], &late_low[2]]);
    let before = high.vp8(0, Look::Plain, 3);
    stage.give_all([&before[0], &before[2]]);
    stage.limit(1);
    assert_eq!(stage.give_all(&high.vp8(0, Look::Key, 2)).len(), 2);
    assert_eq!(stage.give(&late_low[1]), [], "of the encoding that is over");
    assert_eq!(stage.give(&before[1]), [], "of the new one, from before its key frame");
    assert_eq!(stage.give_all(&high.vp8(0, Look::Plain, 1)).len(), 1);
}

/// (As itself a packet can come 1,023 numbers late; SRTP lets in nothing older.)
#[test]
fn r4_ranges_are_remembered_a_thousand_packets_and_a_hundred_holes_back() {
    let mut line = Line::new(0);
    let (mut stage, last) = base_layer(&mut line);
    let held_up = line.vp8(0, Look::Plain, 3);
    let got = stage.give_all([&held_up[0], &held_up[2]]);
    assert_eq!(behind(last, &got), [1, 3]);
    let mut newest = got[1].seq;
    for _ in 0..112 {
        assert_eq!(stage.give_all(&line.vp8(2, Look::Sync, 1)), []);
        let got = stage.give_all(&line.vp8(0, Look::Plain, 8));
        assert_eq!(behind(newest, &got), (1..=8).collect::<Vec<_>>());
        newest = got[7].seq;
        stage.pass(4);
    }
    let got = stage.give(&held_up[1]);
    assert_eq!(behind(last, &got), [2], "1,000 packets and 112 holes later");
}

#[test]
fn r4_what_is_older_than_all_that_is_remembered_is_dropped() {
    let mut line = Line::new(0);
    let (mut stage, _) = base_layer(&mut line);
    let held_up = line.vp8(0, Look::Plain, 3);
    stage.give_all([&held_up[0], &held_up[2]]);
    for _ in 0..300 {
        stage.give_all(&line.vp8(2, Look::Sync, 1));
        stage.give_all(&line.vp8(0, Look::Plain, 9));
        stage.pass(4);
    }
    assert_eq!(stage.give(&held_up[1]), []);
}

#[test]
fn r8_marker_ends_the_picture_of_what_is_forwarded_of_vp9() {
    for (full, most) in [(true, 0), (true, 1), (true, 2), (false, 0), (false, 1), (false, 2)] {
        let mut stage = Stage::new(Codec::Vp9);
        stage.limit(most);
        let mut line = Line { full, ..Line::new(0) };
        for picture in 0..8 {
            let look = if picture == 0 { Look::Key } else { Look::Plain };
            let got = stage.give_all(&line.vp9(0, look, 3));
            let markers: Vec<_> = got.iter().map(|got| got.marker).collect();
            let frames = if full || picture == 0 { usize::from(most) + 1 } else { 1 };
            let expected: Vec<_> = (1..=2 * frames).map(|place| place == 2 * frames).collect();
            assert_eq!(markers, expected, "full {full}, up to {most}, picture {picture}");
        }
    }
}

#[test]
fn r9_publishers_padding_is_consumed_and_numbers_close_up_over_it() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    line.seq = 65_530;
    let last = stage.give_all(&line.vp8(0, Look::Key, 2))[1].seq;
    for round in 0..10_u16 {
        for _ in 0..3 {
            assert_eq!(stage.give(&line.padding()), []);
        }
        let got = stage.give_all(&line.vp8(0, Look::Plain, 1));
        assert_eq!(behind(last, &got), [1 + round]);
    }
}

#[test]
fn r9_padding_between_and_late_packets_keep_their_places() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let last = stage.give_all(&line.vp8(0, Look::Key, 1))[0].seq;
    let frame = line.vp8(0, Look::Plain, 3);
    let padding = [line.padding(), line.padding()];
    let next = line.vp8(0, Look::Plain, 1);
    let order = [&frame[0], &frame[2], &padding[0], &padding[1], &next[0], &frame[1]];
    assert_eq!(behind(last, &stage.give_all(order)), [1, 3, 4, 2]);
    assert_eq!(stage.packets_asked(line.ssrc), [], "nothing was missing for long");
}

#[test]
fn r9_padding_behind_media_is_taken_off() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let mut key: Vec<Packet> = line.vp8(0, Look::Key, 1);
    key[0].padding = 100;
    let got = stage.give_all(&key);
    assert_eq!(got[0].payload, key[0].payload);
}
