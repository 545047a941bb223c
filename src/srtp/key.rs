//! Master keys as they come out of DTLS (RFC 5764 §4.2). Nothing here prints a key; everything
//! here wipes it on drop. Read next: `kdf`, which makes session keys of them.
#![forbid(unsafe_code)]

use std::fmt;

use zeroize::Zeroizing;

use super::Profile;

/// Keying material that is not as long as its profile asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("keying material of the wrong length for its SRTP profile")]
pub struct BadKeyLength;

/// A master key and its salt (RFC 3711 §3.2.1): everything one side sends is protected under it.
///
/// Wiped from memory on drop; `Debug` shows the profile only.
#[derive(Clone)]
pub struct MasterKey {
    profile: Profile,
    /// Key, then salt, then nothing.
    bytes: Zeroizing<[u8; Self::MAX_LEN]>,
}

impl MasterKey {
    /// 256-bit key and 96-bit salt. The 128-bit key with the 112-bit salt is shorter.
    const MAX_LEN: usize = 32 + 12;

    /// From the two parts.
    ///
    /// # Errors
    /// If either is not exactly as long as `profile` asks for.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Self, BadKeyLength> {
        if key.len() != profile.key_len() || salt.len() != profile.salt_len() {
            return Err(BadKeyLength);
        }
        let mut bytes = Zeroizing::new([0; Self::MAX_LEN]);
        let (key_part, salt_part) = bytes.split_at_mut(key.len());
        key_part.copy_from_slice(key);
        salt_part[..salt.len()].copy_from_slice(salt);
        Ok(Self { profile, bytes })
    }

    /// The profile it is for.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.bytes[..self.profile.key_len()]
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.bytes[self.profile.key_len()..][..self.profile.salt_len()]
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// The master keys of both directions of one DTLS association.
#[derive(Clone, Debug)]
pub struct TransportKeys {
    /// What was negotiated.
    pub profile: Profile,
    /// What the peer protects with.
    pub receive: MasterKey,
    /// What we protect with. One sender only: two that use one key with one index give both away.
    pub send: MasterKey,
}

impl TransportKeys {
    /// Cuts up what DTLS exports: client key, server key, client salt, server salt
    /// (RFC 5764 §4.2). `is_client` says which of the two *we* were in the handshake.
    ///
    /// # Errors
    /// If `keying_material` is not exactly as long as `profile` asks for.
    pub fn from_dtls(
        profile: Profile,
        keying_material: &[u8],
        is_client: bool,
    ) -> Result<Self, BadKeyLength> {
        let (key_len, salt_len) = (profile.key_len(), profile.salt_len());
        if keying_material.len() != 2 * (key_len + salt_len) {
            return Err(BadKeyLength);
        }
        let (keys, salts) = keying_material.split_at(2 * key_len);
        let (client_key, server_key) = keys.split_at(key_len);
        let (client_salt, server_salt) = salts.split_at(salt_len);
        let client = MasterKey::new(profile, client_key, client_salt)?;
        let server = MasterKey::new(profile, server_key, server_salt)?;
        let (send, receive) = if is_client { (client, server) } else { (server, client) };
        Ok(Self { profile, receive, send })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dtls_material_is_cut_into_client_key_server_key_client_salt_server_salt() {
        for profile in Profile::ALL {
            let (k, s) = (profile.key_len(), profile.salt_len());
            let parts = [vec![1; k], vec![2; k], vec![3; s], vec![4; s]];
            let material = parts.concat();
            let ours = TransportKeys::from_dtls(profile, &material, true).unwrap();
            assert_eq!((ours.send.key(), ours.send.salt()), (&*parts[0], &*parts[2]));
            assert_eq!((ours.receive.key(), ours.receive.salt()), (&*parts[1], &*parts[3]));
            let theirs = TransportKeys::from_dtls(profile, &material, false).unwrap();
            assert_eq!(theirs.send.key(), ours.receive.key());
            assert_eq!(theirs.receive.salt(), ours.send.salt());
        }
    }

    #[test]
    fn material_of_another_length_is_refused() {
        for profile in Profile::ALL {
            let len = 2 * (profile.key_len() + profile.salt_len());
            for wrong in [0, len - 1, len + 1] {
                let material = vec![0; wrong];
                assert!(TransportKeys::from_dtls(profile, &material, true).is_err());
            }
            assert!(MasterKey::new(profile, &[0; 16], &[0; 13]).is_err());
            assert!(MasterKey::new(profile, &[0; 24], &[0; 12]).is_err());
        }
    }

    #[test]
    fn debug_output_holds_no_key() {
        let keys = TransportKeys::from_dtls(Profile::AeadAes128Gcm, &[0xab; 56], true).unwrap();
        let shown = format!("{keys:?}");
        assert!(!shown.contains("171") && !shown.contains("ab, "), "{shown}");
    }
}
