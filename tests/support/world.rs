//! The world: one engine, its participants, the network between them, and the clock, which jumps
//! from one thing that happens to the next.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lahn::params::MediaKind;
use lahn::{
    ConferenceId, Config, CongestionConfig, Drained, EndpointId, Engine, Error, Event, Path,
    SourceId, SubscriptionId,
};

use str0m::crypto::dtls::DtlsVersion;

use super::beginning;
use super::media::Medium;
use super::net::{InFlight, Link, Net};
use super::outbox::Outbox;
use super::participant::Participant;

/// The engine's address.
pub const ENGINE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)), 5000);

/// Its other addresses: of a second interface, and in IPv6.
pub const ENGINE_TOO: [SocketAddr; 2] = [
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 5000),
    SocketAddr::new(
        std::net::IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
        5000,
    ),
];

/// A participant's place in [`World::participants`].
pub type Who = usize;

/// A datagram as it crossed the engine's edge.
#[derive(Clone, Debug)]
pub struct Captured {
    pub at: Instant,
    pub who: Who,
    pub from_engine: bool,
    pub bytes: Vec<u8>,
}

impl Captured {
    /// First byte of SRTP and SRTCP (RFC 7983 §7).
    pub fn is_srtp_or_srtcp(&self) -> bool {
        self.bytes.first().is_some_and(|first| (128..=191).contains(first))
    }

    /// RTP rather than RTCP by its second byte (RFC 5761 §4).
    pub fn is_rtp(&self) -> bool {
        self.is_srtp_or_srtcp() && self.bytes.len() >= 12 && !(192..=223).contains(&self.bytes[1])
    }

    pub fn ssrc(&self) -> u32 {
        u32::from_be_bytes(self.bytes[8..12].try_into().expect("four bytes"))
    }

    pub fn seq(&self) -> u16 {
        u16::from_be_bytes([self.bytes[2], self.bytes[3]])
    }
}

