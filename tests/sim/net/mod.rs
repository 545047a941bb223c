//! A network in virtual time: links with queues, losses, jitter and other people's traffic.
//!
//! It knows nothing of lahn, of media or of congestion control: packets are sizes, kinds and a body
//! it does not look into. Everything that decides when something happens is an integer, and every
//! draw comes from [`rng`], so that the same seed gives the same bytes on every machine (T1).
//!
//! Read next: [`network`] (the whole), [`link`] (what happens to one packet), [`config`].

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "shared by a test and an example; each uses a part"
)]

pub mod capacity;
pub mod cbr;
pub mod cellular;
pub mod config;
pub mod mahimahi;
pub mod network;
pub mod packet;
pub mod record;
pub mod rng;
pub mod tcp;
pub mod wifi;

mod agenda;
mod build;
mod fixed;
mod link;
mod loss;
mod queue;
mod service;
#[cfg(test)]
mod tests;
mod wire;

/// Virtual time in microseconds since the start of the run.
pub type Time = u64;

/// A millisecond.
pub const MS: Time = 1_000;
/// A second.
pub const SECOND: Time = 1_000_000;

pub use config::{Bleach, Jitter, Kinds, LinkConfig, Loss, LossRule, Marking, QueueConfig, Rate};
pub use network::{Event, LinkId, Network, RouteId, TcpId};
pub use packet::{Ecn, Head, Kind, Packet};
pub use record::{Fate, Record};
