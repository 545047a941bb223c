//! A small seeded generator (xoshiro256++) for what must be spread, not secret: SSRCs, first
//! sequence numbers, jitter on timers. Keys never come from here.

/// Deterministic per seed. Not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Rng([u64; 4]);

impl Rng {
    /// A generator for `seed`; an all-zero seed is as good as any other.
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let mut mix = 0x9e37_79b9_7f4a_7c15_u64;
        let mut state = [0; 4];
        for (word, bytes) in state.iter_mut().zip(seed.chunks_exact(8)) {
            let bytes: [u8; 8] = bytes.try_into().expect("chunks are 8 bytes long");
            mix = splitmix(mix ^ u64::from_le_bytes(bytes));
            *word = mix;
        }
        Self(state)
    }

    /// The next 64 bits.
    pub(crate) fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let out = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.0 = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        out
    }

    /// The next 32 bits.
    pub(crate) fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }
}

const fn splitmix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_gives_the_same_numbers_and_another_seed_others() {
        let mut seed = [0; 32];
        let first: Vec<_> = (0..8)
            .map({
                let mut r = Rng::new(seed);
                move |_| r.next_u64()
            })
            .collect();
        let again: Vec<_> = (0..8)
            .map({
                let mut r = Rng::new(seed);
                move |_| r.next_u64()
            })
            .collect();
        seed[31] = 1;
        let other: Vec<_> = (0..8)
            .map({
                let mut r = Rng::new(seed);
                move |_| r.next_u64()
            })
            .collect();
        assert_eq!(first, again);
        assert_ne!(first, other);
    }
}
