//! The only place of the crate that reads a clock or the machine's randomness.

use std::time::{Duration, Instant, SystemTime};

use ring::rand::{SecureRandom, SystemRandom};

#[expect(clippy::disallowed_methods, reason = "the driver tells the core the time")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Time since 1970; zero on a machine whose clock stands before.
#[expect(clippy::disallowed_methods, reason = "the driver tells the core the time")]
pub(super) fn unix_time() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Random bytes from the operating system.
pub(super) fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed).expect("the operating system has randomness");
    seed
}
