//! Datagrams as they cross the edge of the core: where from, where to, and whose memory.

use std::net::SocketAddr;

use super::EcnCodepoint;

/// The two ends of a datagram's way, seen from here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Path {
    /// Our address: where it arrived, or where it leaves from.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
}

/// What to send: goes with the bytes in the slot that was filled last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transmit {
    /// From where to where.
    pub path: Path,
    /// Length of the datagram: the first so many bytes of the slot.
    pub len: usize,
    /// What its IP header is to say of congestion. A driver that cannot set it leaves it out, which
    /// is noticed at the far end.
    pub ecn: EcnCodepoint,
}

/// Where the driver gives the core memory to write outgoing datagrams into.
///
/// The core asks for a [`slot`](Self::slot), fills it and [`commit`](Self::commit)s it; a slot
/// that is not committed before the next is asked for was not needed and may be handed out again.
/// Runs of commits with one path, one length and one ECN codepoint are what a driver turns into
/// GSO: the kernel gives all datagrams of a run one IP header.
pub trait EgressSink {
    /// How many datagrams the next slot may hold back to back, each to be
    /// [`commit`](Self::commit)ted in turn: more than one if the memory is filled from front to
    /// back, as for GSO. The core then seals what goes to many receivers side by side where that
    /// is faster (AES-CM).
    fn datagrams_per_slot(&self) -> usize {
        1
    }

    /// Memory for one datagram, or several, of at most `len` bytes. `None`: no room now; nothing is lost, the
    /// datagram stays due.
    fn slot(&mut self, len: usize) -> Option<&mut [u8]>;

    /// Sends the first `transmit.len` bytes of the slot handed out last; if it holds several
    /// datagrams, of what is left of it.
    fn commit(&mut self, transmit: Transmit);
}

/// How [`Engine::poll_transmit`](crate::Engine::poll_transmit) ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "a full sink means that datagrams are still due"]
pub enum Drained {
    /// Everything due is written.
    Empty,
    /// The sink had no more room: send what it holds, then poll again.
    SinkFull,
}
