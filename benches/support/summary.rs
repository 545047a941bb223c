//! What was measured, by name: a table at the end of a bench, and `target/bench/<bench>.json`, a
//! flat list of `{"name", "value", "unit", "at"}`; `at` is when, in seconds since 1970.
//!
//! A run that is narrowed by a filter replaces what it measured anew and keeps the rest.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::{Value, json};

/// A figure.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub value: f64,
    pub unit: String,
    /// Seconds since 1970.
    pub at: u64,
}

/// See the module.
pub struct Summary {
    bench: &'static str,
    entries: Vec<Entry>,
    at: u64,
}

impl Summary {
    /// Of the bench of this name.
    pub fn new(bench: &'static str) -> Self {
        Self { bench, entries: Vec::new(), at: seconds_since_1970() }
    }

    /// Something was measured.
    pub fn record(&mut self, name: impl Into<String>, value: f64, unit: &str) {
        let (name, unit, at) = (name.into(), unit.to_owned(), self.at);
        self.entries.push(Entry { name, value, unit, at });
    }

    /// Prints the table and writes the file; neither when things were only tried out (`--test`).
    pub fn finish(self) {
        if self.entries.is_empty() || !is_measuring() {
            return;
        }
        println!("\n{}: medians", self.bench);
        for Entry { name, value, unit, .. } in &self.entries {
            println!("  {name:<52} {value:>12.1} {unit}");
        }
        let mut kept = load(self.bench);
        kept.retain(|old| self.entries.iter().all(|new| new.name != old.name));
        kept.extend(self.entries);
        let values: Vec<Value> = kept
            .iter()
            .map(|Entry { name, value, unit, at }| {
                let value = (value * 1e3).round() / 1e3;
                json!({ "name": name, "value": value, "unit": unit, "at": at })
            })
            .collect();
        let lines: Vec<_> = values.iter().map(Value::to_string).collect();
        write(&format!("{}.json", self.bench), &format!("[\n{}\n]\n", lines.join(",\n")));
    }
}

/// What the bench of this name has measured.
pub fn load(bench: &str) -> Vec<Entry> {
    let text = fs::read_to_string(folder().join(format!("{bench}.json"))).unwrap_or_default();
    let values: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
    let entry = |value: &Value| {
        Some(Entry {
            name: value["name"].as_str()?.to_owned(),
            value: value["value"].as_f64()?,
            unit: value["unit"].as_str()?.to_owned(),
            at: value["at"].as_u64().unwrap_or(0),
        })
    };
    values.iter().filter_map(entry).collect()
}

/// The benches that have left figures.
pub fn benches() -> Vec<String> {
    let files = fs::read_dir(folder()).into_iter().flatten().flatten();
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
        .collect();
    names.sort();
    names
}

/// Writes a file beside the figures, and says so.
pub fn write(name: &str, text: &str) {
    let path = folder().join(name);
    let written = fs::create_dir_all(folder()).and_then(|()| fs::write(&path, text));
    match written {
        Ok(()) => println!("  -> {}", path.display()),
        Err(error) => eprintln!("  {}: {error}", path.display()),
    }
}

/// Whether cargo runs this to measure, and not to see whether it runs at all.
pub fn is_measuring() -> bool {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    given("--bench") && !given("--test") && !given("--list")
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a benchmark has a clock")]
pub fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target")).join("bench")
}
