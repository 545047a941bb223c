//! Where is the limit: the load grows until packets are lost or late, then the limit is searched
//! between the last good and the first bad, and at half of it the delay is measured.

use std::time::Duration;

use crate::load::{Load, Measured};
use crate::report::{self, Figure};

/// Later than that a packet is as good as lost.
const LATE: Duration = Duration::from_millis(10);
/// What the engine may add at half of its limit.
const FLOOR: Duration = Duration::from_millis(1);

const GROWTH: f64 = 1.5;
const BISECTIONS: usize = 4;
const STEP: Duration = Duration::from_millis(1_500);
/// How long the load is on before it is measured; how long an overload takes to be forgotten.
const SETTLING: Duration = Duration::from_millis(500);
/// Beyond, the pattern has nothing to do with what it was.
const MOST_SPEED: f64 = 1e4;

pub(crate) fn run(load: &mut Load, duration: Duration) -> Result<Vec<Figure>, String> {
    println!(
        "  {:>8} {:>12} {:>10} {:>10} {:>10}",
        "speed", "packets/s", "p99 us", "lost", "verdict"
    );
    let (mut good, mut bad) = (0.0, None);
    let mut speed = 1.0;
    while bad.is_none() && speed < MOST_SPEED {
        match step(load, speed)? {
            true => (good, speed) = (speed, speed * GROWTH),
            false => bad = Some(speed),
        }
    }
    let mut bad = bad.ok_or("no limit was found: have more --publishers or --receivers")?;
    for _ in 0..BISECTIONS {
        let middle = (good + bad) / 2.0;
        if step(load, middle)? { good = middle } else { bad = middle }
    }
    if good == 0.0 {
        return Err("even the slowest load was too much: have fewer --receivers".to_owned());
    }
    let rate = good * load.nominal * load.copies;
    println!("\nThe limit is at {good:.2} times the pattern: {rate:.0} forwarded packets/s.");
    println!("At half of that, for {} s:\n", duration.as_secs_f64());
    load.set_speed(good / 2.0);
    load.pass(SETTLING * 2);
    let measured = load.measure(duration)?;
    let p99 = Duration::from_nanos(measured.window.delay.percentile(0.99));
    let mut figures =
        vec![Figure { name: "saturation".to_owned(), value: rate, unit: "packets/s" }];
    figures.extend(report::figures(&measured, load.copies));
    report::print(&figures);
    let verdict = if p99 <= FLOOR { "holds" } else { "DOES NOT HOLD" };
    println!("\np99 of the added delay {p99:.1?}; floor {FLOOR:?} {verdict}.");
    Ok(figures)
}

/// Whether the engine can do it.
fn step(load: &mut Load, speed: f64) -> Result<bool, String> {
    load.set_speed(speed);
    load.pass(SETTLING);
    let measured = load.measure(STEP)?;
    let p99 = Duration::from_nanos(measured.window.delay.percentile(0.99));
    let offered = measured.sent as f64 / measured.seconds;
    let lost = lost(&measured, load.copies);
    let verdict = if measured.overflowed_here > 0 {
        "the generator receives too slowly"
    } else if offered < 0.95 * speed * load.nominal {
        "the generator sends too slowly"
    } else if lost > 0 {
        "loss"
    } else if p99 > LATE {
        "late"
    } else {
        "good"
    };
    let rate = measured.window.received as f64 / measured.seconds;
    let micros = p99.as_secs_f64() * 1e6;
    println!("  {speed:>8.2} {rate:>12.0} {micros:>10.0} {lost:>10}  {verdict}");
    if verdict != "good" {
        load.set_speed(1.0);
        load.pass(SETTLING);
    }
    Ok(verdict == "good")
}

/// Gaps that were seen, or what the sockets dropped, whichever is known of.
fn lost(measured: &Measured, copies: f64) -> u64 {
    let dropped = measured.overflowed_there as f64 * copies;
    measured.window.lost.max(dropped as u64)
}
