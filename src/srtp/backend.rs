//! Which library does AES-GCM. Read next: `key`.
#![forbid(unsafe_code)]

/// A library that does AES-GCM for SRTP. Both are always there; the bytes are the same.
///
/// AES-CM with HMAC-SHA1 does not go through either.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum AeadBackend {
    /// `ring`: works in place, so that a payload is copied first. The faster one without AVX-512.
    Ring,
    /// `aws-lc-rs`: works out of place. The faster one with AVX-512, and the road to a validated
    /// (FIPS 140-3) module.
    AwsLc,
}

impl AeadBackend {
    /// Every backend.
    pub const ALL: [Self; 2] = [Self::Ring, Self::AwsLc];

    /// The faster one on this CPU: by its features, not by a measurement, so that it is the same
    /// every time.
    pub fn fastest() -> Self {
        if has_avx512_aes() { Self::AwsLc } else { Self::Ring }
    }

    /// Its name: that of the crate.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::AwsLc => "aws-lc-rs",
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
