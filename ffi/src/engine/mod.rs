//! The functions on an engine, one file per group, in the order a program needs them: its life,
//! conferences, endpoints, negotiation (or raw sessions), subscriptions, the loop (datagrams in,
//! datagrams out, time, events), statistics.
//!
//! Each checks its pointers, converts, makes one call on [`lahn::Engine`], and writes its outputs
//! only if that went well.

// In the order of the header.
pub mod conference;
pub mod endpoint;
pub mod negotiation;

pub mod raw;
pub mod session;

pub mod info;
pub mod subscription;

pub mod congestion;
pub mod constraints;
pub mod layer;

pub mod datagrams;
pub mod transmit;

pub mod time;

pub mod encoding_stats;
pub mod event;
pub mod stats;

pub(crate) use negotiation::KeptTexts;

use std::ffi::c_char;

use crate::clock::Clock;
use crate::config::lahn_config;
use crate::handle::{State, lahn_engine};
use crate::layout;
use crate::pointer::Out;
use crate::result::{Failure, lahn_result, lahn_result_code::*};
use crate::text::TextOut;
use crate::unwind::contain;

/// Names a conference: a set of endpoints that may receive each other's sources.
pub type lahn_conference_id = u64;
/// Names an endpoint: one participant's transport.
pub type lahn_endpoint_id = u64;
/// Names a source: a microphone, a camera, a screen that an endpoint publishes.
pub type lahn_source_id = u64;
/// Names a subscription: one endpoint's wish for one source.
pub type lahn_subscription_id = u64;

/// Audio or video.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum lahn_media_kind_code {
    /// Sound.
    LAHN_MEDIA_AUDIO = 1,
    /// Pictures.
    LAHN_MEDIA_VIDEO = 2,
}

/// One of enum lahn_media_kind_code.
pub type lahn_media_kind = u32;

pub(crate) const fn media_kind(kind: lahn::params::MediaKind) -> lahn_media_kind {
    match kind {
        lahn::params::MediaKind::Audio => lahn_media_kind_code::LAHN_MEDIA_AUDIO as u32,
        lahn::params::MediaKind::Video => lahn_media_kind_code::LAHN_MEDIA_VIDEO as u32,
    }
}

/// Makes an engine.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_engine_new(
    config: *const lahn_config,
    engine_out: *mut *mut lahn_engine,
) -> lahn_result {
    let made = contain(|| {
        // SAFETY: the header's promise for an output.
        let out = unsafe { Out::new(engine_out, "engine_out")? };
        // SAFETY: the header's promise for a struct with struct_size.
        let config = unsafe { layout::read(config, "config")? };
        let clock = Clock::new();
        let engine = lahn::Engine::new(config.read()?, clock.zero());
        let state = State { engine, clock, kept: KeptTexts::default() };
        out.set(Box::into_raw(Box::new(lahn_engine::new(state))));
        Ok::<(), Failure>(())
    });
    match made {
        Ok(Ok(())) => LAHN_OK as lahn_result,
        Ok(Err(failure)) => failure.code as lahn_result,
        Err(_) => LAHN_ERR_PANIC as lahn_result,
    }
}

/// Ends an engine and all in it; endpoints are not told. NULL is a no-op. While another call on
/// it is running, which is a mistake, it is left alive for ever instead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lahn_engine_free(engine: *mut lahn_engine) {
    // A panic while dropping leaks what is left: there is nobody to tell.
    let _ = contain(|| {
        // SAFETY: the header's promise: NULL, or from lahn_engine_new and not freed.
        let Some(alive) = (unsafe { engine.as_ref() }) else { return };
        if !alive.is_busy() {
            // SAFETY: as above, and `lahn_engine_new` made it with Box::into_raw.
            drop(unsafe { Box::from_raw(engine) });
        }
    });
}

/// Copies the text of the newest error of this engine, whichever thread it was on: some callers
/// cannot choose their thread. It stays until the next error. Works on a poisoned engine, too.
///
/// LAHN_ERR_TOO_SMALL: *len_out has the size needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lahn_engine_last_error(
    engine: *const lahn_engine,
    buf: *mut c_char,
    cap: usize,
    len_out: *mut usize,
) -> lahn_result {
    // SAFETY: the header's promise: NULL, or from lahn_engine_new and not freed.
    let Some(engine) = (unsafe { engine.as_ref() }) else { return LAHN_ERR_NULL as lahn_result };
    // SAFETY: the header's promise for a buffer and an output.
    let copied =
        unsafe { TextOut::new(buf, cap, len_out) }.and_then(|out| out.set(&engine.last_error()));
    copied.map_or_else(|failure| failure.code, |()| LAHN_OK) as lahn_result
}
