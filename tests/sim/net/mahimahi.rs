//! Traces in the format of Mahimahi: each line is a millisecond at which 1500 bytes may leave.

use super::{MS, Time};

/// Bytes of one opportunity.
pub(super) const OPPORTUNITY: u64 = 1_500;

/// A trace, looped at its last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Milliseconds, sorted; the last, which is not 0, is the period.
    opportunities: Vec<u64>,
}

impl Trace {
    /// Reads a trace.
    ///
    /// # Errors
    /// Says which line is wrong: not a number, or smaller than the one before; or that the trace
    /// has no length.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut opportunities = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let at = line.parse().map_err(|error| format!("line {}: {error}", number + 1))?;
            if opportunities.last().is_some_and(|last| *last > at) {
                return Err(format!("line {}: {at} is before the line above", number + 1));
            }
            opportunities.push(at);
        }
        match opportunities.last() {
            None | Some(0) => Err("the trace has no length".to_owned()),
            Some(_) => Ok(Self { opportunities }),
        }
    }

    /// Bits per second in the mean.
    pub fn mean_rate(&self) -> u64 {
        self.opportunities.len() as u64 * OPPORTUNITY * 8 * 1_000 / self.period()
    }

    /// Bits that could be served from `from` to `until`, exclusive.
    pub fn bits(&self, from: Time, until: Time) -> u64 {
        (self.first_from(until) - self.first_from(from)) * OPPORTUNITY * 8
    }

    /// When the `n`-th opportunity comes, from 0 and over all rounds.
    pub(super) fn time(&self, n: u64) -> Time {
        let length = self.opportunities.len() as u64;
        (n / length * self.period() + self.opportunities[(n % length) as usize]) * MS
    }

    /// The number of the first opportunity at or after `now`.
    pub(super) fn first_from(&self, now: Time) -> u64 {
        let length = self.opportunities.len() as u64;
        let now_ms = now.div_ceil(MS);
        // The last of a round and a 0 of the next fall together: begin a round early.
        let round = (now_ms / self.period()).saturating_sub(1);
        let mut n = round * length;
        for _ in 0..2 {
            let within = now_ms - n / length * self.period();
            let skipped = self.opportunities.partition_point(|at| *at < within) as u64;
            n += skipped;
            if skipped < length {
                break;
            }
        }
        n
    }

    fn period(&self) -> u64 {
        *self.opportunities.last().expect("a trace has a last line")
    }
}
