//! Errors that are the caller's to handle. What a peer gets wrong on the wire is counted instead.

use crate::control::ControlError;

/// What a call on the [`Engine`](crate::Engine) may be refused with. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The id names nothing, or no longer does.
    #[error("stale id: it names no living {0}")]
    StaleId(&'static str),
    /// A limit of `Config::limits` is reached.
    #[error("limit reached: {0}")]
    Limit(&'static str),
    /// Not possible in the present state.
    #[error("not possible now: {0}")]
    State(&'static str),
    /// An argument is out of range.
    #[error("bad argument: {0}")]
    Argument(&'static str),
    /// The session description was refused.
    #[error(transparent)]
    Sdp(#[from] ControlError),
}
