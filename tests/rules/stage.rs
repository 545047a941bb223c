//! One publisher, some receivers, and the engine between them, in virtual time: a test sends packet
//! by packet, sees what each receiver gets of it and what the publisher is asked for.
//!
//! Read next: [`packet`] (what goes in), [`line`] (streams of one codec or another), [`receiver`]
//! (what comes out).

#[path = "stage/line.rs"]
mod line;
#[path = "stage/packet.rs"]
mod packet;
#[path = "stage/receiver.rs"]
mod receiver;
#[path = "stage/session.rs"]
mod session;

use std::time::{Duration, Instant};

use lahn::params::Codec;
use lahn::srtp::{Protector, Unprotector};
use lahn::wire::rtcp::{self, Compound};
use lahn::{
    Config, CongestionConfig, Constraints, Drained, EncodingStats, Engine, Event, Layer,
    LayerReason, NtpTime, RtpTime, SourceId, Ssrc, SubscriptionStats,
};

use crate::ends::KeepingSink;
pub use line::{Line, Look, vp8_numbers, vp9_numbers};
pub use packet::Packet;
pub use receiver::{Got, Receiver};
pub use session::Form;

/// See the module.
pub struct Stage {
    pub engine: Engine,
    pub now: Instant,
    pub source: SourceId,
    pub receivers: Vec<Receiver>,
    /// What the publisher was asked for, in order.
    pub asked: Vec<Asked>,
    pub events: Vec<Event>,
    begun: Instant,
    form: Form,
    seals: Protector,
    opens: Unprotector,
    sink: KeepingSink,
}

/// A request to the publisher.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Milliseconds since the beginning.
    pub at: u64,
    pub ssrc: u32,
    pub what: What,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    KeyFrame,
    Again(Vec<u16>),
}

const PUBLISHER: u8 = 1;

impl Stage {
    /// One encoding, one receiver.
    pub fn new(codec: Codec) -> Self {
        Self::with(Form::of(codec, 1), 1)
    }

    /// Three encodings, one receiver, which gets the lowest for now.
    pub fn simulcast(codec: Codec) -> Self {
        let mut stage = Self::with(Form::of(codec, 3), 1);
        stage.limit(0);
        stage
    }

    pub fn with(form: Form, receivers: u8) -> Self {
        #[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
        let now = Instant::now();
        let days = Duration::from_secs(10 * 86_400);
        let config = Config {
            idle_timeout: days,
            connect_timeout: days,
            congestion: CongestionConfig {
                enabled: form.remb,
                start_bitrate: 20_000_000,
                ..CongestionConfig::OFF
            },
            ..Config::default()
        };
        let mut engine = Engine::new(config, now);
        let conference = engine.open_conference().expect("room");
        let (ours, theirs) = session::keys(PUBLISHER);
        let path = session::path(PUBLISHER);
        let publisher = engine.add_raw_endpoint(now, conference, path, ours).expect("room");
        engine.set_session(now, publisher, &session::publishing(form)).expect("good");
        let source = std::iter::from_fn(|| engine.poll_event())
            .find_map(|event| match event {
                Event::SourceAdded { source, .. } => Some(source),
                _ => None,
            })
            .expect("it publishes");
        let receivers = (PUBLISHER + 1..)
            .take(receivers.into())
            .map(|number| Receiver::join(&mut engine, now, conference, source, form, number))
            .collect();
        Self {
            engine,
            now,
            source,
            receivers,
            asked: Vec::new(),
            events: Vec::new(),
            begun: now,
            form,
            seals: Protector::new(&theirs),
            opens: Unprotector::new(&theirs),
            sink: KeepingSink::default(),
        }
    }

    /// A packet comes from the publisher. What the first receiver gets of it stays to be
    /// [taken](Self::take).
    pub fn send(&mut self, packet: &Packet) {
        let mut datagram = session::seal(&self.seals, self.form, packet);
        self.engine.handle_datagram(self.now, session::path(PUBLISHER), &mut datagram);
        self.pass(0);
    }

    /// The same; what the first receiver gets at once.
    pub fn give(&mut self, packet: &Packet) -> Vec<Got> {
        self.take();
        self.send(packet);
        self.take()
    }

