//! How long packets stand in a queue on the link, in absolute terms: against the shortest delay of
//! the last half minute. A queue that stays as it is shows no gradient, and is seen here.
//!
//! Times of arrival are the far end's clock; its drift of 50 ppm moves the base by 1.5 ms.

use crate::base::Micros;

/// Seconds over which the shortest delay is the base.
const BASE_SECONDS: usize = 30;
/// One slot, in microseconds.
const SLOT: i64 = 20_000;
/// Slots remembered: 1.28 s.
const SLOTS: usize = 64;
const NONE: i64 = i64::MAX;
/// Slots over which noise is smoothed, and the most that is taken for it.
const NOISE_WEIGHT: i64 = 32;
const MOST_NOISE: i64 = 30_000;

/// What arrived within 20 ms.
#[derive(Clone, Copy, Debug)]
struct Slot {
    least: i64,
    bytes: u32,
    packets: u32,
    /// The packet that arrived first: when, and when it had left.
    arrived: i64,
    sent: u64,
}

const EMPTY: Slot = Slot { least: NONE, bytes: 0, packets: 0, arrived: 0, sent: 0 };

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct QueueWatch {
    /// Shortest delay in each second, at its number modulo the length.
    base: [i64; BASE_SECONDS],
    second: i64,
    slots: [Slot; SLOTS],
    /// Number of the newest slot.
    slot: i64,
    newest_arrival: i64,
    /// How much the shortest delays of slots next to each other differ, smoothed: what jitter, and
    /// frames that come at once, make of a queue that does not change.
    noise: i64,
}

impl QueueWatch {
    /// Nothing arrived yet.
    pub(super) const fn new() -> Self {
        Self {
            base: [NONE; BASE_SECONDS],
            second: i64::MIN,
            slots: [EMPTY; SLOTS],
            slot: i64::MIN,
            newest_arrival: i64::MIN,
            noise: 0,
        }
    }

    /// A packet that left at `sent` arrived. Returns how long it stood in queues.
    pub(super) fn on_packet(&mut self, sent: Micros, arrived: i64, bytes: u32) -> Micros {
        let delay = arrived.wrapping_sub_unsigned(sent.0);
        let second = arrived.div_euclid(1_000_000);
        advance(&mut self.base, &mut self.second, second, NONE);
        if self.second.saturating_sub(second) < BASE_SECONDS as i64 {
            let least = &mut self.base[place(second, BASE_SECONDS)];
            *least = (*least).min(delay);
        }
        let slot = arrived.div_euclid(SLOT);
        if slot > self.slot {
            self.note_noise();
        }
        advance(&mut self.slots, &mut self.slot, slot, EMPTY);
        if self.slot.saturating_sub(slot) < SLOTS as i64 {
            let held = &mut self.slots[place(slot, SLOTS)];
            if held.packets == 0 {
                (held.arrived, held.sent) = (arrived, sent.0);
            }
            held.least = held.least.min(delay);
            held.bytes = held.bytes.saturating_add(bytes);
            held.packets += 1;
        }
        self.newest_arrival = self.newest_arrival.max(arrived);
        self.above_base(delay)
    }

    /// The shortest time in queues over the last `millis` up to the newest arrival, of no fewer
    /// than `packets`; what may be noise is taken off.
    pub(super) fn standing(&self, millis: i64, packets: u32) -> Option<Micros> {
        let (mut least, mut count) = (NONE, 0);
        for slot in self.last(millis) {
            least = least.min(slot.least);
            count += slot.packets;
        }
        (count >= packets.max(1)).then(|| self.above_base(least).since(self.noise()))
    }

    /// What may be jitter, and is taken off what stands.
    pub(super) const fn noise(&self) -> Micros {
        Micros(self.noise.unsigned_abs())
    }

    /// When the newest packet arrived.
    pub(super) const fn newest(&self) -> i64 {
        self.newest_arrival
    }

    /// The newest slot is over.
    fn note_noise(&mut self) {
        let least = |back: i64| self.slots[place(self.slot.saturating_sub(back), SLOTS)].least;
        let (newest, before) = (least(0), least(1));
        if newest != NONE && before != NONE {
            let differs = newest.saturating_sub(before).saturating_abs().min(MOST_NOISE);
            self.noise += (differs - self.noise) / NOISE_WEIGHT;
        }
    }

    /// What arrived over the last `millis`, bit/s.
    pub(super) fn arrival_rate(&self, millis: i64) -> u64 {
        let bytes: u64 = self.last(millis).map(|slot| u64::from(slot.bytes)).sum();
        // The newest slot is not over yet.
        let into = self.newest_arrival.rem_euclid(SLOT);
        let slots = (millis * 1_000 / SLOT).clamp(1, SLOTS as i64);
        let span = ((slots - 1) * SLOT + into).max(SLOT);
        bytes * 8_000_000 / span.unsigned_abs()
    }

    /// How much longer the packets of the last `millis` took to arrive than to leave, as a ratio:
    /// below 1 a queue empties, above 1 it grows.
    #[expect(clippy::cast_precision_loss, reason = "spans of a second")]
    pub(super) fn dilation(&self, millis: i64) -> f64 {
        let mut held = self.last(millis).filter(|slot| slot.packets > 0);
        let Some(newest) = held.next() else { return 1.0 };
        let Some(oldest) = held.last() else { return 1.0 };
        let sent = newest.sent.saturating_sub(oldest.sent);
        let arrived = newest.arrived.saturating_sub(oldest.arrived);
        if sent == 0 { 1.0 } else { arrived as f64 / sent as f64 }
    }

