//! F2: SRTP and SRTCP (RFC 3711, RFC 7714): the only place that holds keys, and the only one that
//! knows what a packet index is.
//!
//! Knows nothing of RTP headers beyond where they end: whoever calls has parsed them, and says
//! SSRC, sequence number and header length. Knows nothing of sockets, time or DTLS; the keying
//! material comes in as bytes.
//!
//! Reading order: [`AeadBackend`], [`Profile`] and [`MasterKey`] (what DTLS agreed on), `kdf` (session keys from
//! master keys), [`PacketIndex`] and [`ReceiveIndex`] (rollover and replay), `suite` (the ciphers),
//! then what the packet path calls: [`Unprotector`], [`Protector`] and [`ProtectBatch`].
//!
//! What wipes its keys when it goes: master keys, the AES-CM key schedules, the HMAC states,
//! `aws-lc-rs`'s AES-GCM keys and our own, and everything on the way of the key derivation. What does not:
//! `ring`'s AES-GCM keys; it offers no way to, and this floor forbids the unsafe code that would do
//! it behind its back.
//!
//! Every module but `simd` forbids unsafe code; `tests/floors.rs` holds it.
#![deny(unsafe_code)] // `forbid` would leave no way in for `simd`

mod backend;
mod batch;
mod index;
mod kdf;
mod key;
mod profile;
mod protect;
mod rtcp_index;
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "vector instructions that not every CPU has, loads and stores")
)]
mod simd;
mod suite;
#[cfg(test)]
mod tests;
mod unprotect;

pub use backend::AeadBackend;
pub use batch::ProtectBatch;
pub use index::{IndexExhausted, PacketIndex, ReceiveIndex};
pub use key::{BadKeyLength, MasterKey, TransportKeys};
pub use profile::Profile;
pub use protect::{ProtectError, Protected, Protector};
pub use simd::Simd;
pub use unprotect::{UnprotectError, Unprotector};
