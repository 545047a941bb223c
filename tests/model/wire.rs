//! Between plaintext packets and datagrams: what both peers of the engine negotiated and seal with.

use lahn::params::{
    Codec, CodecParams, EncodingParams, Extension, ExtensionIds, MediaKind, MediaParams, Mid,
    ReceiveParams, Rid, SendParams, SessionParams,
};
use lahn::srtp::{Protector, Unprotector};
use lahn::wire::ext::Format;
use lahn::wire::rtp::{HeaderWriter, RtpFields, RtpHeader, without_padding};
use lahn::{ExtSeq, RtpTime, Seq, Ssrc};

pub use super::ends::{keys, path};
use super::publish::{self, Kind, PlainPacket};
use super::reference::ForwardedPacket;

const MID: u8 = 1;
const RID: u8 = 2;
const CAPTURE: u8 = 3;
const DESCRIPTOR: u8 = 4;
const PAYLOAD_TYPE: u8 = 96;
pub const RIDS: [&[u8]; 3] = [b"l", b"m", b"h"];

fn section(kind: Kind) -> MediaParams {
    let mut extensions = ExtensionIds::new();
    extensions.set(Extension::Mid, MID);
    extensions.set(Extension::Rid, RID);
    extensions.set(Extension::AbsCaptureTime, CAPTURE);
    extensions.set(Extension::DependencyDescriptor, DESCRIPTOR);
    let codec = match kind.codec {
        publish::Codec::Vp8 => Codec::Vp8,
        publish::Codec::Vp9 => Codec::Vp9,
        publish::Codec::Av1 => Codec::Av1,
        publish::Codec::H264 => Codec::H264,
    };
    let codec = CodecParams {
        codec,
        profile: 0,
        payload_type: PAYLOAD_TYPE,
        rtx_payload_type: None,
        nack: true,
        pli: true,
        fir: false,
        transport_cc: false,
        remb: false,
        ccfb: false,
    };
    let mid = Mid::new(b"0").expect("a token");
    let kind = MediaKind::Video;
    MediaParams { mid, kind, codecs: vec![codec], extensions, receive: None, send: None }
}

pub fn publishing(kind: Kind) -> SessionParams {
    let mut media = section(kind);
    let rid = |place: u8| Rid::new(RIDS[usize::from(place)]).filter(|_| kind.encodings > 1);
    let encoding = |place| EncodingParams { rid: rid(place), ..EncodingParams::default() };
    media.receive = Some(ReceiveParams {
        encodings: (0..kind.encodings).map(encoding).collect(),
        stream_id: "stream".to_owned(),
        track_id: "camera".to_owned(),
    });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

pub fn receiving(kind: Kind, ssrc: Ssrc) -> SessionParams {
    let mut media = section(kind);
    media.send = Some(SendParams { ssrc, rtx_ssrc: None });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

/// A packet as the publisher sends it.
pub fn seal(keys: &Protector, kind: Kind, packet: &PlainPacket) -> Vec<u8> {
    let mut out = vec![0; 4_000];
    let fields = RtpFields {
        has_padding: false,
        marker: packet.marker,
        payload_type: PAYLOAD_TYPE,
        sequence_number: Seq(packet.seq as u16),
        timestamp: RtpTime(packet.timestamp),
        ssrc: Ssrc(packet.ssrc),
    };
    let mut header = HeaderWriter::begin(&mut out, fields, Format::TwoByte).expect("room");
    assert!(header.extension(MID, b"0"));
    if kind.encodings > 1 {
        assert!(header.extension(RID, RIDS[usize::from(packet.encoding)]));
    }
    if let Some(time) = packet.capture_time {
        assert!(header.extension(CAPTURE, &time.to_be_bytes()));
    }
    if let Some(descriptor) = &packet.descriptor {
        assert!(header.extension(DESCRIPTOR, descriptor));
    }
    let header_len = header.finish();
    let (ssrc, index) = (Ssrc(packet.ssrc), ExtSeq(packet.seq));
    let sealed = keys.rtp(&mut out, header_len, &[], &packet.payload, ssrc, index);
    let len = sealed.expect("it fits").len();
    out.truncate(len);
    out
}

/// A packet as a receiver gets it.
pub fn open(
    keys: &Unprotector,
    index: &mut lahn::srtp::ReceiveIndex,
    datagram: &mut [u8],
) -> ForwardedPacket {
    let header = RtpHeader::parse(datagram).expect("RTP");
    let (ssrc, seq, header_len) = (header.ssrc, header.sequence_number, header.len());
    let opened = keys.rtp(index, ssrc, seq, header_len, datagram).expect("authentic and new");
    let len = opened.len();
    let header = RtpHeader::parse(datagram).expect("RTP");
    let payload = without_padding(&header, &datagram[header_len..header_len + len]);
    let descriptor = header.extensions().find(|(id, _)| *id == DESCRIPTOR);
    ForwardedPacket {
        seq: seq.0,
        timestamp: header.timestamp.0,
        marker: header.marker,
        payload: payload.expect("padding is sound").to_vec(),
        descriptor: descriptor.map(|(_, value)| value.to_vec()),
    }
}
