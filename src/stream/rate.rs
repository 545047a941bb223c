//! Bits per second over the last second, for statistics and REMB.

use crate::base::Bitrate;

const BUCKETS: usize = 10;
const BUCKET_MILLIS: u32 = 100;

/// Bytes in ten buckets of 100 ms each. Time is in the milliseconds of
/// [`WallClock`](crate::base::WallClock), which wrap: after a silence of 49 days it shows an old
/// rate for a second.
#[derive(Clone, Debug)]
pub(crate) struct RateMeter {
    /// When the newest bucket began.
    start: u32,
    /// Which is the newest.
    newest: u32,
    /// No link brings 4 GiB in 100 ms.
    bytes: [u32; BUCKETS],
}

const _: () = assert!(size_of::<RateMeter>() <= 88, "every stream and endpoint has some");

impl RateMeter {
    /// Nothing counted.
    pub(crate) const fn new() -> Self {
        Self { start: 0, newest: 0, bytes: [0; BUCKETS] }
    }

    /// Counts `bytes` at `now`, which never goes back.
    #[inline]
    pub(crate) fn add(&mut self, now: u32, bytes: u64) {
        if now.wrapping_sub(self.start) >= BUCKET_MILLIS {
            self.open(now);
        }
        let bucket = &mut self.bytes[self.newest as usize % BUCKETS];
        *bucket = bucket.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    #[cold]
    fn open(&mut self, now: u32) {
        let passed = now.wrapping_sub(self.start) / BUCKET_MILLIS;
        for _ in 0..passed.min(BUCKETS as u32) {
            self.newest = (self.newest + 1) % BUCKETS as u32;
            self.bytes[self.newest as usize] = 0;
        }
        self.start = self.start.wrapping_add(passed * BUCKET_MILLIS);
    }

    /// The rate over the last second up to `now`.
    pub(crate) fn rate(&self, now: u32) -> Bitrate {
        let passed = now.wrapping_sub(self.start) / BUCKET_MILLIS;
        let recent = (BUCKETS as u32).saturating_sub(passed);
        let place = |back| (self.newest + BUCKETS as u32 - back) as usize % BUCKETS;
        let bytes: u64 = (0..recent).map(|back| u64::from(self.bytes[place(back)])).sum();
        Bitrate::bps(bytes * 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_what_came_in_the_last_second_and_zero_after_silence() {
        for epoch in [0, 7, 3_000_000_000, u32::MAX - 1_000] {
            let mut meter = RateMeter::new();
            for i in 0..30_u32 {
                meter.add(epoch.wrapping_add(100 * i), 1_000);
            }
            let rate = |after: u32| meter.rate(epoch.wrapping_add(after));
            assert_eq!(rate(2_900), Bitrate::kbps(80), "from {epoch}");
            assert_eq!(rate(3_400), Bitrate::kbps(40), "from {epoch}");
            assert_eq!(rate(9_000), Bitrate::bps(0), "from {epoch}");
        }
    }

    #[test]
    fn meter_is_small() {
        assert_eq!(size_of::<RateMeter>(), 48);
    }
}
