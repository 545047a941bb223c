//! The other end of the browser: str0m in RTP mode behind a real socket. It writes down what comes
//! and asks for key frames now and then.
//!
//! SRTP encrypts the payload only (RFC 3711 §3.1), so a packet's header, with its extensions, is
//! taken from the datagram as it was on the wire, and its payload from str0m, once that has
//! authenticated and decrypted it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant, SystemTime};

use str0m::change::SdpOffer;
use str0m::media::KeyframeRequestKind;
use str0m::net::{Protocol, Receive};
use str0m::rtp::rtcp::{Rtcp, SenderInfo};
use str0m::rtp::{
    Extension, ExtensionMap, ExtensionSerializer, ExtensionValues, RawPacket, RtpHeader,
};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use crate::rtpdump::Packet;

/// What came in.
#[derive(Default)]
pub(crate) struct Recorded {
    pub(crate) packets: Vec<Packet>,
    /// By SSRC; the restriction id, where there is one (RFC 8852).
    pub(crate) encodings: BTreeMap<u32, Option<String>>,
}

pub(crate) struct Receiver {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    recorded: Recorded,
    started: Option<Instant>,
    /// Bytes that SRTP adds behind the payload; known from the first packet without padding.
    tag: Option<usize>,
}

impl Receiver {
    /// The other end for `offer`, and its answer.
    pub(crate) fn answer(offer: &str) -> Result<(Self, String), String> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|e| e.to_string())?;
        let address = socket.local_addr().map_err(|e| e.to_string())?;
        let mut config = RtcConfig::new()
            .set_rtp_mode(true)
            .enable_raw_packets(true)
            .set_extension_map(extensions());
        config.codec_config().enable_opus(true, true);
        let mut rtc = config.build(now());
        rtc.add_local_candidate(Candidate::host(address, "udp").map_err(|e| e.to_string())?);
        let offer = SdpOffer::from_sdp_string(offer).map_err(|e| e.to_string())?;
        let answer = rtc.sdp_api().accept_offer(offer).map_err(|e| e.to_string())?;
        let recorded = Recorded::default();
        let receiver = Self { rtc, socket, address, recorded, started: None, tag: None };
        Ok((receiver, answer.to_sdp_string()))
    }

    /// Records from the first packet on, all but packets with these payload types.
    pub(crate) fn record(&mut self, but: &[u8]) -> Result<Recorded, String> {
        let gives_up = now() + PATIENCE;
        let mut requests = KEY_FRAME_REQUESTS.iter().peekable();
        let mut buffer = vec![0; 2000];
        let mut datagram = 0;
        loop {
            let wake = self.drain(&buffer[..datagram], but)?;
            let elapsed = self.started.map(|started| now() - started);
            match elapsed {
                Some(elapsed) if elapsed >= LENGTH => {
                    self.drop_last_frames();
                    return Ok(std::mem::take(&mut self.recorded));
                }
                None if now() >= gives_up => return Err("no packet came".to_owned()),
                _ => {}
            }
            if requests.next_if(|at| elapsed.is_some_and(|elapsed| elapsed >= **at)).is_some() {
                self.request_key_frames();
            }
            datagram = self.receive(wake, &mut buffer)?;
        }
    }

    /// Takes what the `Rtc` has to give after `datagram`; when it wants to be woken.
    fn drain(&mut self, datagram: &[u8], but: &[u8]) -> Result<Instant, String> {
        loop {
            match self.rtc.poll_output().map_err(|error| error.to_string())? {
                Output::Timeout(at) => return Ok(at),
                Output::Transmit(transmit) => {
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(Event::RawPacket(raw)) => match *raw {
                    RawPacket::RtpRx(header, payload) if !but.contains(&header.payload_type) => {
                        self.note_rtp(datagram, &header, &payload);
                    }
                    RawPacket::RtcpRx(Rtcp::SenderReport(report)) => {
                        self.note_report(&report.sender_info);
                    }
                    _ => {}
                },
                Output::Event(_) => {}
            }
        }
    }

    /// Waits for a datagram until `wake`, and hands it to the `Rtc`; its length, or 0.
    fn receive(&mut self, wake: Instant, buffer: &mut [u8]) -> Result<usize, String> {
        let wait = wake.saturating_duration_since(now());
        let wait = wait.clamp(Duration::from_millis(1), Duration::from_millis(20));
        self.socket.set_read_timeout(Some(wait)).map_err(|error| error.to_string())?;
        let (length, source) = match self.socket.recv_from(buffer) {
            Ok(received) => received,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let passed = self.rtc.handle_input(Input::Timeout(now()));
                return passed.map(|()| 0).map_err(|error| error.to_string());
            }
            Err(error) => return Err(error.to_string()),
        };
        if let Ok(contents) = buffer[..length].try_into() {
            let destination = self.address;
            let receive = Receive { proto: Protocol::Udp, source, destination, contents };
            let taken = self.rtc.handle_input(Input::Receive(now(), receive));
            taken.map_err(|error| error.to_string())?;
        }
        Ok(length)
    }

    /// Of each stream: the end came where it came, so that the rest of them may be missing.
    fn drop_last_frames(&mut self) {
        let mut last = BTreeMap::new();
        let media = |packet: &Packet| (!packet.rtcp).then(|| packet.bytes[4..12].to_vec());
        for frame in self.recorded.packets.iter().filter_map(media) {
            last.insert(frame[4..].to_vec(), frame); // by SSRC: timestamp and SSRC
        }
        let is_last = |packet: &Packet| {
            media(packet).is_some_and(|frame| last.values().any(|last| *last == frame))
        };
        self.recorded.packets.retain(|packet| !is_last(packet));
    }

    fn request_key_frames(&mut self) {
        for ssrc in self.recorded.encodings.keys() {
            if let Some(stream) = self.rtc.direct_api().stream_rx(&(*ssrc).into()) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
        }
    }

    fn note_rtp(&mut self, datagram: &[u8], header: &RtpHeader, payload: &[u8]) {
        let (head, rest) = datagram.split_at(header.header_len);
        let mut bytes = [head, payload].concat();
        if header.has_padding {
            let Some(tag) = self.tag else { return };
            // str0m has cut it off; its last byte tells its length (RFC 3550 §5.1).
            let padding = rest.len() - tag - payload.len();
            bytes.resize(bytes.len() + padding, 0);
            *bytes.last_mut().expect("a header") = padding as u8;
        } else {
            self.tag.get_or_insert(rest.len() - payload.len());
        }
        let rid = header.ext_vals.rid.map(|rid| rid.to_string());
        let encoding = self.recorded.encodings.entry(*header.ssrc).or_default();
        if encoding.is_none() {
            *encoding = rid;
        }
        self.note(false, bytes);
    }

    fn note_report(&mut self, info: &SenderInfo) {
        if self.recorded.encodings.contains_key(&*info.ssrc) {
            self.note(true, sender_report(info));
        }
    }

    fn note(&mut self, rtcp: bool, bytes: Vec<u8>) {
        let started = *self.started.get_or_insert_with(now);
        self.recorded.packets.push(Packet { at: now() - started, rtcp, bytes });
    }
}

