//! AES-CM and HMAC-SHA1 by the CPU's vector extensions: counter mode of many blocks at once, and
//! SHA-1 over the packets of a fan-out side by side. SHA-1 is serial within a packet, and costs
//! twice what the cipher does; the packets of a batch do not depend on each other. And AES-GCM's
//! sealing by the widest of them.
//!
//! The one place of `srtp/` with unsafe code: calling what was detected, and loads and stores. A
//! [`Simd`] above the portable one exists only where its instructions do; a cipher key or a
//! [`Kernel`] only by way of one. Must not know what a packet is, or what the bytes are for.
//!
//! Read next: `x86/`, then `suite/mac_lanes`, which fills the lanes; `x86/gcm` for [`SealKey`].

#[cfg(not(target_arch = "x86_64"))]
mod elsewhere;
#[cfg(target_arch = "x86_64")]
mod x86;
#[cfg(not(target_arch = "x86_64"))]
use elsewhere as arch;
#[cfg(target_arch = "x86_64")]
use x86 as arch;

pub(super) use arch::{Aes128, Kernel, SealKey};

/// Which of the CPU's vector extensions encrypt and authenticate AES-CM packets. The bytes are the
/// same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Simd {
    /// No other module makes one: that it is there shows that the CPU can do it.
    level: Level,
    /// Whether there are instructions for SHA-1 besides. They decide how many packets it takes for
    /// lanes to be faster.
    sha: bool,
    /// Whether AES instructions take registers wider than a block: as AVX-512 does here, and AVX2
    /// on some CPUs.
    vaes: bool,
}

/// From the narrowest to the widest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Level {
    Portable,
    ShaNi,
    Avx2,
    Avx512,
}

impl Simd {
    /// The plain way, which is everywhere.
    pub(super) const PORTABLE: Self = Self { level: Level::Portable, sha: false, vaes: false };

    /// The best that this CPU has.
    pub fn detect() -> Self {
        arch::detect()
    }

    /// All that this CPU has, to compare them; the best first, the portable one last.
    pub fn available() -> impl Iterator<Item = Self> {
        let best = Self::detect();
        [Level::Avx512, Level::Avx2, Level::ShaNi, Level::Portable]
            .into_iter()
            .filter(move |level| *level <= best.level && (*level != Level::ShaNi || best.sha))
            .map(move |level| Self { level, ..best })
    }

    /// Each of them also as on a CPU that has it, but not what comes besides.
    #[cfg(test)]
    pub(super) fn variants() -> impl Iterator<Item = Self> {
        Self::available().flat_map(|simd| {
            let [sha, vaes] = [simd.sha, simd.vaes];
            [(sha, vaes), (false, vaes), (sha, false), (false, false)].map(|(sha, vaes)| Self {
                sha,
                vaes,
                ..simd
            })
        })
    }

    /// Its name: that of the instructions.
    pub const fn name(self) -> &'static str {
        match self.level {
            Level::Portable => "portable",
            Level::ShaNi => "SHA-NI",
            Level::Avx2 => "AVX2",
            Level::Avx512 => "AVX-512",
        }
    }

    /// Expands an AES-128 key; `None`: the portable way is the only one.
    pub(super) fn aes(self, key: &[u8; 16]) -> Option<Aes128> {
        Aes128::new(self, key)
    }

    /// SHA-1 in 16 lanes.
    pub(super) fn sixteen(self) -> Option<Kernel<16>> {
        arch::sixteen(self)
    }

    /// SHA-1 in 8 lanes.
    pub(super) fn eight(self) -> Option<Kernel<8>> {
        arch::eight(self)
    }

    /// SHA-1 of two interleaved streams.
    pub(super) fn two(self) -> Option<Kernel<2>> {
        arch::two(self)
    }
}

/// What SHA-1 takes at a time (FIPS 180-4 §5.2.1).
pub(super) type Block = [u8; 64];
/// The five words of `N` SHA-1 states, word by word.
pub(super) type States<const N: usize> = [[u32; N]; 5];
