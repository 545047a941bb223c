//! What a raw call negotiated: sections, addresses, keys.

use std::net::SocketAddr;

use lahn::params::{
    Codec, CodecParams, EncodingParams, Extension, ExtensionIds, MediaKind, MediaParams, Mid,
    ReceiveParams, SendParams, SessionParams,
};
use lahn::srtp::{Profile, TransportKeys};
use lahn::{Path, Ssrc};

use super::PUBLISHED;

pub const MID_ID: u8 = 4;
pub const TRANSPORT_CC_ID: u8 = 5;
pub const AUDIO_LEVEL_ID: u8 = 6;

/// The address of endpoint `number`: each has one of its own.
pub fn path(number: u32) -> Path {
    let [a, b, c, d] = number.to_be_bytes();
    Path {
        local: SocketAddr::from(([10, 0, 0, 1], 5_000)),
        remote: SocketAddr::from(([172, 16 + a, b, c], 40_000 + u16::from(d))),
    }
}

/// Both ends' keys of one association: the engine's, the participant's.
pub fn keys(number: u32) -> (TransportKeys, TransportKeys) {
    keys_of(Profile::AeadAes128Gcm, number)
}

/// The same for any profile. No two numbers have a key in common.
pub fn keys_of(profile: Profile, number: u32) -> (TransportKeys, TransportKeys) {
    let len = 2 * (profile.key_len() + profile.salt_len());
    // Multiplication by an odd number loses nothing, and spreads it over all eight bytes.
    let mixed = (u64::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    let material: Vec<u8> = (0..len).map(|place| place as u8 ^ mixed[place % 8]).collect();
    let end = |is_client| TransportKeys::from_dtls(profile, &material, is_client).expect("fits");
    (end(false), end(true))
}

pub const fn payload_type(kind: MediaKind) -> u8 {
    match kind {
        MediaKind::Video => 96,
        MediaKind::Audio => 111,
    }
}

fn section(kind: MediaKind, mid: Mid) -> MediaParams {
    let is_video = kind == MediaKind::Video;
    let mut extensions = ExtensionIds::new();
    extensions.set(Extension::Mid, MID_ID);
    extensions.set(Extension::TransportCc, TRANSPORT_CC_ID);
    if !is_video {
        extensions.set(Extension::AudioLevel, AUDIO_LEVEL_ID);
    }
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
    MediaParams { mid, kind, codecs: vec![codec], extensions, receive: None, send: None }
}

pub fn publishing() -> SessionParams {
    publishing_of(MediaKind::Video, PUBLISHED)
}

pub fn publishing_of(kind: MediaKind, ssrc: Ssrc) -> SessionParams {
    let mut media = section(kind, Mid::new(b"0").expect("a token"));
    let rtx_ssrc = (kind == MediaKind::Video).then_some(Ssrc(ssrc.0 + 1));
    let encoding = EncodingParams { rid: None, ssrc: Some(ssrc), rtx_ssrc };
    media.receive = Some(ReceiveParams {
        encodings: vec![encoding],
        stream_id: "stream".to_owned(),
        track_id: "camera".to_owned(),
    });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

pub fn receiving(mid: Mid, ssrc: Ssrc) -> SessionParams {
    receiving_of(MediaKind::Video, mid, ssrc)
}

pub fn receiving_of(kind: MediaKind, mid: Mid, ssrc: Ssrc) -> SessionParams {
    let mut media = section(kind, mid);
    let rtx_ssrc = (kind == MediaKind::Video).then_some(Ssrc(ssrc.0 + 0x1000_0000));
    media.send = Some(SendParams { ssrc, rtx_ssrc });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}
