//! Everything at once, by dice: joining, leaving, subscribing, pausing, renegotiating, rebinding,
//! restarting, on a network that loses and reorders. When the storm is over, whoever is subscribed
//! to something receives it, and nothing else.

use lahn::params::MediaKind;
use lahn::{Constraints, SubscriptionId};

use crate::support::net::Dice;
use crate::support::*;

const MOST_PARTICIPANTS: usize = 12;

struct Storm {
    world: World,
    dice: Dice,
    /// Who is there.
    living: Vec<Who>,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        let living = (0..3).map(|_| world.join(&[Medium::Audio, Medium::Video])).collect();
        Self { world, dice: Dice::new(seed), living }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let place = self.dice.below(from.len() as u64);
        from.get(usize::try_from(place).expect("few")).copied()
    }

    fn somebody(&mut self) -> Who {
        self.pick(&self.living.clone()).expect("three stay")
    }

    /// Something happens.
    fn step(&mut self) {
        let now = self.world.now;
        match self.dice.below(12) {
            0 if self.world.participants.len() < MOST_PARTICIPANTS => {
                let media: &[Medium] = match self.dice.below(3) {
                    0 => &[],
                    1 => &[Medium::Video],
                    _ => &[Medium::Audio, Medium::Simulcast],
                };
                let who = self.world.join(media);
                self.living.push(who);
            }
            1 if self.living.len() > 3 => self.leave(),
            2..=5 => self.subscribe(),
            6 => {
                if let Some(subscription) = self.some_subscription() {
                    self.world.engine.unsubscribe(now, subscription).expect("it lives");
                }
            }
            7 => {
                if let Some(subscription) = self.some_subscription() {
                    let paused = self.dice.chance(0.5);
                    self.world.engine.set_paused(now, subscription, paused).expect("it lives");
                }
            }
            8 => {
                if let Some(subscription) = self.some_subscription() {
                    let max_spatial = u8::try_from(self.dice.below(3)).ok();
                    let before = self.world.engine.constraints(subscription).expect("it lives");
                    let constraints = Constraints { max_spatial, ..before };
                    let set = self.world.engine.set_constraints(now, subscription, constraints);
                    set.expect("it lives");
                }
            }
            9 => {
                let endpoint = self.world.endpoint(self.living[0]);
                self.world.engine.restart_ice(now, endpoint).expect("it lives");
            }
            10 => {
                let who = self.somebody();
                self.world.rebind(who);
            }
            _ => {
                let who = self.somebody();
                let (loss, jitter) = (self.dice.below(8) as f64 / 100.0, ms(self.dice.below(20)));
                let participant = &mut self.world.participants[who];
                for link in [&mut participant.up, &mut participant.down] {
                    (link.loss, link.jitter, link.duplication) = (loss, jitter, loss);
                }
            }
        }
        self.world.settle();
    }

    fn leave(&mut self) {
        // The first three stay.
        let place = 3 + self.dice.below(self.living.len() as u64 - 3) as usize;
        let who = self.living.remove(place);
        // Who has no keys yet cannot say goodbye, and a goodbye may be lost.
        if self.world.participants[who].connected && self.dice.chance(0.5) {
            self.world.participants[who].rtc.close().expect("it may close");
        } else {
            let endpoint = self.world.endpoint(who);
            self.world.engine.remove_endpoint(self.world.now, endpoint).expect("it lives");
        }
    }

    fn subscribe(&mut self) {
        let sources = self.world.engine.sources(self.world.conference).expect("it is open");
        let receiver = self.somebody();
        let Some(source) = self.pick(&sources) else { return };
        let now = self.world.now;
        // Refused if it is its own, or subscribed to already.
        let _ = self.world.engine.subscribe(now, self.world.endpoint(receiver), source);
    }

    fn some_subscription(&mut self) -> Option<SubscriptionId> {
        let who = self.somebody();
        let all = self.world.engine.subscriptions(self.world.endpoint(who)).expect("it lives");
        self.pick(&all)
    }

    /// The network heals, those who left are gone, and everything comes to rest.
    fn calm_down(&mut self) {
        for participant in &mut self.world.participants {
            for link in [&mut participant.up, &mut participant.down] {
                (link.loss, link.duplication) = (0.0, 0.0);
                link.jitter = ms(0);
            }
        }
        // A rebound NAT is found by the next consent check.
        self.world.run_for(secs(20));
    }

    /// Asserts that each subscription brings what its source publishes, and nothing else comes.
    #[track_caller]
    fn everybody_has_what_it_wants(&mut self) -> usize {
        let from = self.world.now;
        self.world.run_for(secs(1));
        let mut flowing = 0;
        for who in &self.living {
            let endpoint = self.world.endpoint(*who);
            let mut expected = 0;
            for subscription in self.world.engine.subscriptions(endpoint).expect("it lives") {
                let count = self.arrived(*who, subscription, from);
                expected += count;
                flowing += usize::from(count > 0);
            }
            let all = self.world.participants[*who].received.iter().filter(|r| r.at > from);
            assert_eq!(all.count(), expected, "{who} gets what it did not ask for");
        }
        flowing
    }

    /// How many packets a subscription brought, all of the right source.
    #[track_caller]
    fn arrived(&self, who: Who, subscription: SubscriptionId, from: std::time::Instant) -> usize {
        let engine = &self.world.engine;
        let info = engine.subscription_info(subscription).expect("it lives");
        let source = engine.source_info(info.source).expect("it lives");
        let place = self.world.participants.iter().position(|p| p.endpoint == source.endpoint);
        let place = place.expect("somebody publishes it");
        let publisher = &self.world.participants[place];
        let ssrc = self.world.ssrc(subscription);
        let mine = |r: &&Received| r.ssrc == ssrc && r.at > from;
        let received: Vec<_> = self.world.participants[who].received.iter().filter(mine).collect();
        for packet in &received {
            let is_of = |p: &&media::Publication| {
                *p.mid == *source.mid.as_str()
                    && check::place_of_body(&p.sent, &packet.payload).is_some()
            };
            assert!(publisher.publications.iter().any(|p| is_of(&p)), "{who}: another source");
        }
        let least = match source.kind {
            _ if info.paused || !self.living.contains(&place) => 0,
            MediaKind::Audio => 48,
            MediaKind::Video => 28,
        };
        assert!(info.negotiated, "{who}: {info:?}");
        assert!(received.len() >= least, "{who} got {} of {source:?} {info:?}", received.len());
        assert!(!info.paused || received.is_empty(), "{who} gets what is paused");
        received.len()
    }
}

/// How many subscriptions flow when it is over.
fn storm(seed: u64) -> usize {
    println!("seed {seed}");
    let mut storm = Storm::new(seed);
    storm.world.connect();
    for _ in 0..80 {
        storm.step();
        let pause = storm.dice.below(150);
        storm.world.run_for(ms(pause));
    }
    storm.calm_down();
    storm.everybody_has_what_it_wants()
}

#[test]
fn after_a_storm_everybody_has_what_it_wants() {
    let flowing: usize = (200..205).map(storm).sum();
    assert!(flowing > 20, "{flowing} subscriptions are few to look at");
}
