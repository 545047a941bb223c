//! What the link carries while it is full: the rate at which packets arrive that all had to queue.
//! It says how much there is even where little is sent, because a frame or a probe fills the link
//! for a moment.

use crate::base::Micros;

/// Packets that had to wait for less are none of a busy period.
const LEAST_QUEUE: Micros = Micros::millis(8);
/// Packets of a run that says something.
const LEAST_PACKETS: u32 = 8;
/// A queue that is so much longer than the packet before saw did not grow: the path stood still.
const STALL: Micros = Micros::millis(50);
/// A run so long begins anew, so that it says what is and not what was.
const LONGEST: i64 = 120_000;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BusyRate {
    run: Option<Run>,
    /// The newest rate, bit/s, and when it was measured, by the clock of arrivals.
    rate: Option<(u64, i64)>,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    /// When the first packet arrived; its bytes are not counted.
    began: i64,
    newest: i64,
    queue: Micros,
    bytes: u64,
    packets: u32,
}

impl BusyRate {
    /// A packet of `bytes` arrived that stood in queues for `queue`.
    pub(super) fn on_packet(&mut self, arrived: i64, queue: Micros, bytes: u32) {
        if queue <= LEAST_QUEUE {
            self.run = None;
            return;
        }
        let begin = Run { began: arrived, newest: arrived, queue, bytes: 0, packets: 1 };
        let goes_on = |run: &&mut Run| arrived >= run.newest && queue.since(run.queue) < STALL;
        let Some(run) = self.run.as_mut().filter(goes_on) else {
            self.run = Some(begin);
            return;
        };
        run.queue = queue;
        run.newest = arrived;
        run.bytes += u64::from(bytes);
        run.packets += 1;
        let span = run.newest.saturating_sub(run.began);
        if run.packets >= LEAST_PACKETS && span > 0 {
            let rate = run.bytes.saturating_mul(8_000_000) / span.unsigned_abs();
            self.rate = Some((rate, arrived));
        }
        if span > LONGEST && run.packets >= LEAST_PACKETS {
            self.run = Some(begin);
        }
    }

    /// The newest rate, bit/s.
    pub(super) fn rate(&self) -> Option<u64> {
        self.rate.map(|(rate, _)| rate)
    }

    /// The newest rate, if it is of the last `millis` before `arrived`.
    pub(super) fn recent(&self, arrived: i64, millis: i64) -> Option<u64> {
        let (rate, at) = self.rate?;
        (arrived.saturating_sub(at) <= millis.saturating_mul(1_000)).then_some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUED: Micros = Micros::millis(20);

    #[test]
    fn run_of_queued_packets_shows_what_the_link_carries() {
        let mut busy = BusyRate::default();
        for packet in 0..7 {
            busy.on_packet(packet * 4_000, QUEUED, 1_000);
        }
        assert_eq!(busy.rate(), None, "seven packets say nothing");
        busy.on_packet(28_000, QUEUED, 1_000);
        assert_eq!(busy.rate(), Some(2_000_000));
        assert_eq!(busy.recent(1_028_000, 1_000), Some(2_000_000));
        assert_eq!(busy.recent(1_028_001, 1_000), None);
    }

    #[test]
    fn packet_that_did_not_wait_ends_the_run() {
        let mut busy = BusyRate::default();
        for packet in 0..20 {
            let queue = if packet % 7 == 6 { Micros::millis(8) } else { QUEUED };
            busy.on_packet(packet * 4_000, queue, 1_000);
        }
        assert_eq!(busy.rate(), None);
    }

    #[test]
    fn long_run_follows_what_the_link_carries_now() {
        let mut busy = BusyRate::default();
        (0..250).for_each(|packet| busy.on_packet(packet * 4_000, QUEUED, 1_000));
        for packet in 0..60 {
            busy.on_packet(1_000_000 + packet * 16_000, QUEUED, 1_000);
        }
        let rate = busy.rate().expect("there was a run");
        assert!((480_000..520_000).contains(&rate), "{rate}");
    }
}
