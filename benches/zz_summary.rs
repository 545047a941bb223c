//! The last bench that cargo runs: measures nothing, but sets what the others left in
//! `target/bench/` side by side, and beside the floors they were built for. Prints it, and writes
//! `target/bench/summary.md`, from which README's table is.
//!
//! A floor that does not hold is said, never an error: it depends on the machine and on who else
//! uses it.
//!
//! `cargo bench --bench zz_summary`

#[expect(dead_code, unreachable_pub, reason = "shared by benches that use a part each")]
mod support;

use std::fmt::Write;

use lahn::srtp::AeadBackend;

use support::summary::{self, Entry};
use support::{floors, machine};

/// Figures further apart than this are not of one run.
const ONE_RUN_SECONDS: u64 = 30 * 60;

fn main() {
    if !summary::is_measuring() {
        return;
    }
    let entries: Vec<Entry> =
        summary::benches().iter().flat_map(|bench| summary::load(bench)).collect();
    if entries.is_empty() {
        return;
    }
    let mut out = format!("Measured on {}. `cargo bench`\n\n", machine::line());
    let timed = || entries.iter().map(|entry| entry.at).filter(|at| *at > 0);
    if timed().max().unwrap_or(0) - timed().min().unwrap_or(0) > ONE_RUN_SECONDS {
        out.push_str("(Put together from several runs: ratios between them mean little.)\n\n");
    }
    let of_interest = |suite: &str, load: &str, receivers: u32| {
        (suite, load) == ("gcm128", "1200") || receivers == 50
    };
    forwarding(&mut out, &entries, of_interest);
    floors::table(&mut out, &entries);
    println!("\n{out}");

    out.push_str("\n## All of it\n\n");
    forwarding(&mut out, &entries, |_, _, _| true);
    others(&mut out, &entries);
    summary::write("summary.md", &out);
}

/// What a forwarded packet costs, beside the cipher and beside str0m.
fn forwarding(out: &mut String, entries: &[Entry], wanted: impl Fn(&str, &str, u32) -> bool) {
    let backend = AeadBackend::fastest().name();
    let _ = writeln!(
        out,
        "Nanoseconds per forwarded packet, core only (no sockets); AES-GCM by {backend}, which is \
         taken on this CPU:\n\n\
         | profile, payload | receivers | lahn | bare cipher | × bare | str0m | str0m ÷ lahn |\n\
         |---|--:|--:|--:|--:|--:|--:|"
    );
    let suites = [("gcm128", "AES-128-GCM"), ("gcm256", "AES-256-GCM"), ("sha1", "SHA1-80")];
    let loads = [("1200", "1,200 bytes"), ("120", "120 bytes"), ("120-alone", "120 bytes, alone")];
    for (suite, profile) in suites {
        for (load, payload) in loads {
            for receivers in [1, 10, 50, 200, 1_000, 10_000] {
                let figure = |what: &str| {
                    let id = format!("core_fanout/{suite}/{load}/{receivers}/{what}");
                    let with_backend = format!("{id} {backend}");
                    let named = |name: &str| entries.iter().find(|entry| entry.name == name);
                    named(&with_backend).or_else(|| named(&id)).map(|entry| entry.value)
                };
                let Some(lahn) = figure("lahn").filter(|_| wanted(suite, load, receivers)) else {
                    continue;
                };
                let (bare, str0m) = (figure("bare"), figure("str0m"));
                let cell = |value: Option<f64>, digits: usize| {
                    value.map_or_else(String::new, |value| format!("{value:.digits$}"))
                };
                let _ = writeln!(
                    out,
                    "| {profile}, {payload} | {receivers} | {lahn:.0} | {} | {} | {} | {} |",
                    cell(bare, 0),
                    cell(bare.map(|bare| lahn / bare), 2),
                    cell(str0m, 0),
                    cell(str0m.map(|str0m| str0m / lahn), 1),
                );
            }
        }
    }
    out.push('\n');
}

/// The figures of every other bench, as they are.
fn others(out: &mut String, entries: &[Entry]) {
    out.push_str("| figure | value | |\n|---|--:|---|\n");
    for Entry { name, value, unit, .. } in entries {
        if !name.starts_with("core_fanout/") {
            let _ = writeln!(out, "| {name} | {value:.1} | {unit} |");
        }
    }
}
