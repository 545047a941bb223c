//! Between recorded packets and datagrams: what both peers of the engine negotiated, as the note of
//! the recording has it, and what they seal with.

use lahn::params::{
    Codec, CodecParams, EncodingParams, Extension, ExtensionIds, MediaKind, MediaParams, Mid,
    ReceiveParams, Rid, SendParams, SessionParams,
};
use lahn::srtp::{Protector, ReceiveIndex, Unprotector};
use lahn::wire::rtp::RtpHeader;
use lahn::{ExtSeq, Ssrc};

use super::decode::Rtp;
pub use super::ends::{keys, path};
use super::recording::Recording;

pub const FORWARDED: Ssrc = Ssrc(0x2000_0001);

/// The id under which an extension was recorded.
pub fn id_of(recording: &Recording, extension: Extension) -> Option<u8> {
    let is = |(_, uri): &&(u8, String)| uri == extension.uri();
    recording.extensions.iter().find(is).map(|(id, _)| *id)
}

fn section(recording: &Recording, described: bool) -> MediaParams {
    let mut extensions = ExtensionIds::new();
    for extension in Extension::ALL {
        let wanted = described || extension != Extension::DependencyDescriptor;
        if let Some(id) = id_of(recording, extension).filter(|_| wanted) {
            extensions.set(extension, id);
        }
    }
    let name = |codec: &Codec| codec.mime_type().split('/').next_back();
    let is =
        |codec: &Codec| name(codec).is_some_and(|it| it.eq_ignore_ascii_case(&recording.codec));
    let codec = Codec::ALL.into_iter().find(is).expect("a codec of the engine");
    let prefix = format!("{}/", recording.codec);
    let of_it = |(_, name): &&(u8, String)| name.starts_with(&prefix);
    let payload_type = recording.payloads.iter().find(of_it).expect("its payload type").0;
    let is_video = codec.kind() == MediaKind::Video;
    let codec = CodecParams {
        codec,
        profile: 0,
        payload_type,
        rtx_payload_type: None,
        nack: is_video,
        pli: is_video,
        fir: false,
        transport_cc: true,
        remb: false,
        ccfb: false,
    };
    let mid = Mid::new(b"0").expect("a token");
    let kind = codec.codec.kind();
    MediaParams { mid, kind, codecs: vec![codec], extensions, receive: None, send: None }
}

pub fn publishing(recording: &Recording, described: bool) -> SessionParams {
    let mut media = section(recording, described);
    let encodings = recording.encodings.iter().map(|encoding| EncodingParams {
        rid: encoding.rid.as_ref().map(|rid| Rid::new(rid.as_bytes()).expect("a rid")),
        ssrc: encoding.rid.is_none().then_some(Ssrc(encoding.ssrc)),
        rtx_ssrc: None,
    });
    media.receive = Some(ReceiveParams {
        encodings: encodings.collect(),
        stream_id: "recording".to_owned(),
        track_id: "camera".to_owned(),
    });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

pub fn receiving(recording: &Recording, described: bool) -> SessionParams {
    let mut media = section(recording, described);
    media.send = Some(SendParams { ssrc: FORWARDED, rtx_ssrc: None });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

/// A plaintext packet as the publisher sends it.
pub fn seal(keys: &Protector, plain: &[u8], index: ExtSeq) -> Vec<u8> {
    let header = RtpHeader::parse(plain).expect("RTP");
    let (ssrc, (head, payload)) = (header.ssrc, plain.split_at(header.len()));
    let mut out = plain.to_vec();
    out.resize(plain.len() + LONGEST_TAG, 0);
    let len = keys.rtp(&mut out, head.len(), &[], payload, ssrc, index).expect("room").len();
    out.truncate(len);
    out
}

pub fn seal_rtcp(keys: &mut Protector, plain: &[u8]) -> Vec<u8> {
    let mut out = plain.to_vec();
    out.resize(plain.len() + LONGEST_TAG, 0);
    let len = keys.rtcp(&mut out, plain.len()).expect("room").len();
    out.truncate(len);
    out
}

/// A datagram as the receiver gets it: the packet, and its dependency descriptor if one of that id
/// is there.
pub fn open(
    keys: &Unprotector,
    index: &mut ReceiveIndex,
    datagram: &mut [u8],
    descriptor: Option<u8>,
) -> (Rtp, Option<Vec<u8>>) {
    let header = RtpHeader::parse(datagram).expect("RTP");
    let (ssrc, seq, header_len) = (header.ssrc, header.sequence_number, header.len());
    let opened = keys.rtp(index, ssrc, seq, header_len, datagram).expect("authentic and new");
    let end = header_len + opened.len();
    let packet = &datagram[..end];
    (Rtp::parse(packet).expect("RTP"), descriptor.and_then(|id| extension(packet, id)))
}

/// The value of a header extension.
pub fn extension(packet: &[u8], wanted: u8) -> Option<Vec<u8>> {
    let header = RtpHeader::parse(packet).expect("RTP");
    header.extensions().find(|(id, _)| *id == wanted).map(|(_, value)| value.to_vec())
}

/// SRTCP's: index and tag.
const LONGEST_TAG: usize = 32;
