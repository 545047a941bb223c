//! The play: a real engine between a publisher and a receiver, in virtual time. What is due next,
//! a packet, a moment of the script or a deadline of the engine's, is done, and then everything
//! that comes out is taken.

use std::time::{Duration, Instant};

use lahn::params::SessionParams;
use lahn::{Drained, Engine, Event};

use crate::ends::{Ids, Mail, open};
use crate::journal::{Journal, What};
use crate::link::{self, Sent};
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::publisher::{Asked, Publisher};
use crate::queue::{ASK_INTERVAL, Action, Queue};
use crate::receiver::Receiver;
use crate::recording::{Carries, Error, Recording};
use crate::script::{Link, Script};
use crate::session;

/// See the module.
pub(crate) struct Stage<'s> {
    script: &'s Script,
    engine: Engine,
    /// What the engine takes for the time at which the recording begins.
    start: Instant,
    publisher: Publisher,
    receiver: Receiver,
    ids: Ids,
    /// As it is now: with new SSRCs.
    publishing: SessionParams,
    plan: Plan,
    up: link::Path,
    down: link::Path,
    queue: Queue,
    journal: Journal,
    outcome: Outcome,
    out: Mail,
}

impl<'s> Stage<'s> {
    pub(crate) fn set(script: &'s Script, recording: &Recording) -> Result<Self, Error> {
        let mut up = link::Path::new(script, recording, Link::Up).map_err(Error::Script)?;
        let down = link::Path::new(script, recording, Link::Down).map_err(Error::Script)?;
        let mut plan = Plan::new(script, recording, &mut up).map_err(Error::Script)?;
        let queue = Queue::new(script, &mut plan, recording.end());
        let publisher = Publisher::new(&plan.sent);
        let codecs = script.source.codecs.get_ref();
        let clock_rate = codecs.values().next().map_or(90_000, |codec| codec.0.clock_rate());
        let receiver = Receiver::new(script.receiver.rtt.0, clock_rate);
        #[expect(clippy::disallowed_methods, reason = "virtual time has to begin somewhere")]
        let start = Instant::now();
        let publishing = session::publishing(script, recording);
        let (engine, ids) = open(start, script, &publishing)
            .map_err(|error| Error::Recording(format!("the engine refuses it: {error}")))?;
        let names = recording.names();
        Ok(Self {
            script,
            engine,
            start,
            publisher,
            receiver,
            ids,
            publishing,
            plan,
            up,
            down,
            queue,
            journal: Journal::new(names.clone()),
            outcome: Outcome::new(names, recording.end()),
            out: Mail::default(),
        })
    }

    /// Plays it to its end.
    pub(crate) fn play(mut self) -> Result<Outcome, Error> {
        let end = self.outcome.end + AFTERWARDS;
        let mut now = Duration::ZERO;
        loop {
            let alarm = self.engine.poll_timeout();
            let alarm = alarm.map(|at| at.saturating_duration_since(self.start));
            let Some(next) = self.queue.due().into_iter().chain(alarm).min() else { break };
            now = next.max(now);
            if now > end {
                break;
            }
            if alarm.is_some_and(|alarm| alarm <= now) {
                self.engine.handle_timeout(self.start + now);
            }
            while let Some(action) = self.queue.take(now) {
                self.act(now, action).map_err(Error::Recording)?;
                self.drain(now);
            }
            self.drain(now);
        }
        self.close(now);
        Ok(self.outcome)
    }

    fn act(&mut self, now: Duration, action: Action) -> Result<(), String> {
        match action {
            Action::Note(what) => self.journal.note(now, what),
            Action::Arrive(packet) => self.arrive(now, packet)?,
            Action::Renegotiate(encoding, ssrc) => {
                let receive = self.publishing.media.iter_mut().flat_map(|media| &mut media.receive);
                for encoding in receive.filter_map(|it| it.encodings.get_mut(encoding)) {
                    encoding.ssrc = Some(ssrc);
                }
                let set =
                    self.engine.set_session(self.start + now, self.ids.publisher, &self.publishing);
                set.map_err(|error| error.to_string())?;
            }
            Action::Constrain(constraints) => {
                self.journal.note(now, What::Constraints(constraints));
                let (now, subscription) = (self.start + now, self.ids.subscription);
                let set = self.engine.set_constraints(now, subscription, constraints);
                set.map_err(|error| error.to_string())?;
            }
            Action::Pli => {
                self.journal.note(now, What::PliFromReceiver);
                let datagram = self.receiver.pli();
                self.answer(now, datagram);
            }
            Action::Report => {
                let report = self.receiver.report(now);
                report.into_iter().for_each(|datagram| self.answer(now, datagram));
            }
            Action::Ask => {
                self.queue.put(now + ASK_INTERVAL, Action::Ask);
                if let Some((datagram, packets)) = self.receiver.ask(now) {
                    self.journal.note(now, What::NackFromReceiver { packets });
                    self.answer(now, datagram);
                }
            }
        }
        Ok(())
    }

