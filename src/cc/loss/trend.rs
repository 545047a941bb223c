//! Whether more is lost when more is sent: the slope of loss over the logarithm of the rate,
//! second by second, older seconds counting less. What is lost at random has none.
//!
//! Knows nothing of what follows from it. Read next: [`super::tolerance`].

/// Each second counts so much less than the one after it.
const MEMORY: f64 = 0.9;
/// What the loss is compared at: a rate, and 15 % less (C18).
const LESS: f64 = 0.1625; // -ln(0.85)
/// Loss that differs by no more than this fraction of itself, and this much, is the same.
const SAME: f64 = 0.15;
const SAME_ANYWAY: f64 = 0.01;
/// Losses come in bursts: their number varies by so much more than if each were on its own.
const BURSTS: f64 = 2.0;
/// Bits of a packet, about.
const PACKET: f64 = 8_000.0;

/// Whether loss depends on the rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dependence {
    Dependent,
    Independent,
}

/// Weighted sums of n, n·x, n·y, n·x², n·x·y; x: ln of the rate, y: loss, n: packets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trend {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Trend {
    /// A second went by in which so much was sent (bit/s), and such a fraction of it lost.
    pub(super) fn add(&mut self, sent: f64, loss: f64) {
        let n = sent / PACKET;
        if n < 1.0 {
            return;
        }
        let x = sent.ln();
        for (sum, one) in [
            (&mut self.n, n),
            (&mut self.x, n * x),
            (&mut self.y, n * loss),
            (&mut self.xx, n * x * x),
            (&mut self.xy, n * x * loss),
        ] {
            *sum = *sum * MEMORY + one;
        }
    }

    /// Mean loss.
    pub(super) fn loss(&self) -> f64 {
        if self.n > 0.0 { self.y / self.n } else { 0.0 }
    }

    /// `None`: the rates were too much alike, or too little was sent, to tell.
    pub(super) fn dependence(&self) -> Option<Dependence> {
        let spread = self.xx - self.x * self.x / self.n;
        if self.n <= 0.0 || spread <= 0.0 {
            return None;
        }
        let loss = self.loss();
        let more = LESS * (self.xy - self.x * loss) / spread;
        let error = LESS * (BURSTS * loss * (1.0 - loss) / spread).sqrt();
        let same = SAME * loss + SAME_ANYWAY;
        if more - 2.0 * error > same {
            Some(Dependence::Dependent)
        } else if more <= same && error <= same {
            Some(Dependence::Independent)
        } else {
            None
        }
    }
}
