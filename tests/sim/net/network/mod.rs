//! The network: links, routes over them, and the agenda of all that happens.
//!
//! Read [`Network::send`], [`Network::next_before`] and what they call: that is a packet's way.
//! [`traffic`] has what others send.

mod traffic;

use super::Time;
use super::agenda::Agenda;
use super::cbr::Cbr;
use super::config::LinkConfig;
use super::link::{Arrival, Link};
use super::packet::{Head, Packet};
use super::record::{Digest, Record};
use super::tcp::{Act, Alarm, Flow, Segment};

/// A link of this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkId(usize);

/// A route of this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteId(usize);

/// A TCP of this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    seed: u64,
    now: Time,
    agenda: Agenda<Happening<B>>,
    links: Vec<Link<Carried<B>>>,
    routes: Vec<Route>,
    tcps: Vec<Flow>,
    cbrs: Vec<Cbr>,
    digest: Digest,
    /// Kept for their memory.
    arrivals: Vec<Arrival<Carried<B>>>,
    acts: Vec<Act>,
}

struct Route {
    links: Vec<LinkId>,
    /// Propagation behind the last link.
    delay: Time,
}

enum Happening<B> {
    /// A link has sent what it was sending.
    Served(LinkId),
    /// A packet comes to the next link of its route, or to its end.
    Reached(Head, Carried<B>),
    Timer(u64),
    Tcp(TcpId, Alarm),
    Cbr(usize),
}

/// What links carry with a head.
#[derive(Clone)]
struct Carried<B> {
    route: RouteId,
    /// Links behind it.
    hops: usize,
    load: Load<B>,
}

#[derive(Clone)]
enum Load<B> {
    Body(B),
    Tcp(TcpId, Segment),
    Nothing,
}

impl<B: Clone> Network<B> {
    /// An empty network; all its randomness comes from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            now: 0,
            agenda: Agenda::new(),
            links: Vec::new(),
            routes: Vec::new(),
            tcps: Vec::new(),
            cbrs: Vec::new(),
            digest: Digest::default(),
            arrivals: Vec::new(),
            acts: Vec::new(),
        }
    }

    /// Adds a link; its randomness depends on the seed and its number only.
    pub fn add_link(&mut self, config: LinkConfig) -> LinkId {
        let number = self.links.len();
        self.links.push(Link::new(config, self.seed, number as u64));
        LinkId(number)
    }

    /// Adds a way over these links, with a propagation delay of its own behind the last.
    pub fn add_route(&mut self, links: &[LinkId], delay: Time) -> RouteId {
        self.routes.push(Route { links: links.to_vec(), delay });
        RouteId(self.routes.len() - 1)
    }

    /// Sends a packet now.
    pub fn send(&mut self, route: RouteId, packet: Packet<B>) {
        self.dispatch(route, packet.head, Load::Body(packet.body));
    }

    /// Asks for [`Event::Timer`] at `at` (now, if that is past). Timers are never taken back: ignore
    /// one that has become pointless.
    pub fn set_timer(&mut self, at: Time, token: u64) {
        self.agenda.add(at.max(self.now), Happening::Timer(token));
    }

    /// What happens next, if it happens at or before `until`; the clock goes there. Else the clock
    /// goes to `until`. Events of the same time come in the order in which they were asked for.
    pub fn next_before(&mut self, until: Time) -> Option<(Time, Event<B>)> {
        while let Some((at, happening)) = self.agenda.next(until) {
            self.now = at;
            match happening {
                Happening::Served(link) => self.served(link),
                Happening::Reached(head, carried) => {
                    if let Some(event) = self.reached(head, carried) {
                        return Some((at, event));
                    }
                }
                Happening::Timer(token) => {
                    self.log(2, token);
                    return Some((at, Event::Timer(token)));
                }
                Happening::Tcp(id, alarm) => self.drive(id, |flow, acts| {
                    flow.on_alarm(at, alarm, acts);
                }),
                Happening::Cbr(index) => self.send_cbr(index),
            }
        }
        self.now = self.now.max(until);
        None
    }

    /// The time.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What became of each packet at a link, in the order in which they left it.
    pub fn records(&self, link: LinkId) -> &[Record] {
        self.links[link.0].records()
    }

    /// What a link could have carried from `from` to `until`, in bits; [`None`] if unlimited. Of
    /// Wi-Fi, the physical rate.
    pub fn capacity(&self, link: LinkId, from: Time, until: Time) -> Option<u64> {
        self.links[link.0].capacity(from, until)
    }

    /// Bytes that wait at a link now, the packet in transmission included.
    pub fn backlog(&self, link: LinkId) -> u64 {
        self.links[link.0].backlog()
    }

    /// A digest of all that has happened so far: sends, fates, arrivals, timers.
    pub fn log_hash(&self) -> u64 {
        let mut digest = self.digest;
        self.links.iter().for_each(|link| digest.add(link.digest()));
        digest.value()
    }

    fn dispatch(&mut self, route: RouteId, head: Head, load: Load<B>) {
        self.log(0, u64::from(head.flow) << 32 | u64::from(head.bytes));
        let carried = Carried { route, hops: 0, load };
        if self.routes[route.0].links.is_empty() {
            let at = self.now + self.routes[route.0].delay;
            self.agenda.add(at, Happening::Reached(head, carried));
        } else {
            self.enter(head, carried);
        }
    }

    fn enter(&mut self, head: Head, carried: Carried<B>) {
        let link = self.routes[carried.route.0].links[carried.hops];
        let ends = self.links[link.0].enter(self.now, head, carried, &mut self.arrivals);
        self.after(link, ends);
    }

    fn served(&mut self, link: LinkId) {
        let ends = self.links[link.0].served(self.now, &mut self.arrivals);
        self.after(link, ends);
    }

    /// Puts what a link said into the agenda.
    fn after(&mut self, link: LinkId, ends: Option<Time>) {
        for Arrival { at, head, item: mut carried } in self.arrivals.drain(..) {
            carried.hops += 1;
            let route = &self.routes[carried.route.0];
            let extra = if carried.hops == route.links.len() { route.delay } else { 0 };
            self.agenda.add(at + extra, Happening::Reached(head, carried));
        }
        if let Some(at) = ends {
            self.agenda.add(at, Happening::Served(link));
        }
    }

    fn reached(&mut self, head: Head, carried: Carried<B>) -> Option<Event<B>> {
        let route = carried.route;
        if carried.hops < self.routes[route.0].links.len() {
            self.enter(head, carried);
            return None;
        }
        self.log(1, u64::from(head.flow) << 32 | u64::from(head.bytes));
        match carried.load {
            Load::Body(body) => {
                return Some(Event::Arrived { route, packet: Packet { head, body } });
            }
            Load::Tcp(id, segment) => {
                let now = self.now;
                self.drive(id, |flow, acts| flow.on_segment(now, segment, acts));
            }
            Load::Nothing => {}
        }
        None
    }

    fn log(&mut self, what: u64, of: u64) {
        self.digest.add(self.now << 2 | what);
        self.digest.add(of);
    }
}
