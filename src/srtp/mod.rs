//! F2: SRTP and SRTCP (RFC 3711, RFC 7714). The only place that holds keys.
/// A protection profile.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Profile { /// 
 Aes128CmSha1_80, /// 
 AeadAes128Gcm, /// 
 AeadAes256Gcm }
/// Both directions' master keys.
#[derive(Debug)]
pub struct TransportKeys {}
