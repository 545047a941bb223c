//! What is written down of a run: samples, bins, moments. Judges nothing. Read next:
//! [`super::measure`].

use std::sync::Arc;

use super::bins::Bins;
use crate::net::{Record, Time};
use crate::scenario::Scenario;
use crate::world::outlet::Seen;

/// A run.
pub struct Run {
    pub scenario: Arc<Scenario>,
    pub seed: u64,
    pub length: Time,
    /// Of all that happened: the same seed gives the same.
    pub hash: u64,
    pub links: Vec<LinkAccount>,
    pub publishers: Vec<PublisherAccount>,
    pub receivers: Vec<ReceiverAccount>,
    pub requests: Vec<Request>,
}

pub struct LinkAccount {
    pub name: String,
    pub records: Vec<Record>,
    /// Bits that could have been carried, per bin; empty: no limit.
    pub capacity: Bins,
}

/// A request for a key frame that reached a publisher.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    pub at: Time,
    pub publisher: usize,
    pub layer: usize,
}

pub struct PublisherAccount {
    pub name: String,
    /// When frames, or packets of sound, came to the engine,
    pub times: Vec<Time>,
    /// and from when until when there was no video.
    pub mutes: Vec<(Time, Time)>,
}

pub struct ReceiverAccount {
    pub name: String,
    pub joined: Time,
    /// Places of the links on its way.
    pub links: Vec<usize>,
    pub samples: Vec<Sample>,
    /// What left for it, wire bytes by class,
    pub sent: [Bins; 4],
    /// and all that arrived.
    pub arrived: Bins,
    pub one_way: Vec<(Time, u32)>,
    /// How long packets waited in the engine: sound, pictures for the first time.
    pub waits: [Vec<(Time, u32)>; 2],
    pub voices_sent: u64,
    pub voices: u64,
    pub nacked: u64,
    pub plis: Vec<Time>,
    /// REMBs.
    pub told: Vec<(Time, u64)>,
    pub subscriptions: Vec<SubscriptionAccount>,
}

/// What a packet that leaves is; places in [`ReceiverAccount::sent`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    Video,
    Audio,
    Resent,
    Padding,
}

/// What the engine says of the way to a receiver.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    pub at: Time,
    /// 0: nothing is said.
    pub estimate: u64,
    pub desired: u64,
    pub allocated: u64,
    pub padding: u64,
    pub queue_delay: Time,
    /// 0-1.
    pub loss: f64,
    pub acked: u64,
    pub state: &'static str,
    /// Subscriptions that wait for a higher layer than flows.
    pub pending: u32,
}

#[derive(Default)]
pub struct SubscriptionAccount {
    pub publisher: usize,
    pub name: String,
    pub is_audio: bool,
    /// Nominal rates of layers, bit/s.
    pub rates: Vec<u64>,
    /// Which spatial layer flows from when on.
    pub layers: Vec<(Time, Option<u8>)>,
    pub decoded: Vec<Decoded>,
    /// When packets of sound came.
    pub voices: Vec<Time>,
}

/// A picture that could be decoded.
#[derive(Clone, Copy, Debug)]
pub struct Decoded {
    pub at: Time,
    pub layer: u8,
    /// Lowest bits of its number.
    pub frame: u16,
    /// Payload.
    pub bytes: u32,
}

impl ReceiverAccount {
    pub fn new(name: String, joined: Time) -> Self {
        Self {
            name,
            joined,
            links: Vec::new(),
            samples: Vec::new(),
            sent: Default::default(),
            arrived: Bins::default(),
            one_way: Vec::new(),
            waits: Default::default(),
            voices_sent: 0,
            voices: 0,
            nacked: 0,
            plis: Vec::new(),
            told: Vec::new(),
            subscriptions: Vec::new(),
        }
    }

    pub fn on_arrived(&mut self, now: Time, seen: &Seen) {
        self.arrived.add(now, u64::from(seen.wire));
        self.one_way.push((now, (now - seen.sent) as u32));
    }

    pub fn on_voice(&mut self, _now: Time, _seen: &Seen) {
        self.voices += 1;
    }

    /// `waited`: since it came to the engine.
    pub fn on_sent(&mut self, now: Time, class: Class, seen: &Seen, waited: Option<Time>) {
        self.sent[class as usize].add(now, u64::from(seen.wire));
        self.voices_sent += u64::from(class == Class::Audio);
        if let (Some(waited), Class::Video | Class::Audio) = (waited, class) {
            let of = usize::from(class == Class::Video);
            self.waits[of].push((now, waited as u32));
        }
    }
}

impl SubscriptionAccount {
    /// The layer that flows at `at`.
    pub fn layer_at(&self, at: Time) -> Option<u8> {
        let place = self.layers.partition_point(|change| change.0 <= at);
        self.layers[..place].last().and_then(|change| change.1)
    }

    /// Nominal rate of it.
    pub fn rate_at(&self, at: Time) -> u64 {
        let layer = self.layer_at(at);
        layer.and_then(|layer| self.rates.get(usize::from(layer))).copied().unwrap_or(0)
    }
}
