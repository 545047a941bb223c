//! What a run was like, by the definitions of spec/congestion.md §4 and RFC 8868.
//!
//! Read next: [`accounts`] (what is written down), [`measure`] (what is made of it), [`report`]
//! (whether it is as it has to be).
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "shared by a test and an example; each uses a part"
)]

pub mod accounts;
pub mod bins;
mod estimates;
mod links;
mod measure;
mod numbers;
mod pictures;
pub mod report;
#[cfg(test)]
mod tests;
mod window;

pub use accounts::{
    Class, Decoded, LinkAccount, PublisherAccount, ReceiverAccount, Request, Run, Sample,
    SubscriptionAccount,
};
pub use window::Window;
