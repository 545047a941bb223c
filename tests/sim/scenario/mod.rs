//! What is to happen, as somebody wrote it in TOML: links, who publishes and receives what, what
//! befalls them, what is measured, and what it has to be. `tests/scenarios/README.md` shows every
//! word of it.
//!
//! Knows nothing of the engine. Whatever makes no sense is told with its line.
//!
//! Read next: [`participants`], [`links`], [`happenings`], [`lines`].

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "shared by a test and an example; each uses a part"
)]

pub mod happenings;
pub mod lines;
pub mod links;
pub mod participants;
#[cfg(test)]
mod tests;
pub mod words;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

pub use happenings::Happening;
pub use lines::{Ask, Line, Measure, Row, Shown};
pub use links::Link;
pub use participants::{Cross, CrossKind, Feedback, Flow, Publisher, Receiver, TcpName, Wish};
pub use words::{Bits, Span, Steps};

/// See the module.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub title: String,
    pub length: Span,
    #[serde(default)]
    pub engine: EngineWords,
    pub links: BTreeMap<String, Link>,
    #[serde(default)]
    pub flows: Vec<Spanned<Flow>>,
    #[serde(default)]
    pub publishers: Vec<Spanned<Publisher>>,
    #[serde(default)]
    pub receivers: Vec<Spanned<Receiver>>,
    #[serde(default)]
    pub cross: Vec<Spanned<Cross>>,
    #[serde(default)]
    pub happenings: Vec<Spanned<Happening>>,
    #[serde(default)]
    pub lines: Vec<Spanned<Line>>,
    #[serde(default)]
    pub rows: Vec<Row>,
    /// The same with something else in it: tables are laid over the ones above, lists and values
    /// take their place.
    #[serde(default)]
    pub variations: Vec<Variation>,
    /// Where files are that it names.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// `[engine]`: its configuration where it is not the default.
#[derive(Deserialize, Clone, Copy, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct EngineWords {
    pub start: Option<Bits>,
    pub least: Option<Bits>,
    pub most: Option<Bits>,
    #[serde(default)]
    pub ecn: bool,
}

/// `[[variations]]`.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Variation {
    pub name: String,
    #[serde(default)]
    pub change: toml::Table,
}

impl Scenario {
    /// The scenario of a file, or all its variations.
    ///
    /// # Errors
    /// Says file, line and what is wrong there.
    pub fn load(file: &Path) -> Result<Vec<Self>, String> {
        let at = file.display();
        let text = fs::read_to_string(file).map_err(|error| format!("{at}: {error}"))?;
        let mut all = Self::read(&text).map_err(|wrong| format!("{at}:{wrong}"))?;
        for scenario in &mut all {
            scenario.folder = file.parent().unwrap_or_else(|| Path::new(".")).to_owned();
        }
        Ok(all)
    }

