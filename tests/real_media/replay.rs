//! A recording goes through a real engine, in virtual time, as a script says. What comes out is
//! kept, with what it was before.
//!
//! Read next: [`script`](super::script), what goes in and what comes out.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use lahn::params::Extension;
use lahn::srtp::{Protector, ReceiveIndex, Unprotector};
use lahn::wire::rtcp::{self, Packet};
use lahn::{Config, CongestionConfig, Drained, Engine, Event, ExtSeq, Layer, SubscriptionId};

use super::decode::{Rtp, descriptor_len};
use super::ends::KeepingSink;
use super::original::Truth;
use super::script::{Forwarded, Played, Script};
use super::wire;

struct Replay<'a> {
    truth: &'a Truth,
    script: &'a Script,
    engine: Engine,
    start: Instant,
    subscription: SubscriptionId,
    seals: Protector,
    opens: [Unprotector; 2],
    index: ReceiveIndex,
    sink: KeepingSink,
    /// When, and the place of what comes: in the recording, or in the script.
    queue: Vec<(u64, Due)>,
    /// Places in [`Truth::packets`] by what cannot change on the way.
    places: HashMap<Vec<u8>, Vec<usize>>,
    /// Places in [`Truth::packets`], in the order of arrival.
    arrived: Vec<usize>,
    layer: Option<Layer>,
    played: Played,
}

#[derive(Clone, Copy, PartialEq)]
enum Due {
    Rtp(usize),
    Repair(usize),
    Report(usize),
    Step(usize),
}

const PUBLISHER: u8 = 1;
const RECEIVER: u8 = 2;
/// From the engine's question to its answer, in milliseconds.
const ROUND_TRIP: u64 = 30;

/// Plays `script`.
pub fn play(truth: &Truth, script: &Script) -> Played {
    let mut replay = Replay::new(truth, script);
    replay.run();
    replay.played
}

impl<'a> Replay<'a> {
    fn new(truth: &'a Truth, script: &'a Script) -> Self {
        #[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
        let start = Instant::now();
        let mut engine =
            Engine::new(Config { congestion: CongestionConfig::OFF, ..Config::default() }, start);
        let conference = engine.open_conference().expect("room");
        let (recording, described) = (&truth.recording, !script.undescribed);
        let (ours, seals) = wire::keys(PUBLISHER);
        let publisher =
            engine.add_raw_endpoint(start, conference, wire::path(PUBLISHER), ours).expect("room");
        let session = wire::publishing(recording, described);
        engine.set_session(start, publisher, &session).expect("good");
        let source = engine.sources(conference).expect("it lives")[0];
        let (ours, opens) = wire::keys(RECEIVER);
        let receiver =
            engine.add_raw_endpoint(start, conference, wire::path(RECEIVER), ours).expect("room");
        let subscription = engine.subscribe(start, receiver, source).expect("it may");
        let session = wire::receiving(recording, described);
        engine.set_session(start, receiver, &session).expect("good");

        let mut replay = Self {
            truth,
            script,
            engine,
            start,
            subscription,
            opens: [Unprotector::new(&seals), Unprotector::new(&opens)],
            seals: Protector::new(&seals),
            index: ReceiveIndex::default(),
            sink: KeepingSink::default(),
            queue: Vec::new(),
            places: HashMap::new(),
            arrived: Vec::new(),
            layer: None,
            played: Played { told: vec![None; truth.packets.len()], ..Played::default() },
        };
        for place in 0..truth.packets.len() {
            let rtp = Rtp::parse(&replay.plain(place)).expect("RTP");
            replay.places.entry(replay.lasting(&rtp)).or_default().push(place);
        }
        replay.queue();
        replay
    }

    /// In order of time, and of the recording.
    fn queue(&mut self) {
        let steps =
            self.script.steps.iter().enumerate().map(|(at, (time, _))| (*time, Due::Step(at)));
        self.queue.extend(steps);
        let packets = self.truth.packets.iter().enumerate();
        let packets = packets.filter(|(place, _)| !self.script.lost.contains(place));
        self.queue.extend(packets.map(|(place, it)| (it.at_millis, Due::Rtp(place))));
        let recorded = self.truth.recording.packets.iter().enumerate();
        let reports = recorded.filter(|(_, it)| it.rtcp);
        self.queue.extend(reports.map(|(at, it)| (it.at.as_millis() as u64, Due::Report(at))));
        self.queue.sort_by_key(|(at, _)| *at);
    }

    fn run(&mut self) {
        let mut now = 0;
        loop {
            let alarm = self.engine.poll_timeout();
            // Deadlines lie between milliseconds.
            let millis = |at: Instant| (at - self.start).as_micros().div_ceil(1_000) as u64;
            let alarm = alarm.map(millis).filter(|at| *at <= END);
            let Some(next) = self.queue.iter().map(|(at, _)| *at).chain(alarm).min() else { break };
            now = next.max(now);
            if alarm.is_some_and(|alarm| alarm <= now) {
                self.engine.handle_timeout(self.at(now));
                self.drain(now);
            }
            while let Some(place) = self.queue.iter().position(|(at, _)| *at <= now) {
                let (_, due) = self.queue.remove(place);
                self.act(now, due);
                self.drain(now);
                if let Due::Rtp(place) = due {
                    self.played.told[place] = Some(self.layer);
                }
            }
        }
    }

