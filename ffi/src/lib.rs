//! F7: the C ABI of lahn. `include/lahn.h` is what a C program sees of it; this crate is how that
//! header is kept true.
//!
//! It knows the engine's public face and C's ways (NULL, sizes, buffers, panics that must not
//! leave), and decides nothing about media. The conventions stand at the head of the header;
//! `cbindgen.toml` holds their text. Doc comments of exported items are written for C readers:
//! they become the comments of the header.
//!
//! Reading order: [`result`] (what a call answers), `handle` (how a call gets at the engine, and
//! what keeps panics and re-entry in), `pointer` and `layout` (what is believed of a pointer),
//! then [`engine`], one file per group of functions.

#![expect(non_camel_case_types, reason = "exported types carry their C names")]
#![expect(
    clippy::missing_safety_doc,
    reason = "what every function asks of its pointers stands once, at the head of the header"
)]

// In the order of the header.
pub mod result;
pub mod version;

pub mod address;
pub mod config;
pub mod text;

pub mod engine;

mod clock;
mod handle;
mod layout;
mod pointer;
mod unwind;

pub use handle::lahn_engine;

#[cfg(panic = "abort")]
compile_error!("a panic must be caught at the border to C: build lahn-ffi with panic = \"unwind\"");
