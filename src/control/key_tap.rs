//! Where the SRTP keys leave the DTLS handshake: str0m's extension point for DTLS engines wraps
//! the real one and keeps the keying material (RFC 5764 §4.2) *instead of* passing it on. So
//! str0m never has an SRTP context, and two senders can never use one key with one index, which
//! for GCM would give the key away.
//!
//! str0m takes its DTLS provider as `&'static`, one for all; the tap that belongs to an endpoint
//! is handed to it on the thread, for the moment in which the `Rtc` is built.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use str0m::config::CryptoProvider;
use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion,
    SrtpProfile,
};
use str0m::crypto::{CryptoError, from_feature_flags};
use str0m::{Rtc, RtcConfig};
use zeroize::Zeroizing;

use super::dtls::choose;
use super::hello::HelloAssembler;
use crate::srtp::Profile;

/// What the handshake of one endpoint left behind.
#[derive(Debug, Default)]
pub(super) struct Tap {
    state: Mutex<TapState>,
    srtp_profiles: Vec<Profile>,
}

#[derive(Debug, Default)]
struct TapState {
    keys: Option<TappedKeys>,
    version: Option<&'static str>,
    /// What was taken out, to compare both sides.
    #[cfg(test)]
    seen: Option<TappedKeys>,
}

/// Keying material of a finished handshake.
pub(super) struct TappedKeys {
    /// The profile agreed on.
    pub(super) profile: Profile,
    /// Both sides' keys, then both sides' salts (RFC 5764 §4.2).
    pub(super) material: Zeroizing<Vec<u8>>,
    /// We were the DTLS client.
    pub(super) is_client: bool,
}

impl fmt::Debug for TappedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TappedKeys").field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl Tap {
    /// The keys, once; they come with the end of the handshake.
    pub(super) fn take_keys(&self) -> Option<TappedKeys> {
        self.state().keys.take()
    }

    /// "DTLS1.2" or "DTLS1.3", once agreed on.
    pub(super) fn version(&self) -> Option<&'static str> {
        self.state().version
    }

    /// Whether `profile` is one the application allows.
    pub(super) fn allows(&self, profile: Profile) -> bool {
        self.srtp_profiles.contains(&profile)
    }

    #[cfg(test)]
    pub(super) fn seen(&self) -> Option<(Profile, Vec<u8>)> {
        let state = self.state();
        state.seen.as_ref().map(|keys| (keys.profile, keys.material.to_vec()))
    }

    fn state(&self) -> MutexGuard<'_, TapState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    /// The tap for the `Rtc` that is being built on this thread.
    static HANDOVER: RefCell<Option<Arc<Tap>>> = const { RefCell::new(None) };
}

/// The real thing, with our DTLS provider before its own.
static TAPPED: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    let mut provider = from_feature_flags();
    provider.dtls_provider = &TapProvider;
    Arc::new(provider)
});

/// The provider whose instances are tapped. Its other parts are str0m's own.
pub(super) fn crypto_provider() -> Arc<CryptoProvider> {
    Arc::clone(&TAPPED)
}

/// Builds an `Rtc` whose SRTP keys go to the tap. Profiles are the allowed ones, best first.
pub(super) fn build(config: RtcConfig, now: Instant, srtp_profiles: &[Profile]) -> (Rtc, Arc<Tap>) {
    let srtp_profiles = srtp_profiles.to_vec();
    let tap = Arc::new(Tap { state: Mutex::default(), srtp_profiles });
    HANDOVER.set(Some(Arc::clone(&tap)));
    let rtc = config.set_crypto_provider(crypto_provider()).build(now);
    HANDOVER.take();
    (rtc, tap)
}

#[derive(Debug)]
struct TapProvider;

impl TapProvider {
    fn real() -> &'static dyn DtlsProvider {
        static REAL: LazyLock<CryptoProvider> = LazyLock::new(from_feature_flags);
        REAL.dtls_provider
    }
}

