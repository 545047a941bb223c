//! What a forwarded packet costs with the kernel: user and system CPU of the driver's worker
//! thread over loopback, with N real UDP sockets to send to that nobody reads. Beside it in the
//! same run, over the same datagrams to the same sockets: bare loops of `sendto`, of `sendmmsg`
//! and of GSO runs; for isolated packets also a bare relay, which sleeps and wakes as the worker.
//!
//! Times are CPU per forwarded packet. `cargo bench --bench driver`; the ratios come at the end,
//! all figures of the run go to `target/bench/driver.json`.
//!
//! The kernel delivers on loopback within the sender's call, so a datagram's way into the receiving
//! socket is in all of these figures. Sinks that take whole runs (`UDP_GRO`) stand for a network
//! card that segments; plain ones have the kernel segment, which the sender pays too.
//!
//! Read next: `call` (the driver under load), `bare` (what it is measured against).

mod bare;
mod call;
#[path = "../../examples/blast/cpu.rs"]
#[expect(dead_code, reason = "the load generator uses more of it")]
mod cpu;
#[path = "../../examples/blast/endpoint.rs"]
#[expect(dead_code, reason = "the load generator uses more of it")]
mod endpoint;
mod figures;
mod relay;
mod shape;
mod sinks;

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use lahn::driver::DriverConfig;

use bare::Bare;
use call::Call;
use cpu::Cpu;
use figures::Figures;
use relay::Relay;
use shape::Shape;
use sinks::{Sinks, Taking};

/// Has the driver run on a backend.
type Choose = fn(&mut DriverConfig);

/// What the driver may run on.
const BACKENDS: [(&str, Choose); 1] = [("mio", |_| {})];

const RECEIVERS: [u32; 4] = [1, 10, 50, 100];

/// The number of receivers that the floors are for.
const MEASURED: u32 = 50;

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    let mut figures = Figures::default();
    for shape in Shape::ALL {
        for receivers in RECEIVERS {
            cases(&mut criterion, &mut figures, shape, receivers, Taking::Datagrams);
        }
        if shape.packets() > 1 {
            cases(&mut criterion, &mut figures, shape, MEASURED, Taking::Runs);
        }
    }
    criterion.final_summary();
    figures.print();
    if let Err(error) = figures.write() {
        eprintln!("the figures could not be written: {error}");
    }
}

fn cases(
    criterion: &mut Criterion,
    figures: &mut Figures,
    shape: Shape,
    receivers: u32,
    taking: Taking,
) {
    let name = format!("driver/{}{}/{receivers} receivers", shape.name(), taking.name());
    let mut group = criterion.benchmark_group(&name);
    group.sampling_mode(SamplingMode::Flat);
    let sinks = Sinks::open(receivers, taking).expect("loopback has room");
    for (backend, choose) in BACKENDS {
        let mut call = None;
        measure(&mut group, figures, &name, backend, shape.packets() * receivers, |rounds| {
            let call = call.get_or_insert_with(|| Call::start(shape, &sinks, choose));
            call.forward(rounds)
        });
        if let Some(call) = &call {
            figures.note(&name, backend, call.datagrams_at_once());
        }
    }
    if shape.packets() == 1 {
        let relay = Relay::new(shape, &sinks).expect("loopback has room");
        measure(&mut group, figures, &name, "relay", receivers, |rounds| relay.forward(rounds));
    }
    let bare = Bare::new(shape, &sinks).expect("loopback has room");
    for &(way, send) in Bare::WAYS {
        measure(&mut group, figures, &name, way, shape.packets() * receivers, |rounds| {
            let before = Cpu::of_this_thread();
            (0..rounds).for_each(|_| send(&bare));
            Cpu::of_this_thread() - before
        });
    }
    group.finish();
}

/// `spend` does so many rounds of `per_round` forwarded packets and says what they cost.
fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    figures: &mut Figures,
    case: &str,
    way: &'static str,
    per_round: u32,
    mut spend: impl FnMut(u64) -> Cpu,
) {
    let per_round = u64::from(per_round);
    group.bench_function(way, |b| {
        b.iter_custom(|iters| {
            let rounds = iters.div_ceil(per_round);
            let spent = spend(rounds);
            figures.add(case, way, spent, rounds * per_round);
            spent.total.mul_f64(iters as f64 / (rounds * per_round) as f64)
        });
    });
}
