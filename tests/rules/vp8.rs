//! V1-V4: picture ids, TL0PICIDX, KEYIDX and temporal layers of VP8.

use lahn::params::Codec;

use super::publish::Dice;
use super::stage::{Got, Line, Look, Stage, vp8_numbers};

/// The newest numbers that a receiver saw, to see whether others go on from there.
struct Numbers {
    picture: u16,
    tl0: u8,
    key_index: u8,
    bits: u32,
}

impl Numbers {
    fn of(got: &Got, bits: u32) -> Self {
        let (picture, tl0, key_index) = vp8_numbers(got);
        Self { picture, tl0, key_index, bits }
    }

    /// How far each number of a later packet is ahead.
    fn until(&self, got: &Got) -> (u16, u8, u8) {
        let (picture, tl0, key_index) = vp8_numbers(got);
        let mask = (1 << self.bits) - 1;
        (
            picture.wrapping_sub(self.picture) & mask,
            tl0.wrapping_sub(self.tl0),
            key_index.wrapping_sub(self.key_index) & 0x1f,
        )
    }
}

#[test]
fn v1_numbers_go_on_over_switches_and_dropped_layers_across_every_wrap() {
    for wide in [true, false] {
        let bits = if wide { 15 } else { 7 };
        let mut dice = Dice::new(9);
        let mut stage = Stage::simulcast(Codec::Vp8);
        let mut lines = [0, 1, 2].map(|place| Line { wide, ..Line::new(place) });
        for line in &mut lines {
            line.picture = (1 << bits) - 20;
            line.tl0 = 250;
            line.key_index = 29;
        }
        let mut held: Option<Numbers> = None;
        let (mut before, mut most) = (None, 0);
        for picture in 0..3_000_u32 {
            let is_key = picture % 40 == 0;
            if is_key {
                most = dice.below(3) as u8;
                stage.limit(most);
            }
            let temporal = [0, 2, 1, 2][picture as usize % 4];
            let look = if is_key { Look::Key } else { Look::Sync };
            let place = usize::from(most);
            if picture % 400 == 200 {
                let limit = lahn::Constraints {
                    max_spatial: Some(most),
                    max_temporal: Some(dice.below(3) as u8),
                    ..lahn::Constraints::default()
                };
                stage.constrain(0, limit);
            }
            for (other, line) in lines.iter_mut().enumerate() {
                let got = stage.give_all(&line.vp8(temporal, look, 2));
                // In the picture of a switch up, the lower one's too.
                assert!(other <= place || got.is_empty());
                let [first, second] = &got[..] else { continue };
                assert_eq!(vp8_numbers(first), vp8_numbers(second), "one picture, one id");
                if let Some(held) = &held {
                    let base = u8::from(temporal == 0);
                    let ahead = (1, base, u8::from(is_key));
                    assert_eq!(held.until(first), ahead, "picture {picture}, {bits} bits");
                }
                assert_eq!(second.payload[2] & 0x80 != 0, wide, "the form stays");
                held = Some(Numbers::of(second, bits));
            }
            before = before.max(held.as_ref().map(|held| held.picture));
            stage.pass(33);
        }
        assert!(before >= Some((1 << bits) - 2), "it has wrapped");
    }
}

#[test]
fn v1_one_picture_has_one_id_though_its_packets_are_reordered_or_lost() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.limit_temporal(0);
    let start = Numbers::of(&stage.give_all(&line.vp8(0, Look::Plain, 1))[0], 15);
    let mut frames = Vec::new();
    for _ in 0..3 {
        frames.push(line.vp8(2, Look::Plain, 2));
        frames.push(line.vp8(0, Look::Plain, 4));
    }
    // Base frames 1, 3, 5; a hole within, one at the seam, packets from far back.
    let order = [
        &frames[0][0],
        &frames[1][0],
        &frames[1][2],
        &frames[2][0],
        &frames[3][1],
        &frames[1][3],
        &frames[3][3],
        &frames[1][1],
        &frames[4][1],
        &frames[5][0],
        &frames[3][0],
        &frames[3][2],
    ];
    let got = stage.give_all(order);
    let ids: Vec<_> = got.iter().map(|got| start.until(got).0).collect();
    assert_eq!(ids, [1, 1, 2, 1, 2, 1, 3, 2, 2]);
}

/// JVB's large dropout: the distance is kept, since nobody knows what was lost.
#[test]
fn v1_large_loss_keeps_the_distance_of_picture_ids() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.limit_temporal(0);
    stage.give_all(&line.vp8(2, Look::Plain, 1));
    let start = stage.give_all(&line.vp8(0, Look::Plain, 1)).pop().expect("it flows");
    (0..900).for_each(|_| _ = line.vp8(0, Look::Plain, 2));
    let got = stage.give_all(&line.vp8(0, Look::Plain, 1)).pop().expect("it flows");
    assert_eq!(Numbers::of(&start, 15).until(&got), (901, 133, 0), "modulo 256");
    assert_eq!(got.seq.wrapping_sub(start.seq), 1_801);
}

