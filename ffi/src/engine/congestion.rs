//! What links carry, as C sees it.

use lahn::{BitrateLimits, CongestionReason, CongestionState, EndpointId};

use super::lahn_endpoint_id;
use crate::handle::{State, exclusive, lahn_engine};
use crate::result::lahn_result;

/// One of enum lahn_congestion_state_code, or a later state.
pub type lahn_congestion_state = u32;

/// What congestion control towards an endpoint does.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum lahn_congestion_state_code {
    /// It is off, or nothing tells how packets arrive.
    LAHN_CONGESTION_OFF = 0,
    /// The link carries what is sent, and more was not tried.
    LAHN_CONGESTION_HOLD = 1,
    /// The estimate grows.
    LAHN_CONGESTION_INCREASE = 2,
    /// The estimate was lowered.
    LAHN_CONGESTION_DECREASE = 3,
    /// A standing queue is being emptied: less is sent than arrives.
    LAHN_CONGESTION_DRAIN = 4,
    /// A probe is on its way.
    LAHN_CONGESTION_PROBING = 5,
    /// Packets are sent and nothing is heard of them.
    LAHN_CONGESTION_SILENT = 6,
    /// Something that this build has no number for.
    LAHN_CONGESTION_OTHER = 255,
}

/// One of enum lahn_congestion_reason_code, or a later reason.
pub type lahn_congestion_reason = u32;

/// What bounds an estimate.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum lahn_congestion_reason_code {
    /// Congestion control is off.
    LAHN_BOUND_NONE = 0,
    /// Nothing yet: it is where it started.
    LAHN_BOUND_START = 1,
    /// Packets queue, or have begun to.
    LAHN_BOUND_DELAY = 2,
    /// Packets get lost.
    LAHN_BOUND_LOSS = 3,
    /// The round trip is absurdly long.
    LAHN_BOUND_ROUND_TRIP = 4,
    /// The receiver said so (REMB).
    LAHN_BOUND_REMB = 5,
    /// Routers marked packets (RFC 3168, RFC 9331).
    LAHN_BOUND_ECN = 6,
    /// lahn_config.max_bps, or lahn_endpoint_set_bitrate_limits.
    LAHN_BOUND_LIMIT = 7,
    /// A probe, or what was sent, showed that there is more.
    LAHN_BOUND_MEASURED = 8,
    /// No feedback comes.
    LAHN_BOUND_NO_FEEDBACK = 9,
    /// Something that this build has no number for.
    LAHN_BOUND_OTHER = 255,
}

pub(super) const fn congestion_state(state: CongestionState) -> lahn_congestion_state {
    use lahn_congestion_state_code::*;
    let code = match state {
        CongestionState::Hold => LAHN_CONGESTION_HOLD,
        CongestionState::Increase => LAHN_CONGESTION_INCREASE,
        CongestionState::Decrease => LAHN_CONGESTION_DECREASE,
        CongestionState::Drain => LAHN_CONGESTION_DRAIN,
        CongestionState::Probing => LAHN_CONGESTION_PROBING,
        CongestionState::NoFeedback => LAHN_CONGESTION_SILENT,
        _ => LAHN_CONGESTION_OTHER,
    };
    code as u32
}

pub(super) const fn congestion_reason(reason: CongestionReason) -> lahn_congestion_reason {
    use lahn_congestion_reason_code::*;
    let code = match reason {
        CongestionReason::Start => LAHN_BOUND_START,
        CongestionReason::Delay => LAHN_BOUND_DELAY,
        CongestionReason::Loss => LAHN_BOUND_LOSS,
        CongestionReason::RoundTripTime => LAHN_BOUND_ROUND_TRIP,
        CongestionReason::Remb => LAHN_BOUND_REMB,
        CongestionReason::Ecn => LAHN_BOUND_ECN,
        CongestionReason::Limit => LAHN_BOUND_LIMIT,
        CongestionReason::Measured => LAHN_BOUND_MEASURED,
        CongestionReason::NoFeedback => LAHN_BOUND_NO_FEEDBACK,
        _ => LAHN_BOUND_OTHER,
    };
    code as u32
}

/// Tells what the caller knows of the rate towards an endpoint, in bit/s with IP headers; 0:
/// nothing. No more than max_bps is sent, whatever the link carries. desired_bps could be made use
/// of, also where the layers that are sent now take less (by encoders that adapt to what links
/// carry): it is probed for.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_set_bitrate_limits(
    engine: *mut lahn_engine,
    now_us: u64,
    endpoint: lahn_endpoint_id,
    max_bps: u64,
    desired_bps: u64,
) -> lahn_result {
    let body = |state: &mut State| {
        let given = |bps: u64| (bps != 0).then_some(bps);
        let limits = BitrateLimits { max: given(max_bps), desired: given(desired_bps) };
        let (engine, now) = state.at(now_us)?;
        Ok(engine.set_bitrate_limits(now, EndpointId::from_u64(endpoint), limits)?)
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_every_reason_has_a_number_of_its_own() {
        let states = [
            CongestionState::Hold,
            CongestionState::Increase,
            CongestionState::Decrease,
            CongestionState::Drain,
            CongestionState::Probing,
            CongestionState::NoFeedback,
        ];
        assert_eq!(states.map(congestion_state), [1, 2, 3, 4, 5, 6]);
        let reasons = [
            CongestionReason::Start,
            CongestionReason::Delay,
            CongestionReason::Loss,
            CongestionReason::RoundTripTime,
            CongestionReason::Remb,
            CongestionReason::Ecn,
            CongestionReason::Limit,
            CongestionReason::Measured,
            CongestionReason::NoFeedback,
        ];
        assert_eq!(reasons.map(congestion_reason), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}
