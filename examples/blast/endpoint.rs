//! Endpoints without a browser: raw keys, negotiated parameters, and packets that look like a
//! camera's or a microphone's and say in their payload which they are.
//!
//! Must not know sockets or clocks. The benchmark `driver` includes it too.

use lahn::params::{
    Codec, CodecParams, EncodingParams, Extension, ExtensionIds, MediaKind, MediaParams, Mid,
    ReceiveParams, SendParams, SessionParams,
};
use lahn::srtp::{Profile, Protector, TransportKeys};
use lahn::{ExtSeq, Ssrc};

/// Fixed header, extension header, and two elements padded to eight bytes.
pub(crate) const HEADER_LEN: usize = 12 + 4 + 8;
/// A payload holds at least its frame's first bytes and a [`Stamp`].
pub(crate) const LEAST_PAYLOAD: usize = VP8_LEN + Stamp::LEN;
/// The number of a publisher's first packet.
const FIRST_SEQ: u64 = 1_000;

const VP8_LEN: usize = 6 + 10;
const PAYLOAD_TYPE: u8 = 96;
const MID_ID: u8 = 4;
const TRANSPORT_CC_ID: u8 = 5;
const PUBLISHED: u32 = 0x1000_0000;
const FORWARDED: u32 = 0x4000_0000;
/// From an SSRC to that of its retransmissions.
const REPAIR: u32 = 0x0800_0000;

/// What a payload says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stamp {
    pub(crate) publisher: u32,
    /// Which of the publisher's packets, from 0.
    pub(crate) number: u64,
    /// When it was sent, in whatever unit the sender counts.
    pub(crate) sent: u64,
}

impl Stamp {
    pub(crate) const LEN: usize = 4 + 8 + 8;

    pub(crate) fn write(self, out: &mut [u8]) {
        out[..4].copy_from_slice(&self.publisher.to_be_bytes());
        out[4..12].copy_from_slice(&self.number.to_be_bytes());
        out[12..Self::LEN].copy_from_slice(&self.sent.to_be_bytes());
    }

    /// From the end of a payload.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let stamp: &[u8; Self::LEN] = payload.last_chunk()?;
        let (publisher, rest) = stamp.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (sent, _) = rest.split_first_chunk()?;
        Some(Self {
            publisher: u32::from_be_bytes(*publisher),
            number: u64::from_be_bytes(*number),
            sent: u64::from_be_bytes(*sent),
        })
    }
}

/// One packet of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet {
    /// Bytes of payload, at least [`LEAST_PAYLOAD`].
    pub(crate) payload_len: usize,
    /// Of the frame.
    pub(crate) first: bool,
    pub(crate) last: bool,
    pub(crate) key_frame: bool,
    /// The frame's number.
    pub(crate) frame: u64,
    /// RTP timestamp.
    pub(crate) timestamp: u32,
}

/// The SSRC of a publisher.
pub(crate) const fn published_ssrc(publisher: u32) -> Ssrc {
    Ssrc(PUBLISHED + publisher)
}

/// The SSRC that serves a subscription.
pub(crate) const fn forwarded_ssrc(subscription: u32) -> Ssrc {
    Ssrc(FORWARDED + subscription)
}

/// The subscription served by an SSRC, unless it is none of [`forwarded_ssrc`]'s.
pub(crate) fn subscription_of(ssrc: u32) -> Option<u32> {
    ssrc.checked_sub(FORWARDED).filter(|subscription| *subscription < REPAIR)
}

/// Writes and seals a publisher's packet into `out`; returns its length.
pub(crate) fn seal(
    keys: &Protector,
    kind: MediaKind,
    packet: Packet,
    stamp: Stamp,
    out: &mut [u8],
) -> usize {
    let mut payload = [0; 1_500];
    let payload = &mut payload[..packet.payload_len];
    write_payload(kind, packet, payload);
    let end = payload.len() - Stamp::LEN;
    stamp.write(&mut payload[end..]);
    let ssrc = published_ssrc(stamp.publisher);
    let seq = FIRST_SEQ + stamp.number;
    write_header(packet, ssrc, seq, out);
    keys.rtp(out, HEADER_LEN, &[], payload, ssrc, ExtSeq(seq)).expect("it fits").len()
}

