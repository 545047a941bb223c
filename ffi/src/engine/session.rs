//! What was negotiated with a raw endpoint: the caller's own signalling, in the terms of SDP.

use std::ffi::c_char;

use lahn::params::{
    Codec, CodecParams, EncodingParams, Extension, ExtensionIds, MediaKind, MediaParams,
    ReceiveParams, SendParams, SessionParams, Token,
};
use lahn::{EndpointId, Ssrc};

use super::{lahn_endpoint_id, lahn_media_kind, media_kind};
use crate::handle::{State, exclusive, lahn_engine};
use crate::layout::{self, Sized32};
use crate::pointer::array;
use crate::result::{Failure, lahn_result};
use crate::text::{lahn_str, unpadded};

/// lahn_codec.feedback: generic NACK (RFC 4585 section 6.2.1).
pub const LAHN_FEEDBACK_NACK: u32 = 1;
/// lahn_codec.feedback: PLI (RFC 4585 section 6.3.1).
pub const LAHN_FEEDBACK_PLI: u32 = 2;
/// lahn_codec.feedback: FIR (RFC 5104 section 4.3.1).
pub const LAHN_FEEDBACK_FIR: u32 = 4;
/// lahn_codec.feedback: transport-wide congestion control.
pub const LAHN_FEEDBACK_TRANSPORT_CC: u32 = 8;
/// lahn_codec.feedback: REMB.
pub const LAHN_FEEDBACK_REMB: u32 = 16;
/// lahn_codec.feedback: congestion control feedback (RFC 8888).
pub const LAHN_FEEDBACK_CCFB: u32 = 32;

/// A payload type and what it means (RFC 8866 section 6.6). Fixed layout.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_codec {
    /// IANA media type, in any case: "audio/opus", "video/VP8", "video/VP9", "video/AV1",
    /// "video/H264", "video/H265".
    pub mime_type: lahn_str,
    /// Tells apart formats of one codec that cannot stand for each other: H.264 profile-level-id
    /// << 8 | packetization-mode, VP9 profile-id, AV1 profile; else 0.
    pub profile: u32,
    /// LAHN_FEEDBACK_ bits.
    pub feedback: u32,
    /// 0-127.
    pub payload_type: u8,
    /// Of its retransmissions (RFC 4588); 0: none.
    pub rtx_payload_type: u8,
    /// 0.
    pub reserved: [u8; 6],
}

/// Which identifier stands for which RTP header extension (RFC 8285). Fixed layout.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_extension {
    /// As in a=extmap. One that the library does not know is ignored.
    pub uri: lahn_str,
    /// 1-255, without 15 if one-byte headers are used.
    pub id: u32,
    /// 0.
    pub reserved: u32,
}

/// An encoding that the peer sends. Fixed layout.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_encoding {
    /// 0: learnt from the rid and mid header extensions.
    pub ssrc: u32,
    /// Of its retransmissions; 0: none, or learnt.
    pub rtx_ssrc: u32,
    /// RFC 8851; padded with NUL, without one when full. All NUL without simulcast.
    pub rid: [c_char; 16],
}

/// A media section; start from LAHN_MEDIA_INIT.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_media {
    /// sizeof(lahn_media).
    pub struct_size: u32,
    /// Audio or video.
    pub kind: lahn_media_kind,
    /// Its name (RFC 5888); padded with NUL, without one when full.
    pub mid: [c_char; 16],
    /// Payload types, the peer's favourite first.
    pub codecs: *const lahn_codec,
    /// How many.
    pub n_codecs: usize,
    /// Header extensions, both directions.
    pub extensions: *const lahn_extension,
    /// How many.
    pub n_extensions: usize,
    /// What the peer sends here, low to high.
    pub encodings: *const lahn_encoding,
    /// How many; 0: it sends nothing here.
    pub n_encodings: usize,
    /// msid identification of what it sends (RFC 8830): sources with the same one belong together.
    pub stream_id: lahn_str,
    /// msid appdata of what it sends: names the one source.
    pub source_name: lahn_str,
    /// Under which SSRC we send here; 0: we send nothing here.
    pub send_ssrc: u32,
    /// Of our retransmissions; 0: none.
    pub send_rtx_ssrc: u32,
}

// SAFETY: repr(C), struct_size first, integers and raw pointers only, 2 x 4 + 16 bytes, 10
// pointers and sizes, 2 x 4 bytes without a gap.
unsafe impl Sized32 for lahn_media {
    const FIRST: usize = 32 + 10 * size_of::<usize>();
}

/// Tells what was negotiated with a raw endpoint: all of it, each time. Media sections that are
/// left out are stopped. A section with send_ssrc serves the endpoint's first subscription of its
/// kind that none serves yet, now or when it comes (lahn_subscription_get_info shows which).
/// reduced_size_rtcp (RFC 5506): not 0 if negotiated.
///
/// All entries of media have the struct_size of the first.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_set_session(
    engine: *mut lahn_engine,
    now_us: u64,
    endpoint: lahn_endpoint_id,
    media: *const lahn_media,
    n_media: usize,
    reduced_size_rtcp: u8,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for an array and what its entries point to.
        let media = unsafe { read_all(media, n_media)? };
        let session = SessionParams { media, reduced_size_rtcp: reduced_size_rtcp != 0 };
        let (engine, now) = state.at(now_us)?;
        Ok(engine.set_session(now, EndpointId::from_u64(endpoint), &session)?)
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

