//! Rates and queue delay over time.

use crate::metrics::bins::BIN;
use crate::metrics::{LinkAccount, ReceiverAccount, Run};
use crate::net::{Fate, SECOND, Time};
use crate::picture::Paper;

/// Between two points of a line of sent rates.
const POINT: Time = 5 * BIN;

/// What the bottleneck carries, what the engine takes it to carry, and what was sent.
pub(crate) fn rates(paper: &mut Paper, run: &Run, top: f64, height: f64) {
    let link = bottleneck(run);
    let capacity: Vec<_> = link.capacity.0.iter().map(|bits| per_second(*bits)).collect();
    let sent: Vec<_> = run.receivers.iter().map(|held| sent(held, run.length)).collect();
    let estimates = run.receivers.iter().flat_map(|held| &held.samples);
    let estimate = estimates.map(|sample| sample.estimate as f64).fold(0.0, f64::max);
    let carried = capacity.iter().copied().fold(0.0, f64::max);
    let flowing = sent.iter().flatten().copied().fold(0.0, f64::max);
    // An estimate far above all else would press everything down.
    let wanted = if carried > 0.0 { estimate.min(carried * 1.3) } else { estimate };
    let most = carried.max(flowing).max(wanted).max(1.0) * 1.05 / 1e6;
    paper.frame(top, height, most, "Mbit/s");
    let y = |bits: f64| top + height - height * (bits / 1e6 / most).min(1.0);
    if !capacity.is_empty() {
        let mut edge = Vec::new();
        for (bin, bits) in (0..).zip(&capacity) {
            let from = bin * BIN;
            edge.extend([(paper.x(from), y(*bits)), (paper.x(from + BIN), y(*bits))]);
        }
        let (first, last) = (edge[0].0, edge[edge.len() - 1].0);
        let foot = [(last, top + height), (first, top + height)];
        let area: Vec<_> = edge.iter().copied().chain(foot).collect();
        paper.svg.area(&area, "area");
        paper.svg.line(&edge, "edge", 1.0);
    }
    paper.happenings(run, top, height, true);
    let mut names = vec![(format!("capacity of {}", link.name), "faint".to_owned())];
    for (place, (held, sent)) in run.receivers.iter().zip(&sent).enumerate() {
        let (colour, ink) = (format!("c{}", place % 6), format!("t{}", place % 6));
        let points = (0..).zip(sent).map(|(at, bits)| (paper.x(at * POINT + POINT / 2), y(*bits)));
        let points: Vec<_> = points.collect();
        paper.svg.line(&points, &format!("{colour}\" stroke-opacity=\"0.45"), 1.0);
        let samples = held.samples.iter().step_by(10).filter(|sample| sample.estimate > 0);
        let points = samples.map(|sample| (paper.x(sample.at), y(sample.estimate as f64)));
        let points: Vec<_> = points.collect();
        paper.svg.line(&points, &colour, 1.8);
        if place < 6 {
            names.push((format!("estimate of {} (thin: sent)", held.name), ink));
        }
    }
    paper.legend(top, &names);
}

/// How long packets were in the bottleneck, and which were lost.
pub(crate) fn queue(paper: &mut Paper, run: &Run, top: f64, height: f64) {
    let link = bottleneck(run);
    let bins = (run.length / BIN) as usize + 1;
    let (mut longest, mut lost) = (vec![0_u64; bins], vec![0_u32; bins]);
    for record in &link.records {
        let bin = ((record.left / BIN) as usize).min(bins - 1);
        longest[bin] = longest[bin].max(record.sojourn());
        lost[bin] += u32::from(record.fate != Fate::Served);
    }
    let most = longest.iter().copied().max().unwrap_or(0).max(20_000) as f64 / 1e3 * 1.05;
    paper.frame(top, height, most, "ms");
    paper.happenings(run, top, height, false);
    let y = |micros: u64| top + height - height * micros as f64 / 1e3 / most;
    let points = (0..).zip(&longest).map(|(bin, micros)| (paper.x(bin * BIN), y(*micros)));
    let points: Vec<_> = points.collect();
    paper.svg.line(&points, "c0", 1.2);
    for (bin, count) in (0..).zip(&lost).filter(|(_, count)| **count > 0) {
        let size = (height * f64::from(*count) / 40.0).clamp(3.0, height / 3.0);
        let at = (paper.x(bin * BIN), top);
        paper.svg.block(at, (1.4, size), "badfill", &format!("{count} packets lost"));
    }
    let name = format!("longest time in {} per 100 ms", link.name);
    paper.legend(
        top,
        &[(name, "t0".to_owned()), ("packets lost, from above".to_owned(), "badfill".to_owned())],
    );
}

/// The first link with a limit.
fn bottleneck(run: &Run) -> &LinkAccount {
    let on_way = run.receivers.iter().flat_map(|held| &held.links).map(|place| &run.links[*place]);
    let limited = on_way.clone().find(|link| !link.capacity.0.is_empty());
    limited.unwrap_or(&run.links[0])
}

/// Bit/s of all that left for a receiver.
fn sent(held: &ReceiverAccount, length: Time) -> Vec<f64> {
    let rate = |at: Time| held.sent.iter().map(|bins| bins.rate(at, at + POINT)).sum::<f64>() * 8.0;
    (0..length / POINT).map(|point| rate(point * POINT)).collect()
}

fn per_second(bits: u64) -> f64 {
    bits as f64 * SECOND as f64 / BIN as f64
}
