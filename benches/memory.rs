//! What the engine holds: for an idle endpoint, for a subscription, for a source, and for each
//! Gbit/s it sends, on the heap (by a counting allocator) and resident (as the kernel sees it).
//! Virtual time: ten seconds of ten sources at 1.5 Mbit/s with fifty receivers take about one.
//!
//! `cargo bench --bench memory`; the figures also go to `target/bench/memory.json`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lahn::params::MediaKind;

#[path = "../tests/support/counting.rs"]
#[expect(dead_code, unreachable_pub, reason = "the tests use more of it, from more places")]
mod counting;
#[path = "../tests/support/crowd.rs"]
#[expect(unreachable_pub, reason = "shared with a test")]
mod crowd;

use crowd::{CountingSink, Crowd, Frame};

/// With header and tag 1,250 bytes: 30 frames a second are 1.5 Mbit/s.
const PICTURE: Frame = Frame { packets: 5, payload: 1_210 };
const SOUND: Frame = Frame { packets: 1, payload: 120 };
const SOURCES: usize = 10;
const RECEIVERS: usize = 50;
const SECONDS: u64 = 10;
/// Endpoints for a figure per endpoint; a power of two, so that lists that double are full.
const MANY: usize = 256;
/// What the house promises, resident MB per Gbit/s of egress.
const FLOOR: f64 = 50.0;

struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
}

fn main() {
    // `cargo test --all-targets` runs this too, without the word.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut figures = Vec::new();
    // First, while nothing that was freed before is still resident.
    measure_egress(&mut figures);
    measure_parts(&mut figures);
    print!("{}", table(&figures));
    write_json(&figures);
    let resident = figures.iter().find(|figure| figure.name == RESIDENT);
    assert!(resident.is_none_or(|figure| figure.value <= FLOOR), "more than {FLOOR} MB per Gbit/s");
}

const RESIDENT: &str = "resident per Gbit/s of egress";

fn measure_egress(figures: &mut Vec<Figure>) {
    let mut sink = CountingSink::new();
    let before = resident_bytes();
    let mut crowd = Crowd::new(beginning());
    for _ in 0..SOURCES {
        crowd.add_publisher(MediaKind::Video);
    }
    for _ in 0..RECEIVERS {
        let (endpoint, ..) = crowd.add_endpoint();
        crowd.subscribe_to_all(endpoint);
    }
    crowd.run_for(Duration::from_secs(SECONDS), PICTURE, &mut sink);
    let gigabits = sink.bytes as f64 * 8.0 / SECONDS as f64 / 1e9;
    let resident = resident_bytes().zip(before).map(|(after, before)| after - before);
    let packets = (SOURCES * RECEIVERS * PICTURE.packets * 30) as u64 * SECONDS;
    assert!(sink.datagrams >= packets, "every receiver gets everything");
    let heap = counting::held(crowd.engine) as f64;
    figures.push(Figure { name: "egress", value: gigabits, unit: "Gbit/s" });
    let value = heap / 1e6 / gigabits;
    figures.push(Figure { name: "heap per Gbit/s of egress", value, unit: "MB" });
    if let Some(resident) = resident {
        let value = resident / 1e6 / gigabits;
        figures.push(Figure { name: RESIDENT, value, unit: "MB" });
    }
}

fn measure_parts(figures: &mut Vec<Figure>) {
    let idle = per_one(endpoints(), nobody());
    figures.push(Figure { name: "idle raw endpoint", value: idle, unit: "bytes" });
    let local = "192.0.2.1:3478".parse().expect("an address");
    let mut with_sdp = nobody();
    for _ in 0..MANY {
        with_sdp.add_endpoint_with_sdp(local);
    }
    let value = per_one(with_sdp, nobody());
    figures.push(Figure { name: "endpoint with SDP before its offer", value, unit: "bytes" });
    let kinds = [
        ("subscription, audio, silent", MediaKind::Audio, None),
        ("subscription, audio, 30 packets/s", MediaKind::Audio, Some(SOUND)),
        ("subscription, video, silent", MediaKind::Video, None),
        ("subscription, video, 1.5 Mbit/s", MediaKind::Video, Some(PICTURE)),
    ];
    for (name, kind, frame) in kinds {
        let value =
            per_one(flowing(receivers(kind, true), frame), flowing(receivers(kind, false), frame));
        figures.push(Figure { name, value, unit: "bytes" });
    }
    let kinds = [
        ("source, audio, silent", MediaKind::Audio, None),
        ("source, audio, 29 kbit/s", MediaKind::Audio, Some(SOUND)),
        ("source, video, silent", MediaKind::Video, None),
        ("source, video, 1.5 Mbit/s", MediaKind::Video, Some(PICTURE)),
    ];
    for (name, kind, frame) in kinds {
        let mut publishers = nobody();
        (0..MANY).for_each(|_| publishers.add_publisher(kind));
        let value = per_one(flowing(publishers, frame), flowing(endpoints(), frame));
        figures.push(Figure { name, value, unit: "bytes" });
    }
}

/// Bytes for each of `MANY` that make the difference between two engines.
fn per_one(with: Crowd, without: Crowd) -> f64 {
    (counting::held(with.engine) - counting::held(without.engine)) as f64 / MANY as f64
}

fn nobody() -> Crowd {
    Crowd::new(beginning())
}

fn endpoints() -> Crowd {
    let mut crowd = nobody();
    for _ in 0..MANY {
        crowd.add_endpoint();
    }
    crowd
}

/// One source and many endpoints, with a subscription to it or without.
fn receivers(kind: MediaKind, subscribed: bool) -> Crowd {
    let mut crowd = nobody();
    crowd.add_publisher(kind);
    for _ in 0..MANY {
        let (endpoint, ..) = crowd.add_endpoint();
        if subscribed {
            crowd.subscribe_to_all(endpoint);
        }
    }
    crowd
}

/// Five seconds later.
fn flowing(mut crowd: Crowd, frame: Option<Frame>) -> Crowd {
    if let Some(frame) = frame {
        crowd.run_for(Duration::from_secs(5), frame, &mut CountingSink::new());
    }
    crowd
}

/// What the process has in memory; `None` where `/proc` does not tell.
fn resident_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024.0)
}

fn table(figures: &[Figure]) -> String {
    let mut out = format!(
        "{SOURCES} sources at 1.5 Mbit/s, {RECEIVERS} receivers of each, {SECONDS} s; floor: \
         {FLOOR} MB resident per Gbit/s\n"
    );
    for Figure { name, value, unit } in figures {
        let digits = if *unit == "bytes" { 0 } else { 2 };
        writeln!(out, "{name:<40}{value:>12.digits$} {unit}").expect("strings take all");
    }
    out
}

/// A flat list: `[{"name": ..., "value": ..., "unit": ...}]`.
fn write_json(figures: &[Figure]) {
    let entry = |Figure { name, value, unit }: &Figure| {
        format!("  {{\"name\": \"memory/{name}\", \"value\": {value}, \"unit\": \"{unit}\"}}")
    };
    let entries: Vec<String> = figures.iter().map(entry).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder).expect("a place for the figures");
    let text = format!("[\n{}\n]\n", entries.join(",\n"));
    fs::write(folder.join("memory.json"), text).expect("the figures are written");
}

#[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
fn beginning() -> Instant {
    Instant::now()
}
