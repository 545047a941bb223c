//! Whether what came out is what a receiver needs: exactly the frames of the layer that was told,
//! under numbers without a gap, at their times; and every picture, decoded by ffmpeg, the same as
//! if nothing had ever been left out, bit by bit.

use std::collections::HashSet;

use lahn::Layer;
use lahn::wire::ext::dependency_descriptor::{FrameDescriptor, Structure};

use super::decode::{Frame, reassemble};
use super::original::{Original, Truth};
use super::pictures::Pictures;
use super::script::{Forwarded, Played, Script};

/// Everything, but for the pictures, which are still to be decoded; `name` stands in the message.
#[track_caller]
pub fn assert_good(
    name: &str,
    truth: &Truth,
    script: &Script,
    played: &Played,
    pictures: &mut Pictures,
) {
    assert_layers_flow(name, truth, script, played);
    assert_numbers(name, truth, played);
    assert_times(name, truth, &played.packets);
    assert_whole(name, truth, played, pictures);
    if !script.undescribed {
        assert_targets(name, truth, &played.packets);
    }
}

/// What was told to flow flows, whole, and nothing else.
#[track_caller]
pub fn assert_layers_flow(name: &str, truth: &Truth, script: &Script, played: &Played) {
    for (place, original) in truth.packets.iter().enumerate() {
        let Some(told) = played.told[place] else { continue };
        let is_media = !original.rtp.payload.is_empty();
        let is_part = |layer| truth.is_part(original, layer, script.undescribed);
        let is_wanted = told.is_some_and(is_part);
        let is_forwarded = played.packets.iter().any(|it| it.original == place);
        assert_eq!(
            is_forwarded,
            is_wanted && is_media,
            "{name}: forwarded, or to be: packet {place} at {} ms, {}, while {told:?} is told; {:?}",
            original.at_millis,
            words(original),
            played.layers
        );
    }
}

/// Every number from the first to the last, once; one may be left out where what flowed ended in
/// the middle of a frame (R4).
#[track_caller]
fn assert_numbers(name: &str, truth: &Truth, played: &Played) {
    for two in played.packets.windows(2) {
        let step = two[1].rtp.seq.wrapping_sub(two[0].rtp.seq);
        let is_end = !two[0].rtp.marker && two[0].rtp.timestamp != two[1].rtp.timestamp;
        let is_torn = is_end && is_interrupted(truth, played, &two[0]);
        let expected = if is_torn { 2 } else { 1 };
        let (seq, at) = (two[0].rtp.seq, two[0].at);
        assert_eq!(step, expected, "{name}: from number {seq} at {at} ms");
    }
}

/// Whether the application, or a switch, ended what flowed within the frame of `packet`.
fn is_interrupted(truth: &Truth, played: &Played, packet: &Forwarded) -> bool {
    let own = &truth.packets[packet.original];
    let is_own =
        |it: &Original| (it.encoding, it.rtp.timestamp) == (own.encoding, own.rtp.timestamp);
    let mut told = truth.packets.iter().zip(&played.told).filter(|(it, _)| is_own(it));
    told.any(|(_, told)| told.is_some_and(|it| it.is_none_or(|it| it.encoding != own.encoding)))
}

/// Timestamps grow from picture to picture, and tell when it was captured (R3).
#[track_caller]
pub fn assert_times(name: &str, truth: &Truth, packets: &[Forwarded]) {
    let captured = |it: &Forwarded| truth.packets[it.original].captured;
    let mut pictures: Vec<&Forwarded> = Vec::new();
    for packet in packets {
        let Some(before) = pictures.last() else {
            pictures.push(packet);
            continue;
        };
        let step = packet.rtp.timestamp.wrapping_sub(before.rtp.timestamp) as i32;
        let original = |it: &Forwarded| {
            let original = &truth.packets[it.original];
            (original.encoding, original.rtp.timestamp)
        };
        assert_eq!(
            step == 0,
            original(before) == original(packet),
            "{name}: one picture, one timestamp: at {} ms",
            packet.at
        );
        if step != 0 {
            assert!(step > 0, "{name}: back in time by {step} ticks at {} ms", packet.at);
            let first = pictures[0];
            let ticks = packet.rtp.timestamp.wrapping_sub(first.rtp.timestamp);
            let clock = if truth.codec.is_some() { 90.0 } else { 48.0 };
            let error = f64::from(ticks) / clock - 1e3 * (captured(packet) - captured(first));
            assert!(error.abs() <= 5.0, "{name}: {error:.1} ms off at {} ms", packet.at);
            pictures.push(packet);
        }
    }
}

