//! Out: one sendmsg per run, with UDP GSO where a run is longer than one datagram.
//!
//! A device that cannot segment says so with EIO or EINVAL, and only when asked to send. The run
//! is then sent again one by one: if that works, GSO was to blame and stays off for good; if not,
//! the destination was. (`quinn-udp` notes such errors too, but also those of single datagrams,
//! which a peer's address can provoke; so its note is not used.)

use std::io;

use mio::net::UdpSocket;
use quinn_udp::{Transmit, UdpSocketState};

use crate::driver::addresses::Addresses;
use crate::driver::arena::{Arena, Run};
use crate::driver::backend::Flushed;
use crate::driver::stats::DriverStats;

/// Whether runs may be sent as such.
#[derive(Debug)]
pub(super) struct Gso {
    segments: usize,
    off: Option<&'static str>,
    /// The kernel refused the run that is now sent one by one.
    suspicion: Option<io::Error>,
}

impl Gso {
    pub(super) fn new(state: &UdpSocketState, wanted: bool) -> Self {
        let (segments, off) = match state.max_gso_segments() {
            _ if !wanted => (1, Some("switched off in the configuration")),
            0 | 1 => (1, Some("not supported by the kernel")),
            segments => (segments, None),
        };
        Self { segments, off, suspicion: None }
    }

    pub(super) const fn segments(&self) -> usize {
        self.segments
    }

    fn sends_whole(&self, run: &Run) -> bool {
        run.count > 1 && self.segments > 1 && self.suspicion.is_none()
    }

    /// A single datagram went through: what the kernel refused before was its being a run.
    fn confirm_suspicion(&mut self, arena: &mut Arena) {
        if let Some(error) = self.suspicion.take() {
            tracing::warn!(%error, "segmentation offload was refused and is switched off");
            self.segments = 1;
            self.off = Some("refused by the kernel or the device");
            arena.set_max_segments(1);
        }
    }
}

/// A socket and what is needed to send on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    pub(super) socket: &'a UdpSocket,
    pub(super) state: &'a UdpSocketState,
    pub(super) addresses: &'a Addresses,
}

impl Way<'_> {
    /// Sends what is in `arena`, until it is empty or the kernel has no room.
    pub(super) fn flush(
        self,
        arena: &mut Arena,
        gso: &mut Gso,
        stats: &mut DriverStats,
    ) -> Flushed {
        while let Some((run, bytes)) = arena.front() {
            let whole = gso.sends_whole(&run);
            let bytes = if whole { bytes } else { &bytes[..run.segment.min(bytes.len())] };
            let (count, len) = (if whole { run.count } else { 1 }, bytes.len());
            stats.send_calls += 1;
            match self.send(&run, bytes, whole) {
                Ok(()) => {
                    stats.gso_runs += u64::from(whole);
                    stats.datagrams_sent += count as u64;
                    stats.bytes_sent += len as u64;
                    gso.confirm_suspicion(arena);
                    pop(arena, whole);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Flushed::Blocked;
                }
                Err(error) if whole && is_gso_refusal(&error) => gso.suspicion = Some(error),
                Err(error) => {
                    // Alone it is refused too, so the rest of its run would be.
                    let innocent = gso.suspicion.take().is_some();
                    let lost = if innocent { run.count } else { count };
                    note_failure(stats, lost, &error);
                    pop(arena, whole || innocent);
                }
            }
        }
        stats.gso_segments = gso.segments;
        stats.gso_off = gso.off;
        Flushed::All
    }

    fn send(self, run: &Run, contents: &[u8], whole: bool) -> io::Result<()> {
        let transmit = Transmit {
            destination: self.addresses.destination(run.path.remote),
            ecn: None,
            contents,
            segment_size: whole.then_some(run.segment),
            src_ip: self.addresses.source(run.path.local),
        };
        self.socket.try_io(|| self.state.try_send(self.socket.into(), &transmit))
    }
}

fn pop(arena: &mut Arena, whole: bool) {
    if whole {
        arena.pop_front();
    } else {
        arena.pop_datagram();
    }
}

/// UDP is allowed to lose datagrams; the first loss of this kind is worth a line.
fn note_failure(stats: &mut DriverStats, lost: usize, error: &io::Error) {
    if stats.send_errors == 0 {
        tracing::warn!(%error, "sending failed; further failures are only counted");
    }
    stats.send_errors += lost as u64;
}

/// EIO or EINVAL (the same numbers on every Unix).
fn is_gso_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(5 | 22))
}
