//! The world around one engine: publishers, receivers and the network between, in virtual time.
//! The engine is driven through its public interface only, as a driver would: datagrams and time
//! in, datagrams, events and the next deadline out.
//!
//! This file is the loop; `joining` is how everybody gets there, `script` what befalls them,
//! `sampling` what is written down.
//!
//! Read next: [`publisher`], [`receiver`], [`outlet`].

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "shared by a test and an example; each uses a part"
)]

mod agenda;
mod carriage;
mod encoder;
mod joining;
pub mod outlet;
mod packets;
mod places;
mod publisher;
mod receiver;
mod sampling;
mod script;
mod session;
mod tag;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lahn::{ConferenceId, Drained, Engine, Event, SubscriptionId};

use crate::metrics::{Class, PublisherAccount, Request, Run};
use crate::net::rng::Pcg;
use crate::net::{self, Ecn, Kind, MS, Network, Packet, SECOND, Time};
use crate::scenario::Scenario;
use agenda::Wake;
use carriage::{class_of, codepoint, mark};
use outlet::{Body, Outlet, Seen};
use places::Places;
pub use places::is_own;
use publisher::Publisher;
use receiver::Receiver;
pub use tag::FRAMES;

/// Between two samples.
const SAMPLE: Time = 10 * MS;
/// Between two sender reports.
const REPORT: Time = SECOND;

pub struct World {
    scenario: Arc<Scenario>,
    seed: u64,
    net: Network<Body>,
    engine: Engine,
    /// The engine's clock at our time 0.
    base: Instant,
    conference: ConferenceId,
    places: Places,
    publishers: Vec<Option<Publisher>>,
    receivers: Vec<Option<Receiver>>,
    /// Of publishers, when they are gone too.
    accounts: Vec<PublisherAccount>,
    requests: Vec<Request>,
    /// Which receiver has a subscription.
    holders: HashMap<SubscriptionId, usize>,
    outlet: Outlet,
    /// When the engine is woken, at the latest.
    armed: Time,
    /// It wants to be woken at one moment again and again.
    is_stuck: bool,
    rng: Pcg,
}

impl World {
    /// Plays a scenario to its end.
    ///
    /// # Errors
    /// Says what cannot be, or that the engine does not get on.
    pub fn run(scenario: &Arc<Scenario>, seed: u64) -> Result<Run, String> {
        let mut world = Self::new(scenario, seed)?;
        world.begin();
        let end = scenario.length.0;
        while let Some((now, event)) = world.net.next_before(end) {
            world.on_event(now, event);
            if world.is_stuck {
                let at = now as f64 / 1e6;
                return Err(format!("at {at} s the engine wants time that has passed, for ever"));
            }
        }
        Ok(world.finish())
    }

    fn on_event(&mut self, now: Time, event: net::Event<Body>) {
        let is_of_engine = match event {
            net::Event::Arrived { packet, .. } => self.on_arrived(now, packet),
            net::Event::Timer(token) => self.on_wake(now, Wake::of_token(token)),
        };
        if is_of_engine {
            self.settle(now);
        }
    }

    /// Whether the engine was touched.
    fn on_arrived(&mut self, now: Time, packet: Packet<Body>) -> bool {
        let place = packet.head.flow as usize;
        let Some(receiver) = &mut self.receivers[place] else { return false };
        match packet.body {
            Body::Rtp(seen) => {
                let ecn = codepoint(packet.head.ecn);
                receiver.on_rtp(now, &Seen { ecn, ..seen });
            }
            Body::Rtcp(mut datagram) => receiver.on_rtcp(now, &mut datagram),
            Body::Said(mut datagram) => {
                let path = session::path(receiver.number);
                self.engine.handle_datagram(self.instant(now), path, &mut datagram);
                return true;
            }
        }
        false
    }

    fn on_wake(&mut self, now: Time, wake: Wake) -> bool {
        match wake {
            // One that was set before the deadline came nearer.
            Wake::Engine if now < self.armed => return false,
            Wake::Engine => self.armed = Time::MAX,
            Wake::Sample => {
                self.sample(now);
                self.wake_at(now + SAMPLE, wake);
                return false;
            }
            Wake::PublisherJoins(place) => self.publisher_joins(now, place),
            Wake::PublisherLeaves(place) => self.publisher_leaves(now, place),
            Wake::Frame(place) => self.on_frame(now, place),
            Wake::Report(place) => self.on_report(now, place),
            Wake::ReceiverJoins(place) => self.receiver_joins(now, place),
            Wake::Tick(place) => {
                self.on_tick(now, place);
                return false;
            }
            Wake::Begin(place) => self.begin_happening(now, place),
            Wake::End(place) => self.end_happening(now, place),
            Wake::Drag(place) => self.drag(now, place),
        }
        true
    }

    /// The next frame of a publisher comes to the engine.
    fn on_frame(&mut self, now: Time, place: usize) {
        self.aim(now, place);
        let (at, path) = (self.instant(now), session::path(place as u16));
        let Self { publishers, engine, .. } = self;
        let Some(publisher) = &mut publishers[place] else { return };
        publisher.encode(now, |datagram| engine.handle_datagram(at, path, datagram));
        let next = publisher.next_at();
        self.wake_at(next, Wake::Frame(place));
    }

