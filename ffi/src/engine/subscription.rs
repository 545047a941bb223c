//! Who receives what.

use lahn::{EndpointId, SourceId, SubscriptionId};

use super::{lahn_endpoint_id, lahn_source_id, lahn_subscription_id};
use crate::handle::{State, exclusive, lahn_engine};
use crate::pointer::Out;
use crate::result::lahn_result;

/// Subscribes an endpoint to a source of its conference.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_subscribe(
    engine: *mut lahn_engine,
    now_us: u64,
    receiver: lahn_endpoint_id,
    source: lahn_source_id,
    subscription_out: *mut lahn_subscription_id,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for an output.
        let out = unsafe { Out::new(subscription_out, "subscription_out")? };
        let (engine, now) = state.at(now_us)?;
        let (receiver, source) = (EndpointId::from_u64(receiver), SourceId::from_u64(source));
        out.set(engine.subscribe(now, receiver, source)?.as_u64());
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

/// Ends a subscription.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_unsubscribe(
    engine: *mut lahn_engine,
    now_us: u64,
    subscription: lahn_subscription_id,
) -> lahn_result {
    // SAFETY: the header's promise for a handle.
    unsafe {
        exclusive(engine, |state| {
            let (engine, now) = state.at(now_us)?;
            Ok(engine.unsubscribe(now, SubscriptionId::from_u64(subscription))?)
        })
    }
}

/// Pauses (paused is not 0) or resumes a subscription, without negotiation. Video resumes at a key
/// frame. Changes no other of its constraints.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_subscription_set_paused(
    engine: *mut lahn_engine,
    now_us: u64,
    subscription: lahn_subscription_id,
    paused: u8,
) -> lahn_result {
    // SAFETY: the header's promise for a handle.
    unsafe {
        exclusive(engine, |state| {
            let (engine, now) = state.at(now_us)?;
            Ok(engine.set_paused(now, SubscriptionId::from_u64(subscription), paused != 0)?)
        })
    }
}

/// Asks a source's publisher for a key frame of every encoding that is forwarded to anybody.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_source_request_key_frame(
    engine: *mut lahn_engine,
    now_us: u64,
    source: lahn_source_id,
) -> lahn_result {
    // SAFETY: the header's promise for a handle.
    unsafe {
        exclusive(engine, |state| {
            let (engine, now) = state.at(now_us)?;
            Ok(engine.request_key_frame(now, SourceId::from_u64(source))?)
        })
    }
}