/// A sender report without report blocks (RFC 3550 §6.4.1). str0m keeps of the NTP time what a
/// `SystemTime` can hold: nanoseconds.
fn sender_report(info: &SenderInfo) -> Vec<u8> {
    let since_1970 = info.ntp_time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = since_1970.as_secs() + SECONDS_1900_TO_1970;
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
    let words = [
        0x80c8_0006,
        *info.ssrc,
        seconds as u32,
        fraction as u32,
        info.rtp_time.numer() as u32,
        info.sender_packet_count,
        info.sender_octet_count,
    ];
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// What the browser may offer; it has its own ids for them, which str0m takes over.
fn extensions() -> ExtensionMap {
    let mut map = ExtensionMap::standard();
    map.set(5, Extension::AbsoluteCaptureTime);
    for (id, uri) in (6..).zip(UNREAD) {
        map.set(id, Extension::with_serializer(uri, Unread));
    }
    map
}

/// An extension that is negotiated and left as it is.
#[derive(Debug)]
struct Unread;

impl ExtensionSerializer for Unread {
    fn write_to(&self, _: &mut [u8], _: &ExtensionValues) -> usize {
        0
    }

    fn parse_value(&self, _: &[u8], _: &mut ExtensionValues) -> bool {
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }
}

#[expect(clippy::disallowed_methods, reason = "a browser runs in real time")]
fn now() -> Instant {
    Instant::now()
}

const LENGTH: Duration = Duration::from_millis(4500);
/// After the first packet.
const KEY_FRAME_REQUESTS: [Duration; 3] =
    [Duration::from_millis(1200), Duration::from_millis(2400), Duration::from_millis(3600)];
/// Until the first packet.
const PATIENCE: Duration = Duration::from_secs(20);
/// NTP counts from 1900.
const SECONDS_1900_TO_1970: u64 = 2_208_988_800;
const UNREAD: [&str; 2] = [
    "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
];
