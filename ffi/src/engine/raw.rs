//! Raw endpoints: the caller did ICE, DTLS and signalling itself and gives the results.
//! [`super::session`] has what was negotiated.

use lahn::srtp::{AeadBackend, MasterKey, Profile, TransportKeys};
use lahn::{ConferenceId, Path};

use super::{lahn_conference_id, lahn_endpoint_id};
use crate::address::lahn_addr;
use crate::handle::{State, exclusive, lahn_engine};
use crate::layout::{self, Sized32};
use crate::pointer::{Out, array};
use crate::result::{Failure, lahn_result};

/// One of enum lahn_srtp_profile_code.
pub type lahn_srtp_profile = u32;

/// Numbers of the IANA registry "DTLS-SRTP Protection Profiles".
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum lahn_srtp_profile_code {
    /// RFC 3711; 16 bytes of key, 14 of salt.
    LAHN_SRTP_AES128_CM_SHA1_80 = 1,
    /// RFC 7714; 16 bytes of key, 12 of salt.
    LAHN_SRTP_AEAD_AES_128_GCM = 7,
    /// RFC 7714; 32 bytes of key, 12 of salt.
    LAHN_SRTP_AEAD_AES_256_GCM = 8,
}

/// Which library does AES-GCM.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum lahn_aead_backend_code {
    /// None: AES-CM was agreed on, or nothing yet.
    LAHN_AEAD_NONE = 0,
    /// ring.
    LAHN_AEAD_RING = 1,
    /// AWS-LC, the one with a FIPS 140-3 module.
    LAHN_AEAD_AWS_LC = 2,
    /// Another one.
    LAHN_AEAD_OTHER = 255,
}

/// A transport that is already there; start from LAHN_TRANSPORT_PARAMS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it leads to keys")]
pub struct lahn_transport_params {
    /// sizeof(lahn_transport_params).
    pub struct_size: u32,
    /// Which cipher.
    pub profile: lahn_srtp_profile,
    /// What the peer protects with: master key, then master salt. The caller wipes its own copy.
    pub rx_key: *const u8,
    /// Length of both together.
    pub rx_key_len: usize,
    /// What we protect with: master key, then master salt. No one else may send with it: two
    /// senders with one key give both away.
    pub tx_key: *const u8,
    /// Length of both together.
    pub tx_key_len: usize,
    /// Our address.
    pub local: lahn_addr,
    /// The peer's.
    pub remote: lahn_addr,
}

// SAFETY: repr(C), struct_size first, integers and raw pointers only, 2 x 4 bytes, 4 pointers and
// sizes, 2 x 24 bytes without a gap.
unsafe impl Sized32 for lahn_transport_params {
    const FIRST: usize = 56 + 4 * size_of::<usize>();
}

/// Adds an endpoint whose ICE, DTLS and signalling the caller did itself: it is connected at once.
/// Tell what was negotiated by lahn_endpoint_set_session.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_add_raw(
    engine: *mut lahn_engine,
    now_us: u64,
    conference: lahn_conference_id,
    params: *const lahn_transport_params,
    endpoint_out: *mut lahn_endpoint_id,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for an output.
        let out = unsafe { Out::new(endpoint_out, "endpoint_out")? };
        // SAFETY: the header's promise for a struct with struct_size.
        let params = unsafe { layout::read(params, "params")? };
        let path = Path { local: params.local.read()?, remote: params.remote.read()? };
        // SAFETY: the header's promise for what a struct points to.
        let keys = unsafe { params.keys()? };
        let (engine, now) = state.at(now_us)?;
        let conference = ConferenceId::from_u64(conference);
        out.set(engine.add_raw_endpoint(now, conference, path, keys)?.as_u64());
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

impl lahn_transport_params {
    /// # Safety
    /// Both keys are NULL or readable for their lengths.
    unsafe fn keys(&self) -> Result<TransportKeys, Failure> {
        let profile = Profile::ALL.into_iter().find(|&known| srtp_profile(known) == self.profile);
        let profile = profile.ok_or_else(|| Failure::argument("profile: no such number"))?;
        // SAFETY: the caller's promise.
        let (receive, send) = unsafe {
            (
                array(self.rx_key, self.rx_key_len, "rx_key")?,
                array(self.tx_key, self.tx_key_len, "tx_key")?,
            )
        };
        Ok(TransportKeys {
            profile,
            receive: master_key(profile, receive, "rx_key")?,
            send: master_key(profile, send, "tx_key")?,
        })
    }
}

fn master_key(profile: Profile, bytes: &[u8], what: &str) -> Result<MasterKey, Failure> {
    let (key, salt) = bytes.split_at_checked(profile.key_len()).unwrap_or((bytes, &[]));
    MasterKey::new(profile, key, salt).map_err(|bad| Failure::argument(format!("{what}: {bad}")))
}

/// lahn_aead_backend_code of a backend.
pub(super) const fn aead_backend(backend: Option<AeadBackend>) -> u32 {
    use lahn_aead_backend_code::{
        LAHN_AEAD_AWS_LC, LAHN_AEAD_NONE, LAHN_AEAD_OTHER, LAHN_AEAD_RING,
    };
    let code = match backend {
        None => LAHN_AEAD_NONE,
        Some(AeadBackend::Ring) => LAHN_AEAD_RING,
        Some(AeadBackend::AwsLc) => LAHN_AEAD_AWS_LC,
        Some(_) => LAHN_AEAD_OTHER,
    };
    code as u32
}

pub(crate) fn srtp_profile(profile: Profile) -> lahn_srtp_profile {
    profile.iana_id().into()
}

#[cfg(test)]
mod tests {
    use super::lahn_srtp_profile_code::*;
    use super::*;

    #[test]
    fn profile_numbers_are_those_of_the_registry() {
        let ours =
            [LAHN_SRTP_AES128_CM_SHA1_80, LAHN_SRTP_AEAD_AES_128_GCM, LAHN_SRTP_AEAD_AES_256_GCM];
        assert_eq!(Profile::ALL.map(srtp_profile), ours.map(|profile| profile as u32));
    }

    #[test]
    fn key_of_another_length_than_the_profile_asks_for_is_refused() {
        for profile in Profile::ALL {
            let len = profile.key_len() + profile.salt_len();
            assert!(master_key(profile, &vec![1; len], "key").is_ok());
            for wrong in [0, profile.key_len(), len - 1, len + 1] {
                assert!(master_key(profile, &vec![1; wrong], "key").is_err());
            }
        }
    }
}