    fn arrive(&mut self, now: Duration, packet: usize) -> Result<(), String> {
        let outgoing = &self.plan.sent[packet];
        if let Carries::Media { encoding, .. } = outgoing.carries {
            self.outcome.count_in(now, encoding, outgoing.bytes.len());
        }
        let mut datagram = self.publisher.seal(outgoing)?;
        self.engine.handle_datagram(self.start + now, self.publisher.path, &mut datagram);
        Ok(())
    }

    fn answer(&mut self, now: Duration, mut datagram: Vec<u8>) {
        self.engine.handle_datagram(self.start + now, self.receiver.path, &mut datagram);
    }

    /// Takes all that comes out.
    fn drain(&mut self, now: Duration) {
        while self.engine.poll_transmit(self.start + now, &mut self.out) == Drained::SinkFull {}
        for (path, mut datagram) in std::mem::take(&mut self.out.posted) {
            if path.remote == self.publisher.path.remote {
                for asked in self.publisher.take(&mut datagram) {
                    self.asked(now, asked);
                }
            } else {
                self.forward(now, &mut datagram);
            }
        }
        // A key frame comes before the switch that it brings.
        if let Ok(stats) = self.engine.source_stats(self.start + now, self.ids.source) {
            for encoding in self.outcome.note_encodings(&stats.encodings) {
                self.journal.note(now, What::KeyFrame { encoding });
            }
        }
        while let Some(event) = self.engine.poll_event() {
            self.on_event(now, event);
        }
        let stats = self.engine.subscription_stats(self.start + now, self.ids.subscription);
        if let Ok(stats) = stats
            && let Some(wanted) = self.outcome.note_layers(now, stats.layer, stats.target)
        {
            self.journal.note(now, What::Wanted(wanted));
        }
    }

    fn forward(&mut self, now: Duration, datagram: &mut [u8]) {
        let rtcp = matches!(datagram, [_, 192..=223, ..]);
        if !rtcp {
            let place = self.outcome.count_out(now, datagram.len() - TAG);
            let sent = Sent { at: now, encoding: None, number: None, place: Some(place) };
            let fate = self.down.fate(sent);
            if fate.lost {
                self.journal.note(now, What::LostDown { first: place, count: 1 });
                return;
            }
        }
        self.receiver.take(now, datagram);
    }

    fn asked(&mut self, now: Duration, asked: Asked) {
        let of = |stage: &Self, ssrc| {
            let mut receive = stage.publishing.media.iter().flat_map(|media| &media.receive);
            receive.find_map(|it| it.encodings.iter().position(|known| known.ssrc == Some(ssrc)))
        };
        match asked {
            Asked::KeyFrame { of: ssrc, by } => {
                let encoding = of(self, ssrc);
                self.journal.note(now, What::KeyFrameRequest { encoding, by, next: None });
            }
            Asked::Packets { of: ssrc, numbers } => {
                let (encoding, packets) = (of(self, ssrc), numbers.len());
                let found = numbers
                    .into_iter()
                    .filter(|_| self.script.source.answers_nack)
                    .filter_map(|seq| self.publisher.find(&self.plan.sent, now, ssrc, seq));
                let found: Vec<usize> = found.collect();
                let answered = found.len();
                self.journal.note(now, What::NackToPublisher { encoding, packets, answered });
                for packet in found {
                    let at = now + self.script.source.rtt.0;
                    let fate = self.up.fate(Sent { at, encoding, number: None, place: None });
                    if !fate.lost {
                        self.queue.put(at + fate.delay, Action::Arrive(packet));
                    }
                }
            }
        }
    }

    fn on_event(&mut self, now: Duration, event: Event) {
        let what = match event {
            Event::LayerChanged { layer, reason, .. } => What::Switched { layer, reason },
            Event::DemandChanged { layer, .. } => What::Demand(layer),
            other => What::Event(format!("{other:?}")),
        };
        self.journal.note(now, what);
    }

    fn close(&mut self, now: Duration) {
        let at = self.start + now;
        let of = |id| self.engine.endpoint_stats(at, id).map(|stats| stats.drops);
        let named = [
            ("from the publisher", of(self.ids.publisher).unwrap_or_default()),
            ("to the receiver", of(self.ids.receiver).unwrap_or_default()),
            ("of nobody", self.engine.drops().clone()),
        ];
        for (whose, drops) in named {
            let counts = drops.iter().map(|(reason, count)| (format!("{reason:?}"), count));
            self.outcome.drops.push((whose, counts.collect()));
        }
        self.journal.finish();
        self.outcome.received = self.receiver.tally.clone();
        self.outcome.missing = self.receiver.still_missing();
        self.outcome.forwarded = std::mem::take(&mut self.receiver.dump);
        self.outcome.journal = std::mem::replace(&mut self.journal, Journal::new(Vec::new()));
    }
}

/// What SRTP adds to a packet (RFC 7714 §13.2).
const TAG: usize = 16;
/// For what is still under way after the last packet.
const AFTERWARDS: Duration = Duration::from_millis(500);
