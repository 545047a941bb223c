//! The way in: closures from other threads, queued up to a bound, run between batches.
//!
//! A flag keeps a burst of commands from becoming a burst of wake-ups: only the one that finds it
//! lowered makes the system call. The worker lowers it *before* it looks into the queue, so a
//! command is either seen now or wakes it again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use mio::Waker;

use crate::Engine;

/// What other threads want done with the engine.
pub(super) type Command = Box<dyn FnOnce(&mut Engine, Instant) + Send>;

/// Why a command did not run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The worker has ended.
    #[error("the worker has stopped")]
    Stopped,
    /// `DriverConfig::command_queue` commands are waiting already.
    #[error("the worker's command queue is full")]
    QueueFull,
    /// Called on the worker's own thread, where waiting for it would never end.
    #[error("a command cannot wait for its own worker")]
    OwnThread,
}

/// The senders' end.
#[derive(Debug)]
pub(super) struct Commands {
    queue: SyncSender<Command>,
    signal: Arc<Signal>,
    worker: OnceLock<ThreadId>,
}

/// The worker's end.
#[derive(Debug)]
pub(super) struct Inbox {
    queue: Receiver<Command>,
    signal: Arc<Signal>,
}

/// What wakes the worker, and why.
#[derive(Debug)]
struct Signal {
    waker: Waker,
    raised: AtomicBool,
    stop: OnceLock<Duration>,
}

/// A queue of at most `bound` commands whose worker sleeps where `waker` wakes.
pub(super) fn queue(bound: usize, waker: Waker) -> (Commands, Inbox) {
    let (sender, receiver) = mpsc::sync_channel(bound);
    let raised = AtomicBool::new(false);
    let signal = Arc::new(Signal { waker, raised, stop: OnceLock::new() });
    let inbox = Inbox { queue: receiver, signal: Arc::clone(&signal) };
    (Commands { queue: sender, signal, worker: OnceLock::new() }, inbox)
}

impl Commands {
    pub(super) fn set_worker(&self, worker: ThreadId) {
        self.worker.set(worker).expect("set once, at the start");
    }

    pub(super) fn call<R, F>(&self, command: F) -> Result<R, CommandError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Engine, Instant) -> R + Send + 'static,
    {
        self.refuse_own_thread()?;
        let (answer, answered) = mpsc::sync_channel(1);
        let command = Box::new(move |engine: &mut Engine, now| {
            // Nobody can have stopped listening: the caller waits below.
            let _ = answer.send(command(engine, now));
        });
        self.queue.send(command).map_err(|_| CommandError::Stopped)?;
        self.signal.raise();
        answered.recv().map_err(|_| CommandError::Stopped)
    }

    pub(super) fn post(&self, command: Command) -> Result<(), CommandError> {
        self.queue.try_send(command).map_err(|refused| match refused {
            TrySendError::Full(_) => CommandError::QueueFull,
            TrySendError::Disconnected(_) => CommandError::Stopped,
        })?;
        self.signal.raise();
        Ok(())
    }

    /// Asks the worker to end; the first caller's `grace` counts.
    pub(super) fn stop(&self, grace: Duration) -> Result<(), CommandError> {
        self.refuse_own_thread()?;
        self.ask_to_stop(grace);
        Ok(())
    }

    fn refuse_own_thread(&self) -> Result<(), CommandError> {
        match self.worker.get() {
            Some(worker) if *worker == thread::current().id() => Err(CommandError::OwnThread),
            _ => Ok(()),
        }
    }

    fn ask_to_stop(&self, grace: Duration) {
        let _ = self.signal.stop.set(grace);
        self.signal.raise();
    }
}

/// The last handle is gone: nobody can ask for anything any more.
impl Drop for Commands {
    fn drop(&mut self) {
        self.ask_to_stop(Duration::ZERO);
    }
}

impl Inbox {
    /// Call once per turn, before [`next`](Self::next).
    pub(super) fn lower_flag(&self) {
        self.signal.raised.store(false, Ordering::SeqCst);
    }

    /// The next command.
    pub(super) fn next(&self) -> Option<Command> {
        self.queue.try_recv().ok()
    }

    /// The grace period, once the worker was asked to stop.
    pub(super) fn stop(&self) -> Option<Duration> {
        self.signal.stop.get().copied()
    }
}

impl Signal {
    fn raise(&self) {
        if !self.raised.swap(true, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            // The next caller tries again; the worker's timers wake it at last.
            self.raised.store(false, Ordering::SeqCst);
            tracing::warn!(%error, "the worker could not be woken");
        }
    }
}
