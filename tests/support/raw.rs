//! A call without SDP: one publisher and any number of receivers as raw endpoints, whose keys the
//! test holds. For what has to be seen packet by packet.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lahn::params::{
    Codec, CodecParams, EncodingParams, Extension, ExtensionIds, MediaKind, MediaParams, Mid,
    ReceiveParams, SendParams, SessionParams,
};
use lahn::srtp::{Profile, Protector, TransportKeys, Unprotector};
use lahn::{
    ConferenceId, Config, Drained, EgressSink, EndpointId, Engine, Event, ExtSeq, Path, SourceId,
    Ssrc, SubscriptionId, Transmit,
};

/// The SSRC of the publisher's video.
pub const PUBLISHED: Ssrc = Ssrc(0x1000_0001);
const PAYLOAD_TYPE: u8 = 96;
const MID_ID: u8 = 4;
const TRANSPORT_CC_ID: u8 = 5;
/// Fixed header, extension header, and two elements padded to eight bytes.
pub const HEADER_LEN: usize = 12 + 4 + 8;
/// VP8 payload descriptor and header of a key frame, then 1,100 bytes of picture.
pub const PAYLOAD_LEN: usize = 6 + 10 + 1_100;

pub struct RawCall {
    pub engine: Engine,
    pub now: Instant,
    pub conference: ConferenceId,
    pub publisher: EndpointId,
    pub publisher_path: Path,
    pub publisher_keys: Protector,
    pub source: SourceId,
    pub receivers: Vec<RawReceiver>,
}

pub struct RawReceiver {
    pub endpoint: EndpointId,
    pub path: Path,
    pub subscription: SubscriptionId,
    /// Opens what the engine sends to it.
    pub opens: Unprotector,
    /// Seals what it sends to the engine.
    pub seals: Protector,
    pub ssrc: Ssrc,
}

impl RawCall {
    pub fn new(now: Instant, receivers: u8) -> Self {
        Self::with(now, receivers, Config::default())
    }

    pub fn with(now: Instant, receivers: u8, config: Config) -> Self {
        let mut engine = Engine::new(config, now);
        let conference = engine.open_conference().expect("room");
        let publisher_path = path(0);
        let (ours, theirs) = keys(0);
        let publisher =
            engine.add_raw_endpoint(now, conference, publisher_path, ours).expect("room");
        engine.set_session(now, publisher, &publishing()).expect("a good session");
        let mut source = None;
        while let Some(event) = engine.poll_event() {
            if let Event::SourceAdded { source: added, .. } = event {
                source = Some(added);
            }
        }
        let source = source.expect("it publishes");
        let mut call = Self {
            engine,
            now,
            conference,
            publisher,
            publisher_path,
            publisher_keys: Protector::new(&theirs),
            source,
            receivers: Vec::new(),
        };
        (1..=receivers).for_each(|number| call.add_receiver(number));
        call
    }

    fn add_receiver(&mut self, number: u8) {
        let (ours, theirs) = keys(number);
        let path = path(number);
        let endpoint =
            self.engine.add_raw_endpoint(self.now, self.conference, path, ours).expect("room");
        let subscription =
            self.engine.subscribe(self.now, endpoint, self.source).expect("a subscription");
        let ssrc = Ssrc(0x2000_0000 + u32::from(number));
        let mid = Mid::new(b"0").expect("a token");
        self.engine.set_session(self.now, endpoint, &receiving(mid, ssrc)).expect("good");
        let info = self.engine.subscription_info(subscription).expect("it lives");
        assert!(info.negotiated && info.mid == Some(mid), "the section serves the subscription");
        while self.engine.poll_event().is_some() {}
        self.receivers.push(RawReceiver {
            endpoint,
            path,
            subscription,
            opens: Unprotector::new(&theirs),
            seals: Protector::new(&theirs),
            ssrc,
        });
    }

