//! The simulator: the engine in virtual time, on links as they are out there.
//!
//! `net` is the network and knows nothing of media; `scenario` is what is to happen; `world` makes
//! it happen; `metrics` says what it was like.

mod metrics;
mod net;
mod scenario;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

use metrics::report;
use scenario::Scenario;
use world::World;

#[test]
fn try_out() {
    for name in std::env::var("TRY").unwrap_or("rfc8867-5.1".to_owned()).split(',') {
        let file = PathBuf::from(format!("tests/scenarios/{name}.toml"));
        let all = Scenario::load(&file).unwrap_or_else(|what| panic!("{what}"));
        for scenario in all {
            let scenario = Arc::new(scenario);
            let begun = cpu();
            let run = World::run(&scenario, 1).unwrap();
            println!("{}: {:.3} s, hash {:x}", scenario.title, cpu() - begun, run.hash);
            let runs = [run];
            for verdict in report::verdicts(&runs) {
                println!("  {}", verdict.text());
            }
        }
    }
}

fn cpu() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