pub struct World {
    pub engine: Engine,
    pub now: Instant,
    pub start: Instant,
    pub conference: ConferenceId,
    pub participants: Vec<Participant>,
    pub events: Vec<(Instant, Event)>,
    pub captured: Vec<Captured>,
    /// Carries the engine's offers to participants and their answers back, at once.
    pub negotiates: bool,
    /// The DTLS versions that those who join from now on speak.
    pub dtls: DtlsVersion,
    /// Datagrams the engine sent to an address that is nobody's.
    pub strays: u32,
    outbox: Outbox,
    net: Net,
    seed: u64,
    stalls: u32,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Config { congestion: CongestionConfig::OFF, ..Config::default() })
    }

    pub fn with(seed: u64, config: Config) -> Self {
        let start = beginning();
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let unix_time = Duration::from_secs(1_900_000_000);
        let mut engine = Engine::new(Config { seed: bytes, unix_time, ..config }, start);
        let conference = engine.open_conference().expect("room for one conference");
        Self {
            engine,
            now: start,
            start,
            conference,
            participants: Vec::new(),
            events: Vec::new(),
            captured: Vec::new(),
            negotiates: true,
            dtls: DtlsVersion::Auto,
            strays: 0,
            outbox: Outbox::new(usize::MAX),
            net: Net::default(),
            seed,
            stalls: 0,
        }
    }

    /// Lets the engine write no more than so many datagrams before it has to be polled again.
    pub fn set_slots(&mut self, slots: usize) {
        self.outbox = Outbox::new(slots);
    }

    // ---- who is there ------------------------------------------------------------------------

    /// A participant who publishes `media` by an offer of its own; with none, it waits for the
    /// engine's offer.
    pub fn join(&mut self, media: &[Medium]) -> Who {
        self.join_conference(self.conference, media)
    }

    pub fn join_conference(&mut self, conference: ConferenceId, media: &[Medium]) -> Who {
        let who = self.add_participant(conference);
        if !media.is_empty() {
            self.publish(who, media);
        }
        who
    }

    /// A participant that has not been negotiated with.
    pub fn add_participant(&mut self, conference: ConferenceId) -> Who {
        let number = u8::try_from(self.participants.len() + 1).expect("few participants");
        let address = SocketAddr::from(([10, 0, 1, number], 40_000));
        self.add_participant_at(conference, address, &[ENGINE])
    }

    /// A participant at `address` who is told that the engine is at `local`.
    pub fn add_participant_at(
        &mut self,
        conference: ConferenceId,
        address: SocketAddr,
        local: &[SocketAddr],
    ) -> Who {
        let who = self.participants.len();
        let endpoint = self
            .engine
            .add_endpoint(self.now, conference, local)
            .expect("room for one more endpoint");
        let seed = self.seed * 1_000 + who as u64 + 1;
        self.participants.push(Participant::new(endpoint, address, self.dtls, self.now, seed));
        self.settle();
        who
    }

    /// Publishes more media by an offer of the participant's.
    pub fn publish(&mut self, who: Who, media: &[Medium]) {
        let (engine, now) = (&mut self.engine, self.now);
        let participant = &mut self.participants[who];
        let endpoint = participant.endpoint;
        participant
            .publish(now, media, |offer| engine.accept_offer(now, endpoint, &offer))
            .expect("the engine takes the offer");
        self.settle();
    }

    pub fn endpoint(&self, who: Who) -> EndpointId {
        self.participants[who].endpoint
    }

    /// The sources a participant publishes, in order of appearance.
    pub fn sources(&self, who: Who) -> Vec<SourceId> {
        self.events
            .iter()
            .filter_map(|(_, event)| match event {
                Event::SourceAdded { source, endpoint, .. }
                    if *endpoint == self.endpoint(who)
                        && self.engine.source_info(*source).is_ok() =>
                {
                    Some(*source)
                }
                _ => None,
            })
            .collect()
    }

    pub fn source(&self, who: Who, kind: MediaKind) -> SourceId {
        self.sources(who)
            .into_iter()
            .find(|source| self.engine.source_info(*source).is_ok_and(|info| info.kind == kind))
            .expect("it publishes one of this kind")
    }

    pub fn subscribe(&mut self, receiver: Who, source: SourceId) -> SubscriptionId {
        let subscription = self
            .engine
            .subscribe(self.now, self.endpoint(receiver), source)
            .expect("a subscription");
        self.settle();
        subscription
    }

    /// Subscribes `receiver` to everything `publisher` publishes.
    pub fn subscribe_all(&mut self, receiver: Who, publisher: Who) -> Vec<SubscriptionId> {
        self.sources(publisher).into_iter().map(|s| self.subscribe(receiver, s)).collect()
    }

    /// The media section that serves a subscription.
    pub fn mid(&self, subscription: SubscriptionId) -> String {
        let info = self.engine.subscription_info(subscription).expect("it lives");
        info.mid.expect("it was negotiated").to_string()
    }

    /// A NAT on the way gives the participant another port.
    pub fn rebind(&mut self, who: Who) {
        let outer = &mut self.participants[who].outer;
        outer.set_port(outer.port() + 1);
    }

    // ---- time --------------------------------------------------------------------------------

    pub fn run_for(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(next) = self.next_moment().filter(|next| *next <= until) {
            self.step(next);
        }
        self.now = until;
    }

    /// Runs until `done`, which must come within `limit`.
    #[track_caller]
    pub fn run_until(&mut self, what: &str, limit: Duration, mut done: impl FnMut(&Self) -> bool) {
        let until = self.now + limit;
        while !done(self) {
            let next = self.next_moment().filter(|next| *next <= until);
            let Some(next) = next else { panic!("not within {limit:?}: {what}") };
            self.step(next);
        }
    }

    /// Runs until everybody is connected.
    #[track_caller]
    pub fn connect(&mut self) {
        self.run_until("everybody is connected", Duration::from_secs(10), |world| {
            world.participants.iter().filter(|p| !p.gone).all(|p| {
                let stats = world.engine.endpoint_stats(world.now, p.endpoint);
                p.connected && stats.is_ok_and(|stats| stats.connected)
            })
        });
    }

    fn next_moment(&self) -> Option<Instant> {
        let wakes = self.participants.iter().filter_map(Participant::next_wake);
        let others = [self.net.next_arrival(), self.engine.poll_timeout()];
        wakes.chain(others.into_iter().flatten()).min()
    }

    fn step(&mut self, at: Instant) {
        self.now = self.now.max(at);
        while let Some(datagram) = self.net.receive(self.now) {
            self.deliver(datagram);
        }
        self.let_engine_time_pass();
        for who in 0..self.participants.len() {
            if self.participants[who].next_wake().is_some_and(|at| at <= self.now) {
                self.participants[who].wake(self.now);
                self.carry_outgoing(who);
            }
        }
    }

    fn let_engine_time_pass(&mut self) {
        if self.engine.poll_timeout().is_none_or(|at| at > self.now) {
            self.stalls = 0;
            return;
        }
        self.engine.handle_timeout(self.now);
        self.settle();
        self.stalls += 1;
        assert!(self.stalls < 100, "poll_timeout stays in the past: a driver would spin");
    }

    fn deliver(&mut self, datagram: InFlight) {
        if is_engine(datagram.to) {
            self.give_engine_at(datagram.to, datagram.from, datagram.bytes);
        } else if let Some(who) = self.participants.iter().position(|p| p.outer == datagram.to) {
            self.participants[who].receive(self.now, datagram.from, &datagram.bytes);
            self.carry_outgoing(who);
        }
    }

    /// Hands the engine a datagram right now, past the network.
    pub fn give_engine(&mut self, from: SocketAddr, bytes: Vec<u8>) {
        self.give_engine_at(ENGINE, from, bytes);
    }

    fn give_engine_at(&mut self, local: SocketAddr, from: SocketAddr, mut bytes: Vec<u8>) {
        let path = Path { local, remote: from };
        self.engine.handle_datagram(self.now, path, &mut bytes);
        self.settle();
    }

    /// Polls everything that may come out of the engine.
    pub fn settle(&mut self) {
        self.drain_transmits();
        while let Some(event) = self.engine.poll_event() {
            self.events.push((self.now, event.clone()));
            if let Event::NegotiationNeeded { endpoint } = event
                && self.negotiates
            {
                self.negotiate(endpoint);
            }
            self.drain_transmits();
        }
        for who in 0..self.participants.len() {
            self.carry_outgoing(who);
        }
    }

    fn drain_transmits(&mut self) {
        let mut rounds = 0;
        loop {
            let drained = self.engine.poll_transmit(self.now, &mut self.outbox);
            let datagrams = self.outbox.take();
            rounds += 1;
            assert!(rounds < 100_000, "the engine always has more to send");
            for (path, bytes) in datagrams {
                self.send_from_engine(path, bytes);
            }
            if drained == Drained::Empty {
                return;
            }
        }
    }

    fn send_from_engine(&mut self, path: Path, bytes: Vec<u8>) {
        assert!(is_engine(path.local), "it leaves from an address that is not ours");
        let Some(who) = self.participants.iter().position(|p| p.outer == path.remote) else {
            self.strays += 1; // to an address that nobody has any more
            return;
        };
        let down = &mut self.participants[who].down;
        self.net.send(self.now, down, path.local, path.remote, &bytes);
        self.captured.push(Captured { at: self.now, who, from_engine: true, bytes });
    }

    fn carry_outgoing(&mut self, who: Who) {
        let participant = &mut self.participants[who];
        while let Some((to, bytes)) = participant.outgoing.pop_front() {
            let up: &mut Link = &mut participant.up;
            self.net.send(self.now, up, participant.outer, to, &bytes);
            self.captured.push(Captured { at: self.now, who, from_engine: false, bytes });
        }
    }

    /// One round of offer and answer from the engine's side, if it has something to tell.
    pub fn negotiate(&mut self, endpoint: EndpointId) {
        let offer = match self.engine.create_offer(self.now, endpoint) {
            // It may have left since the event was written.
            Err(Error::StaleId(_)) => return,
            offer => offer.expect("it may offer now"),
        };
        let Some(offer) = offer else { return };
        let participant = self
            .participants
            .iter_mut()
            .find(|p| p.endpoint == endpoint)
            .expect("somebody is behind the endpoint");
        let answer = participant.answer(self.now, &offer);
        self.engine.accept_answer(self.now, endpoint, &answer).expect("the answer fits");
    }

    // ---- what happened -----------------------------------------------------------------------

    /// SRTP packets that left for a participant.
    pub fn rtp_to(&self, who: Who) -> impl Iterator<Item = &Captured> {
        self.captured.iter().filter(move |c| c.from_engine && c.who == who && c.is_rtp())
    }

    pub fn has_event(&self, wanted: &Event) -> bool {
        self.events.iter().any(|(_, event)| event == wanted)
    }

    /// SSRC of a subscription's packets.
    pub fn ssrc(&self, subscription: SubscriptionId) -> u32 {
        let stats = self.engine.subscription_stats(self.now, subscription).expect("it lives");
        stats.ssrc.expect("it was negotiated")
    }
}

fn is_engine(address: SocketAddr) -> bool {
    address == ENGINE || ENGINE_TOO.contains(&address)
}
