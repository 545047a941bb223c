//! What of `base` the allocator knows.

#[path = "../../src/base/time.rs"]
mod time;

pub(crate) use time::Micros;
