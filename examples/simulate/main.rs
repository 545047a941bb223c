//! Plays scenarios of congestion control through the real engine, in virtual time, and shows what
//! came of it: tables, JSON, pictures. For integrators who want to know what a link does to their
//! layers, and for whoever changes the controller. The same scenarios are tests (`tests/sim`).
//!
//! `cargo run --release --example simulate -- --help`.
//!
//! Read next: `options` (what may be said), `figures` and `rows` (tables), `json`, `picture` and
//! `panels` (SVG); then `tests/sim/main.rs`, whose modules do the work.

mod figures;
mod json;
#[path = "../../tests/sim/metrics/mod.rs"]
mod metrics;
#[path = "../../tests/sim/net/mod.rs"]
mod net;
mod options;
mod panels;
mod picture;
mod rows;
#[path = "../../tests/sim/scenario/mod.rs"]
mod scenario;
mod strips;
mod svg;
#[path = "../../tests/sim/world/mod.rs"]
mod world;

use std::env;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use metrics::Run;
use options::Options;
use scenario::Scenario;
use world::World;

const HELP: &str = include_str!("help.txt");

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let options = Options::parse(words.into_iter());
    let options = options.map_err(|error| format!("{error} (--help tells the words)"));
    match options.and_then(|options| show(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}

fn show(options: &Options) -> Result<(), String> {
    if options.table {
        let files = if options.files.is_empty() { built_in()? } else { options.files.clone() };
        print!("{}", rows::table(&files, options.seeds.clone().unwrap_or(1..=5))?);
        return Ok(());
    }
    let file = options.files.first().ok_or("a scenario, or --table")?;
    let mut all = Vec::new();
    for scenario in Scenario::load(file)? {
        let is_meant = |name: &String| scenario.title.ends_with(&format!(", {name}"));
        if options.variation.as_ref().is_none_or(is_meant) {
            all.push(play(&Arc::new(scenario), options)?);
        }
    }
    let first = all.first().ok_or("the scenario has no such variation")?;
    if let Some(svg) = &options.svg {
        write(svg, &picture::draw(&first[0]))?;
    }
    if let Some(file) = &options.json {
        let text = serde_json::to_string_pretty(&json::of(&all));
        let text = text.map_err(|error| error.to_string())?;
        if file.as_os_str() == "-" {
            println!("{text}");
            return Ok(());
        }
        write(file, &text)?;
    }
    for runs in &all {
        print!("{}", figures::text(runs));
    }
    Ok(())
}

/// One variation, under each seed.
fn play(scenario: &Arc<Scenario>, options: &Options) -> Result<Vec<Run>, String> {
    let seeds = options.seeds.clone().unwrap_or(1..=1);
    seeds.map(|seed| World::run(scenario, seed)).collect()
}

/// The scenarios that are tests.
fn built_in() -> Result<Vec<std::path::PathBuf>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let files = entries.flatten().map(|entry| entry.path());
    let is_scenario = |file: &std::path::PathBuf| file.extension().is_some_and(|is| is == "toml");
    let mut files: Vec<_> = files.filter(is_scenario).collect();
    // RFC 8867 first, as the specification has it.
    files.sort_by_key(|file| {
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        (!name.starts_with("rfc"), !name.starts_with("s-"), name)
    });
    Ok(files)
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}
