//! An aggregating MAC (T7): waits for the air, then sends many packets as one.

use super::Time;

/// A Wi-Fi like link.
#[derive(Clone, Debug)]
pub struct WifiConfig {
    /// Physical rates in bit/s: (from when, rate), the first from 0 (steps of the MCS).
    pub rates: Vec<(Time, u64)>,
    /// Packets in one aggregate at most.
    pub aggregate: usize,
    /// Air time of one aggregate at most (a single packet is always allowed).
    pub air_time: Time,
    /// Mean of the exponential access delay before each aggregate.
    pub access: Time,
    /// Other stations that want the air; each takes one full air time before us with `activity`.
    pub others: u32,
    /// Probability 0-1 that another station has something to send when we do.
    pub activity: f64,
}

impl WifiConfig {
    /// Alone on the air: aggregates of up to 32 packets or 4 ms, access delay 2 ms in the mean.
    pub fn alone(rates: Vec<(Time, u64)>) -> Self {
        let (air_time, access) = (4_000, 2_000);
        Self { rates, aggregate: 32, air_time, access, others: 0, activity: 0.0 }
    }
}
