//! One publisher, some receivers, and the engine between them, in virtual time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use lahn::srtp::{Protector, ReceiveIndex, Unprotector};
use lahn::wire::rtcp::{self, Compound, Packet};
use lahn::{Config, CongestionConfig, Constraints, Drained, Engine, Event, Ssrc, SubscriptionId};

use super::ends::{self, KeepingSink};
use super::publish::{Fate, Identity, Kind, PlainPacket, Publisher};
use super::reference::Reference;
use super::wire;

pub struct Call {
    pub kind: Kind,
    pub engine: Engine,
    pub now: Instant,
    pub publisher: Publisher,
    pub receivers: Vec<Receiver>,
    seals: Protector,
    opens: Unprotector,
    /// Sent lately, to be sent again: SSRC, number, datagram.
    sent: VecDeque<(u32, u16, Identity, Vec<u8>)>,
    /// On their way to the engine.
    on_the_way: Vec<(Instant, Vec<u8>, Identity)>,
    sink: KeepingSink,
    reported: Instant,
    /// Answers NACKs.
    pub repairs: bool,
    /// Highest number of each SSRC that has come.
    pub newest: Vec<(u32, u64)>,
}

pub struct Receiver {
    pub subscription: SubscriptionId,
    pub constraints: Constraints,
    pub reference: Option<Reference>,
    opens: Unprotector,
    index: ReceiveIndex,
}

const PUBLISHER: u8 = 1;
/// How much is kept to be sent again.
const KEPT: usize = 2_000;

impl Call {
    pub fn new(kind: Kind, seed: u64, receivers: u8, loses: bool) -> Self {
        #[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
        let now = Instant::now();
        let mut engine =
            Engine::new(Config { congestion: CongestionConfig::OFF, ..Config::default() }, now);
        let conference = engine.open_conference().expect("room");
        let (ours, theirs) = wire::keys(PUBLISHER);
        let endpoint =
            engine.add_raw_endpoint(now, conference, wire::path(PUBLISHER), ours).expect("room");
        engine.set_session(now, endpoint, &wire::publishing(kind)).expect("good");
        let source = std::iter::from_fn(|| engine.poll_event())
            .find_map(|event| match event {
                Event::SourceAdded { source, .. } => Some(source),
                _ => None,
            })
            .expect("it publishes");
        let publisher = Publisher::new(kind, seed);
        let mut truth = publisher.truth();
        // Where the packet is lost that tells when a picture was captured, its arrival must do.
        truth.tells_capture_time &= !loses;
        let receivers = (0..receivers)
            .map(|place| {
                let number = PUBLISHER + 1 + place;
                let (ours, theirs) = wire::keys(number);
                let endpoint = engine
                    .add_raw_endpoint(now, conference, wire::path(number), ours)
                    .expect("room");
                let subscription = engine.subscribe(now, endpoint, source).expect("it may");
                let session = wire::receiving(kind, Ssrc(0x2000_0000 + u32::from(number)));
                engine.set_session(now, endpoint, &session).expect("good");
                Receiver {
                    subscription,
                    constraints: Constraints::default(),
                    reference: Some(Reference::new(kind, truth.clone())),
                    opens: Unprotector::new(&theirs),
                    index: ReceiveIndex::default(),
                }
            })
            .collect();
        Self {
            kind,
            engine,
            now,
            publisher,
            receivers,
            seals: Protector::new(&theirs),
            opens: Unprotector::new(&theirs),
            sent: VecDeque::new(),
            on_the_way: Vec::new(),
            sink: KeepingSink::default(),
            reported: now,
            repairs: true,
            newest: Vec::new(),
        }
    }

    /// Something to stand in the message of a panic.
    pub fn note(&mut self, text: &str) {
        for receiver in &mut self.receivers {
            if let Some(reference) = &mut receiver.reference {
                reference.note(self.now, text);
            }
        }
    }

    pub fn constrain(&mut self, place: usize, constraints: Constraints) {
        let receiver = &mut self.receivers[place];
        receiver.constraints = constraints;
        if let Some(reference) = &mut receiver.reference {
            reference.note(self.now, format!("{constraints:?}"));
        }
        let subscription = receiver.subscription;
        self.engine.set_constraints(self.now, subscription, constraints).expect("it lives");
        self.drain();
    }

    /// A packet leaves the publisher, to arrive after `delay`; `None`: it is lost.
    pub fn send(&mut self, packet: &PlainPacket, delay: Option<Duration>) {
        let datagram = wire::seal(&self.seals, self.kind, packet);
        let kept = (packet.ssrc, packet.seq as u16, packet.identity, datagram.clone());
        self.sent.push_back(kept);
        if self.sent.len() > KEPT {
            self.sent.pop_front();
        }
        match delay {
            Some(delay) => self.on_the_way.push((self.now + delay, datagram, packet.identity)),
            None => self.publisher.truth().lose(packet),
        }
    }

