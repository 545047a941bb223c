//! The decoder: ffmpeg, whose filter `showinfo` tells the size of each picture it decodes.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Codec, Frame};

/// What the decoder made of a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// Width and height of each picture that would be shown.
    pub sizes: Vec<(u16, u16)>,
    /// A checksum over all pixels of each.
    pub checksums: Vec<u32>,
    /// What it complained about; empty if it did not.
    pub errors: String,
}

/// What ffmpeg said.
pub(super) struct Output {
    pub(super) text: String,
    pub(super) errors: String,
}

/// Decodes the whole ones of `frames`, in their order; for SVC the highest spatial layer that is
/// there. `None` if ffmpeg is not installed, where it may be missing.
///
/// No decoder misses a frame that it does not know of: a stream that lacks one may decode without
/// a complaint, to wrong pictures.
pub fn decode(codec: Codec, frames: &[Frame]) -> Option<Decoded> {
    // libvpx and dav1d show one picture per superframe, as receivers do.
    let (format, decoder) = match codec {
        Codec::Vp8 => ("ivf", "vp8"),
        Codec::Vp9 => ("ivf", "libvpx-vp9"),
        Codec::Av1 => ("ivf", "libdav1d"),
        Codec::H264 => ("h264", "h264"),
    };
    let output = run(&container(codec, frames), |file| {
        let mut command = Command::new("ffmpeg");
        command.args(ALWAYS).args(["-f", format, "-c:v", decoder, "-i"]).arg(file);
        command.args(["-vf", "showinfo", "-fps_mode", "passthrough", "-f", "null", "-"]);
        command
    })?;
    let shown = output.text.lines().filter(|line| line.contains("_showinfo_"));
    let (sizes, checksums) = shown.filter_map(|line| Some((size(line)?, checksum(line)?))).unzip();
    Some(Decoded { sizes, checksums, errors: output.errors })
}

/// Runs a command on a file with these bytes; `None` if ffmpeg is not installed.
pub(super) fn run(bytes: &[u8], command: impl FnOnce(&Path) -> Command) -> Option<Output> {
    static THERE: OnceLock<bool> = OnceLock::new();
    let asks = || Command::new("ffmpeg").arg("-version").output().is_ok();
    if !*THERE.get_or_init(asks) {
        let required = env::var_os("CI").is_some_and(|value| !value.is_empty());
        assert!(!required, "ffmpeg is not installed, and CI is set");
        eprintln!("SKIPPED: ffmpeg is not installed, so nothing was decoded");
        return None;
    }
    static FILES: AtomicU32 = AtomicU32::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let file = env::temp_dir().join(format!("lahn-decode-{}-{number}", std::process::id()));
    fs::write(&file, bytes).expect("a temporary file");
    let output = command(&file).output().expect("ffmpeg runs");
    fs::remove_file(&file).expect("the temporary file goes");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let severe = |line: &&str| ["[error]", "[fatal]", "[panic]"].iter().any(|l| line.contains(l));
    let mut errors: String = text.lines().filter(severe).flat_map(|line| [line, "\n"]).collect();
    if !output.status.success() {
        errors += &format!("{}, last of all: {:?}\n", output.status, text.lines().last());
    }
    Some(Output { text, errors })
}

/// Each line with its level; an end at the first error.
pub(super) const ALWAYS: [&str; 5] = ["-nostdin", "-hide_banner", "-v", "level+info", "-xerror"];

/// From a line of `showinfo`: `... s:640x360 ...`.
fn size(line: &str) -> Option<(u16, u16)> {
    let word = line.split(' ').find_map(|word| word.strip_prefix("s:"))?;
    let (width, height) = word.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// From a line of `showinfo`: `... checksum:DA7B6DD5 ...`.
fn checksum(line: &str) -> Option<u32> {
    let word = line.split(' ').find_map(|word| word.strip_prefix("checksum:"))?;
    u32::from_str_radix(word, 16).ok()
}

/// The file ffmpeg reads: IVF, or Annex B as it is.
fn container(codec: Codec, frames: &[Frame]) -> Vec<u8> {
    let four = match codec {
        Codec::Vp8 => b"VP80",
        Codec::Vp9 => b"VP90",
        Codec::Av1 => b"AV01",
        Codec::H264 => return whole(frames).flatten().copied().collect(),
    };
    // No size, no length. Even time steps, as ffmpeg derives a frame rate from them.
    let mut file = [&b"DKIF\0\0\x20\0"[..], four, &[0; 4]].concat();
    file.extend_from_slice(&30_u32.to_le_bytes());
    file.extend_from_slice(&1_u32.to_le_bytes());
    file.extend_from_slice(&[0; 8]);
    for (time, bytes) in (0_u64..).zip(whole(frames)) {
        file.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        file.extend_from_slice(&time.to_le_bytes());
        file.extend_from_slice(bytes);
    }
    file
}

fn whole(frames: &[Frame]) -> impl Iterator<Item = &[u8]> {
    frames.iter().filter_map(|frame| frame.bytes.as_deref().ok())
}
