//! Reads what a DTLS ClientHello offers, before the DTLS engine gets to see it: the versions and
//! the SRTP profiles. The hello may come in fragments, over several datagrams and in any order
//! (RFC 6347 §4.2.3): with a post-quantum key share it does not fit into one.
//!
//! Nothing here is authenticated. The handshake itself proves the hello afterwards; until then it
//! only chooses between two versions we would both accept.

use crate::srtp::Profile;

/// A hello longer than this is not reassembled.
const MAX_LEN: usize = 16 * 1024;

/// What a ClientHello offers (RFC 8446 §4.1.2, RFC 5764 §4.1.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hello {
    /// DTLS 1.2.
    pub(super) dtls12: bool,
    /// DTLS 1.3.
    pub(super) dtls13: bool,
    /// The profiles we know, in the client's order.
    pub(super) srtp_profiles: Vec<Profile>,
}

impl Hello {
    /// Parses the body of the handshake message. `None` if it is not one.
    fn parse(body: &[u8]) -> Option<Self> {
        let mut body = Reader(body);
        body.take(2 + 32)?; // legacy version, random
        body.vector8()?; // session id
        body.vector8()?; // cookie
        body.vector16()?; // cipher suites
        body.vector8()?; // compression methods
        let mut hello = Self { dtls12: true, dtls13: false, srtp_profiles: Vec::new() };
        let mut extensions = Reader(body.vector16().unwrap_or_default());
        while let Some(kind) = extensions.u16() {
            let content = extensions.vector16()?;
            match kind {
                EXTENSION_SUPPORTED_VERSIONS => {
                    let mut versions = Reader(Reader(content).vector8()?);
                    hello.dtls12 = false;
                    while let Some(version) = versions.u16() {
                        hello.dtls12 |= version == VERSION_DTLS12;
                        hello.dtls13 |= version == VERSION_DTLS13;
                    }
                }
                EXTENSION_USE_SRTP => {
                    let mut profiles = Reader(Reader(content).vector16()?);
                    while let Some(number) = profiles.u16() {
                        hello.srtp_profiles.extend(profile(number));
                    }
                }
                _ => {}
            }
        }
        Some(hello)
    }
}

const fn profile(number: u16) -> Option<Profile> {
    match number {
        0x0001 => Some(Profile::Aes128CmSha1_80),
        0x0007 => Some(Profile::AeadAes128Gcm),
        0x0008 => Some(Profile::AeadAes256Gcm),
        _ => None,
    }
}

/// Puts the fragments of a ClientHello together.
#[derive(Debug, Default)]
pub(super) struct HelloAssembler {
    body: Vec<u8>,
    /// For each byte of `body`, whether it is there.
    present: Vec<bool>,
}

impl HelloAssembler {
    /// Takes in one datagram; the hello, once it is whole.
    pub(super) fn push(&mut self, datagram: &[u8]) -> Option<Hello> {
        let mut records = Reader(datagram);
        while let Some(header) = records.take(11) {
            let content = records.vector16()?;
            // Handshake, epoch 0 (RFC 6347 §4.1).
            if header.first() == Some(&22) && header.get(3..5) == Some(&[0, 0]) {
                self.push_record(content);
            }
        }
        let is_whole = !self.body.is_empty() && self.present.iter().all(|present| *present);
        if is_whole { Hello::parse(&self.body) } else { None }
    }

    fn push_record(&mut self, content: &[u8]) {
        let mut messages = Reader(content);
        while let Some(kind) = messages.u8() {
            let header = (messages.u24(), messages.u16(), messages.u24(), messages.u24());
            let (Some(len), Some(_), Some(offset), Some(fragment_len)) = header else { return };
            let Some(fragment) = messages.take(fragment_len) else { return };
            if kind != CLIENT_HELLO || len > MAX_LEN {
                continue;
            }
            if self.body.len() != len {
                self.body = vec![0; len]; // another hello than before: begin again
                self.present = vec![false; len];
            }
            let range = offset..offset + fragment_len;
            if let Some(body) = self.body.get_mut(range.clone())
                && let Some(present) = self.present.get_mut(range)
            {
                body.copy_from_slice(fragment);
                present.fill(true);
            }
        }
    }
}

const CLIENT_HELLO: u8 = 1;
const EXTENSION_USE_SRTP: u16 = 14;
const EXTENSION_SUPPORTED_VERSIONS: u16 = 43;
const VERSION_DTLS12: u16 = 0xfefd;
const VERSION_DTLS13: u16 = 0xfefc;

/// Reads big-endian fields off the front of a slice.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u24(&mut self) -> Option<usize> {
        let high = self.u8()?;
        Some(usize::from(high) << 16 | usize::from(self.u16()?))
    }

    fn vector8(&mut self) -> Option<&'a [u8]> {
        let len = self.u8()?;
        self.take(len.into())
    }

    fn vector16(&mut self) -> Option<&'a [u8]> {
        let len = self.u16()?;
        self.take(len.into())
    }
}

#[cfg(test)]
pub(super) mod tests;
