//! Endpoints that are negotiated by SDP: their coming and going. [`super::raw`] has the others.

use std::net::SocketAddr;

use lahn::{ConferenceId, EndpointId};

use super::{lahn_conference_id, lahn_endpoint_id};
use crate::address::lahn_addr;
use crate::handle::{State, exclusive, lahn_engine};
use crate::pointer::{Out, array};
use crate::result::{Failure, lahn_result};

/// Adds an endpoint that will be negotiated by SDP: pass its offer to lahn_endpoint_accept_offer
/// next. local has the addresses at which its peer can reach us, best first; they become the host
/// candidates of our answers.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_add(
    engine: *mut lahn_engine,
    now_us: u64,
    conference: lahn_conference_id,
    local: *const lahn_addr,
    n_local: usize,
    endpoint_out: *mut lahn_endpoint_id,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for an output.
        let out = unsafe { Out::new(endpoint_out, "endpoint_out")? };
        // SAFETY: the header's promise for an array.
        let local = unsafe { array(local, n_local, "local")? };
        let local: Vec<SocketAddr> =
            local.iter().map(|&addr| addr.read()).collect::<Result<_, Failure>>()?;
        let (engine, now) = state.at(now_us)?;
        out.set(engine.add_endpoint(now, ConferenceId::from_u64(conference), &local)?.as_u64());
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

/// Closes an endpoint. Its peer is told (DTLS close_notify) by the next lahn_engine_poll_transmit.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_remove(
    engine: *mut lahn_engine,
    now_us: u64,
    endpoint: lahn_endpoint_id,
) -> lahn_result {
    // SAFETY: the header's promise for a handle.
    unsafe {
        exclusive(engine, |state| {
            let (engine, now) = state.at(now_us)?;
            Ok(engine.remove_endpoint(now, EndpointId::from_u64(endpoint))?)
        })
    }
}

/// Asks for an ICE restart (RFC 8445 section 9): the next offer carries new credentials.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_restart_ice(
    engine: *mut lahn_engine,
    now_us: u64,
    endpoint: lahn_endpoint_id,
) -> lahn_result {
    // SAFETY: the header's promise for a handle.
    unsafe {
        exclusive(engine, |state| {
            let (engine, now) = state.at(now_us)?;
            Ok(engine.restart_ice(now, EndpointId::from_u64(endpoint))?)
        })
    }
}
