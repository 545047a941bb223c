//! F2: congestion control. Towards receivers: what their links carry, and when packets leave
//! ([`controller`], [`packet`], [`state`]). Towards publishers: what we tell them of how their
//! packets arrive, so that their encoders adapt ([`arrivals`], [`loss_based`]).
//!
//! Knows nothing of SRTP, streams or SDP. Read next: [`crate::stream`].
#![forbid(unsafe_code)]
#![allow(dead_code, unused_imports, reason = "being built")]

mod arrivals;
mod controller;
mod delay;
mod ecn;
mod far_clock;
mod loss_based;
mod packet;
mod probe_rate;
mod probing;
mod state;
mod throughput;

pub(crate) use arrivals::Arrivals;
pub(crate) use controller::{
    Controller, Demand, LinkReport, Output, Outstanding, Probe, RateLimits,
};
pub(crate) use delay::{Course, DelayBased, Update, Usage};
pub(crate) use ecn::{EcnControl, EcnFailure, EcnState, Reduction};
pub(crate) use far_clock::FarClock;
pub(crate) use loss_based::LossBasedEstimate;
pub(crate) use packet::{Class, Ecn, Feedback, PacketResult, ProbeId, SentPacket};
pub(crate) use probe_rate::{ProbeRates, Probed};
pub(crate) use probing::{LinkView, Measured, Probing};
pub use state::{CongestionReason, CongestionState, CongestionStats};
pub(crate) use throughput::Throughput;
