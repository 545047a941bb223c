//! F7: where the core meets the kernel: one worker thread, one UDP port, one [`Engine`].
//!
//! The only floor with a socket, a thread or a clock. It must not know what is in a datagram.
//! Commands go in through a bounded queue and are applied between batches; events come out of a
//! bounded queue; nothing else is shared with the worker but its statistics.
//!
//! Read next: `worker` (the loop), `udp` (the kernel's side), `arena` (where GSO runs form).

mod addresses;
mod arena;
mod backend;
mod clock;
mod commands;
mod config;
mod events;
mod stats;
#[cfg(test)]
mod tests;
mod udp;
mod worker;

pub use addresses::local_addresses;
pub use commands::CommandError;
pub use config::DriverConfig;
pub use events::Events;
pub use stats::DriverStats;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::Engine;
use commands::Commands;
use stats::SharedStats;
use udp::UdpBackend;
use worker::Worker;

/// A running worker: the handle through which other threads reach its [`Engine`].
///
/// Clones are handles to the same worker. When the last one is dropped the worker stops by itself
/// as if by [`stop`](Self::stop) without a grace period, but nobody waits for it.
#[derive(Clone, Debug)]
pub struct Driver {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    commands: Commands,
    candidates: Vec<SocketAddr>,
    local_addr: SocketAddr,
    stats: SharedStats,
    worker: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl Driver {
    /// Binds the socket and starts the worker.
    ///
    /// # Errors
    /// What the kernel says to `socket`, `bind` and thread creation; `InvalidInput` if none of
    /// `config.advertise` can be reached over `config.listen`.
    pub fn start(config: DriverConfig) -> io::Result<(Self, Events)> {
        let (outlet, events) = events::queue(config.event_queue.max(1));
        let backend = UdpBackend::bind(&config)?;
        let local_addr = backend.local_addr();
        let candidates = backend.candidates().to_vec();
        let (commands, inbox) = commands::queue(config.command_queue.max(1), backend.waker()?);
        let stats = SharedStats::default();
        let worker = thread::Builder::new().name("lahn-worker".to_owned()).spawn({
            let stats = stats.clone();
            move || Worker::new(config.engine, backend, inbox, outlet, stats).run()
        })?;
        commands.set_worker(worker.thread().id());
        let worker = Mutex::new(Some(worker));
        let shared = Shared { commands, candidates, local_addr, stats, worker };
        Ok((Self { shared: Arc::new(shared) }, events))
    }

    /// Runs `command` on the worker between two batches and waits for what it returns. It should
    /// be short: media waits meanwhile.
    ///
    /// # Errors
    /// [`CommandError::Stopped`] if the worker is gone or goes before its turn comes,
    /// [`CommandError::OwnThread`] from within another command, which would wait for itself.
    pub fn call<R, F>(&self, command: F) -> Result<R, CommandError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Engine, Instant) -> R + Send + 'static,
    {
        self.shared.commands.call(command)
    }

    /// Has `command` run on the worker between two batches and does not wait.
    ///
    /// # Errors
    /// [`CommandError::Stopped`], or [`CommandError::QueueFull`] beyond
    /// [`DriverConfig::command_queue`]; the command is dropped then.
    pub fn post<F>(&self, command: F) -> Result<(), CommandError>
    where
        F: FnOnce(&mut Engine, Instant) + Send + 'static,
    {
        self.shared.commands.post(Box::new(command))
    }

    /// Stops in order: every endpoint is closed and told so (DTLS close_notify), what is queued is
    /// sent, the thread ends. Returns when it has, after `grace` at the latest plus one turn of
    /// the loop. Events of the closing still come out of [`Events`], which ends thereafter.
    ///
    /// A second call, or one on another clone, returns at once or when the first is done.
    ///
    /// # Errors
    /// [`CommandError::Stopped`] if the worker did not end in order: a command panicked, or the
    /// kernel took its socket away. [`CommandError::OwnThread`] from within a command.
    pub fn stop(&self, grace: Duration) -> Result<(), CommandError> {
        self.shared.commands.stop(grace)?;
        let mut worker = self.shared.worker.lock().unwrap_or_else(PoisonError::into_inner);
        match worker.take() {
            Some(worker) => match worker.join() {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(CommandError::Stopped),
            },
            None => Ok(()),
        }
    }

    /// Where the socket is bound: the port is the real one if 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.local_addr
    }

    /// The addresses to give to [`Engine::add_endpoint`]: where peers can reach this worker, best
    /// first.
    pub fn candidates(&self) -> &[SocketAddr] {
        &self.shared.candidates
    }

    /// What the worker did so far, as of its last turn.
    pub fn stats(&self) -> DriverStats {
        self.shared.stats.snapshot()
    }
}
