//! Percentiles, means, fairness. Knows nothing of runs.

/// The value below which `share` (0-1) of them lie (nearest rank); NaN of none.
pub fn percentile(values: &mut [u64], share: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let rank = (share * values.len() as f64).ceil().max(1.0) as usize;
    let (_, value, _) = values.select_nth_unstable(rank.min(values.len()) - 1);
    *value as f64
}

pub fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) =
        values.into_iter().fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count)
}

/// Jain's index of fairness: 1 if all are alike, 1/n if one has it all.
pub fn jain(rates: &[f64]) -> f64 {
    let sum: f64 = rates.iter().sum();
    let squares: f64 = rates.iter().map(|rate| rate * rate).sum();
    if squares == 0.0 { f64::NAN } else { sum * sum / (rates.len() as f64 * squares) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentile_is_the_nearest_rank() {
        let mut values: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(percentile(&mut values, 0.5), 50.0);
        assert_eq!(percentile(&mut values, 0.95), 95.0);
        assert_eq!(percentile(&mut values, 1.0), 100.0);
        assert_eq!(percentile(&mut [7], 0.01), 7.0);
        assert!(percentile(&mut [], 0.5).is_nan());
    }

    #[test]
    fn fairness_is_one_for_equals_and_one_nth_for_one_who_has_it_all() {
        assert_eq!(jain(&[2.0, 2.0, 2.0]), 1.0);
        assert_eq!(jain(&[3.0, 0.0, 0.0]), 1.0 / 3.0);
        assert!((jain(&[1.0, 2.0]) - 0.9).abs() < 1e-12);
    }
}
