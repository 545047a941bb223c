//! One link: a packet comes in, waits, is sent, may be marked, lost, delayed, doubled.
//!
//! Read [`Link::enter`], then [`Link::served`]: that is a packet's life here.

use super::Time;
use super::config::{Bleach, LinkConfig, Marking};
use super::loss::Losses;
use super::packet::{Ecn, Head};
use super::queue::{Queue, Queued};
use super::record::{Digest, Fate, Record};
use super::rng::{Chance, Pcg};
use super::service::Service;
use super::wire::Wire;

/// A link that carries items it does not look into.
pub(super) struct Link<T> {
    service: Service,
    queue: Queue<T>,
    /// What is being sent, and since when.
    sending: Vec<Queued<T>>,
    started: Time,
    marking: Marking,
    bleach: Bleach,
    losses: Vec<Losses>,
    duplicates: Chance,
    rng: Pcg,
    wire: Wire,
    records: Vec<Record>,
    digest: Digest,
    dropped: Vec<Queued<T>>,
}

/// What comes out at the other end, and when.
pub(super) struct Arrival<T> {
    pub(super) at: Time,
    pub(super) head: Head,
    pub(super) item: T,
}

impl<T: Clone> Link<T> {
    /// The `number`-th link of the network of `seed`: its draws hang on nothing else.
    pub(super) fn new(config: LinkConfig, seed: u64, number: u64) -> Self {
        let rng = |purpose: u64| Pcg::new(seed, number << 8 | purpose);
        let losses = config.loss.into_iter().zip(3..);
        Self {
            service: Service::new(config.rate, rng(0)),
            queue: Queue::new(config.queue),
            sending: Vec::new(),
            started: 0,
            marking: config.marking,
            bleach: config.bleach,
            losses: losses.map(|(rule, purpose)| Losses::new(rule, rng(purpose))).collect(),
            duplicates: Chance::new(config.duplicates),
            rng: rng(1),
            wire: Wire::new(config.delay, config.jitter, rng(2)),
            records: Vec::new(),
            digest: Digest::default(),
            dropped: Vec::new(),
        }
    }

    /// A packet comes. If that starts a transmission, says when it ends: call [`Self::served`] then.
    pub(super) fn enter(
        &mut self,
        now: Time,
        mut head: Head,
        item: T,
        arrivals: &mut Vec<Arrival<T>>,
    ) -> Option<Time> {
        if self.bleach == Bleach::Before {
            head.ecn = Ecn::NotEct;
        }
        let packet = Queued { head, entered: now, item };
        if self.service.is_unlimited() {
            self.deliver(now, now, packet, arrivals);
            return None;
        }
        let (queued, sending) = (self.queue.bytes(), self.bytes_sending());
        let service = &self.service;
        self.queue.push(packet, || service.wait(now, queued, sending), &mut self.dropped);
        self.record_drops(now);
        if self.sending.is_empty() { self.start(now) } else { None }
    }

    /// A transmission ends. If another starts, says when that will end.
    pub(super) fn served(&mut self, now: Time, arrivals: &mut Vec<Arrival<T>>) -> Option<Time> {
        let started = self.started;
        let mut sent = std::mem::take(&mut self.sending);
        for packet in sent.drain(..) {
            self.deliver(now, started, packet, arrivals);
        }
        self.sending = sent;
        self.start(now)
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(super) fn digest(&self) -> u64 {
        self.digest.value()
    }

    pub(super) fn capacity(&self, from: Time, until: Time) -> Option<u64> {
        self.service.capacity(from, until)
    }

    pub(super) fn backlog(&self) -> u64 {
        self.queue.bytes() + self.bytes_sending()
    }

    fn start(&mut self, now: Time) -> Option<Time> {
        let mut bytes = 0;
        while self.service.takes_more(now, self.sending.len(), bytes) {
            let Some(mut packet) = self.queue.pop(now, &mut self.dropped) else { break };
            self.mark(now, &mut packet);
            bytes += u64::from(packet.head.bytes);
            self.sending.push(packet);
        }
        self.record_drops(now);
        self.started = now;
        if self.sending.is_empty() { None } else { self.service.finish(now, bytes) }
    }

    /// T6: by the time in the queue, as it leaves the queue.
    fn mark(&self, now: Time, packet: &mut Queued<T>) {
        let waited = now - packet.entered;
        let ecn = &mut packet.head.ecn;
        let is_marked = match self.marking {
            Marking::None => false,
            Marking::Step(above) => *ecn != Ecn::NotEct && waited > above,
            Marking::L4sStep(above) => *ecn == Ecn::Ect1 && waited > above,
        };
        if is_marked {
            *ecn = Ecn::Ce;
        }
    }

    fn deliver(
        &mut self,
        now: Time,
        started: Time,
        mut packet: Queued<T>,
        arrivals: &mut Vec<Arrival<T>>,
    ) {
        if self.bleach == Bleach::After {
            packet.head.ecn = Ecn::NotEct;
        }
        // Every rule sees every packet, so that one does not move the draws of another.
        let strikes = |lost, rule: &mut Losses| rule.strikes(now, &packet.head) || lost;
        let is_lost = self.losses.iter_mut().fold(false, strikes);
        let fate = if is_lost { Fate::Lost } else { Fate::Served };
        self.record(started, now, &packet.head, packet.entered, fate);
        if is_lost {
            return;
        }
        let head = packet.head;
        if self.duplicates != Chance::new(0.0) && self.rng.chance(self.duplicates) {
            arrivals.push(Arrival { at: self.wire.arrival(now), head, item: packet.item.clone() });
        }
        arrivals.push(Arrival { at: self.wire.arrival(now), head, item: packet.item });
    }

    fn record_drops(&mut self, now: Time) {
        let mut dropped = std::mem::take(&mut self.dropped);
        for packet in dropped.drain(..) {
            self.record(now, now, &packet.head, packet.entered, Fate::Dropped);
        }
        self.dropped = dropped;
    }

    fn record(&mut self, started: Time, left: Time, head: &Head, entered: Time, fate: Fate) {
        let Head { flow, bytes, kind, ecn, tag } = *head;
        let record = Record { entered, started, left, flow, bytes, tag, kind, ecn, fate };
        self.digest.add_record(&record);
        self.records.push(record);
    }

    fn bytes_sending(&self) -> u64 {
        self.sending.iter().map(|packet| u64::from(packet.head.bytes)).sum()
    }
}