    fn on_report(&mut self, now: Time, place: usize) {
        let (at, path) = (self.instant(now), session::path(place as u16));
        let Self { publishers, engine, .. } = self;
        let Some(publisher) = &mut publishers[place] else { return };
        publisher.report(now, |datagram| engine.handle_datagram(at, path, datagram));
        self.wake_at(now + REPORT, Wake::Report(place));
    }

    /// A receiver says what it has to say.
    fn on_tick(&mut self, now: Time, place: usize) {
        let Self { receivers, net, places, .. } = self;
        let Some(receiver) = &mut receivers[place] else { return };
        let (route, silent) = (places.back[place], receiver.silent);
        receiver.tick(now, |datagram| {
            if !silent {
                let wire = (datagram.len() + outlet::BELOW) as u32;
                let body = Body::Said(datagram.to_vec());
                net.send(route, Packet::new(place as u32, wire, Kind::Rtcp, body));
            }
        });
        self.wake_at(now + receiver::TICK, Wake::Tick(place));
    }

    /// Takes out of the engine what there is, and does what is due.
    fn settle(&mut self, now: Time) {
        let at = self.instant(now);
        for _ in 0..MOST_TURNS {
            self.outlet.now = now;
            while self.engine.poll_transmit(at, &mut self.outlet) == Drained::SinkFull {}
            while let Some(event) = self.engine.poll_event() {
                self.on_told(now, &event);
            }
            self.send_on(now);
            let Some(deadline) = self.engine.poll_timeout() else { return };
            if deadline > at {
                return self.arm(deadline);
            }
            self.engine.handle_timeout(at);
        }
        self.is_stuck = true;
    }

    fn arm(&mut self, deadline: Instant) {
        let nanos = deadline.saturating_duration_since(self.base).as_nanos();
        let wanted = Time::try_from(nanos.div_ceil(1_000)).unwrap_or(Time::MAX);
        if wanted < self.armed {
            self.armed = wanted;
            self.wake_at(wanted, Wake::Engine);
        }
    }

    fn send_on(&mut self, now: Time) {
        let mut sent = std::mem::take(&mut self.outlet.sent);
        for (number, body) in sent.drain(..) {
            match places::receiver_of(number) {
                Some(place) => self.send_to_receiver(now, place, body),
                None => self.on_asked(now, usize::from(number), body),
            }
        }
        self.outlet.sent = sent;
    }

    fn send_to_receiver(&mut self, now: Time, place: usize, body: Body) {
        let Some(receiver) = &mut self.receivers[place] else { return };
        let (wire, kind, class) = match &body {
            Body::Rtp(seen) => {
                let class = class_of(receiver, seen);
                let publisher = receiver.publisher_of(seen.ssrc);
                let publisher = publisher.and_then(|place| self.publishers[place].as_ref());
                let waited = seen.tag.zip(publisher).and_then(|(tag, of)| of.since(now, tag.frame));
                receiver.account.on_sent(now, class, seen, waited);
                receiver.on_sent(seen);
                (seen.wire, Kind::Media, class)
            }
            Body::Rtcp(datagram) | Body::Said(datagram) => {
                ((datagram.len() + outlet::BELOW) as u32, Kind::Rtcp, Class::Video)
            }
        };
        let ecn = if let Body::Rtp(seen) = &body { mark(seen.ecn) } else { Ecn::NotEct };
        let packet = Packet::new(place as u32, wire, kind, body);
        let packet = packet.with_tag(class as u64).with_ecn(ecn);
        self.net.send(self.places.forth[place], packet);
    }

    /// A publisher is asked for something.
    fn on_asked(&mut self, now: Time, place: usize, body: Body) {
        let (Some(publisher), Body::Rtcp(mut datagram)) = (&mut self.publishers[place], body)
        else {
            return;
        };
        for layer in publisher.on_rtcp(now, &mut datagram) {
            self.requests.push(Request { at: now, publisher: place, layer });
        }
    }

    fn on_told(&mut self, now: Time, event: &Event) {
        if let Event::LayerChanged { subscription, layer, .. } = event {
            let holder = self.holders.get(subscription).copied();
            let receiver = holder.and_then(|place| self.receivers[place].as_mut());
            if let Some(stream) = receiver.and_then(|held| held.stream_of(*subscription)) {
                let spatial = layer.map(|layer| layer.encoding.max(layer.spatial));
                let layers = &mut stream.account.layers;
                if layers.last().map_or(Some(None), |last| Some(last.1)) != Some(spatial) {
                    layers.push((now, spatial));
                }
            }
        }
    }

    fn wake_at(&mut self, at: Time, wake: Wake) {
        self.net.set_timer(at, wake.to_token());
    }

    fn instant(&self, now: Time) -> Instant {
        self.base + Duration::from_micros(now)
    }
}

/// More often the engine cannot want to be woken at one moment.
const MOST_TURNS: u32 = 10_000;
