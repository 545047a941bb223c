//! A small world for behaviour tests: an engine, real str0m peers as participants, and a network
//! between them, all in virtual time. Nothing sleeps and nothing is read from a clock but the one
//! arbitrary moment everything starts at.
//!
//! Read next: [`world`], then [`participant`].

pub mod check;
pub mod media;
pub mod net;
pub mod outbox;
pub mod participant;
pub mod world;

pub use media::{Medium, Sent};
pub use net::Burst;
pub use participant::{Participant, Received};
pub use world::{Captured, ENGINE, ENGINE_TOO, Who, World};

use std::time::{Duration, Instant};

/// Milliseconds, shorter.
pub const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Seconds, shorter.
pub const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The moment a test begins: any will do, `Instant` just has no other constructor.
#[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
pub fn beginning() -> Instant {
    Instant::now()
}
