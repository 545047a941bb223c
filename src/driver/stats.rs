//! What a worker counts: the only thing it shares.

use std::sync::{Arc, Mutex, PoisonError};

/// Counters of one worker since it started.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct DriverStats {
    /// Turns of the loop: waits for the kernel that ended.
    pub turns: u64,
    /// Commands run.
    pub commands: u64,
    /// Datagrams received.
    pub datagrams_received: u64,
    /// Their bytes, without IP and UDP headers.
    pub bytes_received: u64,
    /// System calls that asked for datagrams.
    pub receive_calls: u64,
    /// Those the kernel refused, other than for want of datagrams.
    pub receive_errors: u64,
    /// Datagrams the kernel took.
    pub datagrams_sent: u64,
    /// Their bytes, without IP and UDP headers.
    pub bytes_sent: u64,
    /// Runs they went in: one datagram each or, with UDP GSO, several of one path and length.
    pub runs_sent: u64,
    /// Those of several datagrams.
    pub gso_runs: u64,
    /// System calls that sent, refused ones included. One may send several runs.
    pub send_calls: u64,
    /// Times the socket's send buffer was full and the worker had to wait for it.
    pub send_blocked: u64,
    /// Datagrams the kernel refused to send: dropped.
    pub send_errors: u64,
    /// Datagrams given up unsent when the worker ended.
    pub unsent: u64,
    /// Datagrams one run may have; 1 without GSO.
    pub gso_segments: usize,
    /// Why GSO is off, if it is.
    pub gso_off: Option<&'static str>,
}

/// Where the worker puts its counters once per turn.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedStats(Arc<Mutex<DriverStats>>);

impl SharedStats {
    pub(super) fn publish(&self, stats: &DriverStats) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone_from(stats);
    }

    pub(super) fn snapshot(&self) -> DriverStats {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
