//! Many raw endpoints in one conference: any number of publishers of video or sound, and receivers
//! who get all of it. For what is measured, not looked at packet by packet ([`super::raw`] is).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lahn::params::{
    Codec, CodecParams, EncodingParams, Extension, ExtensionIds, MediaKind, MediaParams, Mid,
    ReceiveParams, SendParams, SessionParams,
};
use lahn::srtp::{Profile, Protector, TransportKeys};
use lahn::{
    ConferenceId, Config, CongestionConfig, Drained, EgressSink, EndpointId, Engine, Event, ExtSeq,
    Path, SourceId, Ssrc, Transmit,
};

const MID_ID: u8 = 4;
const TRANSPORT_CC_ID: u8 = 5;
/// Fixed header, extension header, and two elements padded to eight bytes (RFC 8285 §4.2).
const HEADER_LEN: usize = 12 + 4 + 8;
const MOST_LEN: usize = 1_500;
/// 30 frames a second.
const FRAME_INTERVAL: Duration = Duration::from_nanos(33_333_333);

pub struct Crowd {
    pub engine: Engine,
    now: Instant,
    conference: ConferenceId,
    publishers: Vec<Publisher>,
    endpoints: u32,
    subscribed: u32,
}

/// What a publisher sends at a time.
#[derive(Clone, Copy)]
pub struct Frame {
    pub packets: usize,
    /// Bytes of payload of each packet: 16 at least.
    pub payload: usize,
}

/// One source, and what its sender keeps.
struct Publisher {
    source: SourceId,
    kind: MediaKind,
    path: Path,
    keys: Protector,
    ssrc: Ssrc,
    packets: u64,
    frames: u32,
}

impl Crowd {
    /// An empty conference.
    pub fn new(now: Instant) -> Self {
        let mut engine =
            Engine::new(Config { congestion: CongestionConfig::OFF, ..Config::default() }, now);
        let conference = engine.open_conference().expect("room");
        Self { engine, now, conference, publishers: Vec::new(), endpoints: 0, subscribed: 0 }
    }

    /// An endpoint that does nothing, its path, and the keys its far end has.
    pub fn add_endpoint(&mut self) -> (EndpointId, Path, TransportKeys) {
        self.endpoints += 1;
        let [_, a, b, c] = self.endpoints.to_be_bytes();
        let path = Path {
            local: SocketAddr::from(([192, 0, 2, 1], 5_000)),
            remote: SocketAddr::from(([10, a, b, c], 40_000)),
        };
        let (ours, theirs) = keys(self.endpoints);
        let endpoint = self
            .engine
            .add_raw_endpoint(self.now, self.conference, path, ours)
            .expect("below the limit");
        (endpoint, path, theirs)
    }

    /// An endpoint that waits for its first offer.
    pub fn add_endpoint_with_sdp(&mut self, local: SocketAddr) {
        self.engine.add_endpoint(self.now, self.conference, &[local]).expect("below the limit");
    }

    /// An endpoint with one source.
    pub fn add_publisher(&mut self, kind: MediaKind) {
        let (endpoint, path, theirs) = self.add_endpoint();
        let ssrc = Ssrc(0x1000_0000 + self.endpoints);
        let mut media = section(kind, 0);
        let rtx_ssrc = (kind == MediaKind::Video).then_some(Ssrc(ssrc.0 + 0x0100_0000));
        media.receive = Some(ReceiveParams {
            encodings: vec![EncodingParams { rid: None, ssrc: Some(ssrc), rtx_ssrc }],
            stream_id: "stream".to_owned(),
            track_id: "source".to_owned(),
        });
        let session = SessionParams { media: vec![media], reduced_size_rtcp: true };
        self.engine.set_session(self.now, endpoint, &session).expect("a good session");
        let mut added = None;
        while let Some(event) = self.engine.poll_event() {
            if let Event::SourceAdded { source, .. } = event {
                added = Some(source);
            }
        }
        let source = added.expect("it publishes");
        let keys = Protector::new(&theirs);
        let publisher = Publisher { source, kind, path, keys, ssrc, packets: 0, frames: 0 };
        self.publishers.push(publisher);
    }

    /// Gives `endpoint` a section for each publisher there is, and subscribes it to them all.
    pub fn subscribe_to_all(&mut self, endpoint: EndpointId) {
        self.subscribed += 1;
        let mut session = SessionParams { media: Vec::new(), reduced_size_rtcp: true };
        for (place, publisher) in (0..).zip(&self.publishers) {
            let mut media = section(publisher.kind, place);
            let ssrc = Ssrc(0x2000_0000 + (self.subscribed << 8) + 2 * place);
            let rtx_ssrc = (publisher.kind == MediaKind::Video).then_some(Ssrc(ssrc.0 + 1));
            media.send = Some(SendParams { ssrc, rtx_ssrc });
            session.media.push(media);
        }
        self.engine.set_session(self.now, endpoint, &session).expect("a good session");
        for publisher in &self.publishers {
            self.engine.subscribe(self.now, endpoint, publisher.source).expect("a subscription");
        }
        while self.engine.poll_event().is_some() {}
    }

