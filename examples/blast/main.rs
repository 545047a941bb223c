//! Load on a real driver with a real engine, over real sockets: publishers and receivers with raw
//! SRTP keys (no DTLS), by number, rate and pattern. Every packet that comes back is checked: that
//! it is authentic, for whom it came to, what was sent under its number, in order, once, and that
//! nothing is missing that was not lost on purpose.
//!
//! `cargo run --release --example blast -- --help`. The exit code is 1 if a check failed.
//!
//! The engine runs in a process of its own (this program again, with `--engine`), so that its CPU
//! is its own. Endpoints do not answer: no receiver reports, no NACKs. Their sockets take whole
//! GSO runs, as if a network card cut them up, and the kernel stamps what arrives; so the delay
//! is from the call that sends a packet to its arrival in a receiver's socket, whatever this
//! generator is busy with.
//!
//! Read next: `load` (what runs), then `send`, `receive`, `check`; `engine` is the other process.

mod addresses;
mod check;
mod child;
mod counters;
#[expect(dead_code, reason = "the benchmark of the driver uses the rest")]
mod cpu;
mod endpoint;
mod engine;
mod histogram;
mod load;
mod options;
mod pattern;
mod random;
mod receive;
mod report;
mod saturate;
mod send;
mod sent;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use load::Load;
use options::{HELP, Options};

const WARMING_UP: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let words: Vec<_> = env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let run = Options::parse(words.into_iter()).and_then(|options| {
        if options.engine { engine::run(&options).map(|()| Vec::new()) } else { blast(&options) }
    });
    let complaints =
        run.unwrap_or_else(|error| vec![format!("{error} (--help tells the options)")]);
    for complaint in &complaints {
        eprintln!("FAILED: {complaint}");
    }
    ExitCode::from(u8::from(!complaints.is_empty()))
}

/// Returns what went wrong.
fn blast(options: &Options) -> Result<Vec<String>, String> {
    println!("{}\n", report::headline(options));
    let mut load = Load::start(options)?;
    load.pass(WARMING_UP);
    let (figures, overflowed) = if options.saturate {
        (saturate::run(&mut load, options.duration)?, 0)
    } else {
        let measured = load.measure(options.duration)?;
        let figures = report::figures(&measured, load.copies);
        report::print(&figures);
        (figures, measured.overflowed_here)
    };
    let total = load.finish()?;
    if let Some(file) = &options.json {
        report::write(file, &figures).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let complaints = report::complaints(&total, options.saturate, overflowed);
    if complaints.is_empty() {
        println!("\n{} packets checked, all good.", total.received);
    }
    Ok(complaints)
}
