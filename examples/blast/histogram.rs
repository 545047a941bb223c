//! How long things took: counts in buckets that grow with the value, so that a percentile is right
//! to within 3 %.

/// Buckets per doubling.
const STEPS: u64 = 32;

#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    max: u64,
}

impl Histogram {
    pub(crate) fn add(&mut self, value: u64) {
        let bucket = bucket_of(value);
        if self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] += 1;
        self.count += 1;
        self.max = self.max.max(value);
    }

    /// The value that `share` (0-1) of all values do not exceed; 0 of none.
    pub(crate) fn percentile(&self, share: f64) -> u64 {
        let mut left = (self.count as f64 * share).ceil() as u64;
        for (bucket, count) in self.buckets.iter().enumerate() {
            if *count >= left && *count > 0 {
                return upper_end(bucket as u64).min(self.max);
            }
            left = left.saturating_sub(*count);
        }
        self.max
    }

    pub(crate) const fn max(&self) -> u64 {
        self.max
    }
}

/// Below `2 * STEPS` a bucket each; then `STEPS` to each doubling.
fn bucket_of(value: u64) -> usize {
    let doublings = u64::from((value / STEPS).checked_ilog2().unwrap_or(0));
    usize::try_from(doublings * STEPS + (value >> doublings)).expect("at most 64 * STEPS")
}

fn upper_end(bucket: u64) -> u64 {
    let doublings = (bucket / STEPS).saturating_sub(1);
    let place = bucket - doublings * STEPS;
    (place << doublings) + ((1 << doublings) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket_and_the_buckets_touch() {
        let mut next = 0;
        for value in 0..100_000 {
            let bucket = bucket_of(value);
            assert!(bucket == next || bucket + 1 == next, "{value}");
            assert!(upper_end(bucket as u64) >= value);
            assert!(bucket == 0 || upper_end(bucket as u64 - 1) < value);
            next = next.max(bucket + 1);
        }
        assert_eq!(upper_end(bucket_of(u64::MAX) as u64), u64::MAX);
    }

    #[test]
    fn percentiles_are_right_to_within_three_percent() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(0.5), 0);
        (1..=10_000).for_each(|value| histogram.add(value));
        for (share, value) in [(0.5, 5_000.0), (0.99, 9_900.0), (1.0, 10_000.0)] {
            let found = histogram.percentile(share) as f64;
            assert!((found / value - 1.0).abs() < 0.032, "{share}: {found}");
        }
        assert_eq!(histogram.max(), 10_000);
    }
}
