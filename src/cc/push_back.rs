//! When more is on its way than the link and a short queue hold, packets leave more slowly (C11):
//! the estimate is too high, or feedback is late.

use crate::base::Micros;

/// What may be on its way beyond the shortest round trip.
const SLACK: Micros = Micros::millis(250);
/// One step in so long.
const STEP_INTERVAL: Micros = Micros::millis(50);
/// In 1/1024: all of the rate, a step's share (.8), and the least (.1).
const WHOLE: u64 = 1_024;
const STEP: u64 = 819;
const LEAST: u64 = 103;
/// A round trip is the shortest for so long at least.
const WINDOW: Micros = Micros::millis(15_000);

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct PushBack {
    /// In 1/1024.
    share: u64,
    stepped: Micros,
    /// The shortest round trip of this window and of the one before.
    round_trips: [Option<Micros>; 2],
    window_since: Micros,
}

impl PushBack {
    /// None.
    pub(super) const fn new(now: Micros) -> Self {
        Self { share: WHOLE, stepped: now, round_trips: [None; 2], window_since: now }
    }

    /// Feedback showed this round trip.
    pub(super) fn on_round_trip(&mut self, now: Micros, round_trip: Micros) {
        if now.since(self.window_since) >= WINDOW {
            self.round_trips = [None, self.round_trips[0]];
            self.window_since = now;
        }
        let least = &mut self.round_trips[0];
        *least = Some(least.map_or(round_trip, |least| least.min(round_trip)));
    }

    /// Looks at what is in flight, in wire bytes; `target` is what the link is taken to carry.
    #[inline]
    pub(super) fn step(&mut self, now: Micros, target: u64, in_flight: u64) {
        if now.since(self.stepped) >= STEP_INTERVAL {
            self.look(now, target, in_flight);
        }
    }

    /// The rate that is left of `rate`.
    pub(super) const fn of(&self, rate: u64) -> u64 {
        rate.saturating_mul(self.share) / WHOLE
    }

    /// The shortest round trip lately.
    pub(super) fn least_round_trip(&self) -> Option<Micros> {
        self.round_trips.into_iter().flatten().min()
    }

    fn look(&mut self, now: Micros, target: u64, in_flight: u64) {
        self.stepped = now;
        let Some(round_trip) = self.least_round_trip() else { return };
        let holds = target.saturating_mul(round_trip.plus(SLACK).0) / 8_000_000;
        self.share = if in_flight > holds {
            (self.share * STEP / WHOLE).max(LEAST)
        } else {
            (self.share * WHOLE / STEP).min(WHOLE)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_in_flight_slows_down_by_steps_to_a_tenth_and_back() {
        let mut push_back = PushBack::new(Micros(0));
        push_back.on_round_trip(Micros(0), Micros::millis(50));
        let mut now = 0;
        let mut shares = |in_flight, steps: usize| -> Vec<u64> {
            let mut next = || {
                now += 50;
                push_back.step(Micros::millis(now), 1_000_000, in_flight);
                push_back.of(1_000)
            };
            (0..steps).map(|_| next()).collect()
        };
        // 1 Mbit/s for 50 + 250 ms.
        assert_eq!(shares(37_500, 2), [1_000, 1_000]);
        assert_eq!(shares(37_501, 3), [799, 639, 510]);
        assert_eq!(shares(100_000, 20)[19], 100);
        assert_eq!(*shares(0, 11).last().expect("some"), 1_000);
    }

    #[test]
    fn nothing_slows_down_before_a_round_trip_is_known_nor_twice_at_once() {
        let mut push_back = PushBack::new(Micros(0));
        push_back.step(Micros::millis(100), 1_000_000, u64::MAX);
        assert_eq!(push_back.of(1_000), 1_000);
        push_back.on_round_trip(Micros::millis(100), Micros::millis(50));
        for millis in [150, 160, 170, 199] {
            push_back.step(Micros::millis(millis), 1_000_000, u64::MAX);
        }
        assert_eq!(push_back.of(1_000), 799);
    }

    #[test]
    fn shortest_round_trip_is_forgotten_after_a_while() {
        let mut push_back = PushBack::new(Micros(0));
        for millis in [0, 10_000, 20_000, 30_000, 40_000] {
            push_back.on_round_trip(Micros::millis(millis), Micros::millis(10 + millis / 100));
        }
        assert_eq!(push_back.least_round_trip(), Some(Micros::millis(210)));
    }
}
