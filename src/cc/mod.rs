//! F2: congestion control. Towards receivers: what their links carry, and when packets leave
//! ([`send_side`], which names all the rest). Towards publishers: what we tell them of how their
//! packets arrive, so that their encoders adapt ([`arrivals`], [`loss_based`]).
//!
//! Knows nothing of SRTP, streams or SDP. Read next: [`crate::stream`].
#![forbid(unsafe_code)]

mod arrivals;
mod bucket;
mod busy_rate;
mod controller;
mod delay;
mod ecn;
mod gcc;
mod guard;
mod history;
mod loss;
mod loss_based;
mod loss_meter;
mod meter;
mod numbers;
mod pacer;
mod packet;
mod probe_rate;
mod probing;
mod push_back;
mod queue_watch;
mod reported;
mod running_probe;
mod send_side;
mod silence;
mod state;
mod steering;
mod throughput;
mod told;
mod trains;

pub(crate) use arrivals::Arrivals;
pub(crate) use controller::{Demand, LinkReport, Output, RateLimits};
pub(crate) use gcc::Gcc;
pub(crate) use loss_based::LossBasedEstimate;
pub(crate) use packet::Class;
pub(crate) use send_side::SendSide;
pub use state::{CongestionReason, CongestionState, CongestionStats};
