//! What is wrong with payload descriptors and dependency descriptors is caught, and named.

use super::broken::Broken;
use super::publish::{Kind, Publisher};
use super::reference::ForwardedPacket;
use super::stream::{Honest, publish, receive, straight};

/// Where TL0PICIDX stands in a VP8 payload.
fn vp8_tl0(packet: &ForwardedPacket) -> usize {
    if packet.payload[2] & 0x80 != 0 { 4 } else { 3 }
}

/// Where TL0PICIDX stands in a VP9 payload of the non-flexible mode.
fn vp9_tl0(packet: &ForwardedPacket) -> usize {
    if packet.payload[1] & 0x80 != 0 { 4 } else { 3 }
}

#[test]
fn vp8_picture_id_with_a_hole_or_two_of_them_in_a_frame() {
    let mut broken = Broken::straight(Kind::VP8_SIMULCAST);
    let (at, count) = (broken.find(|frame| frame.packets.len() >= 3), broken.stream.len());
    let next = |packet: &mut ForwardedPacket| {
        let low = vp8_tl0(packet) - 1;
        // One ahead of the true one is what the next has; three ahead, nobody near.
        packet.payload[low] =
            packet.payload[low] & 0x80 | packet.payload[low].wrapping_add(3) & 0x7f;
    };
    broken.each(at.start..count, next);
    broken.breaks("V1", "picture id");
    let mut broken = Broken::straight(Kind::VP8_SIMULCAST);
    broken.each(at.start + 1..at.end, next);
    broken.breaks("V1", "two pictures");
}

#[test]
fn vp8_tl0picidx_that_skips_or_stands_still() {
    for by in [1_u8, 255] {
        let mut broken = Broken::straight(Kind::VP8_SIMULCAST);
        let count = broken.stream.len();
        let at = broken.find(|frame| frame.temporal == 0).start;
        broken.each(at..count, |packet| {
            let tl0 = vp8_tl0(packet);
            packet.payload[tl0] = packet.payload[tl0].wrapping_add(by);
        });
        broken.breaks("V1", "TL0PICIDX");
    }
}

/// Where the base layer was lost, frames must not seem to refer to another one.
#[test]
fn vp8_tl0picidx_closed_over_a_loss() {
    let mut broken = Broken::straight(Kind::VP8_SIMULCAST);
    let at = broken.find(|frame| frame.temporal == 0 && !frame.starts());
    broken.lose(at.clone());
    broken.stream.drain(at.clone());
    assert!(receive(&broken.truth, &broken.stream).undecodable > 0, "excused as it is");
    let count = broken.stream.len();
    broken.each(at.start..count, |packet| {
        let tl0 = vp8_tl0(packet);
        packet.payload[tl0] = packet.payload[tl0].wrapping_sub(1);
    });
    broken.breaks("V1", "TL0PICIDX");
}

#[test]
fn vp8_keyidx_that_does_not_count_keys() {
    let mut broken = Broken::straight(Kind::VP8_SIMULCAST);
    let at = broken.find(|frame| frame.temporal == 0);
    broken.each(at, |packet| {
        let last = vp8_tl0(packet) + 1;
        packet.payload[last] = packet.payload[last] & 0xe0 | (packet.payload[last] + 1) & 0x1f;
    });
    broken.breaks("V3", "KEYIDX");
}

#[test]
fn vp8_layer_changed() {
    let mut broken = Broken::straight(Kind::VP8_SIMULCAST);
    let at = broken.find(|_| true);
    broken.each(at, |packet| {
        let last = vp8_tl0(packet) + 1;
        packet.payload[last] ^= 0x40;
    });
    broken.breaks("V4", "descriptor");
}

#[test]
fn vp9_picture_id_closed_over_dropped_pictures() {
    let mut broken = Broken::selected(Kind::VP9_L3T3_FLEXIBLE, |_| (0, 2, 1), |_| false);
    assert_eq!(receive(&broken.truth, &broken.stream).undecodable, 0);
    let (at, count) = (broken.find(|frame| frame.spatial == 0).start, broken.stream.len());
    broken.each(at..count, |packet| {
        let low = vp9_tl0(packet) - 2;
        packet.payload[low] =
            packet.payload[low] & 0x80 | packet.payload[low].wrapping_sub(1) & 0x7f;
    });
    broken.breaks("N1", "picture id");
}

#[test]
fn vp9_tl0picidx_changed() {
    let mut broken = Broken::straight(Kind::VP9_L3T3);
    let at = broken.find(|frame| frame.spatial == 1);
    broken.each(at, |packet| {
        let tl0 = vp9_tl0(packet);
        packet.payload[tl0] = packet.payload[tl0].wrapping_add(1);
    });
    broken.breaks("N1", "TL0PICIDX");
}

#[test]
fn vp9_differences_changed() {
    let mut broken = Broken::straight(Kind::VP9_L3T3_FLEXIBLE);
    let at = broken.find(|frame| frame.spatial == 0 && !frame.starts());
    broken.each(at, |packet| {
        let p_diff = vp9_tl0(packet);
        packet.payload[p_diff] ^= 2;
    });
    broken.breaks("N4", "descriptor");
}

#[test]
fn marker_missing_where_higher_spatial_layers_are_cut() {
    for (kind, rule) in [(Kind::VP9_L3T3, "N3"), (Kind::VP9_L3T3_KEY, "N3"), (Kind::AV1_L3T3, "D7")]
    {
        let mut broken = Broken::selected(kind, |_| (0, 1, 2), |_| false);
        let at = broken.find(|frame| frame.spatial == 1);
        broken.each(at, |packet| packet.marker = false);
        broken.breaks(rule, "no marker");
    }
}

