//! The capacity of a cell as a walk (RFC 8869 §4, S-CELL): log-normal, with fades and handovers.

use super::Time;

/// How fast the receiver moves, and so how fast its capacity does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// 3 km/h.
    Walking,
    /// 30 km/h.
    Driving,
    /// 120 km/h.
    Train,
}

/// What the walk is like.
#[derive(Clone, Debug)]
pub struct CellConfig {
    /// Median capacity in bit/s; 2-4 M is the spec's.
    pub median: u64,
    /// How fast it moves.
    pub speed: Speed,
    /// When handovers begin, sorted: 300 ms without any capacity each.
    pub handovers: Vec<Time>,
    /// How long the walk is; the last value stays.
    pub length: Time,
}

/// The capacity over time, in steps of 100 ms, for [`super::LinkConfig::steps`].
pub fn walk(config: &CellConfig, seed: u64) -> Vec<(Time, u64)> {
    let _ = (config, seed);
    todo!("follows at once")
}
