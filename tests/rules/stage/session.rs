//! What both ends negotiated, their keys, and packets into datagrams.

use lahn::params::{
    Codec, CodecParams, EncodingParams, Extension, ExtensionIds, MediaKind, MediaParams, Mid,
    ReceiveParams, Rid, SendParams, SessionParams,
};
use lahn::srtp::Protector;
use lahn::wire::ext::Format;
use lahn::wire::rtp::{HeaderWriter, RtpFields};
use lahn::{ExtSeq, RtpTime, Seq, Ssrc};

use super::Packet;
pub(super) use crate::ends::{keys, number, path};

const MID: u8 = 1;
const RID: u8 = 2;
pub(super) const CAPTURE: u8 = 3;
pub(super) const DESCRIPTOR: u8 = 4;
const MARKING: u8 = 5;
const PAYLOAD_TYPE: u8 = 96;
pub(super) const RTX_PAYLOAD_TYPE: u8 = 97;
/// From the SSRC of a stream to that of its retransmissions.
const RTX: u32 = 0x1000_0000;
const RIDS: [&[u8]; 3] = [b"l", b"m", b"h"];

/// What is published.
#[derive(Clone, Copy)]
pub struct Form {
    pub codec: Codec,
    pub encodings: u8,
    /// Receivers say what their links carry (REMB).
    pub remb: bool,
}

impl Form {
    pub const fn of(codec: Codec, encodings: u8) -> Self {
        Self { codec, encodings, remb: false }
    }
}

fn section(form: Form) -> MediaParams {
    let mut extensions = ExtensionIds::new();
    extensions.set(Extension::Mid, MID);
    extensions.set(Extension::Rid, RID);
    extensions.set(Extension::AbsCaptureTime, CAPTURE);
    extensions.set(Extension::DependencyDescriptor, DESCRIPTOR);
    extensions.set(Extension::FrameMarking, MARKING);
    let kind = form.codec.kind();
    let is_video = kind == MediaKind::Video;
    let codec = CodecParams {
        codec: form.codec,
        profile: 0,
        payload_type: PAYLOAD_TYPE,
        rtx_payload_type: is_video.then_some(RTX_PAYLOAD_TYPE),
        nack: is_video,
        pli: is_video,
        fir: false,
        transport_cc: false,
        ccfb: false,
        remb: form.remb,
    };
    let mid = Mid::new(b"0").expect("a token");
    MediaParams { mid, kind, codecs: vec![codec], extensions, receive: None, send: None }
}

pub(super) fn publishing(form: Form) -> SessionParams {
    let mut media = section(form);
    let rid = |place: u8| Rid::new(RIDS[usize::from(place)]).filter(|_| form.encodings > 1);
    let encoding = |place| EncodingParams { rid: rid(place), ..EncodingParams::default() };
    media.receive = Some(ReceiveParams {
        encodings: (0..form.encodings).map(encoding).collect(),
        stream_id: "stream".to_owned(),
        track_id: "camera".to_owned(),
    });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

pub(super) fn receiving(form: Form, ssrc: Ssrc) -> SessionParams {
    let mut media = section(form);
    let rtx_ssrc = (form.codec.kind() == MediaKind::Video).then_some(Ssrc(ssrc.0 + RTX));
    media.send = Some(SendParams { ssrc, rtx_ssrc });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

/// A packet as the publisher sends it.
pub(super) fn seal(keys: &Protector, form: Form, packet: &Packet) -> Vec<u8> {
    let mut out = vec![0; 4_000];
    let fields = RtpFields {
        has_padding: packet.padding > 0,
        marker: packet.marker,
        payload_type: PAYLOAD_TYPE,
        sequence_number: Seq(packet.seq as u16),
        timestamp: RtpTime(packet.timestamp),
        ssrc: Ssrc(packet.ssrc),
    };
    let mut header = HeaderWriter::begin(&mut out, fields, Format::TwoByte).expect("room");
    assert!(header.extension(MID, b"0"));
    if form.encodings > 1 {
        assert!(header.extension(RID, RIDS[usize::from(packet.encoding)]));
    }
    if let Some(time) = packet.capture_time {
        assert!(header.extension(CAPTURE, &time.to_be_bytes()));
    }
    if let Some(descriptor) = &packet.descriptor {
        assert!(header.extension(DESCRIPTOR, descriptor));
    }
    if let Some(marking) = &packet.marking {
        assert!(header.extension(MARKING, marking));
    }
    let header_len = header.finish();
    let mut payload = packet.payload.clone();
    if let Some(zeros) = packet.padding.checked_sub(1) {
        payload.extend((0..zeros).map(|_| 0).chain([packet.padding]));
    }
    let (ssrc, index) = (Ssrc(packet.ssrc), ExtSeq(packet.seq));
    let sealed = keys.rtp(&mut out, header_len, &[], &payload, ssrc, index);
    let len = sealed.expect("it fits").len();
    out.truncate(len);
    out
}