#[test]
fn marker_between_the_layers_of_a_picture() {
    let mut broken = Broken::straight(Kind::VP9_L3T3);
    let at = broken.find(|frame| frame.spatial == 1);
    broken.each(at.end - 1..at.end, |packet| packet.marker = true);
    broken.breaks("N3", "of the same picture");
}

#[test]
fn layers_that_nobody_needs() {
    for (kind, rule) in
        [(Kind::VP9_L3T3_KEY, "N2"), (Kind::AV1_L3T3_KEY, "N2"), (Kind::AV1_S3T3, "D8")]
    {
        let mut publisher = Publisher::new(kind, 8);
        let packets = publish(&mut publisher, 30, |_, _| {});
        let stream = packets.iter().map(|(at, plain)| straight(*at, plain)).collect();
        Broken { truth: publisher.truth(), stream }.breaks(rule, "needs no");
    }
}

const AV1: Kind = Kind::AV1_L1T3;

#[test]
fn descriptor_missing() {
    let mut broken = Broken::straight(AV1);
    let at = broken.find(|_| true);
    broken.each(at, |packet| packet.descriptor = None);
    broken.breaks("D1", "no descriptor");
}

#[test]
fn template_of_no_structure_and_of_another_frame() {
    for (by, rule) in [(20, "D1"), (1, "D5")] {
        let mut broken = Broken::straight(AV1);
        let at = broken.find(|frame| frame.temporal == 1);
        broken.each(at, |packet| {
            let descriptor = packet.descriptor.as_mut().expect("described");
            descriptor[0] = descriptor[0] & 0xc0 | descriptor[0].wrapping_add(by) & 0x3f;
        });
        broken.breaks(rule, "");
    }
}

#[test]
fn frame_number_changed() {
    for (first, rule) in [(0, "frame number "), (1, "frame numbers ")] {
        let mut broken = Broken::straight(AV1);
        let at = broken.find(|frame| frame.packets.len() > 2);
        broken.each(at.start + first..at.end, |packet| {
            let descriptor = packet.descriptor.as_mut().expect("described");
            descriptor[2] ^= 1;
        });
        broken.breaks("D5", rule);
    }
}

/// The active decode targets are told as if somebody else got it.
fn told_wrongly(kind: Kind, wanted: (u8, u8, u8), told: (u8, u8, u8)) -> Broken {
    let mut publisher = Publisher::new(kind, 9);
    let packets = publish(&mut publisher, 60, |_, _| {});
    let truth = publisher.truth();
    let mut honest = Honest::new(truth.clone(), wanted);
    honest.told = Some(told);
    let forwarded = packets.iter().filter_map(|(at, plain)| honest.forward(*at, plain));
    Broken { stream: forwarded.collect(), truth }
}

#[test]
fn targets_that_promise_more_or_less_than_comes() {
    let sound = told_wrongly(Kind::AV1_L3T3, (0, 1, 1), (0, 1, 1));
    assert_eq!(receive(&sound.truth, &sound.stream).undecodable, 0);
    told_wrongly(Kind::AV1_L3T3, (0, 1, 1), (0, 2, 1)).breaks("D4", "chain of target 7");
    told_wrongly(Kind::AV1_L3T3, (0, 1, 1), (0, 1, 2)).breaks("D5", "promise");
    told_wrongly(Kind::AV1_L3T3_KEY, (0, 1, 1), (0, 0, 1)).breaks("D5", "no part of target");
}

/// Lower targets do not come either, where layers do not refer to each other.
#[test]
fn all_targets_told_though_one_layer_comes() {
    for kind in [Kind::AV1_L3T3_KEY, Kind::AV1_S3T3] {
        let mut broken = told_wrongly(kind, (0, 2, 2), (0, 2, 2));
        broken.stream.iter_mut().for_each(|given| {
            given.packet.descriptor.clone_from(&given.plain.descriptor);
        });
        broken.breaks("D5", "promise");
    }
}

#[test]
fn targets_told_once_only() {
    let mut broken = Broken::selected(AV1, |_| (0, 0, 1), |_| false);
    let at = broken.find(|_| true);
    let descriptor = broken.stream[at.start].plain.descriptor.clone().expect("described");
    let now = broken.stream[at.start].packet.descriptor.clone().expect("described");
    assert!(now.len() > descriptor.len(), "the mask was put in");
    broken.each(at, |packet| {
        let descriptor = packet.descriptor.as_mut().expect("described");
        descriptor.truncate(3);
    });
    broken.breaks("D5", "does not tell");
}

/// Its references are there, its chain is not.
#[test]
fn chain_broken() {
    let mut broken = Broken::selected(AV1, |_| (0, 0, 0), |_| false);
    let is_base = |picture: u32| move |frame: &super::publish::TrueFrame| frame.picture == picture;
    let missing = broken.find(is_base(40));
    let (before, next) = (broken.find(is_base(36)), broken.find(is_base(44)));
    let index = |at: usize| broken.stream[at].plain.identity.frame;
    let (before, next) = (index(before.start), index(next.start));
    broken.truth.edit(0, next, |frame| frame.refs = vec![before]);
    broken.remove_and_close(missing);
    broken.breaks("D4", "chain");
}
