//! Runs of one scenario under several seeds, against its lines: what was measured for each seed,
//! what it has to be, and whether it is.

use std::fmt::Write as _;

use super::accounts::Run;
use crate::scenario::{Ask, Line, Measure};

/// One line and what was measured, by seed.
pub struct Verdict<'s> {
    pub line: &'s Line,
    pub values: Vec<f64>,
}

impl Verdict<'_> {
    pub fn is_met(&self) -> bool {
        self.values.iter().all(|value| self.line.is_met(*value))
    }

    /// "queue-p95 0-100 s: 66.1 71.0 68.2 (at most 70) NOT MET".
    pub fn text(&self) -> String {
        let mut out = format!("{}:", question(&self.line.ask));
        for value in &self.values {
            let _ = write!(out, " {}", number(*value));
        }
        let bounds = [("at least", self.line.at_least), ("at most", self.line.at_most)];
        let bounds =
            bounds.iter().filter_map(|(word, bound)| Some(format!("{word} {}", (*bound)?)));
        let _ = write!(out, " ({})", bounds.collect::<Vec<_>>().join(", "));
        if !self.is_met() {
            out.push_str(if self.line.not_met.is_some() { " not met (known)" } else { " NOT MET" });
        }
        if let Some(goal) = self.line.goal {
            let met = self.values.iter().all(|value| self.line.is_goal_met(*value) == Some(true));
            let _ = write!(out, "; goal {goal} {}", if met { "met" } else { "not met" });
        }
        out
    }
}

/// All lines of the scenario that these are runs of.
pub fn verdicts(runs: &[Run]) -> Vec<Verdict<'_>> {
    let Some(first) = runs.first() else { return Vec::new() };
    let lines = first.scenario.lines.iter().map(toml::Spanned::get_ref);
    let values = |line: &Line| runs.iter().map(|run| run.measure(&line.ask)).collect();
    lines.map(|line| Verdict { line, values: values(line) }).collect()
}

/// What is asked, in words.
pub fn question(ask: &Ask) -> String {
    let mut out = name(ask.measure);
    if let Some(of) = &ask.of {
        let _ = write!(out, " of {of}");
    }
    if let Some(rate) = ask.rate {
        let _ = write!(out, " {} kbit/s", rate.0 / 1_000);
    }
    if let Some((from, until)) = ask.window {
        let _ = write!(out, " in {}-{} s", from.seconds(), until.seconds());
    }
    out
}

/// As in a scenario.
pub fn name(measure: Measure) -> String {
    let mut out = String::new();
    for letter in format!("{measure:?}").chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// With as many digits as are of use.
pub fn number(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "none".to_owned(),
        _ if value.is_infinite() => "never".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
