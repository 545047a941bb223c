//! Reception statistics of one stream, as receiver reports carry them (RFC 3550 §6.4.1, A.3, A.8).

use std::time::Instant;

use crate::base::{Bitrate, ExtSeq, RtpTime, Ssrc, millis_since};
use crate::stream::RateMeter;
use crate::wire::rtcp::ReportBlock;

/// Counts of one stream.
#[derive(Debug)]
pub(crate) struct Reception {
    clock_rate: u32,
    epoch: Instant,
    first: Option<ExtSeq>,
    highest: ExtSeq,
    received: u64,
    repaired: u64,
    bytes: u64,
    rate: RateMeter,
    /// Interarrival jitter in ticks, scaled by 16.
    jitter: u32,
    /// Arrival less timestamp of the newest packet, in ticks.
    transit: Option<u32>,
    expected_at_report: u64,
    received_at_report: u64,
}

impl Reception {
    /// Nothing received.
    pub(crate) const fn new(clock_rate: u32, epoch: Instant) -> Self {
        Self {
            clock_rate,
            epoch,
            first: None,
            highest: ExtSeq(0),
            received: 0,
            repaired: 0,
            bytes: 0,
            rate: RateMeter::new(),
            jitter: 0,
            transit: None,
            expected_at_report: 0,
            received_at_report: 0,
        }
    }

    /// A packet with `len` payload bytes. `timestamp` if it came in its own time.
    pub(crate) fn on_packet(
        &mut self,
        now: Instant,
        ext: ExtSeq,
        len: usize,
        timestamp: Option<RtpTime>,
    ) {
        self.first = Some(self.first.map_or(ext, |first| first.min(ext)));
        self.highest = self.highest.max(ext);
        self.received += 1;
        self.bytes += len as u64;
        self.rate.add(millis_since(self.epoch, now), len as u64);
        match timestamp {
            Some(timestamp) => self.update_jitter(now, timestamp),
            None => self.repaired += u64::from(len > 0),
        }
    }

    /// The report block about `ssrc`; `None` before the first packet. Starts a new interval.
    pub(crate) fn report(
        &mut self,
        ssrc: Ssrc,
        last_sr: u32,
        delay_since_last_sr: u32,
    ) -> Option<ReportBlock> {
        self.first?;
        let expected = self.expected();
        let expected_now = expected - self.expected_at_report;
        let received_now = self.came_by_itself() - self.received_at_report;
        self.expected_at_report = expected;
        self.received_at_report = self.came_by_itself();
        let lost_now = expected_now.saturating_sub(received_now);
        let fraction_lost = (lost_now * 256).checked_div(expected_now).unwrap_or(0).min(255);
        Some(ReportBlock {
            ssrc,
            fraction_lost: u8::try_from(fraction_lost).expect("capped"),
            cumulative_lost: i32::try_from(self.lost().clamp(-0x80_0000, 0x7f_ffff))
                .expect("24 bits"),
            highest_sequence_number: low_32_bits(self.highest.0 - 0x1_0000),
            jitter: self.jitter >> 4,
            last_sr,
            delay_since_last_sr,
        })
    }

    /// Expected less received; negative with duplicates. What a retransmission stream brought is
    /// that stream's: here it stays lost, or the publisher would never hear of its loss
    /// (RFC 4588 §6.3).
    pub(crate) fn lost(&self) -> i64 {
        let difference = i128::from(self.expected()) - i128::from(self.came_by_itself());
        i64::try_from(difference).unwrap_or(i64::MAX)
    }

    /// Packets received, padding and repaired ones included.
    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    /// Packets that came by retransmission.
    pub(crate) const fn repaired(&self) -> u64 {
        self.repaired
    }

    /// Payload bytes received.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Interarrival jitter in seconds.
    pub(crate) fn jitter_seconds(&self) -> f64 {
        f64::from(self.jitter >> 4) / f64::from(self.clock_rate)
    }

    /// Rate over the last second.
    pub(crate) fn rate(&self, now: Instant) -> Bitrate {
        self.rate.rate(millis_since(self.epoch, now))
    }

    const fn came_by_itself(&self) -> u64 {
        self.received - self.repaired
    }

    fn expected(&self) -> u64 {
        self.first.map_or(0, |first| self.highest.0 - first.0 + 1)
    }

    /// RFC 3550 A.8, in its integer form.
    fn update_jitter(&mut self, now: Instant, timestamp: RtpTime) {
        let since = now.saturating_duration_since(self.epoch);
        let ticks = since.as_nanos() * u128::from(self.clock_rate) / 1_000_000_000;
        let arrival = low_32_bits(u64::try_from(ticks).unwrap_or(0));
        let transit = arrival.wrapping_sub(timestamp.0);
        if let Some(before) = self.transit {
            let d = transit.wrapping_sub(before).cast_signed().unsigned_abs();
            self.jitter = self.jitter.saturating_add(d) - ((self.jitter + 8) >> 4);
        }
        self.transit = Some(transit);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "fields of 32 bits that wrap")]
const fn low_32_bits(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "tests need some instant to start from")]
    fn report_tells_loss_since_the_last_one_and_altogether() {
        let epoch = Instant::now();
        let mut reception = Reception::new(90_000, epoch);
        assert_eq!(reception.report(Ssrc(1), 0, 0), None);
        for n in 0..100u32 {
            if n % 4 != 3 {
                let at = epoch + Duration::from_millis(u64::from(n) * 10);
                let ext = ExtSeq(0x1_0000 + 65_500 + u64::from(n));
                reception.on_packet(at, ext, 100, Some(RtpTime(n * 900)));
            }
        }
        let report = reception.report(Ssrc(1), 0, 0).expect("packets came");
        // The last of the lost ones is not known to be lost yet.
        assert_eq!(report.cumulative_lost, 24);
        assert_eq!(report.fraction_lost, u8::try_from(24 * 256 / 99).expect("small"));
        assert_eq!(report.highest_sequence_number, 65_598);
        assert!(report.jitter <= 1, "packets came in step: {}", report.jitter);
        let report = reception.report(Ssrc(1), 0, 0).expect("packets came");
        assert_eq!(report.fraction_lost, 0);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "tests need some instant to start from")]
    fn repaired_packet_was_lost_all_the_same() {
        let epoch = Instant::now();
        let mut reception = Reception::new(90_000, epoch);
        for n in 0..8 {
            let timestamp = (n != 4).then_some(RtpTime(0));
            reception.on_packet(epoch, ExtSeq(0x1_0000 + n), 100, timestamp);
        }
        let report = reception.report(Ssrc(1), 0, 0).expect("packets came");
        assert_eq!((report.cumulative_lost, report.fraction_lost), (1, 32));
        assert_eq!((reception.received(), reception.repaired()), (8, 1));
    }
}
