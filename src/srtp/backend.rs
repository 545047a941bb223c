//! Whose code does AES-GCM. Read next: `key`.
#![forbid(unsafe_code)]

/// What does AES-GCM for SRTP: one of two libraries, which are always there, or code of our own for
/// one kind of CPU. The bytes are the same.
///
/// AES-CM with HMAC-SHA1 does not go through any.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum AeadBackend {
    /// `ring`: works in place, so that a payload is copied first. The faster one without AVX-512.
    Ring,
    /// `aws-lc-rs`: works out of place. The faster one with AVX-512, and the road to a validated
    /// (FIPS 140-3) module.
    AwsLc,
    /// Our own code, for sealing only, on x86-64 CPUs with AVX-512 (F, BW, VL), VAES and
    /// VPCLMULQDQ: AMD from Zen 4 on, Intel servers from Ice Lake on. It computes all ahead that a
    /// key gives, and is written for packets; a large one costs half of what it costs the faster
    /// library, a small one a quarter.
    ///
    /// Never chosen unless asked for, because other than the libraries it has not been audited. It
    /// seals RTP packets; RTCP, and everything that comes in, stays with [`fastest`](Self::fastest).
    /// The first key of a process puts it to a test against a library; where it fails, or where
    /// the CPU lacks the instructions, all is as with [`fastest`](Self::fastest), and the
    /// statistics say so.
    Vaes,
}

impl AeadBackend {
    /// Every backend.
    pub const ALL: [Self; 3] = [Self::Ring, Self::AwsLc, Self::Vaes];

    /// The faster library on this CPU: by its features, not by a measurement, so that it is the same
    /// every time.
    pub fn fastest() -> Self {
        if has_avx512_aes() { Self::AwsLc } else { Self::Ring }
    }

    /// This one, or for one that only seals, the faster library.
    pub(super) fn library(self) -> Self {
        if self == Self::Vaes { Self::fastest() } else { self }
    }

    /// Its name: that of the crate, or of the instructions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::AwsLc => "aws-lc-rs",
            Self::Vaes => "vaes",
        }
    }
}

/// What aws-lc's AVX-512 code for AES-GCM asks for.
#[cfg(target_arch = "x86_64")]
fn has_avx512_aes() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("vaes") && has!("vpclmulqdq") && has!("avx512bw") && has!("avx512vl")
}

#[cfg(not(target_arch = "x86_64"))]
const fn has_avx512_aes() -> bool {
    false
}
