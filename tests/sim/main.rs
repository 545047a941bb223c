//! The simulator: the engine in virtual time, on links as they are out there.
//!
//! `net` is the network and knows nothing of media.

mod net;