    fn act(&mut self, now: u64, due: Due) {
        let at = self.at(now);
        let mut datagram = match due {
            Due::Step(step) => {
                let (_, constraints) = self.script.steps[step];
                let set = self.engine.set_constraints(at, self.subscription, constraints);
                return set.expect("it lives");
            }
            Due::Report(place) => {
                wire::seal_rtcp(&mut self.seals, &self.truth.recording.packets[place].bytes)
            }
            Due::Rtp(place) | Due::Repair(place) => {
                self.arrived.push(place);
                let index = ExtSeq(self.truth.packets[place].seq);
                wire::seal(&self.seals, &self.plain(place), index)
            }
        };
        self.engine.handle_datagram(at, wire::path(PUBLISHER), &mut datagram);
    }

    fn drain(&mut self, now: u64) {
        let at = self.at(now);
        while self.engine.poll_transmit(at, &mut self.sink) == Drained::SinkFull {}
        while let Some(event) = self.engine.poll_event() {
            match event {
                Event::LayerChanged { layer, reason, .. } => {
                    assert_ne!(layer, self.layer, "{now} ms: told what is known, {reason:?}");
                    self.layer = layer;
                    self.played.layers.push((now, layer, reason));
                }
                Event::DemandChanged { layer, .. } => self.played.demand.push((now, layer)),
                _ => {}
            }
        }
        for (path, mut datagram) in std::mem::take(&mut self.sink.sent) {
            let is_rtcp = (192..=223).contains(&datagram[1]);
            if path == wire::path(PUBLISHER) {
                self.asked(now, &mut datagram);
            } else if !is_rtcp {
                self.forwarded(now, &mut datagram);
            }
        }
    }

    fn forwarded(&mut self, at: u64, datagram: &mut [u8]) {
        let id = wire::id_of(&self.truth.recording, Extension::DependencyDescriptor);
        let (rtp, descriptor) = wire::open(&self.opens[1], &mut self.index, datagram, id);
        let places = self.places.get(&self.lasting(&rtp)).expect("it was published");
        // Encoders say some things twice, as parameter sets: then it is what came last.
        let is_new = |place: &usize| self.played.packets.iter().all(|it| it.original != *place);
        let mut arrived = self.arrived.iter().rev().copied();
        let original = arrived.find(|place| places.contains(place) && is_new(place));
        let original = original.expect("it came, and was not forwarded before");
        let layer = self.layer;
        self.played.packets.push(Forwarded { at, rtp, descriptor, original, layer });
    }

    fn asked(&mut self, now: u64, datagram: &mut [u8]) {
        let compound = self.opens[0].rtcp(datagram).expect("authentic");
        let mut missing = Vec::new();
        for packet in rtcp::parse(compound).expect("it parses") {
            match packet {
                Packet::PictureLossIndication { media, .. } => {
                    self.played.asked.push((now, media.0));
                }
                Packet::Nack(nack) => missing.extend(nack.lost().map(|seq| (nack.media.0, seq.0))),
                _ => {}
            }
        }
        self.played.repairs += missing.len();
        for (ssrc, seq) in missing.into_iter().filter(|_| self.script.repaired) {
            let is = |rtp: &Rtp| (rtp.ssrc, rtp.seq) == (ssrc, seq);
            if let Some(place) = self.truth.packets.iter().position(|it| is(&it.rtp)) {
                self.queue.push((now + ROUND_TRIP, Due::Repair(place)));
            }
        }
    }

    /// A packet as it is published.
    fn plain(&self, place: usize) -> Vec<u8> {
        let original = &self.truth.packets[place];
        let mut bytes = self.truth.recording.packets[original.place].bytes.clone();
        if self.script.opaque {
            let payload = original.rtp.payload.len();
            let padding =
                if bytes[0] & 0x20 != 0 { usize::from(bytes[bytes.len() - 1]) } else { 0 };
            let end = bytes.len() - padding;
            let begin = end - payload + self.clear(&original.rtp.payload);
            let mut state = u64::from(original.rtp.ssrc) << 32 | original.seq;
            for byte in bytes.get_mut(begin..end).unwrap_or_default() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (state >> 56) as u8;
            }
        }
        bytes
    }

    /// So much of a payload browsers leave clear: the descriptor, and of VP8, where nothing else
    /// tells, the frame's head.
    fn clear(&self, payload: &[u8]) -> usize {
        let Some(codec) = self.truth.codec.filter(|_| !payload.is_empty()) else { return 0 };
        let descriptor = descriptor_len(codec, payload);
        let begins = codec == super::decode::Codec::Vp8 && payload[0] & 0x17 == 0x10;
        let head = match payload.get(descriptor) {
            Some(byte) if begins && self.script.undescribed => {
                if byte & 1 == 0 {
                    10
                } else {
                    3
                }
            }
            _ => 0,
        };
        descriptor + head
    }

    /// What cannot change on the way.
    fn lasting(&self, rtp: &Rtp) -> Vec<u8> {
        let payload = rtp.payload.as_slice();
        let length = self.truth.codec.map_or(0, |codec| descriptor_len(codec, payload));
        payload[length..].to_vec()
    }

    fn at(&self, millis: u64) -> Instant {
        self.start + Duration::from_millis(millis)
    }
}

/// For what is still under way after the last packet.
const END: u64 = 6_000;
