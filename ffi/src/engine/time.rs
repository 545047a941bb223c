//! Deadlines.

use crate::clock::LAHN_NEVER;
use crate::handle::{State, exclusive, lahn_engine, shared};
use crate::pointer::Out;
use crate::result::lahn_result;

/// Tells when lahn_engine_handle_timeout wants to be called next, on the caller's clock;
/// LAHN_NEVER if nothing waits. May change with every other call that takes a lahn_engine*.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_engine_poll_timeout(
    engine: *const lahn_engine,
    deadline_us_out: *mut u64,
) -> lahn_result {
    let body = |state: &State| {
        // SAFETY: the header's promise for an output.
        let out = unsafe { Out::new(deadline_us_out, "deadline_us_out")? };
        let deadline = state.engine.poll_timeout();
        out.set(deadline.map_or(LAHN_NEVER, |instant| state.clock.micros(instant)));
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { shared(engine, body) }
}

/// Tells that time has passed: call at or after the deadline; too early or twice does no harm.
///
/// Drain afterwards: lahn_engine_poll_transmit, lahn_engine_poll_event, lahn_engine_poll_timeout.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_engine_handle_timeout(
    engine: *mut lahn_engine,
    now_us: u64,
) -> lahn_result {
    // SAFETY: the header's promise for a handle.
    unsafe {
        exclusive(engine, |state| {
            let (engine, now) = state.at(now_us)?;
            engine.handle_timeout(now);
            Ok(())
        })
    }
}
