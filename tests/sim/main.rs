//! The simulator: the engine in virtual time, on links as they are out there. Every row of
//! spec/congestion.md §3, §4 and §7 is a file in `tests/scenarios` and a test here; what was
//! measured is printed (`cargo test --release --test sim -- --nocapture`).
//!
//! `net` is the network and knows nothing of media; `scenario` is what is to happen; `world` makes
//! it happen; `metrics` says what it was like.
//!
//! One seed in debug builds, five in release; `LAHN_SIM_SEEDS=3` or `LAHN_SIM_SEEDS=7..9` says
//! otherwise.

mod metrics;
mod net;
mod scenario;
mod world;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use metrics::report;
use scenario::Scenario;
use world::World;

/// A test for each scenario, and for each variation of those that have some.
macro_rules! scenarios {
    ($($name:ident: $file:literal $([$variation:literal])?,)*) => {
        $(
            #[test]
            fn $name() {
                play($file, concat!($($variation)?));
            }
        )*

        /// Files and variations; empty: it has none.
        const PLAYED: &[(&str, &str)] = &[$(($file, concat!($($variation)?)),)*];
    };
}

scenarios! {
    rfc8867_5_1: "rfc8867-5.1" ["no jitter"],
    rfc8867_5_1_jitter: "rfc8867-5.1" ["30 ms of jitter"],
    rfc8867_5_1_elastic: "rfc8867-5.1e" ["no jitter"],
    rfc8867_5_1_elastic_jitter: "rfc8867-5.1e" ["30 ms of jitter"],
    rfc8867_5_2: "rfc8867-5.2" ["no jitter"],
    rfc8867_5_2_jitter: "rfc8867-5.2" ["30 ms of jitter"],
    rfc8867_5_3: "rfc8867-5.3" ["no jitter"],
    rfc8867_5_3_jitter: "rfc8867-5.3" ["30 ms of jitter"],
    rfc8867_5_4: "rfc8867-5.4" ["no jitter"],
    rfc8867_5_4_jitter: "rfc8867-5.4" ["30 ms of jitter"],
    rfc8867_5_5: "rfc8867-5.5",
    rfc8867_5_6_queue_300: "rfc8867-5.6" ["queue of 300 ms"],
    rfc8867_5_6_queue_300_cubic: "rfc8867-5.6" ["queue of 300 ms, CUBIC"],
    rfc8867_5_6_queue_1000: "rfc8867-5.6" ["queue of 1000 ms"],
    rfc8867_5_6_queue_1000_cubic: "rfc8867-5.6" ["queue of 1000 ms, CUBIC"],
    rfc8867_5_7: "rfc8867-5.7" ["no jitter"],
    rfc8867_5_7_jitter: "rfc8867-5.7" ["30 ms of jitter"],
    rfc8867_5_8: "rfc8867-5.8" ["no jitter"],
    rfc8867_5_8_jitter: "rfc8867-5.8" ["30 ms of jitter"],
    rfc8867_6_weights: "rfc8867-6-weights",
    rfc8867_6_ecn_step: "rfc8867-6-ecn" ["marks above 1 ms"],
    rfc8867_6_ecn_codel: "rfc8867-6-ecn" ["CoDel, L4S above 1 ms"],
    rfc8867_6_two_bottlenecks: "rfc8867-6-two-bottlenecks",
    rfc8869_wifi_alone: "rfc8869-wifi" ["alone"],
    rfc8869_wifi_four_stations: "rfc8869-wifi" ["four stations"],
    rfc8869_wifi_sixteen_stations: "rfc8869-wifi" ["sixteen stations"],
    s_start_500k: "s-start" ["0.5M, one way 50 ms"],
    s_start_3m: "s-start" ["3M, one way 50 ms"],
    s_start_10m: "s-start" ["10M, one way 20 ms"],
    s_drop: "s-drop",
    s_bucket_1500: "s-bucket" ["bucket of 1.5 kB"],
    s_bucket_4000: "s-bucket" ["bucket of 4 kB"],
    s_bucket_8000: "s-bucket" ["bucket of 8 kB"],
    s_bucket_16000: "s-bucket" ["bucket of 16 kB"],
    s_bucket_drop: "s-bucket" ["3 M, 0.5 M, 3 M, bucket of 4 kB"],
    s_bucket_rise: "s-bucket" ["0.5 M, 1 M, bucket of 8 kB"],
    s_lulls: "s-lulls",
    s_gallery: "s-gallery",
    s_stage: "s-stage",
    s_alr: "s-alr" ["steady"],
    s_alr_silent_drop: "s-alr" ["silent drop to 0.6 M"],
    s_stuck: "s-stuck",
    s_keyburst: "s-keyburst",
    s_loss_0: "s-loss" ["0 %"],
    s_loss_1: "s-loss" ["1 %"],
    s_loss_2: "s-loss" ["2 %"],
    s_loss_5: "s-loss" ["5 %"],
    s_loss_10: "s-loss" ["10 %"],
    s_loss_20: "s-loss" ["20 %"],
    s_loss_bursts: "s-loss" ["2 % in bursts"],
    s_police_10_ms: "s-police" ["buffer 10 ms"],
    s_police_30_ms: "s-police" ["buffer 30 ms"],
    s_police_60_ms: "s-police" ["buffer 60 ms"],
    s_police_codel: "s-police" ["CoDel"],
    s_jitter_5_ms: "s-jitter" ["sigma 5 ms"],
    s_jitter_10_ms: "s-jitter" ["sigma 10 ms"],
    s_jitter_reordered: "s-jitter" ["sigma 5 ms, reordered"],
    s_owd_more: "s-owd" ["80 ms more"],
    s_owd_less: "s-owd" ["80 ms less"],
    s_cell: "s-cell",
    s_outage_3_s: "s-outage" ["3 s"],
    s_outage_10_s: "s-outage" ["10 s"],
    s_join_and_leave: "s-join",
    s_mix: "s-mix",
    m6_remb: "m06-remb" ["0 % lost"],
    m6_remb_5_lost: "m06-remb" ["5 % lost"],
    m6_remb_15_lost: "m06-remb" ["15 % lost"],
    m7_silence_3_s: "m07-silence" ["for 3 s"],
    m7_silence_10_s: "m07-silence" ["for 10 s"],
    m8_mute: "m08-mute",
    m9_screen: "m09-screen",
    m12_uplink_loss: "m12-uplink-loss" ["transport-cc"],
    m12_uplink_loss_ccfb: "m12-uplink-loss" ["ccfb"],
    m12_uplink_loss_remb: "m12-uplink-loss" ["remb"],
    m13_resend_storm: "m13-resend-storm",
    m14_shared_bottleneck: "m14-shared-bottleneck",
    m15_drag: "m15-drag",
    m16_layer_loss: "m16-layer-loss",
}