/// The frames that came out, and the first packet of each.
fn frames<'a>(truth: &Truth, packets: &'a [Forwarded]) -> Vec<(Frame, &'a Forwarded)> {
    let rtp: Vec<_> = packets.iter().map(|it| it.rtp.clone()).collect();
    let frames = reassemble(truth.codec.expect("video"), &rtp);
    let first = |frame: &Frame| {
        let is = |it: &&Forwarded| it.rtp.timestamp == frame.timestamp;
        packets.iter().find(is).expect("it was made of packets")
    };
    frames.into_iter().map(|frame| (first(&frame), frame)).map(|(it, frame)| (frame, it)).collect()
}

/// Whole frames, but for those that were interrupted.
#[track_caller]
pub fn assert_whole(name: &str, truth: &Truth, played: &Played, pictures: &mut Pictures) {
    let mut frames = frames(truth, &played.packets);
    frames.retain(|(frame, first)| {
        let is_whole = frame.bytes.is_ok();
        let is_excused = is_interrupted(truth, played, first);
        assert!(is_whole || is_excused, "{name}: at {} ms: {frame:?}", first.at);
        is_whole
    });
    pictures.add(name, truth, frames);
}

/// The decode targets that are told to be active are those that come: all that the layer has, and
/// none beyond (D5).
#[track_caller]
fn assert_targets(name: &str, truth: &Truth, packets: &[Forwarded]) {
    let mut structure = None;
    let mut active = 0;
    for packet in packets {
        let Some(value) = &packet.descriptor else { panic!("{name}: no descriptor") };
        if let Some(newer) = Structure::parse(value).expect("well-formed") {
            structure = Some(newer);
        }
        let structure = structure.as_ref().expect("a key frame is first");
        let frame = FrameDescriptor::parse(value, structure).expect("well-formed");
        active = frame.active_decode_targets.unwrap_or(active);
        let layer = packet.layer.expect("told before it flows");
        let layers = (0..structure.decode_targets())
            .filter(|target| active >> target & 1 == 1)
            .map(|target| structure.layer_of(target).expect("it is there"));
        let best = layers.clone().max();
        let is_within = layers.clone().all(|(s, t)| s <= layer.spatial && t <= layer.temporal);
        assert!(
            best == Some((layer.spatial, layer.temporal)) && is_within,
            "{name}: at {} ms {layer:?} flows, told are {:?}",
            packet.at,
            layers.collect::<Vec<_>>()
        );
        let original = &truth.packets[packet.original];
        let layers = original.layers.as_ref().expect("it has a descriptor");
        assert_eq!(
            (frame.spatial, frame.temporal, frame.indications),
            (layers.frame.spatial, layers.frame.temporal, layers.frame.indications),
            "{name}"
        );
    }
}

/// In the order of their numbers.
pub fn in_order(packets: &[Forwarded]) -> Vec<Forwarded> {
    let Some(first) = packets.first().map(|it| it.rtp.seq) else { return Vec::new() };
    let mut sorted = packets.to_vec();
    sorted.sort_by_key(|it| it.rtp.seq.wrapping_sub(first) as i16);
    sorted
}

