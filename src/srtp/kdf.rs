//! Session keys from master keys (RFC 3711 §4.3): AES in counter mode over a block that names
//! what the key is for. The key derivation rate is 0, as everywhere in DTLS-SRTP (RFC 5764
//! §4.1.2): derived once, when the keys come, and never on the packet path.
//!
//! Read next: `suite`, which takes the session keys.
#![forbid(unsafe_code)]

use aes::cipher::{InnerIvInit, KeyInit, StreamCipherCore};
use aes::{Aes128Enc, Aes256Enc};
use ctr::CtrCore;
use ctr::flavors::Ctr32BE;
use zeroize::Zeroizing;

use super::MasterKey;

/// What a session key is for, by the label it is derived under (RFC 3711 §4.3.1, §4.3.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Usage {
    encryption: u8,
    authentication: u8,
    salt: u8,
}

impl Usage {
    pub(super) const RTP: Self = Self { encryption: 0, authentication: 1, salt: 2 };
    pub(super) const RTCP: Self = Self { encryption: 3, authentication: 4, salt: 5 };
}

/// Session keys of one direction, RTP or RTCP.
pub(super) struct SessionKeys {
    /// As long as the master key.
    pub(super) encryption: Zeroizing<Vec<u8>>,
    /// 160 bits (RFC 3711 §5.2); AEAD profiles have no use for it (RFC 7714 §11).
    pub(super) authentication: Zeroizing<[u8; 20]>,
    /// As long as the master salt.
    pub(super) salt: Zeroizing<Vec<u8>>,
}

impl SessionKeys {
    pub(super) fn derive(master: &MasterKey, usage: Usage) -> Self {
        let mut keys = Self {
            encryption: Zeroizing::new(vec![0; master.key().len()]),
            authentication: Zeroizing::new([0; 20]),
            salt: Zeroizing::new(vec![0; master.salt().len()]),
        };
        prf(master.key(), master.salt(), usage.encryption, &mut keys.encryption);
        prf(master.key(), master.salt(), usage.authentication, &mut *keys.authentication);
        prf(master.key(), master.salt(), usage.salt, &mut keys.salt);
        keys
    }
}

/// The AES-CM pseudo-random function (RFC 3711 §4.3.3; RFC 6188 §3 with a 256-bit key) of
/// x = (label ‖ 0) XOR salt: its first `out.len()` bytes.
///
/// A 96-bit salt counts as 112 bits whose last 16 are 0 (RFC 7714 §11).
fn prf(key: &[u8], salt: &[u8], label: u8, out: &mut [u8]) {
    let mut iv = [0; 16];
    iv[..salt.len()].copy_from_slice(salt);
    iv[7] ^= label;
    out.fill(0);
    if let Ok(aes) = Aes128Enc::new_from_slice(key) {
        CtrCore::<_, Ctr32BE>::inner_iv_init(&aes, &iv.into()).apply_keystream_partial(out.into());
    } else {
        let aes = Aes256Enc::new_from_slice(key).expect("a master key has 128 or 256 bits");
        CtrCore::<_, Ctr32BE>::inner_iv_init(&aes, &iv.into()).apply_keystream_partial(out.into());
    }
}

#[cfg(test)]
mod tests {
    use super::super::Profile;
    use super::super::tests::hex;
    use super::*;

    /// RFC 3711 §B.3.
    const MASTER_KEY: &str = "e1f97a0d3e018be0d64fa32c06de4139";
    const MASTER_SALT: &str = "0ec675ad498afeebb6960b3aabe6";

    fn master() -> MasterKey {
        MasterKey::new(Profile::Aes128CmSha1_80, &hex(MASTER_KEY), &hex(MASTER_SALT)).unwrap()
    }

    #[test]
    fn rtp_session_keys_are_those_of_rfc_3711_b3() {
        let keys = SessionKeys::derive(&master(), Usage::RTP);
        assert_eq!(*keys.encryption, hex("c61e7a93744f39ee10734afe3ff7a087"));
        assert_eq!(*keys.salt, hex("30cbbc08863d8c85d49db34a9ae1"));
        assert_eq!(keys.authentication[..], hex("cebe321f6ff7716b6fd4ab49af256a156d38baa4"));
    }

    /// The appendix goes on to 94 bytes, as a longer authentication key would take them.
    #[test]
    fn long_authentication_key_is_that_of_rfc_3711_b3() {
        let mut key = [0; 94];
        prf(&hex(MASTER_KEY), &hex(MASTER_SALT), Usage::RTP.authentication, &mut key);
        let expected = hex("cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbce\
             e049646c43d9327ad175578ef72270986371c10c9a369ac2f94a8c5fbcdddc25\
             6d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2");
        assert_eq!(key[..], expected);
    }

    /// Not in the RFC: the values other implementations agree on for labels 3, 4 and 5.
    #[test]
    fn rtcp_session_keys_are_derived_under_their_own_labels() {
        let keys = SessionKeys::derive(&master(), Usage::RTCP);
        assert_eq!(*keys.encryption, hex("4c1aa45a81f73d61c800bbb00fbb1eaa"));
        assert_eq!(*keys.salt, hex("9581c7ad87b3e530bf3e4454a8b3"));
        assert_eq!(keys.authentication[..], hex("8d54534feb49ae8e7993a6bd0b844fc323a93dfd"));
    }
}
