//! How everybody gets there: the engine, publishers as they join, receivers and what they
//! subscribe to, and how it ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lahn::params::MediaKind;
use lahn::{Config, Constraints, Engine, Event, Ssrc};

use super::agenda::Wake;
use super::outlet::Outlet;
use super::places::{self, Places};
use super::publisher::Publisher;
use super::receiver::{Receiver, Stream};
use super::{World, session};
use crate::metrics::{PublisherAccount, Run, SubscriptionAccount};
use crate::net::rng::Pcg;
use crate::net::{MS, Network, Time};
use crate::scenario::{Scenario, Wish};

impl World {
    pub(super) fn new(scenario: &Arc<Scenario>, seed: u64) -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
        let base = Instant::now();
        let mut net = Network::new(seed);
        let places = Places::lay_out(scenario, seed, &mut net)?;
        let mut engine = Engine::new(config(scenario, seed), base);
        let conference = engine.open_conference().map_err(|error| error.to_string())?;
        let publishers = scenario.all_publishers();
        let account = |held: &crate::scenario::Publisher| PublisherAccount {
            name: held.name.clone(),
            times: Vec::new(),
            mutes: Vec::new(),
        };
        Ok(Self {
            scenario: Arc::clone(scenario),
            seed,
            net,
            engine,
            base,
            conference,
            publishers: publishers.iter().map(|_| None).collect(),
            receivers: places.forth.iter().map(|_| None).collect(),
            accounts: publishers.iter().map(account).collect(),
            places,
            requests: Vec::new(),
            holders: HashMap::new(),
            outlet: Outlet::default(),
            armed: Time::MAX,
            is_stuck: false,
            rng: Pcg::new(seed, 0x3017),
        })
    }

    /// Everything that is known to come.
    pub(super) fn begin(&mut self) {
        let scenario = Arc::clone(&self.scenario);
        for (place, publisher) in scenario.all_publishers().iter().enumerate() {
            self.wake_at(publisher.join.0, Wake::PublisherJoins(place));
            if let Some(leave) = publisher.leave {
                self.wake_at(leave.0, Wake::PublisherLeaves(place));
            }
        }
        for (place, receiver) in scenario.all_receivers().iter().enumerate() {
            self.wake_at(receiver.join.0, Wake::ReceiverJoins(place));
        }
        for (place, happening) in scenario.happenings.iter().enumerate() {
            self.wake_at(happening.get_ref().at.0, Wake::Begin(place));
            if let Some(until) = happening.get_ref().until {
                self.wake_at(until.0, Wake::End(place));
            }
        }
        self.wake_at(super::SAMPLE, Wake::Sample);
    }

    pub(super) fn publisher_joins(&mut self, now: Time, place: usize) {
        let words = self.scenario.all_publishers().swap_remove(place);
        let (at, number) = (self.instant(now), place as u16);
        let (ours, _) = session::keys(number);
        let Self { engine, conference, .. } = self;
        let added = engine.add_raw_endpoint(at, *conference, session::path(number), ours);
        let endpoint = added.expect("there is room");
        let session = session::publishing(number, words.kind(), words.encodings());
        engine.set_session(at, endpoint, &session).expect("a good session");
        let source = std::iter::from_fn(|| engine.poll_event()).find_map(|event| match event {
            Event::SourceAdded { source, endpoint: of, .. } if of == endpoint => Some(source),
            _ => None,
        });
        let source = source.expect("it publishes");
        let rng = Pcg::new(self.seed, 0x1_0000 + place as u64);
        let publisher = Publisher::new(words, number, (endpoint, source), now, rng);
        self.publishers[place] = Some(publisher);
        for receiver in 0..self.receivers.len() {
            self.subscribe(now, receiver, place);
        }
        // Nobody's frames come at the same moments.
        let phase = u64::from(self.rng.next_u32()) % (33 * MS);
        if let Some(publisher) = &mut self.publishers[place] {
            publisher.begin_at(now + phase);
        }
        self.wake_at(now + phase, Wake::Frame(place));
        self.wake_at(now + phase + 500 * MS, Wake::Report(place));
    }

    pub(super) fn publisher_leaves(&mut self, now: Time, place: usize) {
        let Some(publisher) = self.publishers[place].take() else { return };
        self.accounts[place].times = publisher.times;
        let at = self.instant(now);
        self.engine.remove_endpoint(at, publisher.endpoint).expect("it lives");
        for stream in self.receivers.iter_mut().flatten().flat_map(|held| held.streams.iter_mut()) {
            if let Some(stream) = stream.as_mut().filter(|stream| stream.publisher == place) {
                stream.account.layers.push((now, None));
                stream.is_over = true;
            }
        }
    }

    pub(super) fn receiver_joins(&mut self, now: Time, place: usize) {
        let words = self.scenario.all_receivers().swap_remove(place);
        let (at, number) = (self.instant(now), places::number_of(place));
        let (ours, _) = session::keys(number);
        let added = self.engine.add_raw_endpoint(at, self.conference, session::path(number), ours);
        let endpoint = added.expect("there is room");
        let publishers = self.scenario.all_publishers();
        let wanted = words.wants.iter().flat_map(|wish| self.scenario.matching(&wish.of));
        let kinds: Vec<_> = wanted.map(|wanted| publishers[wanted].kind()).collect();
        let session = session::receiving(&kinds, words.feedback, words.nack);
        self.engine.set_session(at, endpoint, &session).expect("a good session");
        let desired = words.desired;
        let rng = Pcg::new(self.seed, 0x2_0000 + place as u64);
        let mut receiver = Receiver::new(words, number, endpoint, now, rng);
        receiver.account.links.clone_from(&self.places.on_way[place]);
        self.receivers[place] = Some(receiver);
        if let Some(desired) = desired {
            self.desire(now, place, desired.0);
        }
        for publisher in 0..self.publishers.len() {
            self.subscribe(now, place, publisher);
        }
        self.wake_at(now + super::receiver::TICK, Wake::Tick(place));
    }

    /// If both are there and the one wants the other.
    fn subscribe(&mut self, now: Time, place: usize, publisher: usize) {
        let at = self.instant(now);
        let Some(constraints) = self.constraints(place, publisher) else { return };
        let (Some(receiver), Some(of)) = (&mut self.receivers[place], &self.publishers[publisher])
        else {
            return;
        };
        let engine = &mut self.engine;
        let subscribed = engine.subscribe(at, receiver.endpoint, of.source);
        let subscription = subscribed.expect("once");
        engine.set_constraints(at, subscription, constraints).expect("it lives");
        let stats = engine.subscription_stats(at, subscription).expect("it lives");
        let ssrc = Ssrc(stats.ssrc.expect("a section is there for each"));
        let (section, _) = session::place_of(ssrc).expect("one of ours");
        let rates = of.words.layers.iter().flatten().map(|rate| rate.0).collect();
        let account = SubscriptionAccount {
            publisher,
            name: of.words.name.clone(),
            is_audio: of.kind() == MediaKind::Audio,
            rates,
            ..SubscriptionAccount::default()
        };
        let on = (subscription, section);
        let stream = Stream::new(on, (publisher, of.kind()), of.words.temporal, account);
        receiver.serve(section, stream);
        self.holders.insert(subscription, place);
    }

    /// What a receiver wants of a publisher, by what was said at the beginning.
    pub(super) fn constraints(&self, place: usize, publisher: usize) -> Option<Constraints> {
        let words = self.scenario.all_receivers().swap_remove(place);
        let wish = words
            .wants
            .iter()
            .find(|wish| self.scenario.matching(&wish.of).contains(&publisher))?;
        Some(constraints_of(wish))
    }

    pub(super) fn finish(mut self) -> Run {
        let length = self.scenario.length.0;
        for (account, publisher) in self.accounts.iter_mut().zip(self.publishers) {
            if let Some(publisher) = publisher {
                account.times = publisher.times;
            }
        }
        let receivers = self.receivers.into_iter().flatten().map(|mut receiver| {
            let streams = receiver.streams.into_iter().flatten();
            receiver.account.subscriptions = streams.map(|stream| stream.account).collect();
            receiver.account
        });
        Run {
            seed: self.seed,
            length,
            hash: self.net.log_hash(),
            links: self.places.accounts(&self.net, length),
            publishers: self.accounts,
            receivers: receivers.collect(),
            requests: self.requests,
            scenario: self.scenario,
        }
    }
}

fn config(scenario: &Scenario, seed: u64) -> Config {
    let words = scenario.engine;
    let days = Duration::from_secs(10 * 86_400);
    let mut config = Config { idle_timeout: days, connect_timeout: days, ..Config::default() };
    config.seed[..8].copy_from_slice(&seed.to_le_bytes());
    let congestion = &mut config.congestion;
    let set =
        |held: &mut u64, to: Option<crate::scenario::Bits>| *held = to.map_or(*held, |to| to.0);
    set(&mut congestion.start_bitrate, words.start);
    set(&mut congestion.min_bitrate, words.least);
    set(&mut congestion.max_bitrate, words.most);
    congestion.ecn = words.ecn;
    config
}

fn constraints_of(wish: &Wish) -> Constraints {
    Constraints {
        max_spatial: wish.most_layer,
        on_stage: wish.on_stage,
        priority: wish.priority,
        pausable: wish.pausable,
        ..Constraints::default()
    }
}
