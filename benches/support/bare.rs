//! The limit: nothing but the cipher, over as many bytes, under as many keys, in the same order of
//! use (all packets of a batch for one receiver, then the next), into the same arena. No decision,
//! no header, no bookkeeping, nothing received.

use std::hint::black_box;
use std::time::Duration;

use aws_lc_rs::aead as aws_lc;
use ctr::CtrCore;
use ctr::cipher::{InnerIvInit, KeyInit, StreamCipherCore};
use ctr::flavors::Ctr32BE;
use hmac::{Hmac, Mac};
use lahn::srtp::{AeadBackend, Profile};
use ring::aead as ring;
use sha1::Sha1;

use super::arena::Arena;
use super::clock;
use super::load::Load;
use super::measure::Work;

/// What stands in front of a forwarded payload: fixed part, extension block with one element.
const HEADER_LEN: usize = 12 + 4 + 4;

/// See the module.
pub struct Bare {
    keys: Vec<Key>,
    payloads: Vec<Vec<u8>>,
    arena: Arena,
    number: u64,
}

#[expect(clippy::large_enum_variant, reason = "as keys are held in the engine: in place")]
enum Key {
    /// In place, so a copy first.
    Ring(ring::LessSafeKey),
    /// Out of place.
    AwsLc(aws_lc::LessSafeKey),
    /// The RustCrypto crates: a copy, AES in counter mode over it, HMAC-SHA1 over that.
    AesCm(aes::Aes128Enc, Hmac<Sha1>),
}

impl Bare {
    /// By the backend that is the faster one on this CPU, if none is named.
    pub fn new(load: Load, receivers: u32, profile: Profile, aead: Option<AeadBackend>) -> Self {
        let aead = aead.unwrap_or_else(AeadBackend::fastest);
        let payload = |place| vec![place as u8; load.packets.payload];
        Self {
            keys: (0..receivers).map(|number| Key::new(profile, aead, number)).collect(),
            payloads: (0..load.batch()).map(payload).collect(),
            arena: Arena::new(),
            number: 0,
        }
    }
}

impl Work for Bare {
    fn packets(&self) -> u64 {
        (self.keys.len() * self.payloads.len()) as u64
    }

    fn round(&mut self) -> Duration {
        let start = clock();
        for key in &self.keys {
            for payload in &self.payloads {
                self.number += 1;
                let slot = self.arena.next(HEADER_LEN + payload.len() + key.overhead());
                slot[..HEADER_LEN].fill(0x5a);
                key.seal(self.number, black_box(payload), slot);
            }
        }
        start.elapsed()
    }
}

impl Key {
    fn new(profile: Profile, aead: AeadBackend, number: u32) -> Self {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        let bytes = &bytes[..profile.key_len()];
        let long = profile == Profile::AeadAes256Gcm;
        if profile == Profile::Aes128CmSha1_80 {
            let aes = aes::Aes128Enc::new_from_slice(bytes).expect("16 bytes");
            return Self::AesCm(aes, Hmac::new_from_slice(bytes).expect("HMAC takes any key"));
        }
        match aead {
            AeadBackend::AwsLc => {
                let algorithm = if long { &aws_lc::AES_256_GCM } else { &aws_lc::AES_128_GCM };
                let key = aws_lc::UnboundKey::new(algorithm, bytes).expect("its length fits");
                Self::AwsLc(aws_lc::LessSafeKey::new(key))
            }
            _ => {
                let algorithm = if long { &ring::AES_256_GCM } else { &ring::AES_128_GCM };
                let key = ring::UnboundKey::new(algorithm, bytes).expect("its length fits");
                Self::Ring(ring::LessSafeKey::new(key))
            }
        }
    }

    const fn overhead(&self) -> usize {
        if matches!(self, Self::AesCm(..)) { 10 } else { 16 }
    }

    fn seal(&self, number: u64, payload: &[u8], slot: &mut [u8]) {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&number.to_be_bytes());
        let (header, body) = slot.split_at_mut(HEADER_LEN);
        let (text, tag_out) = body.split_at_mut(payload.len());
        match self {
            Self::Ring(key) => {
                text.copy_from_slice(payload);
                let nonce = ring::Nonce::assume_unique_for_key(nonce);
                let tag = key.seal_in_place_separate_tag(nonce, ring::Aad::from(&*header), text);
                tag_out.copy_from_slice(tag.expect("short").as_ref());
            }
            Self::AwsLc(key) => {
                let nonce = aws_lc::Nonce::assume_unique_for_key(nonce);
                let aad = aws_lc::Aad::from(&*header);
                key.seal_out_of_place_scatter(nonce, aad, payload, text, &[], tag_out)
                    .expect("short");
            }
            Self::AesCm(aes, hmac) => {
                text.copy_from_slice(payload);
                let mut iv = [0; 16];
                iv[2..14].copy_from_slice(&nonce);
                let ctr = CtrCore::<_, Ctr32BE>::inner_iv_init(aes, &iv.into());
                ctr.apply_keystream_partial((&mut *text).into());
                let mac = hmac.clone().chain_update(header).chain_update(text);
                let mac = mac.chain_update([0; 4]).finalize().into_bytes();
                tag_out.copy_from_slice(&mac[..10]);
            }
        }
    }
}
