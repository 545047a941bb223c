//! x86-64: what the CPU has, and which kernel that means. Read next: `aes`, `sha1_avx512`.

mod aes;
mod aes_ni;
mod gcm;
mod sha1_avx2;
mod sha1_avx512;
mod sha1_avx512vl;
mod sha1_ni;
mod sha1_rounds;
mod vaes;
mod vaes256;

use std::arch::is_x86_feature_detected as has;

use super::{Block, Level, Simd, States};

pub(in crate::srtp) use aes::Aes128;
pub(in crate::srtp) use gcm::SealKey;

/// Any level above the portable one has AES instructions. The answers are cached: this costs a
/// few loads.
pub(super) fn detect() -> Simd {
    let aes = has!("aes") && has!("ssse3") && has!("sse4.1");
    let sha = aes && has!("sha");
    let vaes = aes && has!("vaes");
    let avx2 = aes && has!("avx2");
    let avx512 = avx2 && has!("avx512f") && has!("avx512bw") && has!("avx512vl") && vaes;
    let level = match (avx512, avx2, sha) {
        (true, ..) => Level::Avx512,
        (_, true, _) => Level::Avx2,
        (_, _, true) => Level::ShaNi,
        _ => Level::Portable,
    };
    Simd { level, sha, vaes }
}

/// The SHA-1 compression function over `N` lanes.
#[derive(Clone, Copy)]
pub(in crate::srtp) struct Kernel<const N: usize> {
    /// Lanes whose bit in the last argument is not set keep their states. As many blocks are taken
    /// of each lane as the shortest has.
    compress: unsafe fn(&mut States<N>, &[&[Block]; N], u32),
    from: usize,
    worth: usize,
}

impl<const N: usize> Kernel<N> {
    /// Takes the blocks of every lane, as many as the lane with the fewest has, into those states
    /// whose bit in `live` is set, that of lane 0 being the lowest. The others are not changed.
    pub(in crate::srtp) fn compress(
        &self,
        states: &mut States<N>,
        runs: &[&[Block]; N],
        live: u32,
    ) {
        // SAFETY: kernels are made here only, of a `Simd` that says the instructions are there.
        unsafe { (self.compress)(states, runs, live) }
    }

    /// From how many packets on it is faster than the narrower kernels.
    pub(in crate::srtp) const fn from(&self) -> usize {
        self.from
    }

    /// From how many lanes in use on it is faster than one lane after the other.
    pub(in crate::srtp) const fn worth(&self) -> usize {
        self.worth
    }
}

/// The numbers are those of `cargo bench --bench srtp -- batch`, on Zen 4 with the SHA extensions;
/// without these, one lane after the other costs three times as much.
pub(super) fn sixteen(simd: Simd) -> Option<Kernel<16>> {
    let (from, worth) = if simd.sha { (11, 5) } else { (9, 2) };
    match simd.level {
        Level::Avx512 => Some(Kernel { compress: sha1_avx512::compress, from, worth }),
        Level::Avx2 | Level::ShaNi | Level::Portable => None,
    }
}

pub(super) fn eight(simd: Simd) -> Option<Kernel<8>> {
    match simd.level {
        Level::Avx512 => {
            let (from, worth) = if simd.sha { (5, 3) } else { (2, 2) };
            Some(Kernel { compress: sha1_avx512vl::compress, from, worth })
        }
        Level::Avx2 => {
            let (from, worth) = if simd.sha { (6, 4) } else { (2, 2) };
            Some(Kernel { compress: sha1_avx2::compress, from, worth })
        }
        Level::ShaNi | Level::Portable => None,
    }
}

pub(super) fn two(simd: Simd) -> Option<Kernel<2>> {
    let has_it = simd.sha && simd.level != Level::Portable;
    has_it.then_some(Kernel { compress: sha1_ni::compress, from: 2, worth: 2 })
}
