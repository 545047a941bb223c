//! Bytes, or packets, by time: how fast they left lately, how many were lost. Read next:
//! [`super::pacer`].

use crate::base::Micros;

/// Bytes in `N` buckets of `MILLIS` each, the newest still filling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter<const N: usize, const MILLIS: u64> {
    /// Number of the newest bucket since the beginning of time, and of the first ever.
    newest: u64,
    first: Option<u64>,
    /// No link carries 4 GiB in a bucket.
    bytes: [u32; N],
}

impl<const N: usize, const MILLIS: u64> Meter<N, MILLIS> {
    const SPAN: u64 = MILLIS * 1_000;

    /// Nothing counted.
    pub(crate) const fn new() -> Self {
        Self { newest: 0, first: None, bytes: [0; N] }
    }

    /// Counts `bytes` at `now`; what lies before all that is remembered is not counted.
    #[inline]
    pub(crate) fn add(&mut self, now: Micros, bytes: u32) {
        let bucket = now.0 / Self::SPAN;
        if bucket > self.newest || self.first.is_none() {
            self.open(bucket);
        } else if self.newest - bucket >= N as u64 {
            return;
        }
        let held = &mut self.bytes[Self::place(bucket)];
        *held = held.saturating_add(bytes);
    }

    /// Bytes over the last `N - 1` whole buckets and the one that fills.
    pub(crate) fn sum(&self, now: Micros) -> u64 {
        let newest = now.0 / Self::SPAN;
        self.sum_of((newest + 1).saturating_sub(N as u64), newest + 1)
    }

    /// Bit/s over the last `N - 1` whole buckets, or as many as there were.
    pub(crate) fn rate(&self, now: Micros) -> u64 {
        let Some(first) = self.first else { return 0 };
        let end = now.0 / Self::SPAN;
        let from = (end + 1).saturating_sub(N as u64).max(first.min(end));
        // Before a bucket is whole, as if it were.
        let end = end.max(from + 1);
        self.sum_of(from, end) * 8_000 / ((end - from) * MILLIS)
    }

    /// Bit/s over the `millis` before the bucket that fills, as many as are remembered.
    pub(crate) fn rate_over(&self, millis: u64) -> u64 {
        let buckets = (millis / MILLIS).clamp(1, N as u64 - 1);
        let from = self.newest.saturating_sub(buckets);
        self.sum_of(from, self.newest) * 8_000 / (buckets * MILLIS)
    }

    #[cold]
    fn open(&mut self, bucket: u64) {
        self.first.get_or_insert(bucket);
        for number in self.newest + 1..=bucket.min(self.newest + N as u64) {
            self.bytes[Self::place(number)] = 0;
        }
        self.newest = self.newest.max(bucket);
    }

    fn sum_of(&self, from: u64, end: u64) -> u64 {
        // Buckets after the newest are empty, those longer ago are overwritten.
        let from = from.max((self.newest + 1).saturating_sub(N as u64));
        let end = end.min(self.newest + 1);
        (from..end).map(|number| u64::from(self.bytes[Self::place(number)])).sum()
    }

    #[expect(clippy::cast_possible_truncation, reason = "below the number of buckets")]
    const fn place(number: u64) -> usize {
        (number % N as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type HalfSecond = Meter<11, 50>;

    #[test]
    fn rate_is_exact_for_packets_that_come_evenly() {
        for start in [0, 123_456, 9_999_999_999] {
            let mut meter = HalfSecond::new();
            let mut shown = Vec::new();
            for nth in 0..200 {
                let now = Micros(start + 20_000 * nth);
                meter.add(now, 164);
                shown.push(meter.rate(now));
            }
            let sent = 164 * 8 * 50;
            let steady = &shown[60..];
            assert!(steady.iter().all(|rate| *rate == sent), "{steady:?} of {sent}");
        }
    }

    #[test]
    fn rate_begins_at_once_and_ends_half_a_second_after_the_last_packet() {
        let mut meter = HalfSecond::new();
        assert_eq!(meter.rate(Micros::millis(1)), 0);
        meter.add(Micros::millis(1_000), 1_000);
        assert_eq!(meter.rate(Micros::millis(1_010)), 160_000, "as if 50 ms were over");
        assert_eq!(meter.rate(Micros::millis(1_250)), 32_000);
        assert_eq!(meter.rate(Micros::millis(1_549)), 16_000);
        assert_eq!(meter.rate(Micros::millis(1_550)), 0);
        assert_eq!(meter.rate(Micros::millis(100_000)), 0);
    }

    #[test]
    fn packets_may_be_told_of_out_of_order_and_long_silence_is_none() {
        let mut meter = Meter::<32, 20>::new();
        for packet in (0..100_u64).map(|packet| packet ^ 1) {
            meter.add(Micros::millis(10 * packet), 1_250);
        }
        assert_eq!(meter.rate_over(500), 1_000_000);
        meter.add(Micros::millis(1_240), 1_250);
        assert_eq!(meter.rate_over(500), 520_000);
        meter.add(Micros::millis(100), 1_250);
        assert_eq!(meter.rate_over(500), 520_000, "too long ago");
        meter.add(Micros::millis(90_000), 1_250);
        assert_eq!(meter.rate_over(500), 0);
        meter.add(Micros(u64::MAX), u32::MAX);
        assert_eq!(meter.rate_over(500), 0);
    }

    #[test]
    fn sum_covers_a_whole_second_at_every_moment() {
        let mut meter = Meter::<11, 100>::new();
        for nth in 0..500_u64 {
            let now = Micros::millis(7 * nth);
            meter.add(now, 1);
            let last_second = nth.min(1_000 / 7) + 1;
            let sum = meter.sum(now);
            assert!((last_second..last_second + 16).contains(&sum), "{nth}: {sum}");
        }
        assert_eq!(meter.sum(Micros::millis(60_000)), 0);
    }
}
