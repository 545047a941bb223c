//! Out: runs, with UDP GSO where one is longer than one datagram; on Linux many in one system call,
//! elsewhere one.
//!
//! A refusal stops a call at the message refused; the next call begins with it and says why.
//!
//! A device that cannot segment says so with EIO or EINVAL, and only when asked to send. The run
//! is then sent again one by one: if that works, GSO was to blame and stays off for good; if not,
//! the destination was. (`quinn-udp` notes such errors too, but also those of single datagrams,
//! which a peer's address can provoke; so its note is not used.)

use std::io;
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::os::fd::AsFd;

use mio::net::UdpSocket;
use quinn_udp::{Transmit, UdpSocketState};

use crate::driver::addresses::Addresses;
use crate::driver::arena::{Arena, Run};
use crate::driver::backend::Flushed;
use crate::driver::stats::DriverStats;

#[cfg(any(target_os = "linux", target_os = "android"))]
use super::mmsg::{Batch, Message};

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

    /// Whether runs go whole, and how many pieces may go at once.
    fn manner(&self) -> (bool, usize) {
        if self.suspicion.is_some() { (false, 1) } else { (self.segments > 1, usize::MAX) }
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
#[derive(Debug)]
pub(super) struct Way<'a> {
    pub(super) socket: &'a UdpSocket,
    pub(super) state: &'a UdpSocketState,
    pub(super) addresses: &'a Addresses,
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) batch: Option<&'a mut Batch>,
}

impl Way<'_> {
    /// Sends what is in `arena`, until it is empty or the kernel has no room.
    pub(super) fn flush(
        mut self,
        arena: &mut Arena,
        gso: &mut Gso,
        stats: &mut DriverStats,
    ) -> Flushed {
        loop {
            let (whole, most) = gso.manner();
            let mut pieces = arena.pieces(whole).take(most).peekable();
            let Some(&(first, _)) = pieces.peek() else { break };
            stats.send_calls += 1;
            match self.send(pieces) {
                Ok(sent) => {
                    for run in (0..sent).map_while(|_| arena.pop(whole)) {
                        stats.runs_sent += 1;
                        stats.gso_runs += u64::from(run.count > 1);
                        stats.datagrams_sent += run.count as u64;
                        stats.bytes_sent += run.bytes() as u64;
                    }
                    gso.confirm_suspicion(arena);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Flushed::Blocked;
                }
                Err(error) if first.count > 1 && is_gso_refusal(&error) => {
                    gso.suspicion = Some(error);
                }
                Err(error) => {
                    // Alone it is refused too, so the rest of its run would be.
                    let innocent = gso.suspicion.take().is_some();
                    let lost = arena.pop(whole || innocent);
                    note_failure(stats, lost.map_or(0, |run| run.count), &error);
                }
            }
        }
        stats.gso_segments = gso.segments;
        stats.gso_off = gso.off;
        Flushed::All
    }

    /// Sends the first of `pieces`, and of the others as many as one system call takes. How many
    /// that were; an error is the first one's.
    fn send<'b>(&mut self, mut pieces: impl Iterator<Item = (Run, &'b [u8])>) -> io::Result<usize> {
        let Self { socket, addresses, .. } = *self;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Some(batch) = &mut self.batch {
            let messages = pieces.map(|(run, contents)| Message {
                destination: addresses.destination(run.path.remote),
                source: addresses.source(run.path.local),
                ecn: run.ecn,
                segment: segment(&run).and_then(|len| u16::try_from(len).ok()),
                contents,
            });
            return socket.try_io(|| batch.send(socket.as_fd(), messages));
        }
        let Some((run, contents)) = pieces.next() else { return Ok(0) };
        let transmit = Transmit {
            destination: addresses.destination(run.path.remote),
            ecn: quinn_udp::EcnCodepoint::from_bits(run.ecn.bits()),
            contents,
            segment_size: segment(&run),
            src_ip: addresses.source(run.path.local),
        };
        socket.try_io(|| self.state.try_send(socket.into(), &transmit)).map(|()| 1)
    }
}

/// Where the kernel is to cut `run`.
fn segment(run: &Run) -> Option<usize> {
    (run.count > 1).then_some(run.segment)
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
