//! Random numbers that are the same on every machine: PCG (XSH RR 64/32) and integer distributions.

use super::Time;
use super::fixed;

/// A generator; each purpose has a stream of its own, so that one more draw here moves nothing there.
#[derive(Clone, Debug)]
pub struct Pcg {
    state: u64,
    increment: u64,
}

/// A probability as a threshold for 32 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance(u64);

impl Chance {
    /// # Panics
    /// If `probability` is not 0-1.
    pub fn new(probability: f64) -> Self {
        assert!((0.0..=1.0).contains(&probability), "a probability is 0-1, not {probability}");
        // A product by a power of two and a truncation: exact, the same everywhere.
        Self((probability * 4_294_967_296.0) as u64)
    }
}

impl Pcg {
    /// The generator of this seed and stream.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut pcg = Self { state: 0, increment: stream << 1 | 1 };
        pcg.next_u32();
        pcg.state = pcg.state.wrapping_add(seed);
        pcg.next_u32();
        pcg
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(self.increment);
        let xored = ((old >> 18 ^ old) >> 27) as u32;
        xored.rotate_right((old >> 59) as u32)
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) << 32 | u64::from(self.next_u32())
    }

    /// Uniform in 0..`limit` (the bias of a 64-bit product is below 2^-32 for what we draw).
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(limit)) >> 64) as u64
    }

    /// Uniform in `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// Whether it happens.
    pub fn chance(&mut self, chance: Chance) -> bool {
        u64::from(self.next_u32()) < chance.0
    }

    /// Gaussian of mean 0, drawn again beyond ±3 sigma (RFC 8868 §4.1): the sum of twelve uniform
    /// numbers, whose variance is 1.
    pub fn gaussian(&mut self, sigma: Time) -> i64 {
        loop {
            let sum: i64 = (0..12).map(|_| i64::from(self.next_u32())).sum();
            let centred = sum - (6 << 32);
            if centred.abs() <= 3 << 32 {
                return ((i128::from(centred) * i128::from(sigma)) >> 32) as i64;
            }
        }
    }

    /// Exponential of this mean: -ln of a uniform number.
    pub fn exponential(&mut self, mean: Time) -> Time {
        let uniform = u64::from(self.next_u32()) + 1; // 1..=2^32
        let minus_log2 = (32 << fixed::BITS) - fixed::log2(uniform);
        let minus_ln = (u128::from(minus_log2) * u128::from(fixed::LN_2)) >> fixed::BITS;
        ((minus_ln * u128::from(mean)) >> fixed::BITS) as Time
    }
}
