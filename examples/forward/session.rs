//! What was negotiated with publisher and receiver, and their keys: as a script says, and where it
//! says nothing, alike on both sides.

use std::net::SocketAddr;

use lahn::params::{
    Codec, CodecParams, Extension, ExtensionIds, MediaKind, MediaParams, Mid, ReceiveParams,
    SendParams, SessionParams,
};
use lahn::srtp::{Profile, TransportKeys};
use lahn::{Path, Ssrc};

use crate::recording::Recording;
use crate::script::{CodecName, ExtensionName, Id, PayloadType, Script};

/// Under which the receiver gets the stream, and retransmissions of it.
pub(crate) const FORWARDED: Ssrc = Ssrc(0x2000_0001);
pub(crate) const FORWARDED_RTX: Ssrc = Ssrc(0x2000_0002);

pub(crate) fn publishing(script: &Script, recording: &Recording) -> SessionParams {
    let rtx = &script.source.rtx;
    let rtx_of = |PayloadType(of): PayloadType| {
        let mut types = rtx.iter().flat_map(|rtx| rtx.get_ref());
        types.find(|(_, Id(main))| *main == of).map(|(PayloadType(rtx), _)| *rtx)
    };
    let codecs = script.source.codecs.get_ref().iter();
    let codecs = codecs.map(|(main, CodecName(codec))| params(*codec, main.0, rtx_of(*main)));
    let mut media = section(script.kind(), codecs.collect(), extensions(script, |_| true));
    media.receive = Some(ReceiveParams {
        encodings: recording.encodings.iter().map(|encoding| encoding.params).collect(),
        stream_id: "recording".to_owned(),
        track_id: "source".to_owned(),
    });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

pub(crate) fn receiving(script: &Script) -> SessionParams {
    let receiver = &script.receiver;
    let source = script.source.codecs.get_ref();
    let wanted =
        |codec: &CodecName| receiver.codecs.as_ref().is_none_or(|codecs| codecs.contains(codec));
    let mut free = (96..=127).rev().filter(|id| !source.contains_key(&PayloadType(*id)));
    let codecs = source.iter().filter(|(_, codec)| wanted(codec));
    let codecs = codecs.map(|(PayloadType(main), CodecName(codec))| {
        let rtx = receiver.rtx && codec.kind() == MediaKind::Video;
        params(*codec, *main, if rtx { free.next() } else { None })
    });
    let codecs = codecs.collect();
    let ids = extensions(script, |extension| {
        let listed = receiver.extensions.as_ref();
        listed.is_none_or(|list| list.contains(&ExtensionName(extension)))
    });
    let mut media = section(script.kind(), codecs, ids);
    let rtx_ssrc = receiver.rtx.then_some(FORWARDED_RTX);
    media.send = Some(SendParams { ssrc: FORWARDED, rtx_ssrc });
    SessionParams { media: vec![media], reduced_size_rtcp: true }
}

/// The addresses of endpoint `number`.
pub(crate) fn path(number: u8) -> Path {
    Path {
        local: SocketAddr::from(([192, 0, 2, 1], 5_000)),
        remote: SocketAddr::from(([198, 51, 100, number], 40_000)),
    }
}

/// Both ends' keys of the association with endpoint `number`: the engine's, the endpoint's.
pub(crate) fn keys(number: u8) -> (TransportKeys, TransportKeys) {
    let profile = Profile::AeadAes128Gcm;
    let len = 2 * (profile.key_len() + profile.salt_len());
    let material: Vec<u8> = (number..).take(len).collect();
    let end = |is_client| {
        TransportKeys::from_dtls(profile, &material, is_client).expect("as long as it must be")
    };
    (end(false), end(true))
}

fn extensions(script: &Script, wanted: impl Fn(Extension) -> bool) -> ExtensionIds {
    let mut ids = ExtensionIds::new();
    for (Id(id), ExtensionName(extension)) in &script.source.extensions {
        if wanted(*extension) {
            ids.set(*extension, *id);
        }
    }
    ids
}

const fn params(codec: Codec, payload_type: u8, rtx_payload_type: Option<u8>) -> CodecParams {
    let video = matches!(codec.kind(), MediaKind::Video);
    CodecParams {
        codec,
        profile: 0,
        payload_type,
        rtx_payload_type,
        nack: video,
        pli: video,
        fir: video,
        transport_cc: true,
        remb: false,
        ccfb: false,
    }
}

fn section(kind: MediaKind, codecs: Vec<CodecParams>, extensions: ExtensionIds) -> MediaParams {
    let mid = Mid::new(b"0").expect("a token");
    MediaParams { mid, kind, codecs, extensions, receive: None, send: None }
}
