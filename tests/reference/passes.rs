//! What is right passes: whole, selected, after loss, reordered, over switches.

use super::publish::{Dice, FRAME_INTERVAL, Kind, Mode, Publisher};
use super::reference::{Reference, Report};
use super::stream::{Given, Honest, beginning, later, publish, receive, straight, straight_stream};

fn kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().flat_map(|kind| [kind, kind.opaque()])
}

#[test]
fn everything_of_the_highest_encoding_is_decodable() {
    for kind in kinds() {
        for seed in 1..6 {
            let (truth, stream) = straight_stream(kind, seed, 200);
            let report = receive(&truth, &stream);
            let frames = match kind.mode {
                Mode::L3T3 => 600,
                Mode::L3T3Key => 200 + 6 * 2,
                _ => 200,
            };
            assert_eq!(report.decodable_frames(), frames, "{kind:?} {seed}");
            assert_eq!((report.undecodable, report.damaged, report.cut), (0, 0, 0));
            assert_eq!((report.switches, report.missing_numbers), (0, 0));
            assert!(report.longest_gap <= FRAME_INTERVAL);
            let temporal = kind.mode.temporal_layers() - 1;
            let top = (kind.encodings - 1, kind.mode.spatial_layers() - 1, temporal);
            assert_eq!(report.layers.last().map(|(_, layer)| *layer), Some(top));
        }
    }
}

/// A call of 400 pictures: every 50, key frames and another layer; now and then the publisher
/// starts over. What was wanted, and what came of it.
fn honest_call(kind: Kind, seed: u64, loss: f64) -> (Vec<(u8, u8, u8)>, Report) {
    let mut dice = Dice::new(seed);
    let mut publisher = Publisher::new(kind, seed);
    let truth = publisher.truth();
    let mut honest = Honest::new(truth.clone(), (0, 0, 0));
    let mut reference = Reference::new(kind, truth.clone());
    let mut wanted = Vec::new();
    let mut now = beginning();
    for picture in 0..400 {
        if picture % 50 == 0 {
            let temporal = dice.below(u64::from(kind.mode.temporal_layers())) as u8;
            let spatial = dice.below(u64::from(kind.mode.spatial_layers())) as u8;
            let encoding = dice.below(u64::from(kind.encodings)) as u8;
            (0..kind.encodings).for_each(|each| publisher.key_frame_wanted(each));
            honest.wanted = (encoding, spatial, temporal);
            wanted.push(honest.wanted);
            reference.note(now, format!("wanted: {:?}", honest.wanted));
        }
        if picture % 130 == 129 {
            (0..kind.encodings).for_each(|each| publisher.restart(each));
        }
        for plain in publisher.next_frame(now) {
            if picture > 0 && dice.chance(loss) {
                truth.lose(&plain);
            } else if let Some(given) = honest.forward(now, &plain) {
                reference.on_packet(given.at, &given.packet);
            }
        }
        now += FRAME_INTERVAL;
    }
    (wanted, reference.finish())
}

#[test]
fn honest_selection_of_any_layer_passes_over_switches() {
    for kind in kinds() {
        for seed in 1..6 {
            let (wanted, report) = honest_call(kind, seed, 0.0);
            assert!(report.decodable_frames() > 80, "{kind:?} {seed}: {report:?}");
            assert_eq!((report.undecodable, report.damaged, report.cut), (0, 0, 0));
            assert_eq!(report.missing_numbers, 0);
            let seen: Vec<_> = report.layers.iter().map(|(_, layer)| *layer).collect();
            let all = wanted.iter().all(|layer| seen.contains(layer));
            assert!(all, "{kind:?} {seed}: {wanted:?} {seen:?}");
        }
    }
}

#[test]
fn honest_selection_passes_over_switches_with_loss_before_it() {
    let mut undecodable = 0;
    for kind in kinds() {
        for seed in 1..9 {
            let (_, report) = honest_call(kind, seed, 0.004 * seed as f64);
            assert!(report.decodable_frames() > 0 && report.missing_numbers > 0, "{kind:?} {seed}");
            undecodable += report.undecodable;
        }
    }
    assert!(undecodable > 0);
}

