//! The command line.

use std::ops::RangeInclusive;
use std::path::PathBuf;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Options {
    /// Scenarios; one, but for a table.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) seeds: Option<RangeInclusive<u64>>,
    pub(crate) variation: Option<String>,
    pub(crate) svg: Option<PathBuf>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) table: bool,
}

impl Options {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(word) = words.next() {
            let mut value =
                || words.next().ok_or_else(|| format!("{word} wants something behind it"));
            match word.as_str() {
                "--seed" => options.seeds = Some(seeds(&value()?)?),
                "--variation" => options.variation = Some(value()?),
                "--svg" => options.svg = Some(value()?.into()),
                "--json" => options.json = Some(value()?.into()),
                "--table" => options.table = true,
                option if option.starts_with('-') => {
                    return Err(format!("{option} is not an option"));
                }
                file => options.files.push(file.into()),
            }
        }
        match (options.table, options.files.len()) {
            (true, _) | (false, 1) => Ok(options),
            _ => Err("one scenario, or --table".to_owned()),
        }
    }
}

/// `7` or `3..7`, both ends included.
fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let number = |text: &str| {
        text.parse::<u64>().map_err(|_| format!("{text} is no seed: a number, or two like 3..7"))
    };
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let seeds = number(first)?..=number(last)?;
    if seeds.is_empty() { Err(format!("there is no seed in {text}")) } else { Ok(seeds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn scenario_seed_and_outputs_are_read() {
        let options = parse("a.toml --seed 7 --svg b.svg --json -").unwrap();
        assert_eq!((options.files, options.seeds), (vec!["a.toml".into()], Some(7..=7)));
        assert_eq!((options.svg, options.json), (Some("b.svg".into()), Some("-".into())));
        assert_eq!(parse("a.toml --seed 3..5").unwrap().seeds, Some(3..=5));
        assert!(parse("--table").unwrap().files.is_empty());
    }

    #[test]
    fn wrong_words_are_refused() {
        for line in ["", "a b", "a --seed", "a --seed x", "a --seed 5..3", "a --loss"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
