//! F2: congestion control. Towards receivers: what their links carry, and when packets leave
//! ([`send_side`]). Towards publishers: what we tell them of how their
//! packets arrive, so that their encoders adapt ([`arrivals`], [`loss_based`]).
//!
//! Knows nothing of SRTP, streams or SDP. Read next: [`crate::stream`].
#![forbid(unsafe_code)]
#![allow(dead_code, unused_imports, reason = "being built")]

mod arrivals;
mod controller;
mod gcc;
mod history;
mod loss_based;
mod meter;
mod pacer;
mod packet;
mod push_back;
mod running_probe;
mod send_side;
mod state;
mod told;

pub(crate) use arrivals::Arrivals;
pub(crate) use controller::{
    Controller, Demand, LinkReport, Output, Outstanding, Probe, RateLimits,
};
pub(crate) use gcc::Gcc;
pub(crate) use loss_based::LossBasedEstimate;
pub(crate) use packet::{Class, Ecn, Feedback, PacketResult, ProbeId, SentPacket};
pub(crate) use send_side::SendSide;
pub use state::{CongestionReason, CongestionState, CongestionStats};
pub(crate) use told::{FarClock, Told};
