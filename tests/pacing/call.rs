//! One camera, one microphone, and a receiver that answers with transport-cc 20 ms later, on a link
//! that loses nothing.

use std::time::{Duration, Instant};

use lahn::params::{Extension, MediaKind, Mid};
use lahn::srtp::{Profile, Protector, ReceiveIndex};
use lahn::wire::rtcp::{self, Arrival, ArrivalOffset, Compound, Packet};
use lahn::wire::rtp::RtpHeader;
use lahn::{
    Config, CongestionConfig, CongestionStats, Constraints, Drained, EcnCodepoint, EgressSink,
    EndpointStats, ExtSeq, Path, Seq, Ssrc, Transmit,
};

use crate::raw::{
    self, HEADER_LEN, PUBLISHED, Packets, RawCall, Shape, TRANSPORT_CC_ID, keys_of, publishing_of,
    receiving_of,
};

pub(crate) const AUDIO_PAYLOAD: usize = 100;
const PICTURE_PAYLOAD: usize = 1_000;
const SOUND: Ssrc = Ssrc(0x1100_0001);
const SOUND_SENT: Ssrc = Ssrc(0x2100_0001);
const MICROPHONE: u32 = 77 << 14;
const FEEDBACK_INTERVAL: Duration = ms(50);
const ONE_WAY: Duration = ms(20);
const OVERHEAD: usize = 28;

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Audio,
    Video,
    Rtx,
}

/// How the receiver tells what arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answers {
    TransportCc,
    /// RFC 8888.
    ByStream,
    Never,
}

/// A packet that went to the receiver.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Duration,
    pub(crate) kind: Kind,
    pub(crate) seq: u16,
    pub(crate) wire: usize,
    number: Option<u16>,
}

pub(crate) struct PacedCall {
    call: RawCall,
    start: Instant,
    sounds: Protector,
    sound_path: Path,
    pictures: u64,
    frames: u16,
    sound_count: u64,
    pub(crate) sent: Vec<Sent>,
    /// Of all that went to the receiver, RTCP too.
    pub(crate) wire_bytes: u64,
    /// PLI that reached the camera.
    pub(crate) key_frame_requests: u32,
    indices: [ReceiveIndex; 3],
    answers: Answers,
    told: usize,
    feedback_at: Instant,
    feedback_count: u8,
}

impl PacedCall {
    /// The estimate stays at `bitrate`.
    pub(crate) fn new(profile: Profile, bitrate: u64) -> Self {
        Self::with(profile, bitrate, Answers::TransportCc)
    }

    pub(crate) fn with(profile: Profile, bitrate: u64, answers: Answers) -> Self {
        #[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
        let now = Instant::now();
        let congestion = CongestionConfig {
            start_bitrate: bitrate,
            min_bitrate: bitrate,
            max_bitrate: bitrate,
            ..CongestionConfig::default()
        };
        let config = Config { congestion, ..Config::default() };
        let packets = Packets { payload: PICTURE_PAYLOAD, ..Packets::VIDEO };
        let shape = Shape { packets, profile, config, ..Shape::default() };
        let mut call = RawCall::with(now, shape);
        let (sounds, sound_path) = add_microphone(&mut call, profile, answers);
        let mut paced = Self {
            call,
            start: now,
            sounds,
            sound_path,
            pictures: 0,
            frames: 0,
            sound_count: 0,
            sent: Vec::new(),
            wire_bytes: 0,
            key_frame_requests: 0,
            indices: Default::default(),
            answers,
            told: 0,
            feedback_at: now + FEEDBACK_INTERVAL,
            feedback_count: 0,
        };
        paced.drain();
        paced
    }

    /// A frame of so many packets comes from the camera.
    pub(crate) fn publish_frame(&mut self, packets: u64, is_key: bool) {
        self.frames += 1;
        for nth in 0..packets {
            let mut payload = [0x5a; PICTURE_PAYLOAD];
            let [high, low] = self.frames.to_be_bytes();
            let first = u8::from(nth == 0) << 4;
            payload[..6].copy_from_slice(&[0x80 | first, 0xe0, 0x80 | high, low, low, 0]);
            if is_key && nth == 0 {
                payload[6..16].copy_from_slice(&[0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1]);
            } else {
                payload[6..9].copy_from_slice(&[0x11, 2, 0]);
            }
            let marker = u8::from(nth + 1 == packets) << 7;
            let timestamp = u32::from(self.frames) * 3_000;
            let seals = std::sync::Arc::clone(&self.call.publisher_keys);
            let mut datagram = [0; 1_500];
            let second = marker | raw::payload_type(MediaKind::Video);
            let fields = (PUBLISHED, second, self.pictures, timestamp);
            let len = seal(&seals, fields, &payload, &mut datagram);
            self.pictures += 1;
            let path = self.call.publisher_path;
            self.call.engine.handle_datagram(self.call.now, path, &mut datagram[..len]);
        }
    }

