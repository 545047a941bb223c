//! What the figures were measured on, in a line.

use std::fs;
use std::thread::available_parallelism;

use super::summary::seconds_since_1970;

/// Processor, cores, what matters of its instructions, date.
pub fn line() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let mut lines = text.lines();
        let line = lines.find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let flags = field("flags").unwrap_or_default();
    let known = [
        ("aes", "AES-NI"),
        ("vaes", "VAES"),
        ("avx2", "AVX2"),
        ("avx512bw", "AVX-512"),
        ("sha_ni", "SHA"),
        ("hypervisor", "virtual machine"),
    ];
    let has = |flag: &str| flags.split(' ').any(|held| held == flag);
    let features: Vec<_> =
        known.iter().filter(|(flag, _)| has(flag)).map(|(_, name)| *name).collect();
    let cores = available_parallelism().map_or(1, |cores| cores.get());
    format!("{model}, {cores} cores ({}), {}", features.join(", "), today())
}

/// The date of a number of days since 1970 in the Gregorian calendar, which repeats every 400
/// years: 146,097 days.
fn today() -> String {
    let days = seconds_since_1970() / 86_400;
    // Years begin with March here, so that the leap day is the last.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 { (month + 3, year) } else { (month - 9, year + 1) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year)
}
