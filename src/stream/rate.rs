//! Bits per second over the last second, for statistics and REMB.

use std::time::{Duration, Instant};

use crate::base::Bitrate;

const BUCKETS: u64 = 10;
const BUCKET_MILLIS: u64 = 100;

/// Bytes in ten buckets of 100 ms each.
#[derive(Clone, Debug)]
pub(crate) struct RateMeter {
    epoch: Instant,
    newest: u64,
    /// When the newest bucket ends: most packets fall into it, and need no division to know.
    newest_ends: Instant,
    bytes: [u64; BUCKETS as usize],
}

impl RateMeter {
    /// Nothing counted.
    pub(crate) const fn new(epoch: Instant) -> Self {
        Self { epoch, newest: 0, newest_ends: epoch, bytes: [0; BUCKETS as usize] }
    }

    /// Counts `bytes` at `now`, which never goes back.
    pub(crate) fn add(&mut self, now: Instant, bytes: u64) {
        if now >= self.newest_ends {
            self.open(now);
        }
        self.bytes[Self::place(self.newest)] += bytes;
    }

    fn open(&mut self, now: Instant) {
        let bucket = self.bucket(now);
        for passed in (self.newest + 1..=bucket).rev().take(BUCKETS as usize) {
            self.bytes[Self::place(passed)] = 0;
        }
        self.newest = bucket;
        self.newest_ends = self.epoch + Duration::from_millis((bucket + 1) * BUCKET_MILLIS);
    }

    /// The rate over the last second up to `now`.
    pub(crate) fn rate(&self, now: Instant) -> Bitrate {
        let bucket = self.bucket(now);
        let oldest = (bucket + 1).saturating_sub(BUCKETS);
        let bytes: u64 = (oldest..=self.newest).map(|held| self.bytes[Self::place(held)]).sum();
        Bitrate::bps(bytes * 8)
    }

    fn bucket(&self, now: Instant) -> u64 {
        let millis = now.saturating_duration_since(self.epoch).as_millis();
        u64::try_from(millis).unwrap_or(u64::MAX) / BUCKET_MILLIS
    }

    const fn place(bucket: u64) -> usize {
        (bucket % BUCKETS) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "tests need some instant to start from")]
    fn rate_is_what_came_in_the_last_second_and_zero_after_silence() {
        let epoch = Instant::now();
        let mut meter = RateMeter::new(epoch);
        for i in 0..30 {
            meter.add(epoch + Duration::from_millis(100 * i), 1_000);
        }
        assert_eq!(meter.rate(epoch + Duration::from_millis(2_900)), Bitrate::kbps(80));
        assert_eq!(meter.rate(epoch + Duration::from_millis(3_400)), Bitrate::kbps(40));
        assert_eq!(meter.rate(epoch + Duration::from_secs(9)), Bitrate::bps(0));
    }
}