    /// The path is another: what the last 400 ms showed is the base from now on.
    pub(super) fn rebase(&mut self) {
        let least = self.last(400).map(|slot| slot.least).min().unwrap_or(NONE);
        self.base = [NONE; BASE_SECONDS];
        if self.second != i64::MIN {
            self.base[place(self.second, BASE_SECONDS)] = least;
        }
    }

    fn last(&self, millis: i64) -> impl Iterator<Item = &Slot> {
        let count = (millis * 1_000 / SLOT).clamp(1, SLOTS as i64);
        (0..count).map(|back| &self.slots[place(self.slot.saturating_sub(back), SLOTS)])
    }

    fn above_base(&self, delay: i64) -> Micros {
        let base = self.base.iter().copied().min().unwrap_or(NONE);
        Micros(u64::try_from(delay.saturating_sub(base)).unwrap_or(0))
    }
}

/// Makes `to` the newest place of a ring; what lies between is empty.
fn advance<T: Copy>(ring: &mut [T], newest: &mut i64, to: i64, empty: T) {
    if to <= *newest {
        // A clock that was set back by more than the ring holds: begin anew.
        if newest.saturating_sub(to) > 8 * ring.len() as i64 {
            ring.fill(empty);
            *newest = to;
        }
        return;
    }
    let len = ring.len();
    let passed = to.saturating_sub(*newest).min(len as i64);
    for back in 0..passed {
        ring[place(to.saturating_sub(back), len)] = empty;
    }
    *newest = to;
}

#[expect(clippy::cast_possible_truncation, reason = "below the length")]
const fn place(number: i64, len: usize) -> usize {
    number.rem_euclid(len as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Micros {
        Micros::millis(millis)
    }

    #[test]
    fn queue_is_what_lies_above_the_shortest_delay_whatever_the_clocks_show() {
        for offset in [-5_000_000_000_i64, 0, 77_000_000_000] {
            let mut watch = QueueWatch::new();
            let mut arrive = |sent: u64, delay: i64| {
                watch.on_packet(millis(sent), offset + (sent as i64 + delay) * 1_000, 1_000)
            };
            assert_eq!(arrive(0, 50), millis(0));
            assert_eq!(arrive(20, 80), millis(30));
            assert_eq!(arrive(40, 40), millis(0), "a shorter one is the base");
            assert_eq!(arrive(60, 80), millis(40));
        }
    }

    #[test]
    fn standing_queue_is_the_shortest_of_the_window_and_needs_packets() {
        let mut watch = QueueWatch::new();
        watch.on_packet(millis(0), 50_000, 1_000);
        for sent in (1_000..2_000).step_by(20) {
            watch.on_packet(millis(sent), (sent as i64 + 150) * 1_000, 1_000);
        }
        assert_eq!(watch.standing(400, 1), Some(millis(100)));
        assert_eq!(watch.standing(120, 4), Some(millis(100)));
        assert_eq!(watch.standing(60, 4), None, "three packets only");
        watch.on_packet(millis(2_000), 2_060_000, 1_000);
        assert_eq!(watch.standing(400, 1), Some(millis(10)));
    }

    #[test]
    fn base_is_forgotten_after_half_a_minute_or_when_told() {
        let mut watch = QueueWatch::new();
        watch.on_packet(millis(0), 50_000, 1_000);
        let mut queue = Micros(0);
        for sent in (100..29_000).step_by(100) {
            queue = watch.on_packet(millis(sent), (sent as i64 + 130) * 1_000, 1_000);
        }
        assert_eq!(queue, millis(80));
        for sent in (29_000..31_000).step_by(100) {
            queue = watch.on_packet(millis(sent), (sent as i64 + 130) * 1_000, 1_000);
        }
        assert_eq!(queue, millis(0));
        watch.on_packet(millis(31_000), 31_050_000, 1_000);
        assert_eq!(watch.on_packet(millis(31_500), 31_630_000, 1_000), millis(80));
        watch.on_packet(millis(32_000), 32_130_000, 1_000);
        watch.rebase();
        assert_eq!(watch.on_packet(millis(32_100), 32_230_000, 1_000), millis(0));
    }

    #[test]
    fn arrival_rate_is_of_the_window_alone() {
        let mut watch = QueueWatch::new();
        for sent in 0..1_000 {
            watch.on_packet(millis(sent), (sent as i64) * 1_000, 1_250);
        }
        for sent in 1_000..1_400 {
            watch.on_packet(millis(sent), (sent as i64) * 1_000, 125);
        }
        let rate = watch.arrival_rate(400);
        assert!((980_000..1_050_000).contains(&rate), "{rate}");
    }

    #[test]
    fn times_of_any_size_do_no_harm() {
        let mut watch = QueueWatch::new();
        for arrived in [0, i64::MAX, i64::MIN, -1, 5, i64::MAX - 1, 1_000_000, i64::MIN + 3] {
            for sent in [0, 1, u64::MAX, 77] {
                watch.on_packet(Micros(sent), arrived, u32::MAX);
                watch.standing(400, 1);
                watch.arrival_rate(400);
            }
            watch.rebase();
        }
    }
}
