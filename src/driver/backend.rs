//! What a worker needs of the kernel, whichever way it gets it.
//!
//! The seam beside which another backend (io_uring) will stand; the worker is generic over it, so
//! that nothing on the packet path goes through a trait object.

use std::io;
use std::time::Duration;

use super::stats::DriverStats;
use crate::{EgressSink, Path};

/// The kernel's side of a worker.
pub(super) trait Backend {
    /// Where the core writes outgoing datagrams.
    type Sink: EgressSink;

    /// Sleeps until there is something to receive, room to send after [`Flushed::Blocked`], a
    /// command, or `timeout` is over.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()>;

    /// Hands one batch to `feed`. `true` if there may be more.
    fn receive(&mut self, stats: &mut DriverStats, feed: impl FnMut(Path, &mut [u8])) -> bool;

    /// The sink to write into; `None` while the kernel has no room.
    fn sink(&mut self) -> Option<&mut Self::Sink>;

    /// Sends what is in the sink.
    fn flush(&mut self, stats: &mut DriverStats) -> Flushed;

    /// Datagrams in the sink.
    fn unsent(&self) -> usize;
}

/// How a flush ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flushed {
    /// The sink is empty.
    All,
    /// The kernel has no room; the rest stays until [`Backend::wait`] says there is.
    Blocked,
}
