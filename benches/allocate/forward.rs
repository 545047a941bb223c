//! What of `forward` the allocator is, and knows: it is no part of the public interface.

#[path = "../../src/forward/allocate/mod.rs"]
pub(crate) mod allocate;
#[path = "../../src/forward/layer.rs"]
pub(crate) mod layer;
