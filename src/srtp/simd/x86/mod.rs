//! x86-64: what the CPU has, and which kernel that means. Read next: `aes`, `sha1_avx512`.

mod aes;
mod aes_ni;
mod sha1_avx2;
mod sha1_avx512;
mod sha1_avx512vl;
mod sha1_ni;
mod sha1_rounds;
mod vaes;

use std::arch::is_x86_feature_detected as has;

use super::{Block, Kernel, Level, Simd, States};

pub(in crate::srtp) use aes::Aes128;

/// Any level above the portable one has AES instructions. The answers are cached: this costs a
/// few loads.
pub(super) fn detect() -> Simd {
    let aes = has!("aes") && has!("ssse3") && has!("sse4.1");
    let sha = aes && has!("sha");
    let avx2 = aes && has!("avx2");
    let avx512 = avx2 && has!("avx512f") && has!("avx512bw") && has!("avx512vl") && has!("vaes");
    let level = match (avx512, avx2, sha) {
        (true, ..) => Level::Avx512,
        (_, true, _) => Level::Avx2,
        (_, _, true) => Level::ShaNi,
        _ => Level::Portable,
    };
    Simd { level, sha }
}

pub(super) fn sixteen(simd: Simd) -> Option<Kernel<16>> {
    let worth = if simd.sha { 5 } else { 2 };
    match simd.level {
        Level::Avx512 => Some(Kernel { compress: sha1_avx512::compress, worth }),
        Level::Avx2 | Level::ShaNi | Level::Portable => None,
    }
}

pub(super) fn eight(simd: Simd) -> Option<Kernel<8>> {
    match simd.level {
        Level::Avx512 => {
            let worth = if simd.sha { 3 } else { 2 };
            Some(Kernel { compress: sha1_avx512vl::compress, worth })
        }
        Level::Avx2 => {
            let worth = if simd.sha { 5 } else { 2 };
            Some(Kernel { compress: sha1_avx2::compress, worth })
        }
        Level::ShaNi | Level::Portable => None,
    }
}

pub(super) fn two(simd: Simd) -> Option<Kernel<2>> {
    let has_it = simd.sha && simd.level != Level::Portable;
    has_it.then_some(Kernel { compress: sha1_ni::compress, worth: 2 })
}
