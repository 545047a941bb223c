//! What a publisher's sender reports say: which RTP timestamp belongs to which moment of its wall
//! clock (RFC 3550 §6.4.1), and how far that clock is from ours.

use std::time::Instant;

use crate::base::{NtpTime, RtpTime};

/// The newest sender report of one stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SenderClock {
    /// The publisher's wall clock,
    pub(crate) ntp: NtpTime,
    /// and the stream's timestamp at that moment.
    pub(crate) rtp: RtpTime,
    /// When the report came.
    pub(crate) arrived: Instant,
}

impl SenderClock {
    /// LSR and DLSR of a report block.
    pub(crate) fn last_sr(&self, now: Instant) -> (u32, u32) {
        let delay = now.saturating_duration_since(self.arrived);
        let units = delay.as_nanos() * 65_536 / 1_000_000_000;
        (self.ntp.compact(), u32::try_from(units).unwrap_or(u32::MAX))
    }

    /// The stream's timestamp when the publisher's wall clock shows `ntp`.
    pub(crate) fn rtp_at(&self, ntp: NtpTime, clock_rate: u32) -> RtpTime {
        let after = i128::from(ntp.0) - i128::from(self.ntp.0);
        let ticks = (after * i128::from(clock_rate)) >> 32;
        self.rtp.wrapping_add(low_32_bits(ticks))
    }
}

/// How much our wall clock is ahead of a publisher's, in NTP units: the smallest seen, which is
/// the truth plus the shortest way. One for all streams of an endpoint, so that what was in sync
/// stays in sync. Drifts up slowly, so that clocks may drift apart and ways may become longer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClockOffset(Option<i64>);

/// 1 ms in NTP units, per sender report.
const DRIFT: i64 = (1 << 32) / 1_000;

impl ClockOffset {
    /// A sender report with the publisher's `theirs` came when our clock showed `ours`.
    pub(crate) fn on_sender_report(&mut self, ours: NtpTime, theirs: NtpTime) {
        let seen = ours.0.wrapping_sub(theirs.0).cast_signed();
        self.0 = Some(self.0.map_or(seen, |held| seen.min(held.saturating_add(DRIFT))));
    }

    /// What the publisher's wall clock shows when ours shows `ours`.
    pub(crate) fn theirs(&self, ours: NtpTime) -> Option<NtpTime> {
        self.0.map(|offset| NtpTime(ours.0.wrapping_sub(offset.cast_unsigned())))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "timestamps wrap at 32 bits, in both directions"
)]
const fn low_32_bits(ticks: i128) -> u32 {
    ticks as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "tests need some instant to start from")]
    fn timestamp_is_translated_forwards_backwards_and_across_the_wrap() {
        let ntp = NtpTime(1_000 << 32);
        let clock = SenderClock { ntp, rtp: RtpTime(45_000), arrived: Instant::now() };
        assert_eq!(clock.rtp_at(NtpTime(1_001 << 32), 90_000), RtpTime(135_000));
        assert_eq!(clock.rtp_at(NtpTime(999 << 32), 90_000), RtpTime(0u32.wrapping_sub(45_000)));
    }

    #[test]
    fn offset_keeps_the_shortest_way_and_gives_it_up_slowly() {
        let mut offset = ClockOffset::default();
        assert_eq!(offset.theirs(NtpTime(5)), None);
        offset.on_sender_report(NtpTime(10 << 32), NtpTime(3 << 32));
        offset.on_sender_report(NtpTime(21 << 32), NtpTime(13 << 32));
        let theirs = offset.theirs(NtpTime(10 << 32)).expect("reports came");
        assert_eq!(theirs.0, (3 << 32) - DRIFT.cast_unsigned());
        offset.on_sender_report(NtpTime(20 << 32), NtpTime(14 << 32));
        assert_eq!(offset.theirs(NtpTime(20 << 32)), Some(NtpTime(14 << 32)));
    }
}
