//! Payloads encrypted end to end: random behind what browsers leave clear. The engine must decide
//! exactly as if it could read them (H2).

use super::layers::{random, scripts};
use super::original::Truth;
use super::replay::play;
use super::script::{Played, Script};

/// All that was decided: which packets, when, under which numbers, times, markers and descriptors.
fn decisions(played: &Played) -> Vec<String> {
    let packets = played.packets.iter().map(|it| {
        let (rtp, descriptor) = (&it.rtp, it.descriptor.as_deref());
        let numbers = (rtp.seq, rtp.timestamp, rtp.marker, descriptor);
        format!("{} ms: packet {} as {numbers:?}", it.at, it.original)
    });
    let told = [format!("{:?}", played.layers), format!("{:?}", played.demand)];
    let asked = format!("{:?}, {}", played.asked, played.repairs);
    packets.chain(told).chain([asked]).collect()
}

fn assert_alike(name: &str, undescribed: bool) {
    let truth = Truth::unseen(name);
    let steps = scripts().into_iter().chain((10..14).map(random));
    for (number, steps) in steps.enumerate() {
        // Every third with loss, that is repaired every other time.
        let lost =
            if number % 3 == 1 { (20..truth.packets.len()).step_by(9).collect() } else { vec![] };
        let repaired = number % 2 == 0;
        let readable = Script { undescribed, steps, lost, repaired, opaque: false };
        let opaque = Script { opaque: true, ..readable.clone() };
        let one = play(&truth, &readable);
        let (expected, found) = (decisions(&one), decisions(&play(&truth, &opaque)));
        assert!(one.packets.len() > 10, "{name}: {readable:?}");
        for (expected, found) in expected.iter().zip(&found) {
            assert_eq!(found, expected, "{name}, script {number}, {readable:?}");
        }
        assert_eq!(found.len(), expected.len(), "{name}, script {number}, {readable:?}");
    }
}

#[test]
fn vp8_simulcast_is_forwarded_alike() {
    assert_alike("vp8-simulcast", false);
}

#[test]
fn vp8_simulcast_of_which_the_heads_are_clear_is_forwarded_alike() {
    assert_alike("vp8-simulcast", true);
}

#[test]
fn vp9_simulcast_is_forwarded_alike() {
    assert_alike("vp9-simulcast", false);
    assert_alike("vp9-simulcast", true);
}

#[test]
fn vp9_svc_is_forwarded_alike() {
    for name in ["vp9-l3t3", "vp9-l3t3-key", "vp9-l3t3-two"] {
        assert_alike(name, false);
        assert_alike(name, true);
    }
}

/// Without descriptors its layers, and even its key frames, would be hidden.
#[test]
fn h264_simulcast_with_descriptors_is_forwarded_alike() {
    assert_alike("h264-simulcast", false);
}

#[test]
fn av1_is_forwarded_alike() {
    for name in ["av1-l1t3", "av1-l3t3", "av1-l3t3-key"] {
        assert_alike(name, false);
    }
}
