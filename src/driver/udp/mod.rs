//! The portable backend: one UDP socket, readiness from mio, and `quinn-udp` for what the kernel
//! can do beyond one datagram per call (recvmmsg, GRO, GSO, pktinfo); on Linux it sends by
//! sendmmsg, which `quinn-udp` does not.
//!
//! Read next: `receive`, then `send`.

mod bind;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod mmsg;
mod receive;
mod send;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod stamps;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::os::fd::AsFd;
use std::time::Duration;

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use quinn_udp::UdpSocketState;

use super::addresses::Addresses;
use super::arena::Arena;
use super::backend::{Backend, Flushed};
use super::config::DriverConfig;
use super::stats::DriverStats;
use crate::Path;
#[cfg(any(target_os = "linux", target_os = "android"))]
use mmsg::Batch;
use receive::ReceiveBuffers;
use send::{Gso, Way};

const SOCKET: Token = Token(0);
const WAKER: Token = Token(1);

/// Readiness events looked at in one turn: the socket's and the waker's.
const EVENTS: usize = 8;

#[derive(Debug)]
pub(super) struct UdpBackend {
    poll: Poll,
    events: Events,
    socket: UdpSocket,
    state: UdpSocketState,
    addresses: Addresses,
    bound: SocketAddr,
    buffers: ReceiveBuffers,
    /// Readiness is told on its edge: true until a receive came back short.
    readable: bool,
    arena: Arena,
    /// The send buffer is full, and the poll has been asked to tell when it no longer is.
    blocked: bool,
    gso: Gso,
    /// `None` where there is no `sendmmsg`.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    batch: Option<Batch>,
}

impl UdpBackend {
    pub(super) fn bind(config: &DriverConfig) -> io::Result<Self> {
        let socket = bind::bind(config)?;
        let bound = socket.local_addr()?;
        let addresses = Addresses::new(bound, &config.advertise)?;
        let state = UdpSocketState::new((&socket).into())?;
        let gso = Gso::new(&state, config.gso);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let batch = {
            stamps::stop_telling(socket.as_fd());
            Batch::new(socket.as_fd())
        };
        let mut socket = UdpSocket::from_std(socket);
        let poll = Poll::new()?;
        poll.registry().register(&mut socket, SOCKET, Interest::READABLE)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS),
            socket,
            state,
            addresses,
            bound,
            buffers: ReceiveBuffers::new(),
            readable: true,
            arena: Arena::new(config.arena, gso.segments()),
            blocked: false,
            gso,
            #[cfg(any(target_os = "linux", target_os = "android"))]
            batch,
        })
    }

    pub(super) fn waker(&self) -> io::Result<Waker> {
        Waker::new(self.poll.registry(), WAKER)
    }

    pub(super) const fn local_addr(&self) -> SocketAddr {
        self.bound
    }

    pub(super) fn candidates(&self) -> &[SocketAddr] {
        self.addresses.candidates()
    }

    /// Asks for writability only while it is wanted: the kernel tells it anew with every datagram
    /// that leaves, and each telling would wake the worker.
    fn watch(&mut self, interest: Interest) -> io::Result<()> {
        self.poll.registry().reregister(&mut self.socket, SOCKET, interest)
    }
}

impl Backend for UdpBackend {
    type Sink = Arena;

    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        let mut writable = false;
        for event in self.events.iter().filter(|event| event.token() == SOCKET) {
            self.readable |= event.is_readable();
            writable |= event.is_writable();
        }
        if self.blocked && writable {
            self.blocked = false;
            self.watch(Interest::READABLE)?;
        }
        Ok(())
    }

    fn receive(&mut self, stats: &mut DriverStats, feed: impl FnMut(Path, &mut [u8])) -> bool {
        if self.readable {
            let Self { socket, state, addresses, buffers, .. } = self;
            self.readable = buffers.receive(socket, state, addresses, stats, feed);
        }
        self.readable
    }

    fn sink(&mut self) -> Option<&mut Arena> {
        (!self.blocked).then_some(&mut self.arena)
    }

    fn flush(&mut self, stats: &mut DriverStats) -> Flushed {
        if self.blocked {
            return Flushed::Blocked;
        }
        let way = Way {
            socket: &self.socket,
            state: &self.state,
            addresses: &self.addresses,
            #[cfg(any(target_os = "linux", target_os = "android"))]
            batch: self.batch.as_mut(),
        };
        let flushed = way.flush(&mut self.arena, &mut self.gso, stats);
        if flushed == Flushed::Blocked {
            stats.send_blocked += 1;
            self.blocked = true;
            if let Err(error) = self.watch(Interest::READABLE | Interest::WRITABLE) {
                tracing::warn!(%error, "the socket cannot be watched for room to send");
                self.blocked = false;
            }
        }
        flushed
    }

    fn unsent(&self) -> usize {
        self.arena.datagrams()
    }
}
