//! Plays a recording through the real engine, in virtual time, as a script says: which layers the
//! receiver may get when, what is lost on the way. For integrators who debug a stream, and for
//! cases that nobody thought of. What happens is written down: the forwarded stream, a log, a
//! picture.
//!
//! `cargo run --release --example forward -- --help`.
//!
//! Read next: `script` (what may be said), `recording` (what was recorded), `plan` (what of it
//! arrives when), `stage` (the play), `outcome` and `picture` (what comes of it).

mod ends;
mod journal;
mod link;
mod options;
mod outcome;
mod picture;
mod plan;
mod publisher;
mod queue;
mod random;
mod receiver;
mod recording;
#[path = "../../tests/support/rtpdump.rs"]
#[expect(unreachable_pub, reason = "shared with tests")]
mod rtpdump;
mod script;
mod session;
mod silence;
mod stage;
mod svg;
#[cfg(test)]
mod tests;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use options::Options;
use outcome::Outcome;
use recording::{Error, Recording};
use script::Script;
use stage::Stage;

const HELP: &str = include_str!("help.txt");

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let options = Options::parse(words.into_iter());
    let options = options.map_err(|error| format!("{error} (--help tells the words)"));
    match options.and_then(|options| run(&options)) {
        Ok(outcome) if outcome.received.refused == 0 => ExitCode::SUCCESS,
        Ok(outcome) => {
            let refused = outcome.received.refused;
            eprintln!("FAILED: {refused} forwarded packets are not authentic");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Plays, and writes down what came of it.
fn run(options: &Options) -> Result<Outcome, String> {
    let Options { script: file, recording, out, json } = options;
    let text =
        String::from_utf8(read(file)?).map_err(|_| format!("{}: no text", file.display()))?;
    let in_script =
        |wrong: script::Wrong| format!("{}:{}: {}", file.display(), wrong.line, wrong.what);
    let script = Script::read(&text).map_err(in_script)?;
    let beside = |named: &PathBuf| file.parent().unwrap_or_else(|| Path::new("")).join(named);
    let recorded = recording.clone().or_else(|| script.recording.as_ref().map(beside));
    let recorded = recorded.ok_or_else(|| format!("{}: no recording is named", file.display()))?;
    let wrong = |error: Error| match error {
        Error::Recording(what) => format!("{}: {what}", recorded.display()),
        Error::Script(wrong) => in_script(wrong),
    };
    let recording = Recording::read(&read(&recorded)?, &script).map_err(wrong)?;
    let outcome = Stage::set(&script, &recording).and_then(Stage::play).map_err(wrong)?;

    let dump = rtpdump::write(&outcome.forwarded).map_err(|error| error.to_string())?;
    let name = |file: &Path| {
        file.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let heading = format!("{} played as {} says", name(&recorded), name(file));
    let log = outcome.log();
    write(out, "rtpdump", &dump)?;
    write(out, "log", log.as_bytes())?;
    write(out, "svg", picture::draw(&outcome, &heading).as_bytes())?;
    if *json {
        let text = serde_json::to_string_pretty(&outcome.json());
        write(out, "json", text.map_err(|error| error.to_string())?.as_bytes())?;
    }
    print!("{log}");
    Ok(outcome)
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn write(out: &Path, ending: &str, bytes: &[u8]) -> Result<(), String> {
    let mut file = out.as_os_str().to_owned();
    file.push(".");
    file.push(ending);
    let file = PathBuf::from(file);
    fs::write(&file, bytes).map_err(|error| format!("{}: {error}", file.display()))
}
