//! How a figure comes about: work is done in rounds, criterion says how many, and the median over
//! blocks of rounds goes to the summary.
//!
//! The median, because a neighbour of a virtual machine only ever adds; over blocks of about
//! [`BLOCK`] packets, because a report that is due now and then has to count.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};

use super::summary::Summary;

/// Packets of a block, at least: milliseconds of work, and more than a second of virtual time.
const BLOCK: u64 = 10_000;

/// Something that is done over and over.
pub trait Work {
    /// Packets that a round is about.
    fn packets(&self) -> u64;

    /// One round; the time that counts of it.
    fn round(&mut self) -> Duration;
}

/// Settings with which everything is done within minutes; the arguments may say otherwise.
pub fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .sample_size(10)
        .nresamples(1_001)
        .without_plots()
        .configure_from_args()
}

/// A group of benchmarks whose figures go to a summary.
pub struct Group<'a> {
    name: &'static str,
    group: BenchmarkGroup<'a, WallTime>,
    summary: &'a mut Summary,
}

impl<'a> Group<'a> {
    pub fn new(criterion: &'a mut Criterion, name: &'static str, summary: &'a mut Summary) -> Self {
        let mut group = criterion.benchmark_group(name);
        group.sampling_mode(SamplingMode::Flat);
        Self { name, group, summary }
    }

    /// Measures nanoseconds per packet of what `make` makes, which is asked only if the arguments
    /// want this benchmark. Returns the median, if so.
    pub fn measure<W: Work>(&mut self, id: &str, make: impl FnOnce() -> W) -> Option<f64> {
        let mut make = Some(make);
        let mut work = None;
        let mut blocks = Blocks::default();
        self.group.bench_function(id, |bencher| {
            let work = work.get_or_insert_with(|| make.take().expect("made once")());
            bencher.iter_custom(|iterations| {
                let each = work.packets();
                let rounds = iterations.div_ceil(each);
                let mut spent = Duration::ZERO;
                for _ in 0..rounds {
                    let time = work.round();
                    blocks.add(time, each);
                    spent += time;
                }
                spent.mul_f64(iterations as f64 / (rounds * each) as f64)
            });
        });
        let median = blocks.median()?;
        self.summary.record(format!("{}/{id}", self.name), median, "ns");
        Some(median)
    }
}

/// Nanoseconds per packet, block by block.
#[derive(Default)]
struct Blocks {
    spent: Duration,
    packets: u64,
    whole: Vec<f64>,
}

impl Blocks {
    fn add(&mut self, spent: Duration, packets: u64) {
        self.spent += spent;
        self.packets += packets;
        if self.packets >= BLOCK {
            self.whole.push(self.spent.as_nanos() as f64 / self.packets as f64);
            (self.spent, self.packets) = (Duration::ZERO, 0);
        }
    }

    fn median(mut self) -> Option<f64> {
        self.whole.sort_by(f64::total_cmp);
        self.whole.get(self.whole.len() / 2).copied()
    }
}
