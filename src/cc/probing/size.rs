//! How long a probe is, and what probes may cost: 30 kbit/s on the mean over a minute (C8), and
//! yet enough at each moment at which one has been promised (C7).
//!
//! A probe should fill the link for 30 ms, or with 5 kB, no more: at twice the estimate, if that was
//! right, a queue of 30 ms is left. It lasts 15-60 ms, and has five packets at least. Above 3 Mbit/s less
//! than 15 ms when there is no more in the budget at the last moment: five packets in any case,
//! for the budget grows by as many within the 1.75 s that pass at least between two probes then.
//!
//! Read next: [`super`].
use crate::base::Micros;

/// Bit/s. With [`MOST`] once a minute less than 30 kbit/s.
const FILL: u64 = 26_000;
/// Bytes in a budget that was not used for long: the five probes of a start up to 10 Mbit/s.
const MOST: u64 = 30_000;
/// Bytes of five packets of usual size: what a budget grows by in 1.7 s.
const FIVE_PACKETS: u64 = 5_500;
/// Five packets so small that no fewer bytes are a measurement: overrides 60 ms below 200 kbit/s.
const LEAST: u64 = 1_500;

const SHORTEST: u64 = 15_000;
const LONGEST: u64 = 60_000;
/// Of queue that a probe may leave behind on a link that is as the estimate says.
const OWN_QUEUE: u64 = 30_000;
/// Bytes it may leave where that is no more than it may last: with less a small bucket passes for a
/// link, and a longer probe has to prove that it is none (see [`Proof`](super::Proof)).
const OWN_BYTES: u64 = 5_000;

/// Bytes of a probe at `rate` (bit/s), if the budget is no matter.
pub(super) fn probe_bytes(rate: u64, estimate: u64, opening: bool) -> u32 {
    let excess = rate.saturating_sub(estimate).max(1);
    let may_prove = over(estimate, LONGEST) >= OWN_BYTES;
    let own_queue = over(estimate, OWN_QUEUE).max(if may_prove { OWN_BYTES } else { 0 });
    let span = own_queue.saturating_mul(8_000_000) / excess;
    let span = if opening { SHORTEST } else { span.clamp(SHORTEST, LONGEST) };
    at_least_five(rate, over(rate, span))
}

/// Bytes worth waiting for.
pub(super) fn usual_bytes(rate: u64) -> u32 {
    at_least_five(rate, over(rate, SHORTEST).min(MOST))
}

/// Bytes that have to do when waiting is over.
pub(super) fn least_bytes(rate: u64) -> u32 {
    at_least_five(rate, 0)
}

/// Over so many microseconds.
const fn over(rate: u64, span: u64) -> u64 {
    rate.saturating_mul(span) / 8_000_000
}

fn at_least_five(rate: u64, bytes: u64) -> u32 {
    let bytes = bytes.max(FIVE_PACKETS.min(over(rate, LONGEST))).max(LEAST);
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A token bucket; may be overdrawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Millionths of a bit, at that moment.
    level: i64,
    at: Micros,
}

const MICROBITS: i64 = 8 * 1_000_000;
const FULL: i64 = MOST.cast_signed() * MICROBITS;

impl Budget {
    /// Full.
    pub(super) const fn new(now: Micros) -> Self {
        Self { level: FULL, at: now }
    }

    /// Bytes there are.
    pub(super) fn level(&self, now: Micros) -> u32 {
        u32::try_from(self.microbits(now) / MICROBITS).unwrap_or(0)
    }

    /// When there will be so many, if none are spent.
    pub(super) fn when(&self, bytes: u32) -> Micros {
        let missing = (i64::from(bytes) * MICROBITS).saturating_sub(self.level).max(0);
        self.at.plus(Micros(missing.cast_unsigned().div_ceil(FILL)))
    }

    pub(super) fn spend(&mut self, now: Micros, bytes: u32) {
        self.level = self.microbits(now).saturating_sub(i64::from(bytes) * MICROBITS);
        self.at = now;
    }

    fn microbits(&self, now: Micros) -> i64 {
        let filled = now.since(self.at).0.saturating_mul(FILL);
        self.level.saturating_add(i64::try_from(filled).unwrap_or(FULL)).min(FULL)
    }
}
