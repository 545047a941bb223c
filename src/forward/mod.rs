//! F4: the middlebox proper (RFC 7667 §3.7): which packets of which source go to whom, under which
//! numbers. Knows nothing of keys, sockets or SDP.
//!
//! Read next: [`source`] (one thing published), [`frames`] (what its packets are), [`fanout`] (who
//! gets them), [`subscription`] and [`select`] (why, or why not), [`start`] and [`align`] (how they
//! go on where others ended), [`targets`] (what everybody is to get), [`ladder`] and [`allocate`]
//! (what of it their links carry), then [`crate::media`].
#![forbid(unsafe_code)]

mod align;
mod allocate;
mod encoding;
mod fanout;
mod frames;
mod key_frames;
mod ladder;
mod layer;
mod rates;
mod select;
mod source;
mod start;
mod subscription;
mod target;
mod targets;

pub use layer::{Constraints, Layer, LayerReason};

pub(crate) use align::{Moment, OutClock};
pub(crate) use allocate::{Allocator, Budget, Grant, Wishes};
pub(crate) use encoding::Encoding;
pub(crate) use fanout::{FannedOut, Given, Noted, PacketRef};
pub(crate) use frames::Packet as FramePacket;
pub(crate) use source::{Notice, Source};
pub(crate) use subscription::Subscription;
pub(crate) use target::Allowance;
