//! Records what a real browser sends: headless Chromium with fake devices publishes one source to
//! a real str0m `Rtc`, and every RTP packet and sender report of it goes into an rtpdump file as
//! plaintext, with a note beside it. So `tests/media/` was made; tests replay and decode it.
//!
//! `cargo run --example record -- [--out folder] [recording...]`; all of them without a name. What
//! comes out is not the same twice, as no encoder knows of a seed.
//!
//! Nothing here knows codecs: packets are written down, not read.
//!
//! Read next: `recordings` (what there is), `page` and `page.html` (what Chromium is asked to
//! publish), `receiver` (the other end).

mod browser;
mod note;
mod page;
mod receiver;
mod recordings;
#[path = "../../tests/support/rtpdump.rs"]
#[expect(unreachable_pub, dead_code, reason = "shared with tests, which read what this writes")]
mod rtpdump;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use browser::Browser;
use page::Page;
use receiver::Receiver;
use recordings::{RECORDINGS, Recording};

const HELP: &str = "\
Records Chromium's RTP into rtpdump files, each with a note of what is in it.

cargo run --example record -- [--out folder] [recording...]

  --out folder    where to (tests/media)
  recording       one or more of these; all of them without:
";

fn main() -> ExitCode {
    let mut folder = PathBuf::from("tests/media");
    let mut wanted = Vec::new();
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--out" => folder = words.next().unwrap_or_default().into(),
            name => match RECORDINGS.iter().find(|recording| recording.name == name) {
                Some(recording) => wanted.push(recording),
                None => {
                    print!("{HELP}");
                    RECORDINGS.iter().for_each(|recording| println!("    {}", recording.name));
                    return ExitCode::from(u8::from(name != "--help"));
                }
            },
        }
    }
    if wanted.is_empty() {
        wanted = RECORDINGS.iter().collect();
    }
    for recording in wanted {
        if let Err(error) = record(recording, &folder) {
            eprintln!("FAILED: {}: {error}", recording.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn record(recording: &Recording, folder: &Path) -> Result<(), String> {
    let mut page = Page::listen()?;
    let browser = Browser::start(&page.url(recording))?;
    let offer = page.offer()?;
    let (mut receiver, answer) = Receiver::answer(&offer)?;
    page.answer(&answer)?;
    let recorded = receiver.record(&note::repair_payloads(&answer))?;
    let note = note::write(recording, browser.version(), &answer, &recorded);
    let dump = rtpdump::write(&recorded.packets).map_err(|error| error.to_string())?;
    let file = folder.join(recording.name);
    let (packets, bytes) = (recorded.packets.len(), dump.len());
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file.with_extension("rtpdump"), dump))
        .and_then(|()| fs::write(file.with_extension("txt"), note))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    println!("{}: {packets} packets, {bytes} bytes", file.display());
    Ok(())
}
