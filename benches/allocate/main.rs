//! What a look of the allocator costs: 50 sources of 3 spatial layers with 3 temporal layers each,
//! half of which can be had. It is done for each receiver whenever its link or its wishes change,
//! and three times a second.
//!
//! "as before": nothing has changed; "other estimate": something has to go or may come; "other
//! wishes": somebody was put on stage. Beside it how one would write it at first.
//!
//! `cargo bench --bench allocate`

#[path = "../support/mod.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared by benches that use a part each")]
mod support;

#[allow(dead_code, unreachable_pub, unused_imports, reason = "the engine uses all of it")]
mod base;
#[allow(dead_code, unreachable_pub, unused_imports, reason = "the engine uses and tests all of it")]
mod forward;
mod greedy;

use std::hint::black_box;
use std::time::Duration;

use base::Micros;
use forward::allocate::{Allocator, Budget, Step, Wish, Wishes};
use forward::layer::Layer;
use greedy::Greedy;
use support::clock;
use support::measure::{Entrant, Group, Work, settings};
use support::summary::Summary;

const SOURCES: u64 = 50;
/// kbit/s of each source's layers, by spatial and temporal layer.
const RATES: [[u64; 3]; 3] = [[75, 110, 150], [250, 370, 500], [750, 1_100, 1_500]];
/// bit/s.
const ESTIMATE: u64 = 30_000_000;

fn main() {
    let mut criterion = settings();
    let mut summary = Summary::new("allocate");
    let mut group = Group::new(&mut criterion, "allocate", &mut summary);
    let entrants = vec![
        Entrant::new("as before", || Allocating::new(Change::Nothing)),
        Entrant::new("other estimate", || Allocating::new(Change::Estimate)),
        Entrant::new("other wishes", || Allocating::new(Change::Wishes)),
        Entrant::new("greedy", || {
            let rates = RATES.as_flattened().iter().map(|rate| rate * 1_000).collect::<Vec<_>>();
            Sorting(Greedy { subscriptions: vec![(128, rates); SOURCES as usize] })
        }),
    ];
    group.compare("50 sources of 9 layers", entrants);
    drop(group);
    criterion.final_summary();
    summary.finish();
}

/// What is another from look to look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    Estimate,
    Wishes,
}

struct Allocating {
    allocator: Allocator,
    wishes: [Wishes; 2],
    change: Change,
    now: Micros,
    looks: usize,
}

impl Allocating {
    fn new(change: Change) -> Self {
        let mut new = Self {
            allocator: Allocator::new(1),
            wishes: [wishes(None), wishes(Some(30))],
            change: Change::Nothing,
            now: Micros(0),
            looks: 0,
        };
        // Until it is at rest.
        for _ in 0..1_000 {
            new.look();
        }
        new.change = change;
        new
    }

    fn look(&mut self) -> u64 {
        self.looks += 1;
        self.now = self.now.plus(Micros::millis(100));
        let other = self.looks % 2;
        let shrinks = self.change == Change::Estimate && self.looks % 80 >= 40;
        let estimate = if shrinks { ESTIMATE * 2 / 3 } else { ESTIMATE + 10_000 * other as u64 };
        let budget = Budget { estimate, audio: 150_000, resent: 0, capacity: None, is_deaf: false };
        let wishes = &mut self.wishes[if self.change == Change::Wishes { other } else { 0 }];
        let mut grants = Vec::new();
        let now = self.now;
        self.allocator.allocate(now, &budget, black_box(wishes), &mut grants).allocated
    }
}

impl Work for Allocating {
    fn packets(&self) -> u64 {
        LOOKS
    }

    fn round(&mut self) -> Duration {
        let start = clock();
        for _ in 0..LOOKS {
            black_box(self.look());
        }
        start.elapsed()
    }
}

struct Sorting(Greedy);

impl Work for Sorting {
    fn packets(&self) -> u64 {
        1
    }

    fn round(&mut self) -> Duration {
        let start = clock();
        black_box(self.0.allocate(black_box(ESTIMATE)));
        start.elapsed()
    }
}

fn wishes(stage: Option<u64>) -> Wishes {
    let mut wishes = Wishes::default();
    for source in 0..SOURCES {
        let wish = Wish {
            id: source + 1,
            source: source + 100,
            priority: 128,
            on_stage: Some(source) == stage,
            pausable: true,
            awaits_key_frame: false,
        };
        let rates = (0_u16..).zip(RATES.as_flattened());
        wishes.push(
            wish,
            rates.map(|(number, rate)| Step {
                layer: Layer {
                    encoding: (number / 3) as u8,
                    spatial: 0,
                    temporal: (number % 3) as u8,
                },
                rate: rate * 1_000,
                peak: rate * 1_000,
                round: if number < 3 { 0 } else { (number - 2) * 256 / 3 },
            }),
        );
    }
    wishes
}

const LOOKS: u64 = 80;