    /// A packet comes from the microphone.
    pub(crate) fn publish_sound(&mut self) {
        let mut datagram = [0; 1_500];
        let timestamp = u32::try_from(self.sound_count * 960).expect("short");
        let fields = (SOUND, raw::payload_type(MediaKind::Audio), self.sound_count, timestamp);
        let len = seal(&self.sounds, fields, &[7; AUDIO_PAYLOAD], &mut datagram);
        self.sound_count += 1;
        self.call.engine.handle_datagram(self.call.now, self.sound_path, &mut datagram[..len]);
    }

    /// Time goes by; the receiver answers.
    pub(crate) fn run_for(&mut self, time: Duration) {
        let until = self.call.now + time;
        let mut wakes = 0;
        self.drain();
        loop {
            let engine_at = self.call.engine.poll_timeout().unwrap_or(until);
            let next = engine_at.min(self.feedback_at).min(until);
            self.call.now = self.call.now.max(next);
            if self.feedback_at <= self.call.now {
                self.answer();
            }
            if engine_at <= self.call.now {
                self.call.engine.handle_timeout(self.call.now);
                wakes += 1;
            }
            self.drain();
            if self.call.now >= until {
                break;
            }
        }
        let most = 10 + 3 * time.as_millis();
        assert!(wakes <= most, "woken {wakes} times in {time:?}: it spins");
    }

    /// How many packets of media left now.
    pub(crate) fn drain(&mut self) -> usize {
        self.drain_all().len()
    }

    /// The packets of media that left now.
    pub(crate) fn drain_all(&mut self) -> Vec<Sent> {
        let before = self.sent.len();
        let mut sink = Runs::default();
        while self.call.engine.poll_transmit(self.call.now, &mut sink) == Drained::SinkFull {}
        for (path, datagram) in sink.datagrams {
            self.note(path, datagram);
        }
        self.sent[before..].to_vec()
    }

    pub(crate) fn sent_of(&self, kind: Kind) -> Vec<Sent> {
        self.sent.iter().filter(|sent| sent.kind == kind).cloned().collect()
    }

    /// Forgets what was sent again up to now, once no probe asks for more.
    pub(crate) fn padding_ends(&mut self) {
        self.run_for(ms(1_500));
        self.sent.retain(|sent| sent.kind != Kind::Rtx);
        self.told = self.sent.len();
    }

    /// The receiver misses the newest packets of the picture; how many.
    pub(crate) fn ask_again_for_the_newest(&mut self, count: usize) -> usize {
        let newest = self.sent.iter().rev().filter(|sent| sent.kind == Kind::Video).take(count);
        let seqs: Vec<Seq> = newest.map(|sent| Seq(sent.seq)).collect();
        let media = self.call.receivers[0].ssrc;
        self.send_rtcp(|compound| {
            seqs.iter().for_each(|seq| assert!(compound.nack(Ssrc(7), media, &[*seq])));
        });
        seqs.len()
    }

    pub(crate) fn stats(&self) -> EndpointStats {
        let endpoint = self.call.receivers[0].endpoint;
        self.call.engine.endpoint_stats(self.call.now, endpoint).expect("it lives")
    }

    pub(crate) fn congestion(&self) -> CongestionStats {
        self.stats().congestion.expect("it negotiated transport-cc")
    }