    /// The same, of a text.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        let whole: Self = parse(text)?;
        whole.check(text)?;
        if whole.variations.is_empty() {
            return Ok(vec![whole]);
        }
        whole.variations.iter().map(|variation| vary(text, &whole.title, variation)).collect()
    }

    fn check(&self, text: &str) -> Result<(), String> {
        let told = |span: Range<usize>, what: String| format!("{} {what}", line_of(text, span));
        for happening in &self.happenings {
            happening.get_ref().check().map_err(|what| told(happening.span(), what))?;
        }
        for line in &self.lines {
            line.get_ref().check().map_err(|what| told(line.span(), what))?;
            let of = line.get_ref().not_met_in.as_ref();
            let is_known = |of: &String| self.variations.iter().any(|held| held.name == *of);
            if let Some(of) = of.filter(|of| !self.variations.is_empty() && !is_known(of)) {
                return Err(told(line.span(), format!("there is no variation \"{of}\"")));
            }
        }
        for publisher in &self.publishers {
            check_publisher(publisher.get_ref()).map_err(|what| told(publisher.span(), what))?;
        }
        let flows = self
            .flows
            .iter()
            .map(|flow| (&flow.get_ref().links, &flow.get_ref().back, flow.span()));
        let receivers = self.receivers.iter();
        let receivers =
            receivers.map(|held| (&held.get_ref().links, &held.get_ref().back, held.span()));
        let empty = Vec::new();
        let cross = self.cross.iter().map(|cross| (&cross.get_ref().links, &empty, cross.span()));
        for (links, back, span) in flows.chain(receivers).chain(cross) {
            if let Some(link) =
                links.iter().chain(back).find(|link| !self.links.contains_key(*link))
            {
                let known: Vec<_> = self.links.keys().cloned().collect();
                let what = format!("there is no [links.{link}], only {}", known.join(", "));
                return Err(told(span, what));
            }
        }
        for receiver in &self.receivers {
            for wish in &receiver.get_ref().wants {
                if self.matching(&wish.of).is_empty() {
                    let what = format!("nobody publishes as \"{}\"", wish.of);
                    return Err(told(receiver.span(), what));
                }
            }
        }
        Ok(())
    }

    /// Everybody who publishes, those of flows too, one by one: `count` is 1.
    pub fn all_publishers(&self) -> Vec<Publisher> {
        let of_flows = self.flows.iter().flat_map(|flow| flow.get_ref().expand().0);
        let own = self.publishers.iter().map(|held| held.get_ref().clone());
        let mut all = Vec::new();
        for held in of_flows.chain(own) {
            for place in 0..held.count {
                all.push(Publisher {
                    name: participants::numbered(&held.name, held.count, place),
                    count: 1,
                    join: Span(held.join.0 + held.join_step.0 * place as u64),
                    ..held.clone()
                });
            }
        }
        all
    }

    /// Everybody who receives, likewise.
    pub fn all_receivers(&self) -> Vec<Receiver> {
        let of_flows = self.flows.iter().flat_map(|flow| flow.get_ref().expand().1);
        let own = self.receivers.iter().map(|held| held.get_ref().clone());
        let mut all = Vec::new();
        for held in of_flows.chain(own) {
            for place in 0..held.count {
                all.push(Receiver {
                    name: participants::numbered(&held.name, held.count, place),
                    count: 1,
                    join: Span(held.join.0 + held.join_step.0 * place as u64),
                    ..held.clone()
                });
            }
        }
        all
    }

    /// The places of those publishers that `name` means: one, `p1-8`, or all that begin so and go
    /// on with a number.
    pub fn matching(&self, name: &str) -> Vec<usize> {
        let all = self.all_publishers();
        let is_meant = |of: &str| {
            let number = |text: &str| text.parse::<usize>().ok();
            let split =
                name.rfind(|c: char| !c.is_ascii_digit() && c != '-').map_or(0, |at| at + 1);
            let (base, range) = name.split_at(split);
            let own = of.strip_prefix(base).and_then(number);
            match (own, range.split_once('-')) {
                _ if of == name => true,
                (Some(own), Some((from, to))) => {
                    number(from).is_some_and(|from| own >= from)
                        && number(to).is_some_and(|to| own <= to)
                }
                (Some(_), None) => range.is_empty(),
                _ => false,
            }
        };
        (0..all.len()).filter(|place| is_meant(&all[*place].name)).collect()
    }
}

fn check_publisher(held: &Publisher) -> Result<(), String> {
    let kinds =
        [held.layers.is_some(), held.elastic.is_some(), held.rate.is_some(), held.audio.is_some()];
    if kinds.iter().filter(|is| **is).count() != 1 {
        return Err("a publisher has one of layers, elastic, rate and audio".to_owned());
    }
    if held.layers.as_ref().is_some_and(|layers| !(1..=4).contains(&layers.len())) {
        return Err("a publisher has one to four layers".to_owned());
    }
    if !(1..=3).contains(&held.temporal) {
        return Err("there are one to three temporal layers".to_owned());
    }
    Ok(())
}

fn parse(text: &str) -> Result<Scenario, String> {
    toml::from_str(text).map_err(|error| {
        let line = line_of(text, error.span().unwrap_or_default());
        format!("{line} {}", error.message().trim_end())
    })
}

/// The text with a variation laid over it.
fn vary(text: &str, title: &str, variation: &Variation) -> Result<Scenario, String> {
    let mut table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
    table.remove("variations");
    lay_over(&mut table, &variation.change);
    let told = |what: String| format!(" in variation \"{}\": {what}", variation.name);
    let text = toml::to_string(&table).map_err(|error| told(error.to_string()))?;
    let mut scenario = parse(&text).map_err(&told)?;
    scenario.check(&text).map_err(told)?;
    for line in &mut scenario.lines {
        let line = line.get_mut();
        line.not_met.take_if(|_| line.not_met_in.as_ref().is_some_and(|of| *of != variation.name));
    }
    scenario.title = format!("{title}, {}", variation.name);
    Ok(scenario)
}

fn lay_over(table: &mut toml::Table, change: &toml::Table) {
    for (key, value) in change {
        match (table.get_mut(key), value) {
            (Some(toml::Value::Table(held)), toml::Value::Table(value)) => lay_over(held, value),
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Counted from 1, with a colon.
fn line_of(text: &str, span: Range<usize>) -> String {
    let before = text.get(..span.start).unwrap_or(text);
    format!("{}:", before.matches('\n').count() + 1)
}
