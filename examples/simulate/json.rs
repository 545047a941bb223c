//! All figures and series as JSON, for scripts.

use serde_json::{Value, json};

use crate::figures;
use crate::metrics::report::{self, name};
use crate::metrics::{Class, Run};
use crate::net::SECOND;

/// Each variation's runs.
pub(crate) fn of(all: &[Vec<Run>]) -> Value {
    let variation = |runs: &Vec<Run>| {
        json!({
            "title": runs[0].scenario.title,
            "lines": report::verdicts(runs).iter().map(|verdict| json!({
                "measure": report::question(&verdict.line.ask),
                "values": verdict.values.iter().map(|value| finite(*value)).collect::<Vec<_>>(),
                "at_least": verdict.line.at_least,
                "at_most": verdict.line.at_most,
                "goal": verdict.line.goal,
                "met": verdict.is_met(),
            })).collect::<Vec<_>>(),
            "runs": runs.iter().map(run).collect::<Vec<_>>(),
        })
    };
    Value::Array(all.iter().map(variation).collect())
}

fn run(run: &Run) -> Value {
    let figures = figures::groups(run).into_iter().map(|(heading, measures)| {
        let values = measures.iter().map(|(ask, _)| (name(ask.measure), finite(run.measure(ask))));
        (heading, Value::Object(values.collect()))
    });
    let receivers = run.receivers.iter().map(|held| {
        let sent: usize = held.sent.iter().map(|bins| bins.0.len()).max().unwrap_or(0);
        let sent = (0..sent).map(|bin| {
            held.sent.iter().map(|bins| bins.0.get(bin).copied().unwrap_or(0) * 80).sum::<u64>()
        });
        json!({
            "name": held.name,
            "estimates": held.samples.iter().step_by(10).map(|sample| json!([
                seconds(sample.at), sample.estimate, sample.state,
            ])).collect::<Vec<_>>(),
            "sent_per_100_ms": sent.collect::<Vec<_>>(),
            "resent_per_100_ms": held.sent[Class::Resent as usize].0,
            "layers": held.videos().map(|video| json!({
                "of": video.name,
                "changes": video.layers.iter().map(|(at, layer)| json!([seconds(*at), layer]))
                    .collect::<Vec<_>>(),
                "freezes": video.freezes(&run.publishers[video.publisher], all(run)).iter()
                    .map(|(at, lasts)| json!([seconds(*at), seconds(*lasts)])).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        })
    });
    json!({
        "seed": run.seed,
        "hash": format!("{:016x}", run.hash),
        "figures": Value::Object(figures.collect()),
        "receivers": receivers.collect::<Vec<_>>(),
    })
}

pub(crate) fn all(run: &Run) -> crate::metrics::Window {
    crate::metrics::Window { from: 0, until: run.length }
}

/// JSON knows no infinity.
fn finite(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { json!(report::number(value)) }
}

fn seconds(at: u64) -> f64 {
    at as f64 / SECOND as f64
}
