//! F0: the words every other floor is written in: ids, slabs, sequence numbers, units, time.
//!
//! Knows nothing of packets. Read next: [`crate::wire`].
#![forbid(unsafe_code)]

mod bit_window;
mod datagram;
mod ecn;
mod id;
mod rng;
mod seq;
mod slab;
mod time;
mod units;

pub(crate) use bit_window::BitWindow;
pub use datagram::{Drained, EgressSink, Path, Transmit};
pub use ecn::EcnCodepoint;
pub use id::{ConferenceId, EndpointId, SourceId, SubscriptionId};
pub(crate) use rng::Rng;
pub(crate) use seq::SeqUnwrapper;
pub use seq::{ExtSeq, Seq};
pub(crate) use slab::{Key, Slab};
pub use time::NtpTime;
pub(crate) use time::{Micros, SendTime, WallClock, millis_since};
pub use units::{Bitrate, RtpTime, Ssrc};
