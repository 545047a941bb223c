//! F1: bytes <-> meaning. The only place that reads or writes packet fields.
//!
//! Views borrow the datagram they were parsed from; nothing here allocates, keeps state, or
//! panics on what a stranger sent. A view exists only if its bytes were valid. Must not know what
//! was negotiated (which extension id means what, which payload type is which codec), who the
//! peer is, or anything about keys.
//!
//! Read next: [`demux`], where a datagram enters, then [`rtp`] or [`rtcp`].

#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

pub mod demux;
pub mod ext;
pub mod payload;
pub mod rtcp;
pub mod rtp;
pub mod stun;
mod writer;

pub use crate::base::{NtpTime, RtpTime, Seq};

/// Why bytes did not parse: what was wrong with them, for diagnostics. Counted, never returned to
/// the application: the peer sent rubbish, and nobody here is to blame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("malformed: {0}")]
pub struct Malformed(pub &'static str);