    /// All of `packets`; what the first receiver gets at once.
    pub fn give_all<'a>(&mut self, packets: impl IntoIterator<Item = &'a Packet>) -> Vec<Got> {
        self.take();
        packets.into_iter().for_each(|packet| self.send(packet));
        self.take()
    }

    pub fn send_all(&mut self, packets: &[Packet]) {
        packets.iter().for_each(|packet| self.send(packet));
    }

    /// What the first receiver got since this was asked last.
    pub fn take(&mut self) -> Vec<Got> {
        self.take_of(0)
    }

    pub fn take_of(&mut self, receiver: usize) -> Vec<Got> {
        std::mem::take(&mut self.receivers[receiver].got)
    }

    /// Milliseconds pass.
    pub fn pass(&mut self, millis: u64) {
        self.pass_for(Duration::from_millis(millis));
    }

    pub fn pass_for(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.engine.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.engine.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
        self.drain();
    }

    /// Milliseconds since the beginning.
    pub fn millis(&self) -> u64 {
        (self.now - self.begun).as_millis() as u64
    }

    pub fn micros(&self) -> u64 {
        (self.now - self.begun).as_micros() as u64
    }

    /// What the publisher's wall clock shows, after so many milliseconds.
    pub fn ntp(&self) -> u64 {
        ntp_at(self.now - self.begun)
    }

    /// The publisher's sender report (RFC 3550 §6.4.1).
    pub fn report(&mut self, ssrc: u32, ntp: u64, timestamp: u32) {
        let mut datagram = vec![0; 200];
        let mut compound = Compound::new(&mut datagram);
        compound.sender_report(Ssrc(ssrc), NtpTime(ntp), RtpTime(timestamp), 1, 1, &[]);
        let len = compound.len();
        let len = self.seals.rtcp(&mut datagram, len).expect("room").len();
        self.engine.handle_datagram(self.now, session::path(PUBLISHER), &mut datagram[..len]);
        self.drain();
    }

    /// A receiver's RTCP; `write` gets the SSRC under which it receives.
    pub fn say(&mut self, receiver: usize, write: impl FnOnce(&mut Compound<'_>, Ssrc)) {
        let held = &mut self.receivers[receiver];
        let mut datagram = vec![0; 1_200];
        let mut compound = Compound::new(&mut datagram);
        write(&mut compound, held.ssrc);
        let len = compound.len();
        let len = held.seals.rtcp(&mut datagram, len).expect("room").len();
        let path = session::path(held.number);
        self.engine.handle_datagram(self.now, path, &mut datagram[..len]);
        self.drain();
    }

    /// A receiver asks for a key frame (RFC 4585 §6.3.1).
    pub fn ask_for_key_frame(&mut self, receiver: usize) {
        self.say(receiver, |compound, ssrc| {
            assert!(compound.picture_loss_indication(Ssrc(7), ssrc));
        });
    }

    /// A receiver asks for packets again (RFC 4585 §6.2.1); what it gets at once.
    pub fn ask_again(&mut self, receiver: usize, seqs: &[u16]) -> Vec<Got> {
        self.take_of(receiver);
        let seqs: Vec<_> = seqs.iter().map(|seq| lahn::Seq(*seq)).collect();
        self.say(receiver, |compound, ssrc| assert!(compound.nack(Ssrc(7), ssrc, &seqs)));
        self.take_of(receiver)
    }

    /// Bounds what the first receiver gets: encodings or spatial layers up to `most`.
    pub fn limit(&mut self, most: u8) {
        self.constrain(0, Constraints { max_spatial: Some(most), ..Constraints::default() });
    }

    /// Temporal layers up to `most`.
    pub fn limit_temporal(&mut self, most: u8) {
        self.constrain(0, Constraints { max_temporal: Some(most), ..Constraints::default() });
    }

    pub fn constrain(&mut self, receiver: usize, constraints: Constraints) {
        let subscription = self.receivers[receiver].subscription;
        self.engine.set_constraints(self.now, subscription, constraints).expect("it lives");
        self.drain();
    }

    pub fn pause(&mut self, paused: bool) {
        let subscription = self.receivers[0].subscription;
        self.engine.set_paused(self.now, subscription, paused).expect("it lives");
        self.drain();
    }

    pub fn stats(&self, receiver: usize) -> SubscriptionStats {
        let subscription = self.receivers[receiver].subscription;
        self.engine.subscription_stats(self.now, subscription).expect("it lives")
    }

    /// What flows to the first receiver.
    pub fn layer(&self) -> Option<Layer> {
        self.stats(0).layer
    }

    pub fn encoding_stats(&self, encoding: usize) -> EncodingStats {
        let stats = self.engine.source_stats(self.now, self.source).expect("it lives");
        stats.encodings[encoding].clone()
    }

    /// When the publisher was asked for key frames of `ssrc`, in milliseconds since the beginning.
    pub fn key_frames_asked(&self, ssrc: u32) -> Vec<u64> {
        let of = |asked: &&Asked| asked.ssrc == ssrc && asked.what == What::KeyFrame;
        self.asked.iter().filter(of).map(|asked| asked.at).collect()
    }

    /// When the publisher was asked for packets of `ssrc` again, and for which.
    pub fn packets_asked(&self, ssrc: u32) -> Vec<(u64, Vec<u16>)> {
        let of = self.asked.iter().filter(|asked| asked.ssrc == ssrc);
        of.filter_map(|asked| match &asked.what {
            What::Again(seqs) => Some((asked.at, seqs.clone())),
            What::KeyFrame => None,
        })
        .collect()
    }

    /// What the first receiver was told of its layers.
    pub fn layers_told(&self) -> Vec<(Option<Layer>, LayerReason)> {
        let subscription = self.receivers[0].subscription;
        let told = self.events.iter().filter_map(|event| match event {
            Event::LayerChanged { subscription: of, layer, reason } if *of == subscription => {
                Some((*layer, *reason))
            }
            _ => None,
        });
        told.collect()
    }

    fn drain(&mut self) {
        while self.engine.poll_transmit(self.now, &mut self.sink) == Drained::SinkFull {}
        self.events.extend(std::iter::from_fn(|| self.engine.poll_event()));
        let at = self.millis();
        for (path, mut datagram) in std::mem::take(&mut self.sink.sent) {
            match session::number(path) {
                PUBLISHER => self.on_request(&mut datagram),
                number => {
                    self.receivers[usize::from(number - PUBLISHER - 1)].on_datagram(at, datagram);
                }
            }
        }
    }

    fn on_request(&mut self, datagram: &mut [u8]) {
        let at = self.millis();
        let compound = self.opens.rtcp(datagram).expect("authentic");
        for packet in rtcp::parse(compound).expect("it parses") {
            let (ssrc, what) = match packet {
                rtcp::Packet::PictureLossIndication { media, .. } => (media.0, What::KeyFrame),
                rtcp::Packet::Nack(nack) => {
                    (nack.media.0, What::Again(nack.lost().map(|seq| seq.0).collect()))
                }
                _ => continue,
            };
            self.asked.push(Asked { at, ssrc, what });
        }
    }
}

/// 1,000 seconds after the publisher's clock began, and so much later.
pub fn ntp_at(since: Duration) -> u64 {
    (1_000 << 32) + ((since.as_nanos() << 32) / 1_000_000_000) as u64
}
