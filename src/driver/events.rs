//! The way out: events, queued up to a bound.
//!
//! A full queue is back-pressure: events stay in the engine, whose own bound turns the excess into
//! `Event::Overflow`. So there is one place that loses events, and it says how many.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};
use std::time::Duration;

use crate::{Engine, Event};

/// What happened in the engine, in order. Read it on a thread of its own or between other work;
/// once the worker has ended, it ends too.
#[derive(Debug)]
pub struct Events {
    queue: Receiver<Event>,
}

/// The worker's end.
#[derive(Debug)]
pub(super) struct Outlet {
    queue: SyncSender<Event>,
    held: Option<Event>,
}

/// A queue of at most `bound` events.
pub(super) fn queue(bound: usize) -> (Outlet, Events) {
    let (sender, receiver) = mpsc::sync_channel(bound);
    (Outlet { queue: sender, held: None }, Events { queue: receiver })
}

impl Events {
    /// Waits for the next event; `None` once the worker has ended and all were read.
    pub fn recv(&self) -> Option<Event> {
        self.queue.recv().ok()
    }

    /// Waits for the next event for at most `timeout`.
    ///
    /// # Errors
    /// `Timeout`, or `Disconnected` once the worker has ended and all were read.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Event, RecvTimeoutError> {
        self.queue.recv_timeout(timeout)
    }

    /// The next event if there is one now.
    ///
    /// # Errors
    /// `Empty`, or `Disconnected` once the worker has ended and all were read.
    pub fn try_recv(&self) -> Result<Event, TryRecvError> {
        self.queue.try_recv()
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.recv()
    }
}

impl Outlet {
    /// Moves events from the engine into the queue. `false` if it is full and more are waiting.
    pub(super) fn drain(&mut self, engine: &mut Engine) -> bool {
        loop {
            let Some(event) = self.held.take().or_else(|| engine.poll_event()) else {
                return true;
            };
            match self.queue.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.held = Some(event);
                    return false;
                }
                // Nobody listens any more; the engine's events must still be taken out.
                Err(TrySendError::Disconnected(_)) => {}
            }
        }
    }
}