    /// Time passes until `until`.
    pub fn run_until(&mut self, until: Instant) {
        loop {
            let arrival = self.on_the_way.iter().map(|(at, ..)| *at).min();
            let timeout = self.engine.poll_timeout();
            let report = Some(self.reported + Duration::from_millis(700));
            let next = [arrival, timeout, report].into_iter().flatten().min().expect("reports");
            if next > until {
                break;
            }
            self.now = self.now.max(next);
            if report == Some(next) {
                self.report();
            }
            self.arrive();
            if self.engine.poll_timeout().is_some_and(|at| at <= self.now) {
                self.engine.handle_timeout(self.now);
            }
            self.drain();
        }
        self.now = until;
    }

    fn arrive(&mut self) {
        while let Some(place) = self.on_the_way.iter().position(|(at, ..)| *at <= self.now) {
            let (_, mut datagram, id) = self.on_the_way.remove(place);
            self.note_order(&datagram, id);
            self.engine.handle_datagram(self.now, wire::path(PUBLISHER), &mut datagram);
        }
    }

    /// Whether it comes in its order is what the references must know.
    fn note_order(&mut self, datagram: &[u8], id: Identity) {
        let truth = self.publisher.truth();
        let Some(frame) = truth.frame_of(id).map(|frame| frame.clone()) else { return };
        let ssrc = u32::from_be_bytes(*datagram[8..].first_chunk().expect("a header"));
        let seq = frame.first_seq + u64::from(id.packet);
        let newest = match self.newest.iter_mut().find(|(known, _)| *known == ssrc) {
            Some((_, newest)) => newest,
            None => {
                self.newest.push((ssrc, 0));
                &mut self.newest.last_mut().expect("just pushed").1
            }
        };
        if seq > *newest {
            *newest = seq;
            // It was held up, but nothing overtook it.
            truth.set_fate(id, Fate::Delivered);
        } else if frame.packets[usize::from(id.packet)].fate != Fate::Delivered {
            truth.set_fate(id, Fate::Late);
        }
    }

    /// The publisher's sender reports (RFC 3550 §6.4.1).
    fn report(&mut self) {
        self.reported = self.now;
        for encoding in 0..self.kind.encodings {
            let (ntp, rtp) = self.publisher.clock(encoding, self.now);
            let ssrc = Ssrc(self.publisher.ssrc(encoding));
            let mut datagram = vec![0; 500];
            let mut compound = Compound::new(&mut datagram);
            compound.sender_report(ssrc, lahn::NtpTime(ntp), lahn::RtpTime(rtp), 1, 1, &[]);
            let len = compound.len();
            let len = self.seals.rtcp(&mut datagram, len).expect("room").len();
            let path = wire::path(PUBLISHER);
            self.engine.handle_datagram(self.now, path, &mut datagram[..len]);
        }
    }

    fn drain(&mut self) {
        while self.engine.poll_transmit(self.now, &mut self.sink) == Drained::SinkFull {}
        while let Some(event) = self.engine.poll_event() {
            self.on_event(&event);
        }
        for (path, mut datagram) in std::mem::take(&mut self.sink.sent) {
            let is_rtcp = (192..=223).contains(&datagram[1]);
            let number = ends::number(path);
            if number == PUBLISHER {
                self.on_rtcp(&mut datagram);
            } else if !is_rtcp {
                let receiver = &mut self.receivers[usize::from(number - PUBLISHER - 1)];
                let packet = wire::open(&receiver.opens, &mut receiver.index, &mut datagram);
                if let Some(reference) = &mut receiver.reference {
                    reference.on_packet(self.now, &packet);
                }
            }
        }
    }

    fn on_event(&mut self, event: &Event) {
        if let Event::LayerChanged { subscription, .. } = event {
            let of = |held: &&mut Receiver| held.subscription == *subscription;
            let receiver = self.receivers.iter_mut().find(of).expect("it is ours");
            if let Some(reference) = &mut receiver.reference {
                reference.note(self.now, format!("{event:?}"));
            }
        }
    }

    /// What the engine asks the publisher for.
    fn on_rtcp(&mut self, datagram: &mut [u8]) {
        let compound = self.opens.rtcp(datagram).expect("authentic");
        let mut lost = Vec::new();
        for packet in rtcp::parse(compound).expect("it parses") {
            match packet {
                Packet::PictureLossIndication { media, .. } => {
                    let is = |place: &u8| self.publisher.ssrc(*place) == media.0;
                    if let Some(encoding) = (0..self.kind.encodings).find(is) {
                        self.publisher.key_frame_wanted(encoding);
                    }
                }
                Packet::Nack(nack) if self.repairs => {
                    lost.extend(nack.lost().map(|seq| (nack.media.0, seq.0)));
                }
                _ => {}
            }
        }
        for (ssrc, seq) in lost {
            let held = self.sent.iter().find(|held| (held.0, held.1) == (ssrc, seq));
            if let Some((.., id, datagram)) = held {
                // What comes at last is late; that it was lost first does not matter any more.
                self.publisher.truth().set_fate(*id, Fate::Late);
                let at = self.now + Duration::from_millis(40);
                self.on_the_way.push((at, datagram.clone(), *id));
            }
        }
    }

    /// Nothing more comes; what each receiver had of it.
    pub fn finish(mut self) -> Vec<super::reference::Report> {
        let until = self.now + Duration::from_secs(1);
        self.run_until(until);
        let references = self.receivers.iter_mut().filter_map(|held| held.reference.take());
        references.map(Reference::finish).collect()
    }
}
