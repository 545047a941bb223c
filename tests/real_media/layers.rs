//! Layers by constraint: simulcast, SVC and K-SVC, temporal layers, pause and resume.

use lahn::{Constraints, LayerReason};

use super::judge::assert_good;
use super::original::Truth;
use super::pictures::Pictures;
use super::replay::play;
use super::script::{Played, Script};

const FREE: fn() -> Constraints = Constraints::default;

fn spatial(most: u8) -> Constraints {
    Constraints { max_spatial: Some(most), ..FREE() }
}

fn temporal(spatial: u8, most: u8) -> Constraints {
    Constraints { max_spatial: Some(spatial), max_temporal: Some(most), ..FREE() }
}

fn paused() -> Constraints {
    Constraints { paused: true, ..FREE() }
}

/// Key frames come 1.2, 2.4 and 3.6 s after the first packet. What is set where nothing is waited
/// for; what is set just before a key frame, just after one, and several times between two.
pub fn scripts() -> Vec<Vec<(u64, Constraints)>> {
    vec![
        vec![(0, FREE())],
        vec![(0, spatial(0)), (1_000, spatial(2)), (1_500, spatial(1)), (2_500, spatial(2))],
        vec![(0, spatial(2)), (700, spatial(0)), (1_300, spatial(1)), (3_500, spatial(0))],
        vec![
            (0, spatial(1)),
            (100, spatial(0)),
            (900, spatial(2)),
            (2_399, spatial(0)),
            (2_600, FREE()),
        ],
        vec![
            (0, FREE()),
            (300, temporal(2, 1)),
            (700, temporal(2, 0)),
            (1_500, temporal(2, 1)),
            (2_000, FREE()),
        ],
        vec![
            (0, temporal(0, 0)),
            (800, temporal(2, 1)),
            (1_700, temporal(2, 2)),
            (2_700, temporal(1, 0)),
            (3_000, temporal(1, 2)),
        ],
        vec![
            (0, FREE()),
            (500, paused()),
            (900, spatial(1)),
            (1_800, paused()),
            (1_900, spatial(0)),
            (3_000, paused()),
        ],
    ]
}

/// Every script, readable; returns what came of each.
fn assert_all_good(name: &'static str, undescribed: bool) -> Vec<Played> {
    let truth = Truth::read(name);
    let mut pictures = Pictures::default();
    let each = scripts().into_iter().chain((0..RANDOM_SCRIPTS).map(random)).enumerate();
    let all = each.map(|(number, steps)| {
        let script = Script { undescribed, steps, ..Script::default() };
        let played = play(&truth, &script);
        let name = format!("{name}, script {number}, {script:?}");
        assert!(!played.packets.is_empty(), "{name}");
        assert_good(&name, &truth, &script, &played, &mut pictures);
        played
    });
    let all = all.collect();
    pictures.assert_same(&truth);
    all
}

const RANDOM_SCRIPTS: u64 = 2;

/// A change each 300 ms or so.
pub fn random(seed: u64) -> Vec<(u64, Constraints)> {
    let mut state = seed + 1;
    let mut below = |most: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let mut at = 0;
    let mut steps = Vec::new();
    while at < 4_400 {
        let mut layer = || Some(below(4)).filter(|it| *it < 3).map(|it| it as u8);
        let (max_spatial, max_temporal) = (layer(), layer());
        let paused = below(6) == 0;
        steps.push((at, Constraints { max_spatial, max_temporal, paused, ..FREE() }));
        at += below(600);
    }
    steps
}

/// When which layer of which kind was told to flow; encodings of simulcast, spatial layers of SVC.
fn switches(played: &Played) -> Vec<(u64, Option<u8>)> {
    let mut all: Vec<_> = played
        .layers
        .iter()
        .map(|(at, layer, _)| (*at, layer.map(|layer| layer.encoding.max(layer.spatial))))
        .collect();
    all.dedup_by_key(|(_, layer)| *layer);
    // The first packets come one encoding after the other, the highest first.
    let beginning = all.iter().take_while(|(at, _)| *at < 50).count();
    all.split_off(beginning.saturating_sub(1))
}

