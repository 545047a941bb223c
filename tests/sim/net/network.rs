//! The network: links, routes over them, other people's traffic, and the agenda of it all.

use super::Time;
use super::cbr::CbrConfig;
use super::config::LinkConfig;
use super::packet::Packet;
use super::record::Record;
use super::tcp::{TcpConfig, TcpStats};

/// A link of this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkId(usize);

/// A route of this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteId(usize);

/// A TCP of this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpId(usize);

/// What the world outside is told.
#[derive(Clone, Debug)]
pub enum Event<B> {
    /// A packet has come to the end of its route.
    Arrived {
        /// Which way it came.
        route: RouteId,
        /// The packet, with the ECN field it has now.
        packet: Packet<B>,
    },
    /// The time of [`Network::set_timer`] has come.
    Timer(u64),
}

/// A network in virtual time.
pub struct Network<B> {
    now: Time,
    body: std::marker::PhantomData<B>,
}

impl<B: Clone> Network<B> {
    /// An empty network; all its randomness comes from `seed`.
    pub fn new(seed: u64) -> Self {
        todo!("{seed}")
    }

    /// Adds a link; its randomness depends on the seed and its number only.
    pub fn add_link(&mut self, config: LinkConfig) -> LinkId {
        todo!("{config:?}")
    }

    /// Adds a way over these links, with a propagation delay of its own behind the last.
    pub fn add_route(&mut self, links: &[LinkId], delay: Time) -> RouteId {
        todo!("{links:?} {delay}")
    }

    /// Adds a TCP; none of its packets comes out of [`Self::next_before`].
    pub fn add_tcp(&mut self, config: TcpConfig) -> TcpId {
        todo!("{config:?}")
    }

    /// Adds a source of constant bit rate; none of its packets comes out either.
    pub fn add_cbr(&mut self, config: CbrConfig) {
        todo!("{config:?}")
    }

    /// Sends a packet now.
    pub fn send(&mut self, route: RouteId, packet: Packet<B>) {
        let _ = (route, packet);
        todo!()
    }

    /// Asks for [`Event::Timer`] at `at` (now, if that is past). Timers are never taken back: ignore
    /// one that has become pointless.
    pub fn set_timer(&mut self, at: Time, token: u64) {
        todo!("{at} {token}")
    }

    /// What happens next, if it happens at or before `until`; the clock goes there. Else the clock
    /// goes to `until`. Events of the same time come in the order in which they were asked for.
    pub fn next_before(&mut self, until: Time) -> Option<(Time, Event<B>)> {
        todo!("{until}")
    }

    /// The time.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What became of each packet at a link, in the order in which they left it.
    pub fn records(&self, link: LinkId) -> &[Record] {
        todo!("{link:?}")
    }

    /// What a link could have carried from `from` to `until`, in bits; [`None`] if unlimited. Of
    /// Wi-Fi, the physical rate.
    pub fn capacity(&self, link: LinkId, from: Time, until: Time) -> Option<u64> {
        todo!("{link:?} {from} {until}")
    }

    /// Bytes that wait at a link now, the packet in transmission included.
    pub fn backlog(&self, link: LinkId) -> u64 {
        todo!("{link:?}")
    }

    /// What a TCP has done so far.
    pub fn tcp(&self, id: TcpId) -> TcpStats {
        todo!("{id:?}")
    }

    /// A digest of all that has happened so far: sends, fates, arrivals, timers.
    pub fn log_hash(&self) -> u64 {
        todo!()
    }
}
