//! What a call answers: a number for the program, a text for the human.
//!
//! Numbers are for ever: never reused, never renumbered, new ones at the end.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};

/// LAHN_OK, or one of enum lahn_result_code, or a later code: always below 0 for an error, never
/// a count.
pub type lahn_result = i32;

/// The numbers of lahn_result.
#[repr(i32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum lahn_result_code {
    /// Done.
    LAHN_OK = 0,
    /// A required pointer was NULL.
    LAHN_ERR_NULL = -1,
    /// Out of range, bad UTF-8, bad struct_size, a reserved field that is not 0.
    LAHN_ERR_ARGUMENT = -2,
    /// The id names nothing, or no longer does.
    LAHN_ERR_STALE_ID = -3,
    /// The buffer is too small.
    LAHN_ERR_TOO_SMALL = -4,
    /// A limit of lahn_config was reached.
    LAHN_ERR_LIMIT = -5,
    /// Not possible in the present state.
    LAHN_ERR_STATE = -6,
    /// The session description was refused: malformed, or nothing in common.
    LAHN_ERR_SDP = -7,
    /// Known, but not in this build or on this system.
    LAHN_ERR_UNSUPPORTED = -8,
    /// The operating system refused (no random numbers for the seed).
    LAHN_ERR_OS = -9,
    /// Another call on this handle is running, in this thread or another.
    LAHN_ERR_REENTRANT = -10,
    /// A call on this handle ended in LAHN_ERR_PANIC before.
    LAHN_ERR_POISONED = -11,
    /// A bug in the library; the handle is poisoned.
    LAHN_ERR_PANIC = -12,
}

use lahn_result_code::*;

/// A result in a few words, in static storage, NUL-terminated. Never NULL: an unknown number is
/// called that.
#[unsafe(no_mangle)]
pub extern "C" fn lahn_result_str(result: lahn_result) -> *const c_char {
    let known = ALL.into_iter().find(|&(code, _)| code as lahn_result == result);
    known.map_or(c"unknown result", |(_, words)| words).as_ptr()
}

const ALL: [(lahn_result_code, &CStr); 13] = [
    (LAHN_OK, c"ok"),
    (LAHN_ERR_NULL, c"a required pointer was NULL"),
    (LAHN_ERR_ARGUMENT, c"bad argument"),
    (LAHN_ERR_STALE_ID, c"stale id"),
    (LAHN_ERR_TOO_SMALL, c"buffer too small"),
    (LAHN_ERR_LIMIT, c"limit reached"),
    (LAHN_ERR_STATE, c"not possible now"),
    (LAHN_ERR_SDP, c"session description refused"),
    (LAHN_ERR_UNSUPPORTED, c"not supported by this build or system"),
    (LAHN_ERR_OS, c"the operating system refused"),
    (LAHN_ERR_REENTRANT, c"another call on this handle is running"),
    (LAHN_ERR_POISONED, c"the handle is poisoned by an earlier panic"),
    (LAHN_ERR_PANIC, c"bug in the library: panic"),
];

/// Why a call was refused: what becomes the result and the text of `lahn_engine_last_error`.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: lahn_result_code,
    pub(crate) text: Cow<'static, str>,
}

impl Failure {
    pub(crate) fn new(code: lahn_result_code, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, text: text.into() }
    }

    pub(crate) fn null(what: &str) -> Self {
        Self::new(LAHN_ERR_NULL, format!("{what} is NULL"))
    }

    pub(crate) fn argument(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(LAHN_ERR_ARGUMENT, text)
    }

    pub(crate) fn too_small(needed: usize, given: usize) -> Self {
        Self::new(LAHN_ERR_TOO_SMALL, format!("{needed} needed, {given} given"))
    }
}

impl From<lahn::Error> for Failure {
    fn from(error: lahn::Error) -> Self {
        let code = match error {
            lahn::Error::StaleId(_) => LAHN_ERR_STALE_ID,
            lahn::Error::Limit(_) => LAHN_ERR_LIMIT,
            lahn::Error::State(_) => LAHN_ERR_STATE,
            lahn::Error::Argument(_) => LAHN_ERR_ARGUMENT,
            lahn::Error::Sdp(_) => LAHN_ERR_SDP,
            // A kind of error this ABI has no number for yet.
            _ => LAHN_ERR_UNSUPPORTED,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(result: lahn_result) -> &'static str {
        // SAFETY: lahn_result_str returns a NUL-terminated string in static storage.
        let words = unsafe { CStr::from_ptr(lahn_result_str(result)) };
        words.to_str().expect("ASCII")
    }

    #[test]
    fn every_result_has_its_number_and_words() {
        for (place, (code, text)) in ALL.into_iter().enumerate() {
            assert_eq!(code as usize, place.wrapping_neg());
            assert_eq!(words(code as lahn_result), text.to_str().expect("ASCII"));
        }
    }

    #[test]
    fn unknown_result_is_called_that() {
        assert_eq!(words(1), "unknown result");
        assert_eq!(words(-13), "unknown result");
        assert_eq!(words(i32::MIN), "unknown result");
    }
}
