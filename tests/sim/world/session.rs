//! What everybody negotiated: sections, addresses, keys, as raw endpoints whose keys the world
//! holds. Knows nothing of time or links. Read next: [`super::publisher`], [`super::receiver`].

use std::net::SocketAddr;

use lahn::params::{
    Codec, CodecParams, EncodingParams, Extension, ExtensionIds, MediaKind, MediaParams, Mid,
    ReceiveParams, Rid, SendParams, SessionParams,
};
use lahn::srtp::{Profile, TransportKeys};
use lahn::{Path, Ssrc};

use crate::scenario::Feedback;

pub const TRANSPORT_CC_ID: u8 = 5;
/// Carries a [`super::tag::Tag`]: an extension that the engine passes on as it is.
pub const TAG_ID: u8 = 7;
const RIDS: [&[u8]; 4] = [b"l", b"m", b"h", b"x"];
const RTX_TYPE: u8 = 97;
/// From the SSRC of a stream to that of its retransmissions.
const RTX: u32 = 0x4000_0000;

/// The address of endpoint `number`.
pub fn path(number: u16) -> Path {
    let [high, low] = number.to_be_bytes();
    Path {
        local: SocketAddr::from(([10, 0, 0, 1], 5_000)),
        remote: SocketAddr::from(([10, 1, high, low], 40_000)),
    }
}

/// The endpoint at an address.
pub fn number(path: Path) -> u16 {
    let SocketAddr::V4(remote) = path.remote else { panic!("all are IPv4") };
    let [.., high, low] = remote.ip().octets();
    u16::from_be_bytes([high, low])
}

/// Both ends' keys of one association: the engine's, the participant's.
pub fn keys(number: u16) -> (TransportKeys, TransportKeys) {
    let profile = Profile::AeadAes128Gcm;
    let len = 2 * (profile.key_len() + profile.salt_len());
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

/// Under which a publisher sends an encoding.
pub fn published(number: u16, layer: usize) -> Ssrc {
    Ssrc(0x1000_0000 + u32::from(number) * 16 + layer as u32 * 2)
}

/// Under which a receiver gets what comes in its section at `place`.
pub fn forwarded(place: usize) -> Ssrc {
    Ssrc(0x2000_0000 + place as u32)
}

/// The section whose media or retransmissions come under `ssrc`, and whether it is the latter.
pub fn place_of(ssrc: Ssrc) -> Option<(usize, bool)> {
    let is_rtx = ssrc.0 & RTX != 0;
    let place = (ssrc.0 & !RTX).checked_sub(0x2000_0000)?;
    (place < 0x1_0000).then_some((place as usize, is_rtx))
}

/// What a publisher of so many encodings negotiated.
pub fn publishing(number: u16, kind: MediaKind, layers: usize) -> SessionParams {
    let mut media = section(kind, 0, Feedback::Reports, false);
    let rid = |place: usize| Rid::new(RIDS[place]).filter(|_| layers > 1);
    let encoding = |place| EncodingParams {
        rid: rid(place),
        ssrc: Some(published(number, place)),
        rtx_ssrc: None,
    };
    media.receive = Some(ReceiveParams {
        encodings: (0..layers).map(encoding).collect(),
        stream_id: "stream".to_owned(),
        track_id: "source".to_owned(),
    });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

/// What a receiver of sources of these kinds negotiated, a section for each.
pub fn receiving(kinds: &[MediaKind], feedback: Feedback, nack: bool) -> SessionParams {
    let section = |(place, kind): (usize, &MediaKind)| {
        let mut media = section(*kind, place, feedback, nack);
        let ssrc = forwarded(place);
        let rtx_ssrc = (nack && *kind == MediaKind::Video).then_some(Ssrc(ssrc.0 | RTX));
        media.send = Some(SendParams { ssrc, rtx_ssrc });
        media
    };
    let media = kinds.iter().enumerate().map(section).collect();
    SessionParams { media, reduced_size_rtcp: true }
}

fn section(kind: MediaKind, place: usize, feedback: Feedback, nack: bool) -> MediaParams {
    let is_video = kind == MediaKind::Video;
    let counts = matches!(feedback, Feedback::TransportCc);
    let mut extensions = ExtensionIds::new();
    extensions.set(Extension::ColorSpace, TAG_ID);
    if counts {
        extensions.set(Extension::TransportCc, TRANSPORT_CC_ID);
    }
    let codec = CodecParams {
        codec: if is_video { Codec::Vp8 } else { Codec::Opus },
        profile: 0,
        payload_type: payload_type(kind),
        rtx_payload_type: (is_video && nack).then_some(RTX_TYPE),
        nack: is_video && nack,
        pli: is_video,
        fir: false,
        transport_cc: counts,
        remb: feedback == Feedback::Remb,
        ccfb: feedback == Feedback::Ccfb,
    };
    let mid = Mid::new(place.to_string().as_bytes()).expect("a token");
    MediaParams { mid, kind, codecs: vec![codec], extensions, receive: None, send: None }
}
