//! The loop: wait, run commands, feed what arrived, drain what is due, tell what happened.
//!
//! ```text
//!   wait ──> commands ──> batches in ──> timers ──> datagrams out ──> events ──┐
//!     ^                   (one `now` each)          (sink, flush, again)       │
//!     └──────────────── sleep until the next deadline, ≥ 1 ms ─────────────────┘
//! ```
//!
//! Must not know which backend it runs on. Read next: [`crate::engine`].

use std::io;
use std::time::{Duration, Instant};

use super::backend::{Backend, Flushed};
use super::clock;
use super::commands::Inbox;
use super::events::Outlet;
use super::stats::{DriverStats, SharedStats};
use crate::{Config, Drained, Engine};

/// Batches fed before the engine is drained: the more, the longer the runs to one destination;
/// the fewer, the sooner the first packet leaves.
const BATCHES_PER_TURN: usize = 4;

/// Commands run before media has its turn again.
const COMMANDS_PER_TURN: usize = 64;

/// Shortest sleep: a deadline that is due again and again must not become a busy loop.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// How soon to look again whether the application has read some events.
const EVENTS_RETRY: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(super) struct Worker<B> {
    engine: Engine,
    backend: B,
    inbox: Inbox,
    outlet: Outlet,
    stopping: Option<Stopping>,
    stats: DriverStats,
    shared: SharedStats,
}

/// The worker was asked to stop.
#[derive(Clone, Copy, Debug)]
struct Stopping {
    /// When the grace period is over.
    until: Instant,
    /// Every endpoint was closed, and told so.
    closed: bool,
}

/// What a turn leaves undone.
#[derive(Clone, Copy, Default)]
struct Undone {
    commands: bool,
    datagrams: bool,
    events: bool,
    sending: bool,
}

impl<B: Backend> Worker<B> {
    pub(super) fn new(
        mut config: Config,
        backend: B,
        inbox: Inbox,
        outlet: Outlet,
        shared: SharedStats,
    ) -> Self {
        config.unix_time = clock::unix_time();
        if config.seed == [0; 32] {
            config.seed = clock::seed();
        }
        let engine = Engine::new(config, clock::now());
        let stats = DriverStats::default();
        Self { engine, backend, inbox, outlet, stopping: None, stats, shared }
    }

    /// Runs until it is asked to stop, or the kernel refuses to let it wait.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut sleep = Some(Duration::ZERO);
        loop {
            self.backend.wait(sleep).inspect_err(|error| {
                tracing::error!(%error, "the worker cannot wait for its socket and ends");
            })?;
            let undone = self.turn();
            self.shared.publish(&self.stats);
            if self.is_finished(undone) {
                break;
            }
            sleep = self.sleep(undone);
        }
        self.stats.unsent = self.backend.unsent() as u64;
        self.shared.publish(&self.stats);
        Ok(())
    }

    fn turn(&mut self) -> Undone {
        self.stats.turns += 1;
        let mut now = clock::now();
        let commands = self.run_commands(now);
        let mut datagrams = true;
        for _ in 0..BATCHES_PER_TURN {
            let Self { engine, backend, stats, .. } = self;
            datagrams = backend.receive(stats, |path, datagram| {
                engine.handle_datagram(now, path, datagram);
            });
            if !datagrams {
                break;
            }
            now = clock::now();
        }
        if self.engine.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.engine.handle_timeout(now);
        }
        let mut sending = self.transmit(now) == Flushed::Blocked;
        if !sending && self.close(now, commands || datagrams) {
            sending = self.transmit(now) == Flushed::Blocked;
        }
        let events = !self.outlet.drain(&mut self.engine);
        let asked = self.notice_stop(now);
        Undone { commands: commands || asked, datagrams, events, sending }
    }

    /// Noted at the end of a turn: the next begins with a look at what the kernel still holds.
    fn notice_stop(&mut self, now: Instant) -> bool {
        let Some(grace) = self.inbox.stop().filter(|_| self.stopping.is_none()) else {
            return false;
        };
        self.stopping = Some(Stopping { until: now + grace, closed: false });
        true
    }

    /// `true` if more are waiting than one turn takes.
    fn run_commands(&mut self, now: Instant) -> bool {
        self.inbox.lower_flag();
        for _ in 0..COMMANDS_PER_TURN {
            let Some(command) = self.inbox.next() else { return false };
            // Who waits for this command may look at the statistics as soon as it has run.
            self.stats.commands += 1;
            self.shared.publish(&self.stats);
            command(&mut self.engine, now);
        }
        true
    }

    fn transmit(&mut self, now: Instant) -> Flushed {
        loop {
            // What the kernel had no room for goes first.
            if self.backend.flush(&mut self.stats) == Flushed::Blocked {
                return Flushed::Blocked;
            }
            let Some(sink) = self.backend.sink() else { return Flushed::Blocked };
            let drained = self.engine.poll_transmit(now, sink);
            let flushed = self.backend.flush(&mut self.stats);
            if drained == Drained::Empty || flushed == Flushed::Blocked {
                return flushed;
            }
        }
    }

    /// Closes every endpoint, once, if the worker was asked to stop: when all that came before is
    /// done and sent, or the grace period is over. `true` if it did.
    fn close(&mut self, now: Instant, busy: bool) -> bool {
        let Some(stopping) = &mut self.stopping else { return false };
        if stopping.closed || (busy && now < stopping.until) {
            return false;
        }
        stopping.closed = true;
        self.engine.close_all(now);
        true
    }

    fn is_finished(&self, undone: Undone) -> bool {
        let Some(stopping) = self.stopping else { return false };
        let busy = undone.commands || undone.datagrams || undone.sending || undone.events;
        (stopping.closed && !busy) || clock::now() >= stopping.until
    }

    fn sleep(&self, undone: Undone) -> Option<Duration> {
        if undone.commands || undone.datagrams {
            return Some(Duration::ZERO);
        }
        let now = clock::now();
        let until = |deadline: Instant| deadline.saturating_duration_since(now);
        let timers = self.engine.poll_timeout().map(until);
        let stopping = self.stopping.map(|stopping| until(stopping.until));
        let events = undone.events.then_some(EVENTS_RETRY);
        let soonest = [timers, stopping, events].into_iter().flatten().min()?;
        Some(whole_millis(soonest.max(SHORTEST_SLEEP)))
    }
}

/// Rounded up, so that the deadline has passed when the sleep is over.
fn whole_millis(duration: Duration) -> Duration {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}