/// # Safety
/// `media` is NULL or has `n` entries of the size that the first one says, and what they point to
/// is as the header says.
unsafe fn read_all(media: *const lahn_media, n: usize) -> Result<Vec<MediaParams>, Failure> {
    if n == 0 {
        return Ok(Vec::new());
    }
    if n > MOST_MEDIA {
        return Err(Failure::argument("n_media is more than SDP ports can number"));
    }
    // SAFETY: the caller's promise.
    let stride = unsafe { layout::size_of_struct(media, "media")? };
    (0..n)
        .map(|place| {
            // SAFETY: entry `place` of `n`, each `stride` bytes long.
            unsafe { layout::read(media.byte_add(place * stride), "media")?.read() }
        })
        .collect()
}

const MOST_MEDIA: usize = 65_535;

impl lahn_media {
    /// # Safety
    /// What it points to is as the header says.
    unsafe fn read(&self) -> Result<MediaParams, Failure> {
        // SAFETY: the caller's promise.
        let (codecs, extensions, encodings, stream_id, source_name) = unsafe {
            (
                array(self.codecs, self.n_codecs, "codecs")?,
                array(self.extensions, self.n_extensions, "extensions")?,
                array(self.encodings, self.n_encodings, "encodings")?,
                self.stream_id.read("stream_id")?,
                self.source_name.read("source_name")?,
            )
        };
        let mut ids = ExtensionIds::new();
        for extension in extensions {
            // SAFETY: the caller's promise.
            unsafe { extension.add_to(&mut ids)? };
        }
        let receive = ReceiveParams {
            encodings: encodings.iter().map(lahn_encoding::read).collect::<Result<_, _>>()?,
            stream_id: stream_id.to_owned(),
            track_id: source_name.to_owned(),
        };
        let kinds = [MediaKind::Audio, MediaKind::Video];
        let kind = kinds.into_iter().find(|&kind| media_kind(kind) == self.kind);
        Ok(MediaParams {
            mid: token(&self.mid, "mid")?.ok_or_else(|| Failure::argument("mid is empty"))?,
            kind: kind.ok_or_else(|| Failure::argument("kind: no such number"))?,
            // SAFETY: the caller's promise.
            codecs: codecs.iter().map(|codec| unsafe { codec.read() }).collect::<Result<_, _>>()?,
            extensions: ids,
            receive: (!receive.encodings.is_empty()).then_some(receive),
            send: ssrc(self.send_ssrc)
                .map(|ours| SendParams { ssrc: ours, rtx_ssrc: ssrc(self.send_rtx_ssrc) }),
        })
    }
}

impl lahn_codec {
    /// # Safety
    /// `mime_type` is as the header says.
    unsafe fn read(&self) -> Result<CodecParams, Failure> {
        // SAFETY: the caller's promise.
        let mime_type = unsafe { self.mime_type.read("mime_type")? };
        let known = |codec: &Codec| codec.mime_type().eq_ignore_ascii_case(mime_type);
        let codec = Codec::ALL.into_iter().find(known);
        if self.payload_type > 127 || self.rtx_payload_type > 127 || self.reserved != [0; 6] {
            return Err(Failure::argument("lahn_codec: payload type or reserved out of range"));
        }
        let has = |bit| self.feedback & bit != 0;
        Ok(CodecParams {
            codec: codec.ok_or_else(|| Failure::argument(format!("no codec {mime_type:?}")))?,
            profile: self.profile,
            payload_type: self.payload_type,
            rtx_payload_type: (self.rtx_payload_type != 0).then_some(self.rtx_payload_type),
            nack: has(LAHN_FEEDBACK_NACK),
            pli: has(LAHN_FEEDBACK_PLI),
            fir: has(LAHN_FEEDBACK_FIR),
            transport_cc: has(LAHN_FEEDBACK_TRANSPORT_CC),
            remb: has(LAHN_FEEDBACK_REMB),
            ccfb: has(LAHN_FEEDBACK_CCFB),
        })
    }
}

impl lahn_extension {
    /// # Safety
    /// `uri` is as the header says.
    unsafe fn add_to(&self, ids: &mut ExtensionIds) -> Result<(), Failure> {
        // SAFETY: the caller's promise.
        let uri = unsafe { self.uri.read("uri")? };
        let (Ok(id @ 1..), 0) = (u8::try_from(self.id), self.reserved) else {
            return Err(Failure::argument("lahn_extension: id or reserved out of range"));
        };
        if let Some(known) = Extension::ALL.into_iter().find(|known| known.uri() == uri) {
            ids.set(known, id);
        }
        Ok(())
    }
}

impl lahn_encoding {
    fn read(&self) -> Result<EncodingParams, Failure> {
        let rid = token(&self.rid, "rid")?;
        Ok(EncodingParams { rid, ssrc: ssrc(self.ssrc), rtx_ssrc: ssrc(self.rtx_ssrc) })
    }
}

fn ssrc(number: u32) -> Option<Ssrc> {
    (number != 0).then_some(Ssrc(number))
}

fn token(padded: &[c_char; 16], what: &str) -> Result<Option<Token>, Failure> {
    match unpadded(padded) {
        empty if empty.is_empty() => Ok(None),
        name => Token::new(&name)
            .map(Some)
            .ok_or_else(|| Failure::argument(format!("{what} is not printable ASCII"))),
    }
}
