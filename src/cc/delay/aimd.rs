//! The rate that follows from overuse and throughput: additive increase, multiplicative decrease.
//!
//! ```text
//!              normal                 over
//!     Hold ─────────────> Increase ─────────> decrease once, then Hold
//!      ^                     │                        ^
//!      └──────── under ──────┘        over from Hold ─┘
//! ```
//!
//! After a decrease and while a queue empties the rate is held. Otherwise it grows: by 8 % a second
//! as long as the link's capacity is unknown, near it by about a packet in two response times.
//! Constants as in libwebrtc M138 (`AimdRateControl`; draft-ietf-rmcat-gcc-02 §5.5, §5.6).
//! Knows no packets. All rates in bit/s.

use super::capacity::LinkCapacity;
use super::overuse::Usage;
use crate::base::Micros;

/// What of the throughput is left at overuse,
const DECREASE: f64 = 0.85;
/// less this, so that a queue empties at low rates as well.
const DECREASE_MORE: f64 = 5_000.0;
/// The rate grows no higher than so many times the throughput,
const MOST_OF_THROUGHPUT: f64 = 1.5;
/// and a little for rates at which encoders are uneven.
const MOST_MORE: f64 = 10_000.0;
/// Growth in a second while the capacity is unknown.
const GROWTH: f64 = 1.08;
/// Least step of that growth, at each update.
const LEAST_STEP: f64 = 1_000.0;
/// Least growth in a second near the capacity.
const LEAST_GROWTH: f64 = 4_000.0;
/// For this long the rate grows at most if nothing was heard.
const LONGEST_STEP: Micros = Micros::millis(1_000);
/// Size and rate of the packets and pictures that growth near the capacity is reckoned by.
const PACKET_BITS: f64 = 1_200.0 * 8.0;
const PICTURES_PER_SECOND: f64 = 30.0;
/// How long it takes to notice overuse, besides the round trip, in seconds.
const NOTICING: f64 = 0.1;
/// The round trip until one was measured.
const ROUND_TRIP: Micros = Micros::millis(200);
/// Decreases are a round trip apart, within these bounds.
const BETWEEN_DECREASES: (Micros, Micros) = (Micros::millis(10), Micros::millis(200));
/// Throughput is taken for the first rate after this long.
const FIRST_AFTER: Micros = Micros::millis(5_000);
/// Expected time between two decreases: before the first, and bounds.
#[cfg(test)]
const PERIOD: Micros = Micros::millis(3_000);
#[cfg(test)]
const PERIODS: (f64, f64) = (2.0, 50.0);

/// What the rate does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Course {
    /// It stays.
    Hold,
    /// It grows.
    Increase,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aimd {
    least: u64,
    most: u64,
    rate: u64,
    is_valid: bool,
    course: Course,
    capacity: LinkCapacity,
    /// What came through when it was last known.
    throughput: f64,
    /// When throughput was first known.
    measured: Option<Micros>,
    changed: Option<Micros>,
    /// When the rate was last lowered,
    lowered: Option<Micros>,
    /// and by how much at overuse.
    lowered_by: Option<f64>,
    round_trip: Micros,
}

impl Aimd {
    /// Not valid yet: without [`set_start`](Self::set_start) the first overuse or 5 s of
    /// throughput give the first rate.
    pub(super) fn new(least: u64, most: u64) -> Self {
        let most = most.max(least);
        Self {
            least,
            most,
            rate: most,
            is_valid: false,
            course: Course::Hold,
            capacity: LinkCapacity::new(),
            throughput: float(most),
            measured: None,
            changed: None,
            lowered: None,
            lowered_by: None,
            round_trip: ROUND_TRIP,
        }
    }

    /// Where to start from.
    pub(super) fn set_start(&mut self, rate: u64) {
        self.rate = rate.clamp(self.least, self.most);
        self.throughput = float(self.rate);
        self.is_valid = true;
    }

    /// New bounds; the rate moves into them.
    pub(super) fn set_limits(&mut self, least: u64, most: u64) {
        self.least = least;
        self.most = most.max(least);
        self.rate = self.rate.clamp(self.least, self.most);
    }

    /// The round trip, smoothed or not.
    pub(super) const fn set_round_trip(&mut self, round_trip: Micros) {
        self.round_trip = round_trip;
    }

    /// Another knows better.
    pub(super) fn set_estimate(&mut self, now: Micros, rate: u64) {
        let rate = rate.clamp(self.least, self.most);
        if self.is_valid && rate < self.rate {
            self.lowered = Some(now);
        }
        self.is_valid = true;
        self.rate = rate;
        self.changed = Some(now);
    }

