//! Conferences.

use lahn::ConferenceId;

use super::{lahn_conference_id, lahn_source_id};
use crate::handle::{exclusive, lahn_engine, shared};
use crate::pointer::{Out, array_mut};
use crate::result::{Failure, lahn_result};

/// Opens a conference.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_conference_open(
    engine: *mut lahn_engine,
    conference_out: *mut lahn_conference_id,
) -> lahn_result {
    let body = |state: &mut crate::handle::State| {
        // SAFETY: the header's promise for an output.
        let out = unsafe { Out::new(conference_out, "conference_out")? };
        out.set(state.engine.open_conference()?.as_u64());
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

/// Closes a conference and every endpoint in it.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_conference_close(
    engine: *mut lahn_engine,
    now_us: u64,
    conference: lahn_conference_id,
) -> lahn_result {
    // SAFETY: the header's promise for a handle.
    unsafe {
        exclusive(engine, |state| {
            let (engine, now) = state.at(now_us)?;
            Ok(engine.close_conference(now, ConferenceId::from_u64(conference))?)
        })
    }
}

/// Copies the ids of the sources published in a conference, in order of appearance.
///
/// LAHN_ERR_TOO_SMALL: *n_out has how many there are.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_conference_sources(
    engine: *const lahn_engine,
    conference: lahn_conference_id,
    sources: *mut lahn_source_id,
    cap: usize,
    n_out: *mut usize,
) -> lahn_result {
    let body = |state: &crate::handle::State| {
        // SAFETY: the header's promise for an output.
        let n_out = unsafe { Out::new(n_out, "n_out")? };
        // SAFETY: the header's promise for an array.
        let room = unsafe { array_mut(sources, cap, "sources")? };
        let found = state.engine.sources(ConferenceId::from_u64(conference))?;
        n_out.set(found.len());
        if found.len() > room.len() {
            return Err(Failure::too_small(found.len(), room.len()));
        }
        for (to, from) in room.iter_mut().zip(found) {
            *to = from.as_u64();
        }
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { shared(engine, body) }
}
