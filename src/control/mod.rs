//! F5: one str0m `Rtc` per endpoint. Never names `media`.
/// DTLS settings.
#[derive(Clone, Debug, Default)]
pub struct DtlsConfig {}
/// Which DTLS versions.
#[derive(Clone, Copy, Debug, Default)]
pub enum DtlsVersions { /// 
#[default] Both }
/// Why an SDP was refused.
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct ControlError;