/// That the handwritten scripts had the effect they were written for, each switch at its key frame.
fn assert_switches(played: &[Played], script: usize, expected: &[(u64, Option<u8>)]) {
    let told = switches(&played[script]);
    let is_close = |((at, layer), (expected_at, expected)): (&(u64, _), &(u64, _))| {
        layer == expected && (*expected_at..expected_at + 150).contains(at)
    };
    assert!(
        told.len() == expected.len() && told.iter().zip(expected).all(is_close),
        "script {script}: {told:?}, not {expected:?}"
    );
}

fn simulcast(name: &'static str, undescribed: bool) -> Vec<Played> {
    let played = assert_all_good(name, undescribed);
    assert_switches(
        &played,
        1,
        &[(0, Some(0)), (1_200, Some(2)), (2_400, Some(1)), (3_600, Some(2))],
    );
    assert_switches(
        &played,
        2,
        &[(0, Some(2)), (1_200, Some(0)), (2_400, Some(1)), (3_600, Some(0))],
    );
    let paused = |at| (at, None);
    let pauses = [
        (0, Some(2)),
        paused(500),
        (1_200, Some(1)),
        paused(1_800),
        (2_400, Some(0)),
        paused(3_000),
    ];
    assert_switches(&played, 6, &pauses);
    let reasons: Vec<_> = played[6].layers.iter().map(|(_, _, reason)| *reason).collect();
    assert!(reasons.contains(&LayerReason::Paused) && reasons.contains(&LayerReason::Resumed));
    played
}

fn svc(name: &'static str, undescribed: bool) -> Vec<Played> {
    assert_all_good(name, undescribed)
}

#[test]
fn vp8_simulcast_is_forwarded_as_it_is_wanted() {
    simulcast("vp8-simulcast", false);
}

#[test]
fn vp8_simulcast_without_dependency_descriptors_too() {
    simulcast("vp8-simulcast", true);
}

#[test]
fn vp9_simulcast_is_forwarded_as_it_is_wanted() {
    simulcast("vp9-simulcast", false);
}

#[test]
fn vp9_simulcast_without_dependency_descriptors_too() {
    simulcast("vp9-simulcast", true);
}

#[test]
fn h264_simulcast_is_forwarded_as_it_is_wanted() {
    simulcast("h264-simulcast", false);
}

#[test]
fn h264_simulcast_without_dependency_descriptors_too() {
    simulcast("h264-simulcast", true);
}

#[test]
fn vp9_l3t3_is_forwarded_as_it_is_wanted() {
    svc("vp9-l3t3", false);
}

#[test]
fn vp9_l3t3_without_dependency_descriptors_too() {
    svc("vp9-l3t3", true);
}

#[test]
fn vp9_l3t3_key_is_forwarded_as_it_is_wanted() {
    svc("vp9-l3t3-key", false);
}

#[test]
fn vp9_l3t3_key_without_dependency_descriptors_too() {
    svc("vp9-l3t3-key", true);
}

#[test]
fn vp9_l3t3_of_which_two_layers_are_sent_is_forwarded_as_it_is_wanted() {
    svc("vp9-l3t3-two", false);
}

#[test]
fn vp9_l3t3_of_which_two_layers_are_sent_without_dependency_descriptors_too() {
    svc("vp9-l3t3-two", true);
}

#[test]
fn av1_l1t3_is_forwarded_as_it_is_wanted() {
    svc("av1-l1t3", false);
}

#[test]
fn av1_l3t3_is_forwarded_as_it_is_wanted() {
    svc("av1-l3t3", false);
}

#[test]
fn av1_l3t3_key_is_forwarded_as_it_is_wanted() {
    svc("av1-l3t3-key", false);
}