/// Pictures that a decoder can decode that gets what was forwarded, and others.
fn good_and_bad<'a>(truth: &Truth, packets: &'a [Forwarded]) -> [Vec<(Frame, &'a Forwarded)>; 2] {
    let forwarded: HashSet<usize> = packets.iter().map(|it| it.original).collect();
    let decodable = truth.decodable(&forwarded);
    let is_good = |(frame, first): &(Frame, &Forwarded)| {
        let mut of_it = packets.iter().filter(|it| it.rtp.timestamp == first.rtp.timestamp);
        frame.bytes.is_ok()
            && of_it.all(|it| decodable.contains(&truth.packets[it.original].frame()))
    };
    let (good, bad) = frames(truth, packets).into_iter().partition(is_good);
    [good, bad]
}

/// Where lost packets come later. All pictures are good, but for those that lacked a packet when
/// what flowed ended: nobody wanted it then.
#[track_caller]
pub fn assert_repaired(name: &str, truth: &Truth, played: &Played, pictures: &mut Pictures) {
    let packets = in_order(&played.packets);
    assert_times(name, truth, &packets);
    let [good, bad] = good_and_bad(truth, &packets);
    for (frame, first) in bad {
        let encoding = truth.packets[first.original].encoding;
        let is_other = |layer: &Option<Layer>| layer.is_none_or(|it| it.encoding != encoding);
        let mut ends = played.layers.iter().filter(|(_, layer, _)| is_other(layer));
        let is_excused = ends.any(|(at, ..)| (first.at..=first.at + REPAIR).contains(at));
        assert!(is_excused, "{name}: at {} ms {frame:?}; {:?}", first.at, played.layers);
    }
    pictures.add(name, truth, good);
}

/// Where packets were lost for good. A receiver hands its decoder only what that can decode: these
/// pictures are all good. The others came between a loss and the next key frame only; and where
/// descriptors tell, for as long only as the packet might still have come (D4). Returns how many
/// they were.
#[track_caller]
pub fn assert_heals(
    name: &str,
    truth: &Truth,
    script: &Script,
    played: &Played,
    pictures: &mut Pictures,
) -> usize {
    let packets = in_order(&played.packets);
    assert_times(name, truth, &packets);
    let [good, bad] = good_and_bad(truth, &packets);
    for (_, first) in &bad {
        let lost = script.lost.iter().map(|place| truth.packets[*place].at_millis);
        let lost = lost.filter(|at| *at <= first.at + ONE_FRAME).max();
        let lost = lost.unwrap_or_else(|| panic!("{name}: broken at {} ms, before", first.at));
        let own = &truth.packets[first.original];
        let is_healing = |it: &Original| {
            it.encoding == own.encoding && it.is_key() && it.at_millis > lost + ONE_FRAME
        };
        let key_frame = truth.packets.iter().find(|it| is_healing(it)).map(|it| it.at_millis);
        // If the lowest layer is broken there is nothing better to go to; and a frame of which some
        // came is not known to be broken before it is given up.
        let is_lowest = |place: &usize| {
            let original = &truth.packets[*place];
            let lowest = Layer { encoding: original.encoding, ..Layer::default() };
            let of_frame = truth.packets.iter().filter(|it| it.frame() == original.frame());
            original.at_millis <= first.at && (original.is_part_of(lowest) || of_frame.count() > 1)
        };
        let is_all_broken = script.undescribed || script.lost.iter().any(is_lowest);
        let patience = if is_all_broken { 2_000 } else { PATIENCE };
        let until = key_frame.unwrap_or(u64::MAX).min(lost + patience);
        assert!(first.at <= until, "{name}: lost at {lost} ms, still broken at {} ms", first.at);
    }
    let count = bad.len();
    pictures.add(name, truth, good);
    count
}

fn words(original: &Original) -> String {
    let layers = original.layers.as_ref();
    let layers =
        layers.map(|it| (it.frame.spatial, it.frame.temporal, it.frame.mandatory.frame_number));
    format!("encoding {}, (spatial, temporal, frame) {layers:?}", original.encoding)
}

/// Milliseconds that the packets of a frame may be apart.
const ONE_FRAME: u64 = 60;
/// From a loss to its repair, at most.
const REPAIR: u64 = 130;
/// How long a packet is waited for; besides, frames have to show that it is missing, that it was
/// waited for, and where something else begins: three of them.
const PATIENCE: u64 = 300 + 200;
