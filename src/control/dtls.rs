//! DTLS settings, and how they steer which SRTP profile comes out.
//!
//! dimpl 0.9 has no list of SRTP profiles to set. What it does, from its source:
//!
//! | our role | DTLS | who chooses the profile |
//! |---|---|---|
//! | server | 1.2 | we: AES-256-GCM, AES-128-GCM, SHA1-80, the first the client has |
//! | server | 1.3 | the client: the first of its list that we have |
//! | client | both | the server; we list AES-256-GCM, AES-128-GCM, SHA1-80 |
//!
//! With libwebrtc (lists SHA1-80, AES-256-GCM, AES-128-GCM, and as a server goes by its own
//! list) and Firefox (lists AES-128-GCM, AES-256-GCM, SHA1-80, likewise) that ends in:
//!
//! | our role | DTLS | Chromium | Firefox |
//! |---|---|---|---|
//! | server | 1.2 | AES-256-GCM | AES-256-GCM |
//! | server | 1.3 | SHA1-80 | AES-128-GCM |
//! | client | 1.2 | SHA1-80 | AES-128-GCM |
//! | client | 1.3 | SHA1-80 | AES-128-GCM |
//!
//! The rows where we are the server are measured with Chromium 156 and Firefox 153 ESR
//! (`cargo test -p conference --test browser -- --nocapture either`); those where we are the
//! client are derived from the sources of the three.
//!
//! Rewriting a hello is no way out: both sides hash what they saw of the handshake. The role is
//! no lever either, as being the client never ends better. The version is: with
//! [`DtlsVersions::Both`], [`choose`] looks at the whole ClientHello, works out which profile
//! each version would end in, and takes the version with the profile that stands earlier in
//! [`DtlsConfig::srtp_profiles`]; 1.3 when they are equal. So GCM is negotiated wherever the peer
//! can. A profile that is not listed is never used: if the handshake ends in one, it fails.

use str0m::crypto::dtls::DtlsVersion;

use super::hello::Hello;
use crate::srtp::Profile;

/// DTLS versions and SRTP profiles. The default negotiates AES-GCM wherever the peer can.
#[derive(Clone, Debug)]
pub struct DtlsConfig {
    /// Which versions may be spoken.
    pub versions: DtlsVersions,
    /// The SRTP profiles that may be used, best first (RFC 5764 §4.1.2, RFC 7714 §14.2). One that
    /// is not listed is never used. Which of the listed ones it becomes is for the peer to say
    /// too: with [`DtlsVersions::Both`] the order decides between the versions, as each ends in
    /// another profile; within DTLS 1.2 the longer key goes first, within 1.3 the peer's order.
    pub srtp_profiles: Vec<Profile>,
}

impl Default for DtlsConfig {
    fn default() -> Self {
        Self {
            versions: DtlsVersions::Both,
            srtp_profiles: vec![
                Profile::AeadAes128Gcm,
                Profile::AeadAes256Gcm,
                Profile::Aes128CmSha1_80,
            ],
        }
    }
}

/// Which DTLS versions may be spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DtlsVersions {
    /// RFC 6347 only.
    Dtls12,
    /// RFC 9147 only.
    Dtls13,
    /// Whichever gives the better SRTP profile; 1.3 if both give the same.
    #[default]
    Both,
}

impl DtlsVersions {
    /// In str0m's words.
    pub(super) const fn as_str0m(self) -> DtlsVersion {
        match self {
            Self::Dtls12 => DtlsVersion::Dtls12,
            Self::Dtls13 => DtlsVersion::Dtls13,
            Self::Both => DtlsVersion::Auto,
        }
    }
}

/// The version to answer a ClientHello with, if both are ours to speak.
pub(super) fn choose(hello: &Hello, preference: &[Profile]) -> DtlsVersion {
    let rank = |profile: Option<Profile>| {
        let place = preference.iter().position(|preferred| Some(*preferred) == profile);
        place.unwrap_or(preference.len())
    };
    let in_12 = BY_KEY_LENGTH.into_iter().find(|profile| hello.srtp_profiles.contains(profile));
    let in_13 = hello.srtp_profiles.first().copied();
    match (hello.dtls12, hello.dtls13) {
        (true, true) if rank(in_12) < rank(in_13) => DtlsVersion::Dtls12,
        (_, true) => DtlsVersion::Dtls13,
        _ => DtlsVersion::Dtls12,
    }
}

/// dimpl's order as DTLS 1.2 server.
const BY_KEY_LENGTH: [Profile; 3] =
    [Profile::AeadAes256Gcm, Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80];

#[cfg(test)]
mod tests {
    use super::*;

    use Profile::{AeadAes128Gcm, AeadAes256Gcm, Aes128CmSha1_80};

    fn hello(dtls12: bool, dtls13: bool, srtp_profiles: &[Profile]) -> Hello {
        Hello { dtls12, dtls13, srtp_profiles: srtp_profiles.to_vec() }
    }

    #[test]
    fn gcm_is_reached_with_either_browsers_list() {
        let preference = DtlsConfig::default().srtp_profiles;
        let libwebrtc = [Aes128CmSha1_80, AeadAes256Gcm, AeadAes128Gcm];
        let firefox = [AeadAes128Gcm, AeadAes256Gcm, Aes128CmSha1_80];
        assert_eq!(choose(&hello(true, true, &libwebrtc), &preference), DtlsVersion::Dtls12);
        assert_eq!(choose(&hello(true, true, &firefox), &preference), DtlsVersion::Dtls13);
    }

    #[test]
    fn newer_version_wins_when_the_profile_is_the_same_either_way() {
        let preference = DtlsConfig::default().srtp_profiles;
        for list in [&[Aes128CmSha1_80][..], &[AeadAes256Gcm, AeadAes128Gcm], &[]] {
            assert_eq!(choose(&hello(true, true, list), &preference), DtlsVersion::Dtls13);
        }
    }

    #[test]
    fn only_version_offered_is_taken_whatever_the_profile() {
        let preference = DtlsConfig::default().srtp_profiles;
        let list = [Aes128CmSha1_80, AeadAes256Gcm];
        assert_eq!(choose(&hello(false, true, &list), &preference), DtlsVersion::Dtls13);
        assert_eq!(choose(&hello(true, false, &list), &preference), DtlsVersion::Dtls12);
    }

    #[test]
    fn preference_is_the_applications_to_turn_round() {
        let list = [Aes128CmSha1_80, AeadAes256Gcm];
        let preference = [Aes128CmSha1_80, AeadAes256Gcm];
        assert_eq!(choose(&hello(true, true, &list), &preference), DtlsVersion::Dtls13);
    }
}
