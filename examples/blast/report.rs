//! What was measured, as a table and as JSON.

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use crate::counters::Count;
use crate::load::Measured;
use crate::options::{Media, Options, profile_name};
use crate::receive::Window;

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

pub(crate) fn headline(options: &Options) -> String {
    let what = match &options.media {
        Media::Camera => "cameras".to_owned(),
        Media::Microphone => "microphones".to_owned(),
        Media::Recorded(file) => format!("publishers of {}", file.display()),
        Media::Constant { payload, per_second } => {
            format!("publishers of {per_second} packets/s of {payload} bytes")
        }
    };
    let how = match options.pacing {
        _ if options.media == Media::Microphone => String::new(),
        None => ", a frame's packets at once".to_owned(),
        Some(x) => format!(", frames spread at {x} times the bitrate"),
    };
    let Options { publishers, receivers, subscriptions, .. } = options;
    let profile = profile_name(options.profile);
    format!("{publishers} {what}, {receivers} receivers of {subscriptions} each, {profile}{how}")
}

pub(crate) fn figures(measured: &Measured, copies: f64) -> Vec<Figure> {
    let Measured { window, engine, seconds, .. } = measured;
    let mut figures = Vec::new();
    let mut add = |name: &str, value: f64, unit| {
        figures.push(Figure { name: name.to_owned(), value, unit });
    };
    let sent = engine[Count::Sent] as f64;
    let egress = engine[Count::BytesSent] as f64 * 8.0 / seconds;
    let calls = engine[Count::SendCalls] as f64;
    add("sent to the engine", measured.sent as f64 / seconds, "packets/s");
    add("sent to the engine", measured.sent_bytes as f64 * 8e-6 / seconds, "Mbit/s");
    add("to be forwarded", measured.sent as f64 * copies / seconds, "packets/s");
    add("received and checked", window.received as f64 / seconds, "packets/s");
    add("received and checked", window.bytes as f64 * 8e-6 / seconds, "Mbit/s");
    add("RTCP received", window.rtcp as f64 / seconds, "packets/s");
    add("lost on purpose", window.injected as f64, "packets");
    add("lost", window.lost as f64, "packets");
    add("dropped at the engine's socket", measured.overflowed_there as f64, "packets");
    add("dropped at the generator's sockets", measured.overflowed_here as f64, "packets");
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
        add(&format!("added delay, {name}"), window.delay.percentile(share) as f64 * 1e-3, "us");
    }
    add("added delay, max", window.delay.max() as f64 * 1e-3, "us");
    for (name, count) in [
        ("engine CPU per forwarded packet", Count::CpuNanos),
        ("engine CPU per forwarded packet, user", Count::UserNanos),
        ("engine CPU per forwarded packet, system", Count::SystemNanos),
    ] {
        add(name, engine[count] as f64 / sent, "ns");
    }
    add("engine CPU", engine[Count::CpuNanos] as f64 * 1e-7 / seconds, "% of a core");
    let waited = engine[Count::WaitedNanos] as f64 * 1e-6 / seconds;
    add("engine kept waiting for a processor", waited, "ms/s");
    let runs = engine[Count::RunsSent] as f64;
    add("datagrams per run", sent / runs, "");
    add("runs of several datagrams (GSO)", engine[Count::GsoRuns] as f64 / runs * 100.0, "%");
    add("runs per send call", runs / calls, "");
    add("datagrams per send call", sent / calls, "");
    add("send calls", calls / seconds, "per s");
    add("times the send buffer was full", engine[Count::SendBlocked] as f64, "");
    add("datagrams the kernel refused", engine[Count::SendErrors] as f64, "");
    let received = engine[Count::Received] as f64;
    add("datagrams per receive call", received / engine[Count::ReceiveCalls] as f64, "");
    add("datagrams received per turn", received / engine[Count::Turns] as f64, "");
    add("turns", engine[Count::Turns] as f64 / seconds, "per s");
    let resident = engine[Count::Resident] as f64 / f64::from(1 << 20);
    add("engine memory", resident, "MiB");
    add("engine memory per Gbit/s sent", resident / (egress * 1e-9), "MiB");
    add("generator CPU", measured.own.total.as_secs_f64() * 100.0 / seconds, "% of a core");
    add("generator behind its time, at most", milliseconds(measured.latest), "ms");
    figures
}

pub(crate) fn print(figures: &[Figure]) {
    for Figure { name, value, unit } in figures {
        let digits = if value.abs() >= 100.0 || value.fract() == 0.0 { 0 } else { 2 };
        println!("  {name:<42} {value:>12.digits$} {unit}");
    }
}

/// A flat list, for whatever collects benchmarks.
pub(crate) fn write(file: &Path, figures: &[Figure]) -> io::Result<()> {
    let line = |Figure { name, value, unit }: &Figure| {
        let value = if value.is_finite() { *value } else { 0.0 };
        format!("  {{\"name\": \"blast/{name}\", \"value\": {value:.3}, \"unit\": \"{unit}\"}}")
    };
    let lines: Vec<_> = figures.iter().map(line).collect();
    fs::write(file, format!("[\n{}\n]\n", lines.join(",\n")))
}

/// What must not be, and what to do about it; empty if all is well.
pub(crate) fn complaints(total: &Window, may_lose: bool, overflowed_here: u64) -> Vec<String> {
    let mut complaints: Vec<_> = total
        .wrong()
        .map(|(text, count)| {
            format!(
                "{count} packets came {text}: a fault of the engine (or of this generator). Run \
                 again with the same --seed, fewer --publishers and --receivers, and look at the \
                 packets with Wireshark on the loopback interface."
            )
        })
        .collect();
    if total.received == 0 {
        complaints.push(
            "nothing came: look for what the engine's process said above, and whether a firewall \
             stands between 127.0.0.1 and 127.64.0.0/10."
                .to_owned(),
        );
    }
    if total.lost > 0 && !may_lose {
        let where_to_look = if overflowed_here > 0 {
            "the generator's own sockets overflowed: let it have more of the machine, raise the \
             sysctl net.core.rmem_max, or ask for less load."
        } else {
            "if a socket overflowed (see above) the load is too high for this machine: lower \
             --speed, or find the limit with --saturate; if none did, the engine loses packets."
        };
        complaints.push(format!("{} packets were lost: {where_to_look}", total.lost));
    }
    complaints
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
