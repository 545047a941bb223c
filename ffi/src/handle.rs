//! The handle: how a call gets at the engine behind a pointer, and what it may find there.
//!
//! A lock that is never waited for tells misuse apart: a call that finds another one running gets
//! LAHN_ERR_REENTRANT and touches nothing. A panic is caught here, turned into a result, and
//! poisons the handle.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, TryLockError};
use std::time::Instant;

use crate::clock::Clock;
use crate::engine::KeptTexts;
use crate::result::{Failure, lahn_result, lahn_result_code::*};
use crate::unwind::contain;

/// A media engine without I/O: the caller owns sockets, threads and the clock.
pub struct lahn_engine {
    state: RwLock<State>,
    poisoned: AtomicBool,
    last_error: Mutex<String>,
}

/// What a call works on.
pub(crate) struct State {
    pub(crate) engine: lahn::Engine,
    pub(crate) clock: Clock,
    pub(crate) kept: KeptTexts,
}

impl State {
    /// The engine, and `now_us` as it understands it.
    pub(crate) fn at(&mut self, now_us: u64) -> Result<(&mut lahn::Engine, Instant), Failure> {
        let now = self.clock.advance(now_us)?;
        Ok((&mut self.engine, now))
    }
}

impl lahn_engine {
    pub(crate) fn new(state: State) -> Self {
        Self {
            state: RwLock::new(state),
            poisoned: AtomicBool::new(false),
            last_error: Mutex::new(String::new()),
        }
    }

    /// The text of the newest error.
    pub(crate) fn last_error(&self) -> MutexGuard<'_, String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call is running.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.state.try_write(), Err(TryLockError::WouldBlock))
    }

    fn run(&self, body: impl FnOnce() -> Result<(), Failure>) -> lahn_result {
        let outcome = contain(|| {
            if self.poisoned.load(Ordering::Acquire) {
                return Err(poisoned());
            }
            body()
        });
        let failure = match outcome {
            Ok(Ok(())) => return LAHN_OK as lahn_result,
            Ok(Err(failure)) => failure,
            Err(text) => {
                self.poisoned.store(true, Ordering::Release);
                Failure::new(LAHN_ERR_PANIC, text)
            }
        };
        *self.last_error() = failure.text.into_owned();
        failure.code as lahn_result
    }
}

/// Runs a call that changes the engine. It excludes every other.
///
/// # Safety
/// `engine` is NULL or came from `lahn_engine_new` and was not freed.
pub(crate) unsafe fn exclusive(
    engine: *mut lahn_engine,
    body: impl FnOnce(&mut State) -> Result<(), Failure>,
) -> lahn_result {
    // SAFETY: the caller's promise. A shared reference, as another thread may be in a call, too.
    let Some(engine) = (unsafe { engine.as_ref() }) else { return LAHN_ERR_NULL as lahn_result };
    engine.run(|| match engine.state.try_write() {
        Ok(mut state) => body(&mut state),
        Err(busy) => Err(refused(&busy)),
    })
}

/// Runs a call that only looks. It may run beside others of its kind.
///
/// # Safety
/// As for [`exclusive`].
pub(crate) unsafe fn shared(
    engine: *const lahn_engine,
    body: impl FnOnce(&State) -> Result<(), Failure>,
) -> lahn_result {
    // SAFETY: the caller's promise.
    let Some(engine) = (unsafe { engine.as_ref() }) else { return LAHN_ERR_NULL as lahn_result };
    engine.run(|| match engine.state.try_read() {
        Ok(state) => body(&state),
        Err(busy) => Err(refused(&busy)),
    })
}

fn refused<Guard>(error: &TryLockError<Guard>) -> Failure {
    match error {
        TryLockError::WouldBlock => {
            Failure::new(LAHN_ERR_REENTRANT, "another call on this engine is running")
        }
        TryLockError::Poisoned(_) => poisoned(),
    }
}

fn poisoned() -> Failure {
    Failure::new(LAHN_ERR_POISONED, "a bug in the library has left this engine unusable")
}

impl fmt::Debug for lahn_engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("lahn_engine").field("poisoned", &self.poisoned).finish_non_exhaustive()
    }
}

/// Any call may come from any thread, and calls that only look may run side by side.
const _: () = {
    const fn from_any_thread<T: Send + Sync>() {}
    from_any_thread::<lahn_engine>();
};

#[cfg(test)]
#[path = "handle_tests.rs"]
mod tests;
