//! F4: the middlebox proper (RFC 7667 §3.7): which packets of which source go to whom, under which
//! numbers. Knows nothing of keys, sockets or SDP.
//!
//! Read next: [`source`], [`fanout`], [`subscription`], then [`crate::media`].
#![forbid(unsafe_code)]

mod encoding;
mod fanout;
mod key_frames;
mod layer;
mod source;
mod subscription;

pub(crate) use encoding::Encoding;
pub use layer::{Constraints, Layer, LayerReason};

pub(crate) use fanout::{Noted, PacketRef};
pub(crate) use source::Source;
pub(crate) use subscription::Subscription;
