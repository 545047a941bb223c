//! The capacity of a cell as a walk (RFC 8869 §4, S-CELL): log-normal, with fades and handovers.

use super::rng::{Chance, Pcg};
use super::{MS, Time, fixed};

/// How long each value holds.
const STEP: Time = 100 * MS;
/// How long a handover takes.
const HANDOVER: Time = 300 * MS;
/// What the worst fade leaves, in bit/s.
const LEAST: u64 = 100_000;

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
    /// Median capacity in bit/s (the mean is about a tenth above); 2-4 M is the spec's.
    pub median: u64,
    /// How fast it moves.
    pub speed: Speed,
    /// When handovers begin, sorted: 300 ms without any capacity each.
    pub handovers: Vec<Time>,
    /// How long the walk is; the last value stays.
    pub length: Time,
}

impl Speed {
    /// Steps in which a deviation is forgotten, and how probable a fade is in each.
    fn character(self) -> (i64, Chance) {
        match self {
            Self::Walking => (200, Chance::new(1.0 / 512.0)),
            Self::Driving => (50, Chance::new(1.0 / 256.0)),
            Self::Train => (20, Chance::new(1.0 / 128.0)),
        }
    }
}

/// The capacity over time, in steps of 100 ms, for [`super::LinkConfig::steps`].
pub fn walk(config: &CellConfig, seed: u64) -> Vec<(Time, u64)> {
    let grid = values(config, seed);
    let at = |time: Time| grid[((time / STEP) as usize).min(grid.len() - 1)];
    let ends = config.handovers.iter().map(|begin| begin + HANDOVER);
    let mut times: Vec<Time> = (0..grid.len() as u64).map(|step| step * STEP).collect();
    times.extend(config.handovers.iter().copied().chain(ends));
    times.sort_unstable();
    times.dedup();
    let is_out = |time: Time| config.handovers.iter().any(|h| (*h..h + HANDOVER).contains(&time));
    times.into_iter().map(|time| (time, if is_out(time) { 0 } else { at(time) })).collect()
}

/// One value for each step: a walk of the exponent that is drawn back to 0, and fades to a quarter.
fn values(config: &CellConfig, seed: u64) -> Vec<u64> {
    let mut rng = Pcg::new(seed, 0xce11);
    let (memory, fade) = config.speed.character();
    // Such steps that the exponent strays by 0.7 (a factor of 1.6) in the long run.
    let spread = (7u64 << fixed::BITS) / 10;
    let sigma = spread * 1_000 / (memory as u64 * 500_000).isqrt();
    let mut exponent = rng.gaussian(spread);
    let mut fading = 0;
    let steps = config.length.div_ceil(STEP).max(1);
    let step = |_| {
        exponent += rng.gaussian(sigma) - exponent / memory;
        if rng.chance(fade) {
            fading = rng.between(3, 15);
        }
        let depth = if fading > 0 { 2 << fixed::BITS } else { 0 };
        fading = u64::saturating_sub(fading, 1);
        fixed::times_exp2(config.median, exponent - depth).max(LEAST)
    };
    (0..steps).map(step).collect()
}
