//! What all endpoints of an engine have in common: the certificate they show and what they
//! negotiate.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use str0m::Rtc;
use str0m::RtcConfig;
use str0m::config::DtlsCert;

use super::dtls::DtlsConfig;
use super::key_tap::{self, Tap};
use crate::params::Codec;

/// Certificate, DTLS settings, codecs and limits of an engine's endpoints.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    cert: Certificate,
    /// SHA-256 of the certificate in the form of `a=fingerprint` (RFC 8122 §5).
    pub(super) fingerprint: String,
    dtls: DtlsConfig,
    /// Favourite first.
    pub(super) codecs: Vec<Codec>,
    pub(super) max_media: usize,
    pub(super) max_sdp_bytes: usize,
}

struct Certificate(DtlsCert);

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificate")
    }
}

impl Identity {
    /// Makes a self-signed ECDSA P-256 certificate of its own (RFC 8827 §6.5). The limits are
    /// those of one endpoint: media sections, and bytes of one description.
    pub(crate) fn new(
        dtls: &DtlsConfig,
        codecs: &[Codec],
        max_media: usize,
        max_sdp_bytes: usize,
    ) -> Self {
        let provider = key_tap::crypto_provider();
        let cert = provider.dtls_provider.generate_certificate();
        let cert = cert.expect("the crypto library can make a certificate");
        let digest = provider.sha256_provider.sha256(&cert.certificate);
        let mut fingerprint = String::with_capacity(95);
        for (place, byte) in digest.iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            write!(fingerprint, "{colon}{byte:02X}").expect("a String takes any text");
        }
        let (cert, codecs, dtls) = (Certificate(cert), codecs.to_vec(), dtls.clone());
        let shared = Shared { cert, fingerprint, dtls, codecs, max_media, max_sdp_bytes };
        Self { shared: Arc::new(shared) }
    }

    /// An ICE-lite `Rtc` that shows this certificate. RTP never enters it: it knows no codecs.
    pub(super) fn build_rtc(&self, now: Instant) -> (Rtc, Arc<Tap>) {
        let dtls = &self.shared.dtls;
        let config = RtcConfig::new()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .clear_codecs()
            .clear_extension_map()
            .set_dtls_cert(self.shared.cert.0.clone())
            .set_dtls_version(dtls.versions.as_str0m());
        key_tap::build(config, now, &dtls.srtp_profiles)
    }
}
