//! What sources and subscriptions are, for signalling.

use std::ffi::c_char;

use lahn::{SourceId, SubscriptionId};

use super::{lahn_endpoint_id, lahn_media_kind, lahn_source_id, lahn_subscription_id, media_kind};
use crate::handle::{State, lahn_engine, shared};
use crate::layout::{Sized32, SizedOut};
use crate::result::lahn_result;
use crate::text::padded;

/// What a source is; start from LAHN_SOURCE_INFO_INIT.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_source_info {
    /// sizeof(lahn_source_info).
    pub struct_size: u32,
    /// Audio or video.
    pub kind: lahn_media_kind,
    /// Who publishes it.
    pub endpoint: lahn_endpoint_id,
    /// The media section it is published in (RFC 5888); padded with NUL, without one when full.
    pub mid: [c_char; 16],
    /// How many encodings it has: 1 without simulcast.
    pub n_encodings: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: repr(C), struct_size first, integers only, 2 x 4 + 8 + 16 + 2 x 4 bytes without a gap.
unsafe impl Sized32 for lahn_source_info {
    const FIRST: usize = 40;
}

/// What a subscription is; start from LAHN_SUBSCRIPTION_INFO_INIT.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_subscription_info {
    /// sizeof(lahn_subscription_info).
    pub struct_size: u32,
    /// 1 once the receiver has agreed, so that packets flow.
    pub negotiated: u8,
    /// 1 if the application paused it.
    pub paused: u8,
    /// 0.
    pub reserved: [u8; 2],
    /// Who receives.
    pub endpoint: lahn_endpoint_id,
    /// What.
    pub source: lahn_source_id,
    /// The media section on the receiver's transport; all NUL until it has one.
    pub mid: [c_char; 16],
}

// SAFETY: repr(C), struct_size first, integers only, 4 + 4 x 1 + 2 x 8 + 16 bytes without a gap.
unsafe impl Sized32 for lahn_subscription_info {
    const FIRST: usize = 40;
}

/// Tells what a source is.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_source_get_info(
    engine: *const lahn_engine,
    source: lahn_source_id,
    info_out: *mut lahn_source_info,
) -> lahn_result {
    let body = |state: &State| {
        // SAFETY: the header's promise for a struct with struct_size.
        let out = unsafe { SizedOut::new(info_out, "info_out")? };
        let info = state.engine.source_info(SourceId::from_u64(source))?;
        out.set(&lahn_source_info {
            struct_size: 0,
            kind: media_kind(info.kind),
            endpoint: info.endpoint.as_u64(),
            mid: padded(info.mid.as_bytes()),
            n_encodings: u32::try_from(info.encodings.len()).unwrap_or(u32::MAX),
            reserved: 0,
        });
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { shared(engine, body) }
}

/// Tells what a subscription is.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_subscription_get_info(
    engine: *const lahn_engine,
    subscription: lahn_subscription_id,
    info_out: *mut lahn_subscription_info,
) -> lahn_result {
    let body = |state: &State| {
        // SAFETY: the header's promise for a struct with struct_size.
        let out = unsafe { SizedOut::new(info_out, "info_out")? };
        let info = state.engine.subscription_info(SubscriptionId::from_u64(subscription))?;
        out.set(&lahn_subscription_info {
            struct_size: 0,
            negotiated: info.negotiated.into(),
            paused: info.paused.into(),
            reserved: [0; 2],
            endpoint: info.endpoint.as_u64(),
            source: info.source.as_u64(),
            mid: info.mid.map_or([0; 16], |mid| padded(mid.as_bytes())),
        });
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { shared(engine, body) }
}