/// RFC 3550 §5.1, RFC 8285 §4.2.
fn write_header(packet: Packet, ssrc: Ssrc, seq: u64, out: &mut [u8]) {
    let [.., high, low] = seq.to_be_bytes();
    let marker = u8::from(packet.last) << 7;
    out[..4].copy_from_slice(&[0x90, marker | PAYLOAD_TYPE, high, low]);
    out[4..8].copy_from_slice(&packet.timestamp.to_be_bytes());
    out[8..12].copy_from_slice(&ssrc.0.to_be_bytes());
    out[12..16].copy_from_slice(&[0xbe, 0xde, 0, 2]);
    out[16..18].copy_from_slice(&[MID_ID << 4, b'0']);
    out[18..21].copy_from_slice(&[TRANSPORT_CC_ID << 4 | 1, high, low]);
    out[21..HEADER_LEN].fill(0);
}

/// VP8 (RFC 7741) as far as a forwarder looks at it; sound is not looked at.
fn write_payload(kind: MediaKind, packet: Packet, out: &mut [u8]) {
    out.fill(packet.frame.to_le_bytes()[0]);
    if kind == MediaKind::Audio {
        return;
    }
    let [.., high, low] = packet.frame.to_be_bytes();
    let start = u8::from(packet.first) << 4;
    out[..6].copy_from_slice(&[0x80 | start, 0xe0, 0x80 | high, low, low, 0]);
    if packet.first && packet.key_frame {
        out[6..VP8_LEN].copy_from_slice(&[0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1]);
    } else if packet.first {
        out[6..9].copy_from_slice(&[0x11, 2, 0]);
    }
}

/// Both ends' keys of the association with endpoint `number`: the engine's, the endpoint's.
pub(crate) fn keys(profile: Profile, number: u32) -> (TransportKeys, TransportKeys) {
    let len = 2 * (profile.key_len() + profile.salt_len());
    let number = number.to_be_bytes().into_iter().cycle();
    let material: Vec<u8> =
        (0u8..).zip(number).map(|(place, byte)| place ^ byte).take(len).collect();
    let end = |is_client| {
        TransportKeys::from_dtls(profile, &material, is_client)
            .expect("it is as long as it must be")
    };
    (end(false), end(true))
}

fn section(kind: MediaKind, mid: u32) -> MediaParams {
    let video = kind == MediaKind::Video;
    let mut extensions = ExtensionIds::new();
    extensions.set(Extension::Mid, MID_ID);
    extensions.set(Extension::TransportCc, TRANSPORT_CC_ID);
    let codec = CodecParams {
        codec: if video { Codec::Vp8 } else { Codec::Opus },
        profile: 0,
        payload_type: PAYLOAD_TYPE,
        rtx_payload_type: video.then_some(97),
        nack: video,
        pli: video,
        fir: video,
        transport_cc: true,
        remb: false,
        ccfb: false,
    };
    MediaParams {
        mid: Mid::new(mid.to_string().as_bytes()).expect("a token"),
        kind,
        codecs: vec![codec],
        extensions,
        receive: None,
        send: None,
    }
}

/// A session of an endpoint that publishes one source.
pub(crate) fn publishing(kind: MediaKind, publisher: u32) -> SessionParams {
    let ssrc = published_ssrc(publisher);
    let rtx_ssrc = (kind == MediaKind::Video).then_some(Ssrc(ssrc.0 + REPAIR));
    let mut media = section(kind, 0);
    media.receive = Some(ReceiveParams {
        encodings: vec![EncodingParams { rid: None, ssrc: Some(ssrc), rtx_ssrc }],
        stream_id: format!("publisher {publisher}"),
        track_id: "source".to_owned(),
    });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

/// A session of an endpoint that receives: one section for each of `subscriptions`, in this order.
pub(crate) fn receiving(kind: MediaKind, subscriptions: std::ops::Range<u32>) -> SessionParams {
    let media = subscriptions.zip(0..).map(|(subscription, mid)| {
        let ssrc = forwarded_ssrc(subscription);
        let rtx_ssrc = (kind == MediaKind::Video).then_some(Ssrc(ssrc.0 + REPAIR));
        MediaParams { send: Some(SendParams { ssrc, rtx_ssrc }), ..section(kind, mid) }
    });
    SessionParams { media: media.collect(), reduced_size_rtcp: true }
}