    /// Seals the `number`th packet of the publisher's video into `datagram`; its length.
    /// Four packets make a frame, the first frame is a key frame.
    pub fn seal(&self, number: u64, datagram: &mut [u8]) -> usize {
        seal(&self.publisher_keys, number, datagram)
    }

    /// Feeds the packets `numbers`, under any SSRC, without draining.
    pub fn feed(&mut self, ssrc: Ssrc, numbers: std::ops::Range<u64>) {
        let mut datagram = [0; 1_500];
        for number in numbers {
            let len = seal_as(&self.publisher_keys, ssrc, number, &mut datagram);
            self.engine.handle_datagram(self.now, self.publisher_path, &mut datagram[..len]);
        }
    }
}

/// Seals the `number`th packet of the publisher's video under its `keys`; its length.
pub fn seal(keys: &Protector, number: u64, datagram: &mut [u8]) -> usize {
    seal_as(keys, PUBLISHED, number, datagram)
}

fn seal_as(keys: &Protector, ssrc: Ssrc, number: u64, datagram: &mut [u8]) -> usize {
    let mut payload = [0; PAYLOAD_LEN];
    write_payload(number, &mut payload);
    write_header(ssrc, number, datagram);
    keys.rtp(datagram, HEADER_LEN, &[], &payload, ssrc, ExtSeq(1_000 + number))
        .expect("it fits")
        .len()
}

/// The RTP header of the `number`th packet (RFC 3550 §5.1, RFC 8285 §4.2).
fn write_header(ssrc: Ssrc, number: u64, out: &mut [u8]) {
    let frame = number / 4;
    let marker = u8::from(number % 4 == 3) << 7;
    let seq = u16::try_from((1_000 + number) & 0xffff).expect("masked").to_be_bytes();
    let timestamp = u32::try_from((frame * 3_000) & 0xffff_ffff).expect("masked").to_be_bytes();
    let count = u16::try_from(number & 0xffff).expect("masked").to_be_bytes();
    out[..4].copy_from_slice(&[0x90, marker | PAYLOAD_TYPE, seq[0], seq[1]]);
    out[4..8].copy_from_slice(&timestamp);
    out[8..12].copy_from_slice(&ssrc.0.to_be_bytes());
    out[12..16].copy_from_slice(&[0xbe, 0xde, 0, 2]);
    out[16..18].copy_from_slice(&[MID_ID << 4, b'0']);
    out[18..21].copy_from_slice(&[TRANSPORT_CC_ID << 4 | 1, count[0], count[1]]);
    out[21..HEADER_LEN].fill(0);
}

/// VP8 (RFC 7741): the first frame is a key frame.
pub fn write_payload(number: u64, out: &mut [u8; PAYLOAD_LEN]) {
    let [.., high, low] = (number / 4).to_be_bytes();
    let first = number.is_multiple_of(4);
    out.fill(number.to_le_bytes()[0]);
    out[..6].copy_from_slice(&[0x80 | u8::from(first) << 4, 0xe0, 0x80 | high, low, low, 0]);
    if number == 0 {
        out[6..16].copy_from_slice(&[0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1]);
    } else if first {
        out[6..9].copy_from_slice(&[0x11, 2, 0]);
    }
    out[PAYLOAD_LEN - 8..].copy_from_slice(&number.to_be_bytes());
}

fn path(number: u8) -> Path {
    Path {
        local: SocketAddr::from(([10, 0, 0, 1], 5_000)),
        remote: SocketAddr::from(([10, 0, 2, number], 40_000)),
    }
}

/// Both ends' keys of one association: the engine's, the participant's.
pub fn keys(number: u8) -> (TransportKeys, TransportKeys) {
    let profile = Profile::AeadAes128Gcm;
    let len = 2 * (profile.key_len() + profile.salt_len());
    let material: Vec<u8> = (0..len).map(|place| (place as u8) ^ number).collect();
    let end = |is_client| TransportKeys::from_dtls(profile, &material, is_client).expect("fits");
    (end(false), end(true))
}