impl DtlsProvider for TapProvider {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        Self::real().generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let tap = HANDOVER.take().unwrap_or_default();
        let inner = Self::real().new_dtls(cert, now, version, mtu)?;
        let choice = (version == DtlsVersion::Auto).then(|| PendingChoice {
            cert: cert.clone(),
            mtu,
            hello: HelloAssembler::default(),
            held: Vec::new(),
        });
        Ok(Box::new(TappedDtls { inner, tap, now, choice }))
    }
}

/// A DTLS engine without the keys it finds.
#[derive(Debug)]
struct TappedDtls {
    inner: Box<dyn DtlsInstance>,
    tap: Arc<Tap>,
    now: Instant,
    /// As a server that speaks both versions: until the ClientHello is whole.
    choice: Option<PendingChoice>,
}

/// What is needed to begin anew with one version once the ClientHello has told which.
struct PendingChoice {
    cert: DtlsCert,
    mtu: Option<usize>,
    hello: HelloAssembler,
    held: Vec<Vec<u8>>,
}

/// Datagrams held back for a ClientHello in fragments; then the engine has to cope by itself.
const MAX_HELD: usize = 32;

impl fmt::Debug for PendingChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingChoice").field("held", &self.held.len()).finish_non_exhaustive()
    }
}

impl TappedDtls {
    /// Holds datagrams back until the ClientHello is whole, chooses the version by it, and lets
    /// them go.
    fn choose_version(
        &mut self,
        mut choice: PendingChoice,
        packet: &[u8],
    ) -> Result<(), DtlsImplError> {
        let hello = choice.hello.push(packet);
        choice.held.push(packet.to_vec());
        let version = match hello {
            Some(hello) => choose(&hello, &self.tap.srtp_profiles),
            None if choice.held.len() < MAX_HELD => {
                self.choice = Some(choice);
                return Ok(());
            }
            None => DtlsVersion::Auto,
        };
        // 1.3 is what the engine would choose by itself: only the other way needs another one.
        if version == DtlsVersion::Dtls12
            && let Ok(mut inner) =
                TapProvider::real().new_dtls(&choice.cert, self.now, version, choice.mtu)
        {
            inner.set_active(false);
            inner.handle_timeout(self.now)?;
            self.inner = inner;
        }
        choice.held.iter().try_for_each(|packet| self.inner.handle_packet(packet))
    }
}

impl DtlsInstance for TappedDtls {
    fn set_active(&mut self, active: bool) {
        if active {
            self.choice = None; // the server chooses
        }
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        match self.choice.take() {
            Some(choice) => self.choose_version(choice, packet),
            None => self.inner.handle_packet(packet),
        }
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        match self.inner.poll_output(buf) {
            DtlsOutput::KeyingMaterial(material, profile) => {
                let keys = || {
                    Some(TappedKeys {
                        profile: known(profile)?,
                        material: Zeroizing::new(material.to_vec()),
                        is_client: self.inner.is_active(),
                    })
                };
                let mut state = self.tap.state();
                state.keys = keys();
                #[cfg(test)]
                {
                    state.seen = keys();
                }
                // Poll again at once, there may be more.
                DtlsOutput::Timeout(self.now)
            }
            DtlsOutput::Connected => {
                self.tap.state().version = self.inner.protocol_version().and_then(version_name);
                DtlsOutput::Connected
            }
            other => other,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.now = now;
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}

const fn known(profile: SrtpProfile) -> Option<Profile> {
    match profile {
        SrtpProfile::AES128_CM_SHA1_80 => Some(Profile::Aes128CmSha1_80),
        SrtpProfile::AEAD_AES_128_GCM => Some(Profile::AeadAes128Gcm),
        SrtpProfile::AEAD_AES_256_GCM => Some(Profile::AeadAes256Gcm),
        _ => None,
    }
}

const fn version_name(version: ProtocolVersion) -> Option<&'static str> {
    match version {
        ProtocolVersion::DTLS1_2 => Some("DTLS1.2"),
        ProtocolVersion::DTLS1_3 => Some("DTLS1.3"),
        _ => None,
    }
}
