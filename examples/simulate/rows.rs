//! The table: for each window of each scenario utilisation, queue delay and loss at the bottleneck
//! (means over seeds), and whatever else is asked for (ranges over seeds), in Markdown. Runs are
//! shared out over the CPUs.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::metrics::Run;
use crate::metrics::report::number;
use crate::scenario::{Ask, Measure, Row, Scenario, Shown};
use crate::world::World;

/// See the module.
pub(crate) fn table(files: &[PathBuf], seeds: RangeInclusive<u64>) -> Result<String, String> {
    let mut scenarios = Vec::new();
    for file in files {
        scenarios.extend(Scenario::load(file)?.into_iter().filter(|held| !held.rows.is_empty()));
    }
    let scenarios: Vec<_> = scenarios.into_iter().map(Arc::new).collect();
    let (next, texts) = (AtomicUsize::new(0), Mutex::new(vec![None; scenarios.len()]));
    let work = || {
        while let Some((place, scenario)) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            scenarios.get(place).map(|scenario| (place, scenario))
        } {
            let runs = seeds.clone().map(|seed| World::run(scenario, seed));
            let text = runs.collect::<Result<Vec<_>, _>>().map(|runs| rows_of(&runs));
            texts.lock().expect("nobody panicked")[place] = Some(text);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut out = "| scenario | window s | lahn |\n|---|---|---|\n".to_owned();
    for text in texts.into_inner().expect("nobody panicked") {
        out.push_str(&text.expect("all are done")?);
    }
    Ok(out)
}

/// The rows of one variation.
fn rows_of(runs: &[Run]) -> String {
    let scenario = &runs[0].scenario;
    let mut out = String::new();
    for row in &scenario.rows {
        let window = row.window.map_or_else(
            || "times".to_owned(),
            |(from, until)| format!("{}-{}", from.seconds(), until.seconds()),
        );
        let _ = writeln!(out, "| {} | {window} | {} |", scenario.title, cell(runs, row));
    }
    out
}

fn cell(runs: &[Run], row: &Row) -> String {
    let mean = |measure| {
        let ask = Ask { measure, of: row.of.clone(), window: row.window, rate: None, most: None };
        runs.iter().map(|run| run.measure(&ask)).sum::<f64>() / runs.len() as f64
    };
    let shown: Vec<_> = row.show.iter().map(|shown| range(runs, shown)).collect();
    let shown = shown.join("; ");
    if row.window.is_none() {
        return shown;
    }
    let cell = format!(
        "{} % · {}/{} · {:.2} %",
        short(mean(Measure::Utilisation)),
        short(mean(Measure::QueueP50)),
        short(mean(Measure::QueueP95)),
        mean(Measure::Loss),
    );
    if shown.is_empty() { cell } else { format!("{cell}<br>{shown}") }
}

/// "Jain 0.91–0.99"; with what never came to be.
fn range(runs: &[Run], shown: &Shown) -> String {
    let values = runs.iter().map(|run| run.measure(&shown.ask));
    let (some, never): (Vec<_>, Vec<_>) = values.partition(|value| value.is_finite());
    let least = some.iter().copied().fold(f64::INFINITY, f64::min);
    let most = some.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let label = &shown.label;
    let range = match (some.is_empty(), number(least) == number(most)) {
        (true, _) => return format!("{label} never"),
        (_, true) => number(least),
        _ => format!("{}–{}", number(least), number(most)),
    };
    match never.len() {
        0 => format!("{label} {range}"),
        never => format!("{label} {range} (never in {never}/{})", runs.len()),
    }
}

/// As in the specification's table.
fn short(value: f64) -> String {
    if value >= 19.95 { format!("{value:.0}") } else { format!("{value:.1}") }
}
