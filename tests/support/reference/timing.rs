//! Timestamps (R3): one per picture, growing, and as far apart as the captures were.

use std::time::Instant;

use super::super::publish::TrueFrame;
use super::packet::{Checked, ensure};

/// Between capture times and timestamps, in ticks of 90 kHz: 5 ms where publishers tell when they
/// captured, one frame where not.
const TOLD: i64 = 450;
const NOT_TOLD: i64 = 3_060;
/// The publishers' clocks are up to 50 ppm wrong, and something is rounded.
const DRIFT_PPM: i64 = 60;
/// A start that comes so much too late may be put right behind what was sent: 75 ms.
const MOST_BEHIND: i64 = 6_750;

/// Clocks of two encodings, set to each other, are rounded.
const ROUNDING: i64 = 12;

pub struct Timing {
    bound: i64,
    first: Option<Point>,
    last: Option<Point>,
    /// What is added to the publisher's timestamps.
    offset: u32,
    /// How much later pictures are than they should be, for starts that came too late.
    pushed: i64,
}

/// A picture: when it was captured, and the timestamp it was forwarded with, unwrapped.
#[derive(Clone, Copy)]
struct Point {
    captured: Instant,
    timestamp: i64,
}

impl Timing {
    pub const fn new(tells_capture_time: bool) -> Self {
        let bound = if tells_capture_time { TOLD } else { NOT_TOLD };
        Self { bound, first: None, last: None, offset: 0, pushed: 0 }
    }

    /// A picture begins with this packet. `is_start`: the translation may be another one from
    /// here on.
    pub fn picture(&mut self, frame: &TrueFrame, timestamp: u32, is_start: bool) -> Checked {
        let offset = timestamp.wrapping_sub(frame.timestamp);
        let Some(last) = self.last else {
            let point = Point { captured: frame.captured, timestamp: i64::from(timestamp) };
            (self.first, self.last, self.offset) = (Some(point), Some(point), offset);
            return Ok(());
        };
        let ahead = timestamp.wrapping_sub(last.timestamp as u32) as i32;
        let point =
            Point { captured: frame.captured, timestamp: last.timestamp + i64::from(ahead) };
        ensure(ahead > 0, "R3", || format!("timestamp goes back by {} ticks", -ahead))?;
        if is_start {
            self.start(last, point)?;
        } else {
            // A start that was put behind what was sent may be put right with a later picture.
            let back = i64::from(self.offset.wrapping_sub(offset).cast_signed());
            let is_put_right = back > 0 && back <= self.pushed + ROUNDING;
            ensure(back == 0 || is_put_right, "R3", || {
                format!("offset {offset} of a stream that had {}", self.offset)
            })?;
            self.pushed = (self.pushed - back).max(0);
        }
        self.offset = offset;
        self.last = Some(point);
        self.overall(point)
    }

    fn start(&mut self, last: Point, point: Point) -> Checked {
        let captured = ticks_between(last.captured, point.captured);
        let error = point.timestamp - last.timestamp - captured;
        let bound = self.bound + drift(captured);
        // Captured before what was forwarded already: right behind it, if not too late.
        let behind = if captured <= 0 { (1 - captured).min(MOST_BEHIND) } else { 0 };
        self.pushed += behind;
        ensure((-bound..=bound + behind).contains(&error), "R3", || {
            format!("picture is {error} ticks off the one before, {captured} ticks after it")
        })
    }

    fn overall(&self, point: Point) -> Checked {
        let first = self.first.expect("there is a last one");
        let captured = ticks_between(first.captured, point.captured);
        let error = point.timestamp - first.timestamp - captured;
        let bound = self.bound + drift(captured);
        ensure((-bound..=bound + self.pushed).contains(&error), "R3", || {
            format!("picture is {error} ticks off its capture time")
        })
    }
}

const fn drift(ticks: i64) -> i64 {
    ticks.abs() * DRIFT_PPM / 1_000_000 + 3
}

fn ticks_between(from: Instant, to: Instant) -> i64 {
    let micros = |time: std::time::Duration| time.as_micros() as i64;
    let micros =
        micros(to.saturating_duration_since(from)) - micros(from.saturating_duration_since(to));
    micros * 9 / 100
}
