//! What the house was built for, figure by figure, and whether it holds in this run.

use std::fmt::Write;

use lahn::srtp::AeadBackend;

use super::summary::Entry;

/// One of them.
struct Floor {
    what: &'static str,
    value: Option<f64>,
    bound: Bound,
    unit: &'static str,
}

enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

use Bound::{AtLeast, AtMost};

/// A markdown table of all of them that were measured.
pub fn table(out: &mut String, entries: &[Entry]) {
    out.push_str("| floor | asked | measured | |\n|---|--:|--:|---|\n");
    for Floor { what, value, bound, unit } in floors(&Figures(entries)) {
        let Some(value) = value else { continue };
        let (asked, met) = match bound {
            AtMost(most) => (format!("≤ {most}"), value <= most),
            AtLeast(least) => (format!("≥ {least}"), value >= least),
        };
        let verdict = if met { "met" } else { "**not met**" };
        let digits = if unit == "×" { 2 } else { 0 };
        let _ = writeln!(out, "| {what} | {asked} {unit} | {value:.digits$} {unit} | {verdict} |");
    }
}

fn floors(figures: &Figures<'_>) -> Vec<Floor> {
    let floor = |what, value, bound, unit| Floor { what, value, bound, unit };
    let backend = AeadBackend::fastest().name();
    let gcm = |id: &str, what: &str| figures.core(&format!("gcm128/{id}/{what} {backend}"));
    let forwarded = gcm("1200/50", "lahn");
    let own = |id: &str| figures.core(&format!("gcm128/{id}/lahn {}", AeadBackend::Vaes.name()));
    let str0m = figures.core("gcm128/1200/50/str0m");
    let sendto = |case: &str| {
        let driven = figures.driver(case, "mio")?;
        Some(driven / figures.driver(case, "sendto")?)
    };
    vec![
        floor("AES-128-GCM, 1,200 bytes, 50 receivers", forwarded, AtMost(300.0), "ns"),
        floor("the same ÷ bare cipher", ratio(forwarded, gcm("1200/50", "bare")), AtMost(1.6), "×"),
        floor(
            "one str0m `Rtc` per receiver ÷ the same",
            ratio(str0m, forwarded),
            AtLeast(5.0),
            "×",
        ),
        floor(
            "1,000 receivers ÷ 50 receivers",
            ratio(gcm("1200/1000", "lahn"), forwarded),
            AtMost(1.5),
            "×",
        ),
        floor("AES-128-GCM, 120 bytes, 50 receivers", gcm("120/50", "lahn"), AtMost(150.0), "ns"),
        floor("with our own GCM (opt-in): 1,200 bytes", own("1200/50"), AtMost(300.0), "ns"),
        floor(
            "one str0m `Rtc` per receiver ÷ the same",
            ratio(str0m, own("1200/50")),
            AtLeast(5.0),
            "×",
        ),
        floor(
            "1,000 receivers ÷ 50 receivers",
            ratio(own("1200/1000"), own("1200/50")),
            AtMost(1.5),
            "×",
        ),
        floor("with our own GCM: 120 bytes, 50 receivers", own("120/50"), AtMost(150.0), "ns"),
        floor(
            "SHA1-80, 1,200 bytes, 50 receivers",
            figures.core("sha1/1200/50/lahn"),
            AtMost(if has_avx512() { 400.0 } else { 600.0 }),
            "ns",
        ),
        floor("driver ÷ bare `sendto`, isolated packets", sendto("isolated"), AtMost(1.35), "×"),
        floor("driver ÷ bare `sendto`, 5-packet frames", sendto("5-packet"), AtMost(0.6), "×"),
        floor("resident per Gbit/s of egress", figures.per_gigabit(), AtMost(50.0), "MB"),
    ]
}

/// What was measured.
struct Figures<'a>(&'a [Entry]);

impl Figures<'_> {
    fn core(&self, id: &str) -> Option<f64> {
        let name = format!("core_fanout/{id}");
        self.0.iter().find(|entry| entry.name == name).map(|entry| entry.value)
    }

    /// CPU per packet at 50 receivers, of the case whose name begins so.
    fn driver(&self, case: &str, way: &str) -> Option<f64> {
        let (begin, end) = (format!("driver/{case}"), format!("/50 receivers/{way}"));
        let is = |entry: &&Entry| {
            let name = &entry.name;
            name.starts_with(&begin) && name.ends_with(&end) && entry.unit.starts_with("ns")
        };
        self.0.iter().find(is).map(|entry| entry.value)
    }

    fn per_gigabit(&self) -> Option<f64> {
        let is = |entry: &&Entry| entry.name == "memory/resident per Gbit/s of egress";
        self.0.iter().find(is).map(|entry| entry.value)
    }
}

fn ratio(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(one? / other?)
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx512bw")
}

#[cfg(not(target_arch = "x86_64"))]
const fn has_avx512() -> bool {
    false
}