    fn note(&mut self, path: Path, mut datagram: Vec<u8>) {
        let is_rtcp = (192..=223).contains(&datagram[1]);
        if path == self.call.publisher_path && is_rtcp {
            self.key_frame_requests += self.key_frame_requests_in(&mut datagram);
        }
        if path != self.call.receivers[0].path {
            return;
        }
        self.wire_bytes += (datagram.len() + OVERHEAD) as u64;
        if is_rtcp {
            return;
        }
        let ssrc = Ssrc(u32::from_be_bytes(datagram[8..12].try_into().expect("four")));
        let (place, kind) = match ssrc {
            SOUND_SENT => (0, Kind::Audio),
            _ if ssrc == self.call.receivers[0].ssrc => (1, Kind::Video),
            _ => (2, Kind::Rtx),
        };
        let header = RtpHeader::parse(&datagram).expect("it is RTP");
        let number = header.extensions().find(|(id, _)| *id == TRANSPORT_CC_ID);
        let number = number.map(|(_, value)| u16::from_be_bytes([value[0], value[1]]));
        let (seq, header_len) = (header.sequence_number, header.len());
        let wire = datagram.len() + OVERHEAD;
        let index = &mut self.indices[place];
        let opens = &mut self.call.receivers[0].opens;
        opens.rtp(index, ssrc, seq, header_len, &mut datagram).expect("it opens under the key");
        let at = self.call.now - self.start;
        self.sent.push(Sent { at, kind, seq: seq.0, wire, number });
    }

    fn key_frame_requests_in(&self, datagram: &mut [u8]) -> u32 {
        let (_, theirs) = keys_of(self.profile(), 0);
        let mut opens = lahn::srtp::Unprotector::new(&theirs);
        let Ok(compound) = opens.rtcp(datagram) else { return 0 };
        let packets = rtcp::parse(compound).expect("our own");
        let is_request = |packet: &Packet<'_>| {
            matches!(packet, Packet::PictureLossIndication { .. } | Packet::FullIntraRequest(_))
        };
        u32::try_from(packets.filter(is_request).count()).expect("few")
    }

    fn profile(&self) -> Profile {
        self.stats().srtp_profile.expect("it has keys")
    }

    /// Feedback about what has come since the last.
    fn answer(&mut self) {
        self.feedback_at = self.call.now + FEEDBACK_INTERVAL;
        let now = self.call.now - self.start;
        match self.answers {
            Answers::TransportCc => {}
            Answers::ByStream => return self.answer_by_stream(now),
            Answers::Never => return,
        }
        let news: Vec<(u16, i64)> = self.sent[self.told..]
            .iter()
            .take_while(|sent| sent.at + ONE_WAY <= now)
            .filter_map(|sent| {
                let ticks = (sent.at + ONE_WAY).as_micros() / 250;
                Some((sent.number?, i64::try_from(ticks).expect("short")))
            })
            .collect();
        let Some((base, _)) = news.first().copied() else { return };
        assert!(news.windows(2).all(|pair| pair[1].0 == pair[0].0.wrapping_add(1)), "numbered on");
        let statuses: Vec<Option<i64>> = news.iter().map(|(_, ticks)| Some(*ticks)).collect();
        let mut written = 0;
        let count = self.feedback_count;
        let media = self.call.receivers[0].ssrc;
        self.send_rtcp(|compound| {
            written = compound.transport_cc(Ssrc(7), media, Seq(base), count, &statuses);
        });
        self.feedback_count = count.wrapping_add(1);
        self.told += written;
    }

    /// What has come of each stream since the last (RFC 8888 §3).
    fn answer_by_stream(&mut self, now: Duration) {
        let came = |sent: &&Sent| sent.at + ONE_WAY <= now;
        let news: Vec<Sent> = self.sent[self.told..].iter().take_while(came).cloned().collect();
        self.told += news.len();
        let video = self.call.receivers[0].ssrc;
        let ssrcs = [
            (Kind::Audio, SOUND_SENT),
            (Kind::Video, video),
            (Kind::Rtx, Ssrc(video.0 + 0x1000_0000)),
        ];
        let streams: Vec<(Ssrc, Seq, Vec<Option<Arrival>>)> = ssrcs
            .into_iter()
            .filter_map(|(kind, ssrc)| {
                let mut of = news.iter().filter(|sent| sent.kind == kind).peekable();
                let begin = Seq(of.peek()?.seq);
                let arrivals = of.map(|sent| {
                    let ago = (now - sent.at - ONE_WAY).as_micros() * 1_024 / 1_000_000;
                    let offset = ArrivalOffset::new(i64::try_from(ago).expect("short"));
                    Some(Arrival { ecn: EcnCodepoint::NotEct, offset })
                });
                Some((ssrc, begin, arrivals.collect()))
            })
            .collect();
        let timestamp = u32::try_from(now.as_micros() * 65_536 / 1_000_000).expect("short");
        let timestamp = timestamp.wrapping_sub(100_000);
        self.send_rtcp(|compound| {
            let streams = streams.iter().map(|(ssrc, seq, of)| (*ssrc, *seq, of.as_slice()));
            assert!(compound.ccfb(Ssrc(7), timestamp, streams));
        });
    }

    fn send_rtcp(&mut self, write: impl FnOnce(&mut Compound<'_>)) {
        let mut datagram = [0; 1_200];
        let mut compound = Compound::new(&mut datagram[..1_100]);
        write(&mut compound);
        let len = compound.len();
        let receiver = &mut self.call.receivers[0];
        let len = receiver.seals.rtcp(&mut datagram, len).expect("room").len();
        self.call.engine.handle_datagram(self.call.now, receiver.path, &mut datagram[..len]);
    }
}

