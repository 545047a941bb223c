//! A sliding window of flags behind the highest number seen: replay checks, duplicates, arrivals.

/// Remembers which of the last `64 × WORDS` numbers were marked.
#[derive(Clone, Debug)]
pub(crate) struct BitWindow<const WORDS: usize> {
    highest: Option<u64>,
    words: [u64; WORDS],
}

impl<const WORDS: usize> BitWindow<WORDS> {
    /// How many numbers the window spans, the highest included.
    pub(crate) const SPAN: u64 = 64 * WORDS as u64;

    /// Nothing marked.
    pub(crate) const fn new() -> Self {
        Self { highest: None, words: [0; WORDS] }
    }

    /// Marks `number`, sliding the window up if it is the highest so far. `false` if it was
    /// marked before or lies below the window.
    pub(crate) fn mark(&mut self, number: u64) -> bool {
        if !self.is_fresh(number) {
            return false;
        }
        let from = match self.highest {
            Some(highest) if number <= highest => {
                self.set(number);
                return true;
            }
            // The numbers skipped over reuse the bits of those that fall out below.
            Some(highest) => (highest + 1).max(number.saturating_sub(Self::SPAN - 1)),
            None => number,
        };
        for skipped in from..number {
            self.clear(skipped);
        }
        self.highest = Some(number);
        self.set(number);
        true
    }

    /// The highest number marked.
    pub(crate) const fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Whether `number` was marked and has not fallen out of the window.
    pub(crate) const fn contains(&self, number: u64) -> bool {
        match self.highest {
            Some(highest) if number <= highest => highest - number < Self::SPAN && self.bit(number),
            _ => false,
        }
    }

    /// How many numbers above `number` were marked; `None` if some of them may have fallen out.
    pub(crate) fn count_above(&self, number: u64) -> Option<u64> {
        let Some(highest) = self.highest.filter(|highest| *highest > number) else {
            return Some(0);
        };
        if highest - number > Self::SPAN {
            return None;
        }
        let (mut from, mut count) = (number + 1, 0);
        while from <= highest {
            let last = (from | 63).min(highest);
            let bits = self.words[Self::word(from)] >> (from % 64) << (63 - (last - from));
            count += u64::from(bits.count_ones());
            from = last + 1;
        }
        Some(count)
    }

    /// Whether `number` could still be marked: not marked yet, not below the window.
    pub(crate) const fn is_fresh(&self, number: u64) -> bool {
        match self.highest {
            None => true,
            Some(highest) if number > highest => true,
            Some(highest) => highest - number < Self::SPAN && !self.bit(number),
        }
    }

    const fn bit(&self, number: u64) -> bool {
        self.words[Self::word(number)] & Self::mask(number) != 0
    }

    const fn set(&mut self, number: u64) {
        self.words[Self::word(number)] |= Self::mask(number);
    }

    const fn clear(&mut self, number: u64) {
        self.words[Self::word(number)] &= !Self::mask(number);
    }

    const fn word(number: u64) -> usize {
        ((number / 64) % WORDS as u64) as usize
    }

    const fn mask(number: u64) -> u64 {
        1 << (number % 64)
    }
}

impl<const WORDS: usize> Default for BitWindow<WORDS> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn number_below_the_window_is_refused() {
        let mut window = BitWindow::<2>::new();
        assert!(window.mark(1000));
        assert!(window.mark(1000 - 127));
        assert!(!window.mark(1000 - 128));
    }

    proptest! {
        #[test]
        fn window_agrees_with_a_set(numbers in prop::collection::vec(0u64..600, 1..400)) {
            let mut window = BitWindow::<2>::new();
            let mut seen = BTreeSet::new();
            for number in numbers {
                let highest = seen.last().copied().unwrap_or(0);
                let fresh = !seen.contains(&number)
                    && (seen.is_empty() || number > highest || highest - number < 128);
                prop_assert_eq!(window.mark(number), fresh);
                if fresh {
                    seen.insert(number);
                }
                prop_assert_eq!(window.highest(), seen.last().copied());
                for asked in 0..600 {
                    let highest = seen.last().copied().unwrap_or(0);
                    let held = asked > highest || highest - asked < 128;
                    prop_assert_eq!(window.contains(asked), held && seen.contains(&asked));
                    let above = (highest <= asked || highest - asked <= 128)
                        .then(|| seen.range(asked + 1..).count() as u64);
                    prop_assert_eq!(window.count_above(asked), above);
                }
            }
        }
    }
}
