//! F3: one RTP stream each way: what is known of its packets, what is asked for again, what is
//! kept. Knows nothing of conferences or keys.
//!
//! Read next: [`recv`], then [`history`], then [`send`], then [`crate::forward`].
#![forbid(unsafe_code)]

pub(crate) mod carried;
pub(crate) mod history;
mod rate;
pub(crate) mod recv;
pub(crate) mod send;

pub(crate) use rate::RateMeter;