/// A second publisher, whose sound the receiver gets too.
fn add_microphone(call: &mut RawCall, profile: Profile, answers: Answers) -> (Protector, Path) {
    let (ours, theirs) = keys_of(profile, MICROPHONE);
    let path = raw::path(MICROPHONE);
    let now = call.now;
    let engine = &mut call.engine;
    let microphone = engine.add_raw_endpoint(now, call.conference, path, ours).expect("room");
    let session = publishing_of(MediaKind::Audio, SOUND);
    engine.set_session(now, microphone, &session).expect("a good session");
    let source = *engine.sources(call.conference).expect("it lives").last().expect("one");
    let receiver = &call.receivers[0];
    let mid = |name: &[u8]| Mid::new(name).expect("a token");
    let mut session = receiving_of(MediaKind::Video, mid(b"0"), receiver.ssrc);
    session.media.extend(receiving_of(MediaKind::Audio, mid(b"1"), SOUND_SENT).media);
    for media in session.media.iter_mut().filter(|_| answers == Answers::ByStream) {
        media.extensions.set(Extension::TransportCc, 0);
        for codec in &mut media.codecs {
            (codec.transport_cc, codec.ccfb) = (false, true);
        }
    }
    engine.subscribe(now, receiver.endpoint, source).expect("a subscription");
    engine.set_session(now, receiver.endpoint, &session).expect("a good session");
    // What is tested here is the pace of what is sent, not whether it is.
    let constraints = Constraints { pausable: false, ..Constraints::default() };
    engine.set_constraints(now, receiver.subscription, constraints).expect("it lives");
    while engine.poll_event().is_some() {}
    (Protector::new(&theirs), path)
}

/// An RTP packet with a `mid` (RFC 3550 §5.1, RFC 8285 §4.2); its length.
fn seal(
    seals: &Protector,
    (ssrc, second, number, timestamp): (Ssrc, u8, u64, u32),
    payload: &[u8],
    out: &mut [u8],
) -> usize {
    let number = ExtSeq(1_000 + number);
    let [high, low] = number.seq().0.to_be_bytes();
    out[..4].copy_from_slice(&[0x90, second, high, low]);
    out[4..8].copy_from_slice(&timestamp.to_be_bytes());
    out[8..12].copy_from_slice(&ssrc.0.to_be_bytes());
    out[12..18].copy_from_slice(&[0xbe, 0xde, 0, 2, raw::MID_ID << 4, b'0']);
    out[18..HEADER_LEN].fill(0);
    seals.rtp(out, HEADER_LEN, &[], payload, ssrc, number).expect("it fits").len()
}

/// Takes runs back to back, as a driver with GSO does.
#[derive(Default)]
struct Runs {
    memory: Vec<u8>,
    /// Where what was written next begins.
    next: usize,
    datagrams: Vec<(Path, Vec<u8>)>,
}

impl EgressSink for Runs {
    fn datagrams_per_slot(&self) -> usize {
        16
    }

    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        self.memory = vec![0; len];
        self.next = 0;
        Some(&mut self.memory)
    }

    fn commit(&mut self, transmit: Transmit) {
        let bytes = self.memory[self.next..self.next + transmit.len].to_vec();
        self.next += transmit.len;
        self.datagrams.push((transmit.path, bytes));
    }
}
