//! How fast packets arrive that left close behind one another: pictures leave faster than the
//! estimate, and where they arrive as they left, none of them in a queue, the link carries more than
//! is thought. A probe that costs nothing. Among others there is a queue at times: who shares a link
//! learns nothing here.

use crate::base::Micros;

/// Packets that left within this of each other are of one train.
const CLOSE: Micros = Micros::millis(20);
/// Trains are looked at together over so long, by the far end's clock, in microseconds,
const SPAN: i64 = 250_000;
/// and say something if they have so many packets behind the first of each.
const LEAST_PACKETS: u32 = 10;
/// Packets that waited for longer than this, and than so many bytes take at the rate at which they
/// are sent, were held up; and for so long, in microseconds, that counts.
const NO_QUEUE: u64 = 5_000;
const OWN_BYTES: u64 = 2_600;
const FREE_FOR: i64 = 700_000;

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
    /// What packets wait for each other, in microseconds.
    own: u64,
    /// When a packet last had to wait, and the newest packet.
    waited: i64,
    newest: i64,
    now: Sum,
    last: Sum,
}

impl Trains {
    /// None seen.
    pub(super) const fn new() -> Self {
        let none = Sum { packets: 0, bytes: 0, sent: 0, arrived: 0 };
        Self {
            before: None,
            began: i64::MIN,
            own: NO_QUEUE,
            waited: i64::MIN,
            newest: 0,
            now: none,
            last: none,
        }
    }

    /// Packets are sent at this rate, bit/s.
    pub(super) fn set_rate(&mut self, rate: u64) {
        self.own = (OWN_BYTES * 8_000_000 / rate.max(100_000)).max(NO_QUEUE);
    }

    /// A packet arrived that stood in queues for `queue`; in the order of sending.
    pub(super) fn on_packet(&mut self, sent: Micros, arrived: i64, queue: Micros, bytes: u32) {
        self.newest = arrived;
        if queue.0 > self.own {
            self.waited = arrived;
        }
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

    /// The rate at which trains left and arrived, bit/s; `None` where they had to wait, or there were
    /// too few. Packets that leave together arrive as fast as the link serves them.
    pub(super) fn unhindered(&self) -> Option<u64> {
        let packets = self.now.packets + self.last.packets;
        let (sent, arrived) =
            (self.now.sent + self.last.sent, self.now.arrived + self.last.arrived);
        let is_free = self.newest.saturating_sub(self.waited) > FREE_FOR;
        if !is_free || packets < LEAST_PACKETS || sent.max(arrived) <= 0 {
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
                let sent = picture * 60_000 + packet * gap;
                free = free.max(sent as i64) + service;
                let queue = Micros((free - sent as i64 - service) as u64);
                trains.on_packet(Micros(sent), 9_000_000 + free, queue, 1_000);
            }
        }
        trains.unhindered()
    }

    #[test]
    fn trains_that_arrive_as_they_left_show_what_the_link_carries_at_least() {
        assert_eq!(rate(4_000, 1_000), Some(2_000_000));
        assert_eq!(rate(4_000, 4_000), Some(2_000_000));
        assert_eq!(rate(2_000, 3_500), None, "they waited");
        let mut slow = Trains::new();
        slow.set_rate(1_000_000);
        for packet in 0..11 {
            slow.on_packet(
                Micros(packet * 5_000),
                packet as i64 * 5_000,
                Micros::millis(19),
                1_000,
            );
        }
        assert_eq!(slow.unhindered(), Some(1_600_000), "no longer than one waits for another");
        assert_eq!(rate(0, 1_000), Some(8_000_000), "they left together");
        assert_eq!(rate(21_000, 1_000), None, "no trains");
    }

    #[test]
    fn few_packets_and_old_ones_say_nothing() {
        let mut trains = Trains::new();
        for packet in 0..10 {
            trains.on_packet(Micros(packet * 1_000), packet as i64 * 1_000, Micros(0), 1_000);
        }
        assert_eq!(trains.unhindered(), None);
        trains.on_packet(Micros(10_000), 10_000, Micros(0), 1_000);
        assert_eq!(trains.unhindered(), Some(8_000_000));
        trains.on_packet(Micros(900_000), 900_000, Micros(0), 1_000);
        assert_eq!(trains.unhindered(), None);
        trains.on_packet(Micros(901_000), i64::MIN, Micros(0), 1_000);
        trains.on_packet(Micros(902_000), i64::MAX, Micros(0), u32::MAX);
    }
}