#[test]
fn v2_temporal_layers_above_the_target_are_dropped_also_as_picture_ids_roll_over() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line { picture: 0x7ff0, ..Line::new(0) };
    stage.give_all(&line.vp8(0, Look::Key, 1));
    for most in [1, 0, 2] {
        stage.limit_temporal(most);
        for round in 0..20 {
            for temporal in [0, 2, 1, 2] {
                let look = if temporal > 0 { Look::Sync } else { Look::Plain };
                let got = stage.give_all(&line.vp8(temporal, look, 1));
                // Up it goes layer by layer, in the first round.
                if round > 0 || most < 2 {
                    assert_eq!(got.len(), usize::from(temporal <= most), "{most} {temporal}");
                }
            }
        }
    }
}

#[test]
fn v2_temporal_layer_is_taken_up_at_a_layer_sync_and_left_at_any_frame() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.limit_temporal(0);
    let mut flows = |stage: &mut Stage, temporal, look| {
        !stage.give_all(&line.vp8(temporal, look, 1)).is_empty()
    };
    for temporal in [2, 1, 2, 0, 2, 1, 2] {
        assert_eq!(flows(&mut stage, temporal, Look::Plain), temporal == 0);
    }
    stage.limit_temporal(2);
    assert!(flows(&mut stage, 0, Look::Plain));
    for temporal in [2, 1, 2] {
        assert!(!flows(&mut stage, temporal, Look::Plain), "no sync: it may use what was dropped");
    }
    assert!(flows(&mut stage, 0, Look::Plain));
    assert!(flows(&mut stage, 1, Look::Sync));
    assert!(!flows(&mut stage, 2, Look::Plain), "that was the sync of the layer below");
    assert!(flows(&mut stage, 1, Look::Plain));
    assert!(flows(&mut stage, 2, Look::Sync));
    assert!(flows(&mut stage, 2, Look::Plain));
    stage.limit_temporal(1);
    assert!(!flows(&mut stage, 2, Look::Plain), "at once");
    assert!(flows(&mut stage, 1, Look::Plain));
    stage.limit_temporal(2);
    assert!(flows(&mut stage, 0, Look::Key) && flows(&mut stage, 2, Look::Plain), "a key frame");
}

#[test]
fn v2_packet_after_a_gap_is_forwarded_though_its_frame_is_only_half_known() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.limit_temporal(0);
    let last = stage.give_all(&line.vp8(0, Look::Plain, 1))[0].seq;
    let out = line.vp8(1, Look::Plain, 3);
    let half = line.vp8(0, Look::Plain, 3);
    let got = stage.give_all([&out[0], &half[1], &half[2]]);
    let numbers: Vec<_> = got.iter().map(|got| got.seq.wrapping_sub(last)).collect();
    // Three are missing, two of them nobody would have got; which, is not known.
    assert_eq!(numbers, [4, 5]);
}

#[test]
fn v3_key_index_is_masked_out_of_order_too() {
    for start in 0..32 {
        let mut stage = Stage::simulcast(Codec::Vp8);
        let (mut low, mut high) = (Line::new(0), Line::new(1));
        low.key_index = 30;
        high.key_index = start;
        stage.give_all(&low.vp8(0, Look::Key, 1));
        stage.limit(1);
        let mut got = stage.give_all(&high.vp8(0, Look::Key, 1));
        let index = vp8_numbers(&got[0]).2;
        assert_eq!(index, (31 + 1) & 0x1f);
        let frames = [high.vp8(0, Look::Plain, 3), high.vp8(0, Look::Plain, 1)];
        got = stage.give_all([&frames[0][0], &frames[1][0], &frames[0][2], &frames[0][1]]);
        assert_eq!(got.len(), 4);
        for got in got {
            let byte = got.payload[5];
            assert_eq!((byte & 0x1f, byte & 0xe0), (index, 0), "from {start}: TID and Y stay");
        }
    }
}

#[test]
fn v4_payload_stays_byte_for_byte_behind_a_descriptor_of_either_length() {
    let mut stage = Stage::simulcast(Codec::Vp8);
    let mut lines = [Line::new(0), Line { wide: false, picture: 5, ..Line::new(1) }];
    let mut held: Option<Numbers> = None;
    for round in 0..6 {
        let place = round % 2;
        stage.limit(place as u8);
        let line = &mut lines[place];
        let head = if line.wide { 6 } else { 5 };
        let frames = [line.vp8(0, Look::Key, 2), line.vp8(0, Look::Plain, 2)].concat();
        let got = stage.give_all(&frames);
        assert_eq!(got.len(), 4);
        for (sent, got) in frames.iter().zip(&got) {
            assert_eq!(sent.payload.len(), got.payload.len());
            assert_eq!(sent.payload[head..], got.payload[head..]);
            assert_eq!(sent.payload[..2], got.payload[..2]);
        }
        if let Some(held) = &held {
            let (picture, tl0, key) = Numbers { bits: 7, ..*held }.until(&got[0]);
            assert_eq!((picture, tl0, key), (1, 1, 1), "as far as seven bits tell");
        }
        held = Some(Numbers::of(&got[3], 7));
    }
}