fn video(mid: Mid) -> MediaParams {
    let mut extensions = ExtensionIds::new();
    extensions.set(Extension::Mid, MID_ID);
    extensions.set(Extension::TransportCc, TRANSPORT_CC_ID);
    let codec = CodecParams {
        codec: Codec::Vp8,
        profile: 0,
        payload_type: PAYLOAD_TYPE,
        rtx_payload_type: Some(97),
        nack: true,
        pli: true,
        fir: true,
        transport_cc: true,
        remb: false,
    };
    MediaParams {
        mid,
        kind: MediaKind::Video,
        codecs: vec![codec],
        extensions,
        receive: None,
        send: None,
    }
}

pub fn publishing() -> SessionParams {
    let mut media = video(Mid::new(b"0").expect("a token"));
    let encoding =
        EncodingParams { rid: None, ssrc: Some(PUBLISHED), rtx_ssrc: Some(Ssrc(0x1000_0002)) };
    media.receive = Some(ReceiveParams {
        encodings: vec![encoding],
        stream_id: "stream".to_owned(),
        track_id: "camera".to_owned(),
    });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

pub fn receiving(mid: Mid, ssrc: Ssrc) -> SessionParams {
    let mut media = video(mid);
    media.send = Some(SendParams { ssrc, rtx_ssrc: Some(Ssrc(ssrc.0 + 0x1000_0000)) });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

/// A sink of a fixed number of slots in one piece of memory, like a driver's; counts, and keeps
/// what was written until it is emptied.
pub struct FixedSink {
    memory: Vec<u8>,
    metas: Vec<Transmit>,
    slots: usize,
    pub datagrams: u64,
    pub rtp: u64,
    /// Newest sequence number under each SSRC.
    newest: [(u32, u16); 64],
}

const SLOT: usize = 1_500;

impl FixedSink {
    pub fn new(slots: usize) -> Self {
        let metas = Vec::with_capacity(slots);
        Self {
            memory: vec![0; slots * SLOT],
            metas,
            slots,
            datagrams: 0,
            rtp: 0,
            newest: [(0, 0); 64],
        }
    }

    /// What was written since it was emptied.
    pub fn written(&self) -> impl Iterator<Item = (Path, &[u8])> {
        let slots = self.memory.chunks(SLOT);
        self.metas.iter().zip(slots).map(|(meta, slot)| (meta.path, &slot[..meta.len]))
    }

    /// The newest sequence number written under `ssrc`.
    pub fn newest_seq(&self, ssrc: Ssrc) -> u16 {
        let found = self.newest.iter().find(|(known, _)| *known == ssrc.0);
        found.expect("something was sent").1
    }

    pub fn empty(&mut self) {
        self.metas.clear();
    }

    /// Polls until nothing is due, emptying itself whenever it is full.
    pub fn drain(&mut self, engine: &mut Engine, now: Instant) {
        loop {
            let drained = engine.poll_transmit(now, self);
            if drained == Drained::Empty {
                return;
            }
            self.empty();
        }
    }
}

impl EgressSink for FixedSink {
    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        let start = self.metas.len() * SLOT;
        (self.metas.len() < self.slots).then(|| &mut self.memory[start..start + len])
    }

    fn commit(&mut self, transmit: Transmit) {
        let slot = &self.memory[self.metas.len() * SLOT..];
        self.datagrams += 1;
        if (128..=191).contains(&slot[0]) && !(192..=223).contains(&slot[1]) {
            self.rtp += 1;
            let ssrc = u32::from_be_bytes([slot[8], slot[9], slot[10], slot[11]]);
            let seq = u16::from_be_bytes([slot[2], slot[3]]);
            let mut known = self.newest.iter_mut();
            if let Some(entry) = known.find(|(known, _)| *known == ssrc || *known == 0) {
                *entry = (ssrc, seq);
            }
        }
        self.metas.push(transmit);
    }
}

/// A packet every millisecond.
pub const PACKET_INTERVAL: Duration = Duration::from_millis(1);