    /// What the detector says `now`, and what comes through if that is known. While `in_alr`, the
    /// application limits what is sent: nothing would show that a higher rate is right, so it does
    /// not grow.
    pub(super) fn update(
        &mut self,
        now: Micros,
        usage: Usage,
        throughput: Option<u64>,
        in_alr: bool,
    ) -> u64 {
        if let Some(throughput) = throughput {
            self.throughput = float(throughput);
            self.take_first(now, throughput);
        }
        // Overuse gives a first rate as well.
        if self.is_valid || usage == Usage::Over {
            match usage {
                Usage::Over => self.decrease(now),
                Usage::Under => self.course = Course::Hold,
                Usage::Normal => self.increase(now, in_alr),
            }
        }
        self.rate
    }

    /// Whether there was time for the last change to show, upwards or downwards, or so little comes
    /// through that it cannot wait.
    pub(super) fn may_decrease(&self, now: Micros, throughput: u64) -> bool {
        self.is_long_since(self.changed, now) || self.is_valid && throughput < self.rate / 2
    }

    /// Overuse, and what comes through is not known: half the rate, unless it was lowered just
    /// now. Whether it was done.
    pub(super) fn halve(&mut self, now: Micros) -> bool {
        let is_time = self.is_valid && self.is_long_since(self.lowered, now);
        if is_time {
            self.set_estimate(now, self.rate / 2);
        }
        is_time
    }

    /// The rate.
    pub(super) const fn rate(&self) -> u64 {
        self.rate
    }

    /// Whether the rate comes from anything.
    pub(super) const fn is_valid(&self) -> bool {
        self.is_valid
    }

    /// What the link carries, if it was full and nothing speaks against that since.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> Option<u64> {
        self.capacity.estimate().map(whole)
    }

    /// Growth near the capacity, bit/s in a second: half a packet, as large as they are at this
    /// rate, in each response time.
    pub(super) fn growth(&self) -> f64 {
        let picture = float(self.rate) / PICTURES_PER_SECOND;
        let packets = (picture / PACKET_BITS).ceil().max(1.0);
        let response = 2.0 * (self.round_trip.seconds() + NOTICING);
        (picture / packets / response).max(LEAST_GROWTH)
    }

    /// Until it has grown back to where it was lowered from.
    #[cfg(test)]
    pub(super) fn period(&self) -> Micros {
        let Some(lowered_by) = self.lowered_by else {
            return PERIOD;
        };
        let seconds = (lowered_by / self.growth()).clamp(PERIODS.0, PERIODS.1);
        Micros(whole(seconds * 1e6))
    }

    fn is_long_since(&self, change: Option<Micros>, now: Micros) -> bool {
        let (least, most) = BETWEEN_DECREASES;
        change.is_none_or(|at| now.since(at) >= self.round_trip.clamp(least, most))
    }

    fn take_first(&mut self, now: Micros, throughput: u64) {
        let measured = *self.measured.get_or_insert(now);
        if !self.is_valid && now.since(measured) > FIRST_AFTER {
            self.rate = throughput.clamp(self.least, self.most);
            self.is_valid = true;
        }
    }

    fn increase(&mut self, now: Micros, in_alr: bool) {
        if self.course == Course::Hold {
            self.course = Course::Increase;
            self.changed = Some(now);
        }
        self.capacity.on_throughput(self.throughput);
        let rate = float(self.rate);
        let most = MOST_OF_THROUGHPUT * self.throughput + MOST_MORE;
        if rate < most && !in_alr {
            // The first step may be a whole second's.
            let since = self.changed.map_or(LONGEST_STEP, |at| now.since(at).min(LONGEST_STEP));
            let step = if self.capacity.estimate().is_some() {
                self.growth() * since.seconds()
            } else {
                (rate * (GROWTH.powf(since.seconds()) - 1.0)).max(LEAST_STEP)
            };
            self.rate = whole((rate + step).min(most));
        }
        self.rate = self.rate.clamp(self.least, self.most);
        self.changed = Some(now);
    }

    fn decrease(&mut self, now: Micros) {
        let rate = float(self.rate);
        let mut lower = DECREASE * self.throughput;
        if lower > DECREASE_MORE {
            lower -= DECREASE_MORE;
        }
        if lower > rate
            && let Some(capacity) = self.capacity.estimate()
        {
            lower = DECREASE * capacity;
        }
        // Never upwards.
        let lower = lower.min(rate);
        if self.is_valid && self.throughput < rate {
            self.lowered_by = Some(rate - lower);
        }
        self.capacity.on_overuse(self.throughput);
        self.rate = whole(lower).clamp(self.least, self.most);
        self.is_valid = true;
        self.course = Course::Hold;
        self.changed = Some(now);
        self.lowered = Some(now);
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates are below 2^53")]
const fn float(rate: u64) -> f64 {
    rate as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests;
