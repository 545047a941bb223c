//! A DTLS for str0m's extension point that has agreed at once, on the keying material and the
//! profile we say: so each profile can be had, and both sides' keys are known.

use std::time::{Duration, Instant};

use lahn::srtp::Profile;
use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, KeyingMaterial,
    ProtocolVersion, SrtpProfile,
};
use str0m::crypto::{CryptoError, CryptoProvider};

/// str0m's default crypto, but for a DTLS that has already agreed on this profile.
///
/// Small, and one for each process that needs it: what str0m borrows for ever is not given back.
#[expect(unreachable_pub, reason = "shared by several crates")]
pub fn agreed(profile: Profile, material: Vec<u8>) -> CryptoProvider {
    let provider = str0m::crypto::from_feature_flags();
    let dtls_provider =
        Box::leak(Box::new(AgreedDtls { profile, material, certifier: provider.dtls_provider }));
    CryptoProvider { dtls_provider, ..provider }
}

#[derive(Debug)]
struct AgreedDtls {
    profile: Profile,
    material: Vec<u8>,
    certifier: &'static dyn DtlsProvider,
}

impl DtlsProvider for AgreedDtls {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        self.certifier.generate_certificate()
    }

    fn new_dtls(
        &self,
        _: &DtlsCert,
        now: Instant,
        _: DtlsVersion,
        _: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let step = Step::Connected;
        let (profile, material) = (self.profile, self.material.clone());
        Ok(Box::new(AgreedInstance { profile, material, active: false, step, now }))
    }
}

#[derive(Debug)]
enum Step {
    Connected,
    Keys,
    Idle,
}

#[derive(Debug)]
struct AgreedInstance {
    profile: Profile,
    material: Vec<u8>,
    active: bool,
    step: Step,
    now: Instant,
}

impl DtlsInstance for AgreedInstance {
    fn set_active(&mut self, active: bool) {
        self.active = active;
    }

    fn handle_packet(&mut self, _: &[u8]) -> Result<(), DtlsImplError> {
        Ok(())
    }

    fn poll_output<'a>(&mut self, _: &'a mut [u8]) -> DtlsOutput<'a> {
        match self.step {
            Step::Connected => {
                self.step = Step::Keys;
                DtlsOutput::Connected
            }
            Step::Keys => {
                self.step = Step::Idle;
                let profile = match self.profile {
                    Profile::Aes128CmSha1_80 => SrtpProfile::AES128_CM_SHA1_80,
                    Profile::AeadAes128Gcm => SrtpProfile::AEAD_AES_128_GCM,
                    Profile::AeadAes256Gcm => SrtpProfile::AEAD_AES_256_GCM,
                };
                DtlsOutput::KeyingMaterial(KeyingMaterial::new(&self.material), profile)
            }
            Step::Idle => DtlsOutput::Timeout(self.now + Duration::from_secs(3600)),
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.now = now;
        Ok(())
    }

    fn send_application_data(&mut self, _: &[u8]) -> Result<usize, DtlsImplError> {
        Ok(0)
    }

    fn is_active(&self) -> bool {
        self.active
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        None
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        Ok(())
    }
}
