//! How fast packets arrive that left close behind one another: pictures leave faster than the
//! estimate, and where they arrive as they left, the link carries more than is thought. A probe
//! that costs nothing.

use crate::base::Micros;

/// Packets that left within this of each other are of one train.
const CLOSE: Micros = Micros::millis(8);
/// Trains are looked at together over so long, by the far end's clock, in microseconds,
const SPAN: i64 = 250_000;
/// and say something if they have so many packets behind the first of each.
const LEAST_PACKETS: u32 = 10;
/// They arrive as they left if it takes no more than so much longer, in percent.
const UNHINDERED: i64 = 108;

/// Packets behind the first of their trains.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    packets: u32,
    bytes: u64,
    sent: i64,
    arrived: i64,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trains {
    /// The packet before: when it left and arrived.
    before: Option<(Micros, i64)>,
    began: i64,
    now: Sum,
    last: Sum,
}

impl Trains {
    /// None seen.
    pub(super) const fn new() -> Self {
        let none = Sum { packets: 0, bytes: 0, sent: 0, arrived: 0 };
        Self { before: None, began: i64::MIN, now: none, last: none }
    }

    /// A packet arrived; in the order of sending.
    pub(super) fn on_packet(&mut self, sent: Micros, arrived: i64, bytes: u32) {
        if arrived.saturating_sub(self.began) >= SPAN || arrived < self.began {
            let is_next = arrived.saturating_sub(self.began) < 2 * SPAN && arrived >= self.began;
            self.last = if is_next { self.now } else { Sum::default() };
            self.now = Sum::default();
            self.began = arrived;
        }
        let Some((left, came)) = self.before.replace((sent, arrived)) else { return };
        if sent < left || sent.since(left) > CLOSE || arrived < came {
            return;
        }
        self.now.packets += 1;
        self.now.bytes += u64::from(bytes);
        self.now.sent += i64::try_from(sent.since(left).0).unwrap_or(0);
        self.now.arrived += arrived.saturating_sub(came);
    }

    /// The rate at which trains left and arrived all the same, bit/s; `None` where they were held
    /// up, or there were too few.
    pub(super) fn unhindered(&self) -> Option<u64> {
        let packets = self.now.packets + self.last.packets;
        let (sent, arrived) =
            (self.now.sent + self.last.sent, self.now.arrived + self.last.arrived);
        if packets < LEAST_PACKETS || sent <= 0 || arrived * 100 > sent * UNHINDERED {
            return None;
        }
        let bytes = self.now.bytes + self.last.bytes;
        Some(bytes * 8_000_000 / sent.max(arrived).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pictures of five packets, `gap` apart as they leave; a link that takes `service` for each.
    fn rate(gap: u64, service: i64) -> Option<u64> {
        let mut trains = Trains::new();
        let mut free = 0;
        for picture in 0..20 {
            for packet in 0..5 {
                let sent = picture * 33_000 + packet * gap;
                free = free.max(sent as i64) + service;
                trains.on_packet(Micros(sent), 9_000_000 + free, 1_000);
            }
        }
        trains.unhindered()
    }

    #[test]
    fn trains_that_arrive_as_they_left_show_what_the_link_carries_at_least() {
        assert_eq!(rate(4_000, 1_000), Some(2_000_000));
        assert_eq!(rate(4_000, 4_000), Some(2_000_000));
        assert_eq!(rate(4_000, 5_000), None, "they were held up");
        assert_eq!(rate(9_000, 1_000), None, "no trains");
    }

    #[test]
    fn few_packets_and_old_ones_say_nothing() {
        let mut trains = Trains::new();
        for packet in 0..10 {
            trains.on_packet(Micros(packet * 1_000), packet as i64 * 1_000, 1_000);
        }
        assert_eq!(trains.unhindered(), None);
        trains.on_packet(Micros(10_000), 10_000, 1_000);
        assert_eq!(trains.unhindered(), Some(8_000_000));
        trains.on_packet(Micros(900_000), 900_000, 1_000);
        assert_eq!(trains.unhindered(), None);
        trains.on_packet(Micros(901_000), i64::MIN, 1_000);
        trains.on_packet(Micros(902_000), i64::MAX, u32::MAX);
    }
}
