//! SDP offers and answers, both ways, and trickled candidates.
//!
//! An offer that was accepted cannot be un-accepted because the caller's buffer was too small for
//! the answer. So the text is kept with its endpoint until `lahn_endpoint_take_sdp` fetches it.

use std::collections::HashMap;
use std::ffi::c_char;

use lahn::EndpointId;

use super::lahn_endpoint_id;
use crate::handle::{State, exclusive, lahn_engine};
use crate::result::{Failure, lahn_result, lahn_result_code::LAHN_ERR_STATE};
use crate::text::{TextOut, lahn_str};

/// Takes the peer's SDP offer (RFC 8829), the first or a later one, and gives our answer. An offer
/// that crosses one of ours wins: ours is void and LAHN_EVENT_NEGOTIATION_NEEDED comes again.
///
/// LAHN_ERR_TOO_SMALL: the offer is accepted all the same; *answer_len_out has the size needed,
/// and lahn_endpoint_take_sdp the answer. 64 KiB are enough for some hundred sources.
/// LAHN_ERR_SDP: the offer is refused, nothing changed; lahn_engine_last_error says why.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_accept_offer(
    engine: *mut lahn_engine,
    now_us: u64,
    endpoint: lahn_endpoint_id,
    offer: lahn_str,
    answer: *mut c_char,
    answer_cap: usize,
    answer_len_out: *mut usize,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for a buffer and an output.
        let out = unsafe { TextOut::new(answer, answer_cap, answer_len_out)? };
        // SAFETY: the header's promise for a string.
        let offer = unsafe { offer.read("offer")? };
        let (engine, now) = state.at(now_us)?;
        let answer = engine.accept_offer(now, EndpointId::from_u64(endpoint), offer)?;
        state.deliver(endpoint, answer, out)
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

/// Gives our SDP offer, after LAHN_EVENT_NEGOTIATION_NEEDED. *offer_len_out is 0 if there is
/// nothing to tell the peer.
///
/// LAHN_ERR_TOO_SMALL: *offer_len_out has the size needed, and lahn_endpoint_take_sdp the offer.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_create_offer(
    engine: *mut lahn_engine,
    now_us: u64,
    endpoint: lahn_endpoint_id,
    offer: *mut c_char,
    offer_cap: usize,
    offer_len_out: *mut usize,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for a buffer and an output.
        let out = unsafe { TextOut::new(offer, offer_cap, offer_len_out)? };
        let (engine, now) = state.at(now_us)?;
        let offer = engine.create_offer(now, EndpointId::from_u64(endpoint))?;
        state.deliver(endpoint, offer.unwrap_or_default(), out)
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

/// Fetches the answer or offer of an endpoint that did not fit its buffer before. It is kept until
/// it is fetched, a newer one does not fit either, or the endpoint is gone.
///
/// LAHN_ERR_TOO_SMALL: *sdp_len_out has the size needed; the text is still kept.
/// LAHN_ERR_STATE: none is kept.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_take_sdp(
    engine: *mut lahn_engine,
    endpoint: lahn_endpoint_id,
    sdp: *mut c_char,
    sdp_cap: usize,
    sdp_len_out: *mut usize,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for a buffer and an output.
        let out = unsafe { TextOut::new(sdp, sdp_cap, sdp_len_out)? };
        // A stale id is told as such.
        state.engine.subscriptions(EndpointId::from_u64(endpoint))?;
        state.kept.take(endpoint, out)
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

/// Takes the peer's answer to the newest offer of ours.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_accept_answer(
    engine: *mut lahn_engine,
    now_us: u64,
    endpoint: lahn_endpoint_id,
    answer: lahn_str,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for a string.
        let answer = unsafe { answer.read("answer")? };
        let (engine, now) = state.at(now_us)?;
        Ok(engine.accept_answer(now, EndpointId::from_u64(endpoint), answer)?)
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

/// Takes a candidate that the peer trickled (RFC 8838): the value of the attribute, "candidate:"
/// and what follows. An empty one (end of candidates) is taken and ignored.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_add_remote_candidate(
    engine: *mut lahn_engine,
    now_us: u64,
    endpoint: lahn_endpoint_id,
    candidate: lahn_str,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for a string.
        let candidate = unsafe { candidate.read("candidate")? };
        let (engine, now) = state.at(now_us)?;
        Ok(engine.add_remote_candidate(now, EndpointId::from_u64(endpoint), candidate)?)
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

impl State {
    /// Copies `text` out, or keeps it.
    fn deliver(
        &mut self,
        endpoint: lahn_endpoint_id,
        text: String,
        out: TextOut<'_>,
    ) -> Result<(), Failure> {
        out.set(&text).inspect_err(|_| {
            let Self { engine, kept, .. } = self;
            kept.0.retain(|&id, _| engine.subscriptions(EndpointId::from_u64(id)).is_ok());
            kept.0.insert(endpoint, text);
        })
    }
}

/// At most one text per living endpoint.
#[derive(Debug, Default)]
pub(crate) struct KeptTexts(HashMap<lahn_endpoint_id, String>);

impl KeptTexts {
    fn take(&mut self, endpoint: lahn_endpoint_id, out: TextOut<'_>) -> Result<(), Failure> {
        let Some(text) = self.0.get(&endpoint) else {
            return Err(Failure::new(LAHN_ERR_STATE, "no text is kept for this endpoint"));
        };
        out.set(text)?;
        self.0.remove(&endpoint);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::lahn_result_code::*;

    #[test]
    fn kept_text_is_given_once_and_only_to_a_buffer_that_holds_it() {
        let mut kept = KeptTexts::default();
        kept.0.insert(7, "v=0".to_owned());
        let (mut buf, mut len) = ([0; 8], 0);
        let mut take = |endpoint, cap| {
            // SAFETY: at most the 8 bytes of the buffer are lent, and the length is writable.
            let out = unsafe { TextOut::new(buf.as_mut_ptr(), cap, &raw mut len) };
            kept.take(endpoint, out.expect("no NULL")).map_err(|failure| failure.code)
        };
        assert_eq!(take(8, 8), Err(LAHN_ERR_STATE));
        assert_eq!(take(7, 2), Err(LAHN_ERR_TOO_SMALL));
        assert_eq!(take(7, 3), Ok(()));
        assert_eq!(take(7, 8), Err(LAHN_ERR_STATE));
        assert_eq!((buf.map(|c| c as u8), len), (*b"v=0\0\0\0\0\0", 3));
    }
}
