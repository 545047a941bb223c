//! What was measured, as a table and as JSON.

use std::fmt::Write as _;
use std::io;
use std::{env, fs};

use crate::cpu::Cpu;

/// Floors, as multiples of the bare `sendto` loop in the same case: (beginning of the case's
/// name, floor).
const FLOORS: [(&str, f64); 2] =
    [("driver/isolated packets/50 receivers", 1.35), ("driver/5-packet frames", 0.6)];

const YARDSTICK: &str = "sendto";

/// How many datagrams the driver sent together, on average.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtOnce {
    /// In one run: to one receiver, by GSO.
    pub(crate) per_run: f64,
    /// In one system call, which may take many runs.
    pub(crate) per_call: f64,
}

#[derive(Debug, Default)]
pub(crate) struct Figures {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    case: String,
    way: &'static str,
    /// What each sample cost, and how many packets it forwarded.
    samples: Vec<(Cpu, u64)>,
    at_once: Option<AtOnce>,
}

impl Figures {
    pub(crate) fn add(&mut self, case: &str, way: &'static str, spent: Cpu, packets: u64) {
        self.row(case, way).samples.push((spent, packets));
    }

    pub(crate) fn note(&mut self, case: &str, way: &'static str, at_once: AtOnce) {
        self.row(case, way).at_once = Some(at_once);
    }

    pub(crate) fn print(&self) {
        println!("\nCPU per forwarded packet, ns; and as a multiple of bare {YARDSTICK}");
        for row in &self.rows {
            let nanos = row.nanos();
            let bare =
                self.rows.iter().find(|other| other.case == row.case && other.way == YARDSTICK);
            let ratio = bare.map_or(f64::NAN, |bare| nanos / bare.nanos());
            let mut line = format!("{:<70} {:>9} {nanos:>7.0} {ratio:>6.2}", row.case, row.way);
            if let Some(share) = row
                .samples
                .iter()
                .fold(Cpu::default(), |sum, (spent, _)| sum + *spent)
                .system_share()
            {
                let _ = write!(line, "  system {:>3.0} %", share * 100.0);
            }
            if let Some(AtOnce { per_run, per_call }) = row.at_once {
                let _ =
                    write!(line, "  {per_run:.2} datagrams per run, {per_call:.1} per send call");
                let floor = FLOORS.iter().find(|(name, _)| row.case.starts_with(name));
                if let Some((_, floor)) = floor.filter(|_| row.case.ends_with("/50 receivers")) {
                    let verdict = if ratio <= *floor { "holds" } else { "DOES NOT HOLD" };
                    let _ = write!(line, "; floor {floor} {verdict}");
                }
            }
            println!("{line}");
        }
    }

    /// A flat list, for whatever collects benchmarks.
    pub(crate) fn write(&self) -> io::Result<()> {
        let mut list = Vec::new();
        for row in &self.rows {
            let name = format!("{}/{}", row.case, row.way);
            list.push(entry(&name, row.nanos(), "ns per forwarded packet"));
            if let Some(AtOnce { per_run, per_call }) = row.at_once {
                list.push(entry(&name, per_run, "datagrams per run"));
                list.push(entry(&name, per_call, "datagrams per send call"));
            }
        }
        let target = env::var("CARGO_TARGET_DIR");
        let folder =
            target.unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/target").into());
        fs::create_dir_all(format!("{folder}/bench"))?;
        fs::write(format!("{folder}/bench/driver.json"), format!("[\n{}\n]\n", list.join(",\n")))
    }

    fn row(&mut self, case: &str, way: &'static str) -> &mut Row {
        let place = self.rows.iter().position(|row| row.case == case && row.way == way);
        let place = place.unwrap_or_else(|| {
            let samples = Vec::new();
            self.rows.push(Row { case: case.to_owned(), way, samples, at_once: None });
            self.rows.len() - 1
        });
        &mut self.rows[place]
    }
}

impl Row {
    /// The median of the samples, each weighing as much as it has packets.
    fn nanos(&self) -> f64 {
        let per_packet = |(spent, packets): &(Cpu, u64)| {
            (spent.total.as_nanos() as f64 / *packets as f64, *packets)
        };
        let mut samples: Vec<_> = self.samples.iter().map(per_packet).collect();
        samples.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut half = samples.iter().map(|(_, packets)| packets).sum::<u64>() / 2;
        for (nanos, packets) in samples {
            if packets > half {
                return nanos;
            }
            half -= packets;
        }
        f64::NAN
    }
}

fn entry(name: &str, value: f64, unit: &str) -> String {
    format!("  {{\"name\": \"{name}\", \"value\": {value:.3}, \"unit\": \"{unit}\"}}")
}
