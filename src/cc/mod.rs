//! F2: congestion control. For now the half that serves publishers: what we tell them of how
//! their packets arrive, so that their encoders adapt.
//!
//! Knows nothing of SRTP, streams or SDP. Read next: [`crate::stream`].
#![forbid(unsafe_code)]

mod arrivals;
mod loss_based;

pub(crate) use arrivals::Arrivals;
pub(crate) use loss_based::LossBasedEstimate;
