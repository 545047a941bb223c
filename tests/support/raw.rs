//! A call without SDP: publishers and receivers as raw endpoints, whose keys the test holds. For
//! what has to be seen packet by packet, and for what has to be large: ten thousand receivers cost
//! no handshake here.
//!
//! Read next: [`packets`] (what a publisher sends), [`session`] (what was negotiated, and the
//! keys), [`sink`] (where datagrams go).

#[path = "raw/packets.rs"]
mod packets;
#[path = "raw/session.rs"]
mod session;
#[path = "raw/sink.rs"]
mod sink;

use std::sync::Arc;
use std::time::{Duration, Instant};

use lahn::params::{Mid, SessionParams};
use lahn::srtp::{Profile, Protector, Unprotector};
use lahn::wire::rtcp::{Compound, ReportBlock};
use lahn::{
    ConferenceId, Config, CongestionConfig, EndpointId, Engine, Event, Path, SourceId, Ssrc,
    SubscriptionId,
};

pub use packets::*;
pub use session::*;
#[allow(
    unused_imports,
    reason = "shared by crates that use a part each; some have their own sink"
)]
pub use sink::FixedSink;

/// A packet every millisecond.
pub const PACKET_INTERVAL: Duration = Duration::from_millis(1);

/// How large a call is, and what is sent in it.
#[derive(Clone)]
pub struct Shape {
    /// Each subscribes to every source. Up to 16,383.
    pub receivers: u32,
    /// Publishers of one source each. Up to 512.
    pub sources: u32,
    pub packets: Packets,
    pub profile: Profile,
    pub config: Config,
}

impl Default for Shape {
    /// One camera, one receiver.
    fn default() -> Self {
        Self {
            receivers: 1,
            sources: 1,
            packets: Packets::VIDEO,
            profile: Profile::AeadAes128Gcm,
            config: Config { congestion: CongestionConfig::OFF, ..Config::default() },
        }
    }
}

pub struct RawCall {
    pub engine: Engine,
    pub now: Instant,
    pub conference: ConferenceId,
    /// The first publisher, which is mostly the only one.
    pub publisher: EndpointId,
    pub publisher_path: Path,
    pub publisher_keys: Arc<Protector>,
    pub source: SourceId,
    /// All of them, the first one too.
    pub publishers: Vec<RawPublisher>,
    pub receivers: Vec<RawReceiver>,
    packets: Packets,
}

pub struct RawPublisher {
    pub endpoint: EndpointId,
    pub path: Path,
    /// Seals what it sends to the engine.
    pub seals: Arc<Protector>,
    pub source: SourceId,
    pub ssrc: Ssrc,
}

pub struct RawReceiver {
    pub endpoint: EndpointId,
    pub path: Path,
    /// To the first source.
    pub subscription: SubscriptionId,
    /// Opens what the engine sends to it.
    pub opens: Unprotector,
    /// Seals what it sends to the engine.
    pub seals: Protector,
    /// Under which the first source comes; the others follow, [`SSRC_STEP`] apart.
    pub ssrc: Ssrc,
}

/// Between the SSRCs under which one receiver gets two sources that follow one another.
pub const SSRC_STEP: u32 = 1 << 14;

impl RawCall {
    pub fn new(now: Instant, receivers: u32) -> Self {
        Self::with(now, Shape { receivers, ..Shape::default() })
    }

    pub fn with(now: Instant, shape: Shape) -> Self {
        assert!(shape.receivers < SSRC_STEP && shape.sources <= 512, "SSRCs are told apart");
        let Shape { receivers, sources, packets, profile, config } = shape;
        let mut engine = Engine::new(config, now);
        let conference = engine.open_conference().expect("room");
        let publishers: Vec<_> = (0..sources)
            .map(|place| add_publisher(&mut engine, now, conference, profile, packets, place))
            .collect();
        let first = &publishers[0];
        let mut call = Self {
            engine,
            now,
            conference,
            publisher: first.endpoint,
            publisher_path: first.path,
            publisher_keys: Arc::clone(&first.seals),
            source: first.source,
            publishers,
            receivers: Vec::new(),
            packets,
        };
        (1..=receivers).for_each(|number| call.add_receiver(number, profile));
        call
    }

