//! What the benches share: the work they measure, what it is measured against, and what becomes
//! of the figures.
//!
//! Read next: [`measure`] (how a figure comes about), then [`forward`] (what is measured).

pub mod arena;
pub mod bare;
pub mod chart;
pub mod floors;
pub mod forward;
pub mod load;
pub mod machine;
pub mod measure;
pub mod str0m_peer;
pub mod summary;

#[path = "../../tests/support/agreed_dtls.rs"]
pub mod agreed_dtls;
#[path = "../../tests/support/raw.rs"]
pub mod raw;

use std::time::Instant;

/// The clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark has a clock")]
pub fn clock() -> Instant {
    Instant::now()
}
