//! Wall-clock time, derived: the core reads no clock, it is told `Instant`s and knows what the
//! wall clock showed at one of them.

use std::time::{Duration, Instant};

/// Seconds between the NTP epoch (1900) and the Unix epoch (1970).
const NTP_TO_UNIX_SECONDS: u64 = 2_208_988_800;

/// An NTP timestamp, 32.32 fixed point seconds since 1900 (RFC 3550 §4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Default)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// From time since the Unix epoch.
    pub const fn from_unix(unix: Duration) -> Self {
        let fraction = ((unix.subsec_nanos() as u64) << 32) / 1_000_000_000;
        Self(((unix.as_secs() + NTP_TO_UNIX_SECONDS) << 32) | fraction)
    }

    /// The middle 32 bits, as receiver reports carry them (LSR, RFC 3550 §6.4.1).
    #[expect(clippy::cast_possible_truncation, reason = "the middle 32 bits are the point")]
    pub const fn compact(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// 6.18 fixed point seconds, as abs-send-time carries them: the low 24 bits.
    #[expect(clippy::cast_possible_truncation, reason = "masked to 24 bits")]
    pub const fn abs_send_time(self) -> u32 {
        (self.0 >> 14) as u32 & 0xff_ffff
    }
}

/// Microseconds since an engine began: what congestion control reckons in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Micros(pub(crate) u64);

impl Micros {
    /// From milliseconds.
    pub(crate) const fn millis(millis: u64) -> Self {
        Self(millis * 1_000)
    }

    /// How long after `earlier`; nothing if it is not after it.
    pub(crate) const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// So much later.
    pub(crate) const fn plus(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// As seconds, for rates.
    #[expect(clippy::cast_precision_loss, reason = "2^52 microseconds are 142 years")]
    pub(crate) const fn seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// A moment at which packets are sent, worked out once for all of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SendTime {
    pub(crate) at: Instant,
    /// As the extension carries it.
    pub(crate) abs_send_time: u32,
    /// As records keep it; see [`WallClock::millis`].
    pub(crate) millis: u32,
    /// As congestion control reckons; see [`WallClock::micros`].
    pub(crate) micros: Micros,
}

/// What the wall clock showed at one `Instant`, and so at every other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WallClock {
    at: Instant,
    unix: Duration,
}

impl WallClock {
    /// The wall clock showed `unix` (time since 1970) at `at`.
    pub(crate) const fn new(at: Instant, unix: Duration) -> Self {
        Self { at, unix }
    }

    /// NTP time at `now`.
    pub(crate) fn ntp(&self, now: Instant) -> NtpTime {
        let unix = match now.checked_duration_since(self.at) {
            Some(after) => self.unix + after,
            None => self.unix.saturating_sub(self.at - now),
        };
        NtpTime::from_unix(unix)
    }

    /// `now` in the forms that packets and their records want it.
    pub(crate) fn stamp(&self, now: Instant) -> SendTime {
        SendTime {
            at: now,
            abs_send_time: self.ntp(now).abs_send_time(),
            millis: self.millis(now),
            micros: self.micros(now),
        }
    }

    /// Microseconds since the clock was set.
    pub(crate) fn micros(&self, now: Instant) -> Micros {
        let passed = now.saturating_duration_since(self.at).as_micros();
        Micros(u64::try_from(passed).unwrap_or(u64::MAX))
    }

    /// The moment `micros` after the clock was set.
    pub(crate) fn at(&self, micros: Micros) -> Instant {
        self.at + Duration::from_micros(micros.0)
    }

    /// Milliseconds since the clock was set, for compact records; wraps after 49 days.
    pub(crate) fn millis(&self, now: Instant) -> u32 {
        millis_since(self.at, now)
    }
}

/// Milliseconds from `epoch` to `now`; wraps after 49 days.
#[expect(clippy::cast_possible_truncation, reason = "wrapping milliseconds")]
pub(crate) fn millis_since(epoch: Instant, now: Instant) -> u32 {
    now.saturating_duration_since(epoch).as_millis() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_counts_from_1900_with_binary_fractions() {
        let ntp = NtpTime::from_unix(Duration::from_millis(1_500));
        assert_eq!(ntp.0 >> 32, NTP_TO_UNIX_SECONDS + 1);
        assert_eq!(ntp.0 & 0xffff_ffff, 0x8000_0000);
        assert_eq!(ntp.compact() & 0xffff, 0x8000);
        assert_eq!(ntp.abs_send_time() & 0x3_ffff, 0x2_0000);
    }
}
