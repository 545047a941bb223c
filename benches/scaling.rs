//! How the cost of a forwarded packet grows with receivers and with sources, as a picture:
//! `target/bench/scaling.svg`. Flat lines are what one hopes for.
//!
//! - Receivers 1 to 1,000 of one camera: a lecture. At few receivers the packet's own way in
//!   (decryption, routing, the history) is shared by few.
//! - Sources 1 to 500, 20 receivers who get each of them: a gallery, one engine full of them. A
//!   batch holds a frame of ten sources at most and the next batch the next ten, as arrivals of
//!   cameras that do not know each other spread; so what grows is what has to be remembered, not
//!   what comes at once.
//!
//! Payloads of 1,200 bytes, frames of five packets, AES-128-GCM by the backend that is taken on
//! this CPU. The bare cipher beside it as in [`support::bare`]: it does not know sources.
//!
//! `cargo bench --bench scaling`

#[expect(dead_code, unreachable_pub, reason = "shared by benches that use a part each")]
mod support;

use lahn::srtp::{AeadBackend, Profile};

use support::bare::Bare;
use support::chart::{Chart, Line, svg};
use support::forward::Forward;
use support::load::Load;
use support::machine;
use support::measure::{Entrant, Group, settings};
use support::summary::{self, Summary};

const PROFILE: Profile = Profile::AeadAes128Gcm;
const RECEIVERS: [u32; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
const SOURCES: [u32; 9] = [1, 2, 5, 10, 20, 50, 100, 200, 500];
/// Who gets all the sources.
const GALLERY: u32 = 20;

fn main() {
    let mut criterion = settings();
    let mut summary = Summary::new("scaling");
    let mut group = Group::new(&mut criterion, "scaling", &mut summary);
    let lecture = RECEIVERS.map(|receivers| (receivers, receivers, Load::VIDEO));
    let gallery = SOURCES.map(|sources| (sources, GALLERY, Load::gallery(sources)));
    let charts = [
        chart(&mut group, "receivers", "Receivers of one source", &lecture),
        chart(&mut group, "sources", "Sources, each to the same 20 receivers", &gallery),
    ];
    drop(group);
    criterion.final_summary();
    summary.finish();
    if summary::is_measuring() && charts.iter().all(|chart| chart.lines[0].points.len() > 1) {
        let heading = "lahn: cost of a forwarded packet, core only, AES-128-GCM, 1,200 bytes";
        summary::write("scaling.svg", &svg(heading, &machine::line(), &charts));
    }
}

fn chart(group: &mut Group<'_>, name: &str, title: &str, steps: &[(u32, u32, Load)]) -> Chart {
    let mut forwarded = Vec::new();
    let mut sealed = Vec::new();
    for &(count, receivers, load) in steps {
        let forward = move || Forward::new(load, receivers, PROFILE, None);
        let bare = move || Bare::new(load, receivers, PROFILE, None);
        let entrants = vec![Entrant::new("lahn", forward), Entrant::new("bare", bare)];
        let medians = group.compare(&format!("{name}/{count}"), entrants);
        for (points, median) in [&mut forwarded, &mut sealed].into_iter().zip(medians) {
            points.extend(median.map(|nanos| (f64::from(count), nanos)));
        }
    }
    let line = |name: &str, colour, points| Line { name: name.to_owned(), colour, points };
    Chart {
        title: title.to_owned(),
        across: format!("{name} (logarithmic)"),
        lines: vec![
            line("lahn", "#0b62a4", forwarded),
            line(&format!("bare cipher ({})", AeadBackend::fastest().name()), "#c4601a", sealed),
        ],
    }
}
