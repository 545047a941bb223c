//! The command line.

use std::path::PathBuf;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Options {
    pub(crate) script: PathBuf,
    /// Instead of the script's.
    pub(crate) recording: Option<PathBuf>,
    /// What the names of all outputs begin with.
    pub(crate) out: PathBuf,
    pub(crate) json: bool,
}

impl Options {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut files, mut out, mut json) = (Vec::new(), None, false);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--json" => json = true,
                "--out" => {
                    let value = words.next().ok_or("--out wants what the names begin with")?;
                    out = Some(PathBuf::from(value));
                }
                option if option.starts_with('-') => {
                    return Err(format!("{option} is not an option"));
                }
                file => files.push(PathBuf::from(file)),
            }
        }
        let mut files = files.into_iter();
        let (Some(script), recording, None) = (files.next(), files.next(), files.next()) else {
            return Err("one script, and perhaps one recording".to_owned());
        };
        let beside = || script.file_stem().map_or_else(|| "forwarded".into(), PathBuf::from);
        Ok(Self { out: out.unwrap_or_else(beside), script, recording, json })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn outputs_are_named_after_the_script_unless_told_otherwise() {
        let options = parse("scripts/a.toml").unwrap();
        assert_eq!((options.out, options.recording), ("a".into(), None));
        let options = parse("a.toml --json b.rtpdump --out /tmp/c").unwrap();
        assert_eq!((options.out, options.json), ("/tmp/c".into(), true));
        assert_eq!(options.recording, Some("b.rtpdump".into()));
    }

    #[test]
    fn wrong_words_are_refused() {
        for line in ["", "a b c", "--out", "a --loss"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
