//! Numbers that look random and are the same in every run with one seed.

/// The `place`th number of the sequence that `seed` names (SplitMix64).
pub(crate) fn mix(seed: u64, place: u64) -> u64 {
    let mut z = seed.wrapping_add(place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The same, from 0 to below 1.
pub(crate) fn share(seed: u64, place: u64) -> f64 {
    (mix(seed, place) >> 11) as f64 / (1u64 << 53) as f64
}

/// Which packets are lost on their way in, told alike by who sends and who checks. The first ones
/// are not: nothing begins without them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loss {
    pub(crate) seed: u64,
    pub(crate) share: f64,
}

impl Loss {
    pub(crate) fn takes(self, publisher: u32, number: u64) -> bool {
        const SPARED: u64 = 100;
        self.share > 0.0
            && number >= SPARED
            && share(mix(self.seed, u64::from(publisher)), number) < self.share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_takes_the_share_it_should_and_spares_the_first() {
        let loss = Loss { seed: 7, share: 0.1 };
        let taken = (0..100_000).filter(|number| loss.takes(3, *number)).count();
        assert!((9_000..11_000).contains(&taken), "{taken}");
        assert!(!(0..100).any(|number| loss.takes(3, number)));
    }
}