/// Loss before the engine: gaps stay, and something may be undecodable until the next key frame.
#[test]
fn loss_before_the_engine_is_told_and_excused() {
    for kind in kinds().filter(|kind| !matches!(kind.mode, Mode::S3T3 | Mode::L3T3Key)) {
        let (truth, stream) = straight_stream(kind, 3, 400);
        let mut dice = Dice::new(11);
        let (mut lost, mut left) = (0, Vec::new());
        for given in &stream {
            if given.plain.seq % 300 > 100 && dice.chance(0.02) {
                truth.lose(&given.plain);
                lost += 1;
            } else {
                left.push(given.clone());
            }
        }
        let report = receive(&truth, &left);
        assert!(report.damaged > 0 && report.undecodable > 0, "{kind:?}: {report:?}");
        assert!(report.missing_numbers <= lost && report.missing_numbers + 8 > lost);
        assert!(report.decodable_frames() > 100, "key frames heal: {kind:?} {report:?}");
        assert!(report.longest_gap > FRAME_INTERVAL);
    }
}

#[test]
fn reordered_packets_find_their_place() {
    for kind in kinds() {
        let (truth, mut stream) = straight_stream(kind, 4, 200);
        let mut dice = Dice::new(12);
        for given in stream.iter_mut().skip(1) {
            given.at = later(given.at, dice.below(80));
        }
        stream.sort_by_key(|given| given.at);
        let mut highest = 0;
        for given in &stream {
            if given.plain.seq < highest {
                truth.delay(&given.plain);
            }
            highest = highest.max(given.plain.seq);
        }
        let report = receive(&truth, &stream);
        assert_eq!((report.undecodable, report.damaged, report.late_missing), (0, 0, 0));
        assert_eq!(report.too_late, 0);
    }
}

/// The highest layer stops and comes back: by what it takes from the layer below, or by a key
/// frame.
#[test]
fn spatial_layer_that_stops_and_comes_back_passes() {
    for kind in [Kind::AV1_L3T3, Kind::AV1_L3T3_KEY, Kind::AV1_S3T3, Kind::VP9_L3T3] {
        let mut publisher = Publisher::new(kind, 5);
        let packets = publish(&mut publisher, 200, |picture, publisher| match picture % 50 {
            20 => publisher.set_spatial_layers(0, 2),
            33 => publisher.set_spatial_layers(0, 3),
            _ => {}
        });
        let truth = publisher.truth();
        let spatial = if kind.mode == Mode::L3T3 { 2 } else { 1 };
        let mut honest = Honest::new(truth.clone(), (0, spatial, 2));
        let stream: Vec<Given> = match kind.mode {
            Mode::L3T3 => packets.iter().map(|(at, plain)| straight(*at, plain)).collect(),
            _ => packets.iter().filter_map(|(at, plain)| honest.forward(*at, plain)).collect(),
        };
        let report: Report = receive(&truth, &stream);
        assert_eq!((report.undecodable, report.damaged), (0, 0));
        let of_layer =
            |spatial| (0..3).filter_map(|t| report.decodable.get(&(0, spatial, t))).sum::<u32>();
        assert!(of_layer(spatial) > 130, "{kind:?} {report:?}");
        let starts = truth.frames(0).iter().filter(|frame| frame.in_key_picture).count();
        let has_keys = kind.mode == Mode::L3T3Key;
        assert_eq!(starts > 3, has_keys, "K-SVC alone needs key pictures for that");
    }
}

#[test]
fn encoding_that_stops_comes_back_with_a_key_frame() {
    let mut publisher = Publisher::new(Kind::H264_SIMULCAST, 6);
    let packets = publish(&mut publisher, 100, |picture, publisher| match picture {
        20 => publisher.set_active(2, false),
        50 => publisher.set_active(2, true),
        _ => {}
    });
    let of_top = packets.iter().filter(|(_, plain)| plain.encoding == 2);
    let stream: Vec<_> = of_top.map(|(at, plain)| straight(*at, plain)).collect();
    let report = receive(&publisher.truth(), &stream);
    assert_eq!(report.decodable_frames(), 70);
    assert!(report.longest_gap >= FRAME_INTERVAL * 30, "{report:?}");
}