    /// For so long every publisher sends 30 frames a second, the first of them a key frame, and
    /// everything due goes into `sink`.
    pub fn run_for(&mut self, time: Duration, frame: Frame, sink: &mut CountingSink) {
        let until = self.now + time;
        while self.now < until {
            for publisher in &mut self.publishers {
                publisher.send_frame(&mut self.engine, self.now, frame);
            }
            sink.drain(&mut self.engine, self.now);
            self.wait_until((self.now + FRAME_INTERVAL).min(until), sink);
        }
    }

    /// Time goes on to `at`.
    fn wait_until(&mut self, at: Instant, sink: &mut CountingSink) {
        while let Some(due) = self.engine.poll_timeout().filter(|due| *due <= at) {
            self.now = self.now.max(due);
            self.engine.handle_timeout(self.now);
            sink.drain(&mut self.engine, self.now);
        }
        self.now = at;
        while self.engine.poll_event().is_some() {}
    }
}

impl Publisher {
    fn send_frame(&mut self, engine: &mut Engine, now: Instant, frame: Frame) {
        let mut datagram = [0; MOST_LEN];
        for packet in 0..frame.packets {
            let last = packet + 1 == frame.packets;
            let len = self.seal(packet == 0, last, frame.payload, &mut datagram);
            engine.handle_datagram(now, self.path, &mut datagram[..len]);
        }
        self.frames += 1;
    }

    /// VP8 (RFC 7741) or Opus of `payload_len` bytes; the length of the datagram.
    fn seal(&mut self, first: bool, last: bool, payload_len: usize, out: &mut [u8]) -> usize {
        let mut payload = [0x5a; MOST_LEN];
        let [.., high, low] = self.frames.to_be_bytes();
        payload[..6].copy_from_slice(&[0x80 | u8::from(first) << 4, 0xe0, 0x80 | high, low, 0, 0]);
        let key_frame = [0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1];
        if first && self.frames == 0 {
            payload[6..16].copy_from_slice(&key_frame);
        } else {
            payload[6] = 1;
        }
        let number = ExtSeq(1_000 + self.packets);
        self.packets += 1;
        let seq = number.seq().0.to_be_bytes();
        out[..4].copy_from_slice(&[
            0x90,
            u8::from(last) << 7 | payload_type(self.kind),
            seq[0],
            seq[1],
        ]);
        out[4..8].copy_from_slice(&self.frames.wrapping_mul(3_000).to_be_bytes());
        out[8..12].copy_from_slice(&self.ssrc.0.to_be_bytes());
        out[12..18].copy_from_slice(&[0xbe, 0xde, 0, 2, MID_ID << 4, b'0']);
        out[18..21].copy_from_slice(&[TRANSPORT_CC_ID << 4 | 1, seq[0], seq[1]]);
        out[21..HEADER_LEN].fill(0);
        let payload = &payload[..payload_len];
        self.keys.rtp(out, HEADER_LEN, &[], payload, self.ssrc, number).expect("it fits").len()
    }
}

const fn payload_type(kind: MediaKind) -> u8 {
    match kind {
        MediaKind::Audio => 111,
        MediaKind::Video => 96,
    }
}

fn section(kind: MediaKind, place: u32) -> MediaParams {
    let mut extensions = ExtensionIds::new();
    extensions.set(Extension::Mid, MID_ID);
    extensions.set(Extension::TransportCc, TRANSPORT_CC_ID);
    let is_video = kind == MediaKind::Video;
    let codec = CodecParams {
        codec: if is_video { Codec::Vp8 } else { Codec::Opus },
        profile: 0,
        payload_type: payload_type(kind),
        rtx_payload_type: is_video.then_some(97),
        nack: is_video,
        pli: is_video,
        fir: is_video,
        transport_cc: true,
        remb: false,
        ccfb: false,
    };
    MediaParams {
        mid: Mid::new(place.to_string().as_bytes()).expect("a token"),
        kind,
        codecs: vec![codec],
        extensions,
        receive: None,
        send: None,
    }
}

/// Both ends' keys of one association: the engine's, the participant's.
fn keys(number: u32) -> (TransportKeys, TransportKeys) {
    let profile = Profile::AeadAes128Gcm;
    let len = 2 * (profile.key_len() + profile.salt_len());
    let seed = number.to_le_bytes();
    let material: Vec<u8> =
        (0..len).map(|place| seed[place % 4] ^ u8::try_from(place).expect("short")).collect();
    let end = |is_client| TransportKeys::from_dtls(profile, &material, is_client).expect("fits");
    (end(false), end(true))
}

/// Memory for a run of datagrams, used again and again; counts.
pub struct CountingSink {
    memory: Vec<u8>,
    filled: usize,
    pub datagrams: u64,
    pub bytes: u64,
}

impl CountingSink {
    pub fn new() -> Self {
        Self { memory: vec![0; 256 * 1024], filled: 0, datagrams: 0, bytes: 0 }
    }

    fn drain(&mut self, engine: &mut Engine, now: Instant) {
        while engine.poll_transmit(now, self) == Drained::SinkFull {
            self.filled = 0;
        }
        self.filled = 0;
    }
}

impl EgressSink for CountingSink {
    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        self.memory[self.filled..].get_mut(..len)
    }

    fn commit(&mut self, transmit: Transmit) {
        self.filled += transmit.len;
        self.datagrams += 1;
        self.bytes += transmit.len as u64;
    }
}
