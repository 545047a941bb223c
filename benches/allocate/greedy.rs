//! How one would write it at first: as long as anything fits, sort what could come next, and take
//! the best of it. No memory, no time, no hysteresis.

/// What layers take, low to high, with a priority, for each subscription.
pub(crate) struct Greedy {
    pub(crate) subscriptions: Vec<(u8, Vec<u64>)>,
}

impl Greedy {
    /// Levels, for so many bit/s.
    pub(crate) fn allocate(&self, budget: u64) -> Vec<usize> {
        let mut levels = vec![0_usize; self.subscriptions.len()];
        let mut sum = 0;
        loop {
            let mut next: Vec<_> = levels
                .iter()
                .zip(&self.subscriptions)
                .enumerate()
                .filter_map(|(place, (level, (priority, rates)))| {
                    let before = level.checked_sub(1).map_or(0, |last| rates[last]);
                    let cost = rates.get(*level)? - before;
                    (sum + cost <= budget).then_some((*level, 255 - priority, place, cost))
                })
                .collect();
            next.sort_unstable();
            let Some((.., place, cost)) = next.first() else { return levels };
            levels[*place] += 1;
            sum += cost;
        }
    }
}