    fn add_receiver(&mut self, number: u32, profile: Profile) {
        let Self { engine, now, packets, .. } = self;
        let now = *now;
        let (ours, theirs) = keys_of(profile, number);
        let path = path(number);
        let endpoint = engine.add_raw_endpoint(now, self.conference, path, ours).expect("room");
        let ssrc = Ssrc(0x2000_0000 + number);
        let mut session = SessionParams { media: Vec::new(), reduced_size_rtcp: true };
        let mut subscriptions = Vec::new();
        for (place, publisher) in (0..).zip(&self.publishers) {
            let subscribed = engine.subscribe(now, endpoint, publisher.source);
            subscriptions.push(subscribed.expect("a subscription"));
            let ssrc = Ssrc(ssrc.0 + place * SSRC_STEP);
            session.media.extend(receiving_of(packets.kind, mid(place), ssrc).media);
        }
        engine.set_session(now, endpoint, &session).expect("good");
        let subscription = subscriptions[0];
        let info = engine.subscription_info(subscription).expect("it lives");
        assert!(info.negotiated && info.mid == Some(mid(0)), "a section serves the subscription");
        while engine.poll_event().is_some() {}
        self.receivers.push(RawReceiver {
            endpoint,
            path,
            subscription,
            opens: Unprotector::new(&theirs),
            seals: Protector::new(&theirs),
            ssrc,
        });
    }

    /// Seals the `number`th packet of the first publisher into `datagram`; its length.
    pub fn seal(&self, number: u64, datagram: &mut [u8]) -> usize {
        self.packets.seal(&self.publisher_keys, PUBLISHED, number, datagram)
    }

    /// Seals the `number`th packet of the publisher at `place` into `datagram`; its length.
    pub fn seal_of(&self, place: usize, number: u64, datagram: &mut [u8]) -> usize {
        let publisher = &self.publishers[place];
        self.packets.seal(&publisher.seals, publisher.ssrc, number, datagram)
    }

    /// Feeds the packets `numbers` of the first publisher, under any SSRC, without draining.
    pub fn feed(&mut self, ssrc: Ssrc, numbers: std::ops::Range<u64>) {
        let mut datagram = [0; 1_500];
        for number in numbers {
            let len = self.packets.seal(&self.publisher_keys, ssrc, number, &mut datagram);
            self.engine.handle_datagram(self.now, self.publisher_path, &mut datagram[..len]);
        }
    }

    /// Every receiver reports about each stream it gets (RFC 3550 §6.4.2): from now on none has to
    /// be introduced by a `mid`, as a second after a real call has begun.
    pub fn acknowledge(&mut self) {
        let mut datagram = [0; 1_500];
        for receiver in &mut self.receivers {
            for place in 0..u32::try_from(self.publishers.len()).expect("few") {
                let ssrc = Ssrc(receiver.ssrc.0 + place * SSRC_STEP);
                let mut compound = Compound::new(&mut datagram);
                compound.receiver_report(Ssrc(0x7000_0001), &[block_about(ssrc)]);
                let len = compound.len();
                let sealed = receiver.seals.rtcp(&mut datagram, len).expect("it fits").len();
                self.engine.handle_datagram(self.now, receiver.path, &mut datagram[..sealed]);
            }
        }
    }
}

fn add_publisher(
    engine: &mut Engine,
    now: Instant,
    conference: ConferenceId,
    profile: Profile,
    packets: Packets,
    place: u32,
) -> RawPublisher {
    // Receivers are numbered below the first step.
    let number = place * SSRC_STEP;
    let path = path(number);
    let (ours, theirs) = keys_of(profile, number);
    let endpoint = engine.add_raw_endpoint(now, conference, path, ours).expect("room");
    let ssrc = Ssrc(PUBLISHED.0 + place * 0x10);
    let session = publishing_of(packets.kind, ssrc);
    engine.set_session(now, endpoint, &session).expect("a good session");
    let mut source = None;
    while let Some(event) = engine.poll_event() {
        if let Event::SourceAdded { source: added, .. } = event {
            source = Some(added);
        }
    }
    let source = source.expect("it publishes");
    RawPublisher { endpoint, path, seals: Arc::new(Protector::new(&theirs)), source, ssrc }
}

fn mid(place: u32) -> Mid {
    Mid::new(place.to_string().as_bytes()).expect("a token")
}

fn block_about(ssrc: Ssrc) -> ReportBlock {
    ReportBlock {
        ssrc,
        fraction_lost: 0,
        cumulative_lost: 0,
        highest_sequence_number: 0,
        jitter: 0,
        last_sr: 0,
        delay_since_last_sr: 0,
    }
}
