//! What was measured at each link and receiver, and the pass lines, as text: for each seed a
//! column.

use std::fmt::Write as _;

use crate::metrics::Run;
use crate::metrics::report::{self, number};
use crate::scenario::{Ask, Measure};

/// What is told of every link (RFC 8868 §3).
const OF_LINKS: [(Measure, &str); 5] = [
    (Measure::Utilisation, "%"),
    (Measure::QueueP50, "ms"),
    (Measure::QueueP95, "ms"),
    (Measure::Loss, "%"),
    (Measure::LossBurst, "packets"),
];

/// What is told of every receiver.
const OF_RECEIVERS: [(Measure, &str); 20] = [
    (Measure::Rate, "kbit/s"),
    (Measure::Goodput, "kbit/s"),
    (Measure::EstimateLeast, "kbit/s"),
    (Measure::EstimateMost, "kbit/s"),
    (Measure::Padding, "kbit/s"),
    (Measure::Resent, "% of the estimate"),
    (Measure::OneWayP50, "ms"),
    (Measure::OneWayP95, "ms"),
    (Measure::OneWayP99, "ms"),
    (Measure::FrameDelayP95, "ms"),
    (Measure::FrameJitter, "ms"),
    (Measure::LostFrames, "%"),
    (Measure::Freezes, ""),
    (Measure::FreezeLongest, "ms"),
    (Measure::Switches, "a minute"),
    (Measure::Allocated, "kbit/s"),
    (Measure::AudioDelayP99, "ms in the engine"),
    (Measure::VideoDelayMost, "ms in the engine"),
    (Measure::AudioLoss, "%"),
    (Measure::AudioGap, "ms"),
];

/// Everything about one variation.
pub(crate) fn text(runs: &[Run]) -> String {
    let first = &runs[0];
    let mut out = format!("{}\n", first.scenario.title);
    let seeds: Vec<_> = runs.iter().map(|run| format!("{:>10}", run.seed)).collect();
    let _ = writeln!(out, "{:<34}{}", "seed", seeds.join(""));
    let hashes: Vec<_> = runs.iter().map(|run| format!("{:>10x}", run.hash >> 32)).collect();
    let _ = writeln!(out, "{:<34}{}", "hash of all that happened", hashes.join(""));
    for (heading, measures) in groups(first) {
        let _ = writeln!(out, "\n{heading}");
        for (ask, unit) in measures {
            let values: Vec<_> =
                runs.iter().map(|run| format!("{:>10}", number(run.measure(&ask)))).collect();
            let name = report::name(ask.measure);
            let _ = writeln!(out, "  {name:<32}{} {unit}", values.join(""));
        }
    }
    let _ = writeln!(out, "\npass lines");
    for verdict in report::verdicts(runs) {
        let _ = writeln!(out, "  {}", verdict.text());
    }
    out.push('\n');
    out
}

/// What is measured, under its headings.
pub(crate) fn groups(run: &Run) -> Vec<(String, Vec<(Ask, &'static str)>)> {
    let of = |measures: &[(Measure, &'static str)], name: &str| {
        let ask = |&(measure, unit): &(Measure, &'static str)| {
            let of = Some(name.to_owned());
            (Ask { measure, of, window: None, rate: None, most: None }, unit)
        };
        measures.iter().map(ask).collect()
    };
    let links = run.links.iter();
    let links = links.map(|link| (format!("link {}", link.name), of(&OF_LINKS, &link.name)));
    let receivers = run.receivers.iter();
    let receivers =
        receivers.map(|held| (format!("receiver {}", held.name), of(&OF_RECEIVERS, &held.name)));
    let all = Ask { measure: Measure::KeyRequests, of: None, window: None, rate: None, most: None };
    let jain = Ask { measure: Measure::Jain, ..all.clone() };
    let together = ("together".to_owned(), vec![(jain, ""), (all, "")]);
    links.chain(receivers).chain([together]).collect()
}