/// Plays a scenario under all seeds and holds its lines against what was measured.
fn play(name: &str, variation: &str) {
    let scenario = Arc::new(load(name, variation));
    let begun = cpu_seconds();
    let runs: Vec<_> = seeds()
        .map(|seed| {
            World::run(&scenario, seed).unwrap_or_else(|what| panic!("{name}, seed {seed}: {what}"))
        })
        .collect();
    let each = (cpu_seconds() - begun) / runs.len() as f64;
    let mut out = format!("{} ({each:.2} s of CPU for each seed)\n", scenario.title);
    let mut missed = 0;
    for verdict in report::verdicts(&runs) {
        let _ = writeln!(out, "  {}", verdict.text());
        missed += usize::from(!verdict.is_met() && verdict.line.not_met.is_none());
    }
    print!("{out}");
    assert!(missed == 0, "{missed} lines are not met:\n{out}");
}

/// Of this thread (T10).
fn cpu_seconds() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

fn load(name: &str, variation: &str) -> Scenario {
    let all = Scenario::load(&folder().join(format!("{name}.toml")));
    let all = all.unwrap_or_else(|what| panic!("{what}"));
    let is_meant = |scenario: &Scenario| {
        variation.is_empty() || scenario.title.ends_with(&format!(", {variation}"))
    };
    all.into_iter().find(is_meant).unwrap_or_else(|| panic!("{name} has no \"{variation}\""))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn seeds() -> std::ops::RangeInclusive<u64> {
    let most = if cfg!(debug_assertions) { 1 } else { 5 };
    let Ok(words) = std::env::var("LAHN_SIM_SEEDS") else { return 1..=most };
    let number = |text: &str| text.trim().parse().expect("LAHN_SIM_SEEDS is 5 or 3..7");
    match words.split_once("..") {
        Some((first, last)) => number(first)..=number(last),
        None => 1..=number(&words),
    }
}

#[test]
fn every_scenario_and_every_variation_is_played() {
    let mut there = BTreeSet::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let all = Scenario::load(&file).unwrap_or_else(|what| panic!("{what}"));
        there.extend(all.into_iter().map(|scenario| (name.clone(), scenario.title)));
    }
    let played =
        PLAYED.iter().map(|(name, variation)| ((*name).to_owned(), load(name, variation).title));
    assert_eq!(played.collect::<BTreeSet<_>>(), there);
}

#[test]
fn same_seed_gives_the_same_run_and_another_seed_another() {
    let scenario = Arc::new(load("rfc8867-5.8", "30 ms of jitter"));
    let hash = |seed| World::run(&scenario, seed).unwrap().hash;
    assert_eq!(hash(7), hash(7));
    assert_ne!(hash(7), hash(8));
}
