//! How a figure comes about. Criterion measures and shows each benchmark by itself; then those that
//! are to be compared take turns of some ten milliseconds each, so that whatever else the machine
//! does meanwhile, it does to all of them. The medians over the turns go to the summary: a
//! neighbour of a virtual machine only ever adds.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};

use super::summary::{self, Summary};

/// Each has so many turns.
const TURNS: usize = 25;
/// A turn: long enough for reports to become due in it.
const TURN: Duration = Duration::from_millis(10);

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
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .sample_size(10)
        .nresamples(1_001)
        .without_plots()
        .configure_from_args()
}

/// What is measured under a name, made only if the arguments want it.
pub struct Entrant<'a> {
    name: String,
    make: Option<Box<dyn FnOnce() -> Box<dyn Work + 'a> + 'a>>,
    work: Option<Box<dyn Work + 'a>>,
    /// Nanoseconds per packet, turn by turn.
    turns: Vec<f64>,
}

impl<'a> Entrant<'a> {
    pub fn new<W: Work + 'a>(name: &str, make: impl FnOnce() -> W + 'a) -> Self {
        let make: Box<dyn FnOnce() -> Box<dyn Work + 'a> + 'a> = Box::new(|| Box::new(make()));
        Self { name: name.to_owned(), make: Some(make), work: None, turns: Vec::new() }
    }

    /// So many packets or a few more, so long or a little longer.
    fn go_on(&mut self, packets: u64, time: Duration) -> (Duration, u64) {
        let make = &mut self.make;
        let work = self.work.get_or_insert_with(|| make.take().expect("made once")());
        let (mut spent, mut done) = (Duration::ZERO, 0);
        while done == 0 || done < packets || spent < time {
            spent += work.round();
            done += work.packets();
        }
        (spent, done)
    }
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

    /// Measures nanoseconds per packet of one thing. The median, if the arguments want it.
    pub fn measure<'w, W: Work + 'w>(
        &mut self,
        id: &str,
        make: impl FnOnce() -> W + 'w,
    ) -> Option<f64> {
        self.compare(id, vec![Entrant::new("", make)])[0]
    }

    /// Measures nanoseconds per packet of several things against one another. The medians of those
    /// that the arguments want.
    pub fn compare(&mut self, id: &str, mut entrants: Vec<Entrant<'_>>) -> Vec<Option<f64>> {
        for entrant in &mut entrants {
            let name = full(id, &entrant.name);
            self.group.bench_function(name, |bencher| {
                bencher.iter_custom(|iterations| {
                    let (spent, done) = entrant.go_on(iterations, Duration::ZERO);
                    spent.mul_f64(iterations as f64 / done as f64)
                });
            });
        }
        if summary::is_measuring() {
            for _ in 0..TURNS {
                for entrant in entrants.iter_mut().filter(|entrant| entrant.work.is_some()) {
                    // The others had the caches meanwhile: the first round does not count.
                    entrant.go_on(0, Duration::ZERO);
                    let (spent, done) = entrant.go_on(0, TURN);
                    entrant.turns.push(spent.as_nanos() as f64 / done as f64);
                }
            }
        }
        let mut medians = Vec::new();
        for entrant in entrants {
            let median = median(entrant.turns);
            if let Some(median) = median {
                let name = format!("{}/{}", self.name, full(id, &entrant.name));
                self.summary.record(name, median, "ns");
            }
            medians.push(median);
        }
        medians
    }
}

fn full(id: &str, name: &str) -> String {
    if name.is_empty() { id.to_owned() } else { format!("{id}/{name}") }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
