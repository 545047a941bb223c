//! The two ends of the model check, checked themselves: what the synthetic publisher sends passes
//! the reference receiver, straight or honestly selected; each thing that can be wrong with it does
//! not.

#![allow(unreachable_pub, reason = "tests in several files")]

#[allow(unreachable_pub, dead_code, unused_imports, reason = "shared by crates that use a part")]
#[path = "support/publish/mod.rs"]
mod publish;
#[allow(unreachable_pub, dead_code, unused_imports, reason = "shared by crates that use a part")]
#[path = "support/reference/mod.rs"]
mod reference;

#[allow(unreachable_pub, dead_code, unused_imports, reason = "shared by crates that use a part")]
#[path = "support/descriptor.rs"]
mod descriptor;

#[path = "reference/breaks.rs"]
mod breaks;
#[path = "reference/breaks_of_descriptors.rs"]
mod breaks_of_descriptors;
#[path = "reference/broken.rs"]
mod broken;
#[path = "reference/passes.rs"]
mod passes;
#[path = "reference/published.rs"]
mod published;
#[path = "reference/stream.rs"]
mod stream;
