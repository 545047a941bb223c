//! What a receiver report says of one stream (RFC 3550 §6.4.2, A.3, A.8).

use lahn::Ssrc;
use lahn::wire::rtcp::ReportBlock;

use crate::net::Time;

#[derive(Default)]
pub struct Reception {
    first: Option<u64>,
    highest: u64,
    received: u64,
    expected_before: u64,
    received_before: u64,
    /// When the last sender report came by our clock, and the middle of its NTP time.
    report: Option<(Time, u32)>,
    jitter: i64,
    transit: Option<i64>,
}

impl Reception {
    /// The extended number of a packet that came.
    pub fn note(&mut self, seq: u16, timestamp: u32, local: Time, clock_rate: u64) -> u64 {
        let ext = match self.first {
            None => u64::from(seq) + (1 << 16),
            Some(_) => {
                let ahead = seq.wrapping_sub(self.highest as u16) as i16;
                self.highest.saturating_add_signed(i64::from(ahead))
            }
        };
        self.first = Some(self.first.map_or(ext, |first| first.min(ext)));
        self.highest = self.highest.max(ext);
        self.received += 1;
        let now = (u128::from(local) * u128::from(clock_rate) / 1_000_000) as u32;
        let transit = i64::from(now.wrapping_sub(timestamp) as i32);
        if let Some(before) = self.transit.replace(transit) {
            // Sixteenths of ticks.
            self.jitter += (transit - before).abs() - ((self.jitter + 8) >> 4);
        }
        ext
    }

    pub fn on_sender_report(&mut self, local: Time, ntp: u64) {
        self.report = Some((local, (ntp >> 16) as u32));
    }

    /// None: nothing came yet.
    pub fn block(&mut self, ssrc: Ssrc, local: Time) -> Option<ReportBlock> {
        let expected = self.highest - self.first? + 1;
        let (of, came) = (expected - self.expected_before, self.received - self.received_before);
        (self.expected_before, self.received_before) = (expected, self.received);
        let fraction = of.saturating_sub(came) * 256 / of.max(1);
        let lost = i64::try_from(expected).ok()? - i64::try_from(self.received).ok()?;
        let (last_sr, delay) =
            self.report.map_or((0, 0), |(at, ntp)| (ntp, (local - at) * 65_536 / 1_000_000));
        Some(ReportBlock {
            ssrc,
            fraction_lost: fraction.min(255) as u8,
            cumulative_lost: lost.clamp(-0x80_0000, 0x7f_ffff) as i32,
            highest_sequence_number: (self.highest - (1 << 16)) as u32,
            jitter: (self.jitter >> 4).clamp(0, i64::from(u32::MAX)) as u32,
            last_sr,
            delay_since_last_sr: delay as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_tells_of_loss_since_the_last_and_in_all() {
        let mut reception = Reception::default();
        for seq in [65_530_u16, 65_531, 65_533, 65_535, 0, 1] {
            reception.note(seq, 0, 0, 90_000);
        }
        let block = reception.block(Ssrc(1), 0).unwrap();
        assert_eq!((block.cumulative_lost, block.fraction_lost), (2, 64));
        assert_eq!(block.highest_sequence_number, (1 << 16) + 1);
        reception.note(2, 0, 0, 90_000);
        reception.on_sender_report(1_000_000, 0x0001_0002_0003_0004);
        let block = reception.block(Ssrc(1), 3_000_000).unwrap();
        assert_eq!((block.cumulative_lost, block.fraction_lost), (2, 0));
        assert_eq!((block.last_sr, block.delay_since_last_sr), (0x0002_0003, 131_072));
    }
}
