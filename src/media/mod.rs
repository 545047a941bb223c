//! F5: one endpoint's media plane.
mod drops;
pub use drops::{DropCounters, DropReason};
