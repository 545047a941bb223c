//! The two ends of the model check, checked themselves.

#[path = "support/publish/mod.rs"]
mod publish;

#[path = "support/reference/mod.rs"]
mod reference;
