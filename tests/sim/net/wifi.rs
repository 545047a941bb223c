//! An aggregating MAC (T7): waits for the air, then sends many packets as one.

use super::capacity::{BIT, Steps};
use super::rng::{Chance, Pcg};
use super::{MS, Time};

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
        let (air_time, access) = (4 * MS, 2 * MS);
        Self { rates, aggregate: 32, air_time, access, others: 0, activity: 0.0 }
    }

    /// The same among other stations.
    pub fn among(self, others: u32, activity: f64) -> Self {
        Self { others, activity, ..self }
    }
}

/// The state of the MAC.
#[derive(Clone, Debug)]
pub(super) struct Mac {
    pub(super) rates: Steps,
    config: WifiConfig,
    activity: Chance,
    rng: Pcg,
}

impl Mac {
    pub(super) fn new(config: WifiConfig, rng: Pcg) -> Self {
        let rates = Steps::new(config.rates.clone());
        Self { rates, activity: Chance::new(config.activity), config, rng }
    }

    /// How many packets and bytes one aggregate may have now.
    pub(super) fn aggregate(&self, now: Time) -> (usize, u64) {
        let bits = self.rates.bits(now, now + self.config.air_time);
        (self.config.aggregate, bits / 8)
    }

    /// When an aggregate of these bytes is through: nothing of it arrives before its end.
    pub(super) fn finish(&mut self, now: Time, bytes: u64) -> Option<Time> {
        let rivals = (0..self.config.others).filter(|_| self.rng.chance(self.activity)).count();
        let begin =
            now + self.rng.exponential(self.config.access) + rivals as Time * self.config.air_time;
        Some(self.rates.finish(begin, u128::from(bytes) * 8 * BIT)?.0)
    }
}
