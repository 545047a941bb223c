//! F1: the negotiated vocabulary: what `control` reads out of SDP and `media` runs on. The two
//! never meet; they only both know these words.
//!
//! An application with its own signalling fills these in itself (raw parameters).
#![forbid(unsafe_code)]

use std::fmt;

use crate::base::Ssrc;

/// Audio or video.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// A media format the engine can forward (IANA media subtypes).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Codec {
    /// RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// The AV1 RTP payload specification.
    Av1,
    /// RFC 6184.
    H264,
    /// RFC 7798.
    H265,
}

impl Codec {
    /// Every codec the engine knows, in its order of preference.
    pub const ALL: [Self; 6] =
        [Self::Opus, Self::Vp8, Self::Vp9, Self::Av1, Self::H264, Self::H265];

    /// Audio or video.
    pub const fn kind(self) -> MediaKind {
        match self {
            Self::Opus => MediaKind::Audio,
            _ => MediaKind::Video,
        }
    }

    /// RTP clock rate in Hz.
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            _ => 90_000,
        }
    }

    /// The IANA media type, as W3C webrtc-stats writes it ("video/VP8").
    pub const fn mime_type(self) -> &'static str {
        match self {
            Self::Opus => "audio/opus",
            Self::Vp8 => "video/VP8",
            Self::Vp9 => "video/VP9",
            Self::Av1 => "video/AV1",
            Self::H264 => "video/H264",
            Self::H265 => "video/H265",
        }
    }
}

/// One payload type and what it means (RFC 8866 §6.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodecParams {
    /// The format.
    pub codec: Codec,
    /// Tells apart formats of one codec that cannot stand for each other: H.264
    /// `profile-level-id` << 8 | `packetization-mode`, VP9 `profile-id`, AV1 `profile`; else 0.
    pub profile: u32,
    /// RTP payload type, 0-127.
    pub payload_type: u8,
    /// Payload type of its retransmissions (RFC 4588), if negotiated.
    pub rtx_payload_type: Option<u8>,
    /// Generic NACK (RFC 4585 §6.2.1) negotiated.
    pub nack: bool,
    /// PLI (RFC 4585 §6.3.1) negotiated.
    pub pli: bool,
    /// FIR (RFC 5104 §4.3.1) negotiated.
    pub fir: bool,
    /// Transport-wide congestion control feedback negotiated.
    pub transport_cc: bool,
    /// REMB negotiated.
    pub remb: bool,
    /// Congestion control feedback (RFC 8888) negotiated; then transport-wide feedback is not.
    pub ccfb: bool,
}

impl CodecParams {
    /// Whether packets of `self` may be sent as `other`, payload unchanged.
    pub fn is_same_format(&self, other: &Self) -> bool {
        self.codec == other.codec && self.profile == other.profile
    }
}

/// RTP header extensions the engine reads, writes or carries (RFC 8285).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Extension {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid` (RFC 9143).
    Mid,
    /// `urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id` (RFC 8852).
    Rid,
    /// `urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id` (RFC 8852).
    RepairedRid,
    /// `http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`.
    TransportCc,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time`.
    AbsSendTime,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time`.
    AbsCaptureTime,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level` (RFC 6464).
    AudioLevel,
    /// `urn:3gpp:video-orientation` (TS 26.114).
    VideoOrientation,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/playout-delay`.
    PlayoutDelay,
    /// `https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension`.
    DependencyDescriptor,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00`.
    VideoLayersAllocation,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/video-content-type`.
    VideoContentType,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/video-timing`.
    VideoTiming,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/color-space`.
    ColorSpace,
    /// `urn:ietf:params:rtp-hdrext:framemarking` (draft-ietf-avtext-framemarking).
    FrameMarking,
}

impl Extension {
    /// Every extension, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::Mid,
        Self::Rid,
        Self::RepairedRid,
        Self::TransportCc,
        Self::AbsSendTime,
        Self::AbsCaptureTime,
        Self::AudioLevel,
        Self::VideoOrientation,
        Self::PlayoutDelay,
        Self::DependencyDescriptor,
        Self::VideoLayersAllocation,
        Self::VideoContentType,
        Self::VideoTiming,
        Self::ColorSpace,
        Self::FrameMarking,
    ];

    /// The URI that names it in `a=extmap` (RFC 8285 §6).
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Self::Rid => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Self::RepairedRid => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
            Self::TransportCc => {
                "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
            }
            Self::AbsSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Self::AbsCaptureTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
            Self::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            Self::VideoOrientation => "urn:3gpp:video-orientation",
            Self::PlayoutDelay => "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
            Self::DependencyDescriptor => {
                "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
            }
            Self::VideoLayersAllocation => {
                "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00"
            }
            Self::VideoContentType => {
                "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type"
            }
            Self::VideoTiming => "http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
            Self::ColorSpace => "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
            Self::FrameMarking => "urn:ietf:params:rtp-hdrext:framemarking",
        }
    }

    /// Whether the engine writes this one itself for each receiver instead of carrying the
    /// publisher's bytes: it names or times the transport, not the media.
    pub const fn is_hop_by_hop(self) -> bool {
        matches!(
            self,
            Self::Mid | Self::Rid | Self::RepairedRid | Self::TransportCc | Self::AbsSendTime
        )
    }
}

/// Which local identifier (RFC 8285 §5: 1-14 one-byte, 1-255 two-byte) stands for which extension.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExtensionIds {
    ids: [u8; Extension::ALL.len()],
}

impl ExtensionIds {
    /// None negotiated.
    pub const fn new() -> Self {
        Self { ids: [0; Extension::ALL.len()] }
    }

    /// Gives `extension` the identifier `id`; 0 takes it away.
    pub const fn set(&mut self, extension: Extension, id: u8) {
        self.ids[extension as usize] = id;
    }

    /// The identifier of `extension`, if negotiated.
    pub const fn id(&self, extension: Extension) -> Option<u8> {
        match self.ids[extension as usize] {
            0 => None,
            id => Some(id),
        }
    }

    /// The extension that `id` stands for. 0 stands for none.
    pub fn extension(&self, id: u8) -> Option<Extension> {
        if id == 0 {
            return None;
        }
        Extension::ALL.into_iter().find(|&extension| self.ids[extension as usize] == id)
    }
}

impl Default for ExtensionIds {
    fn default() -> Self {
        Self::new()
    }
}

/// A short ASCII token: an SDP `mid` (RFC 5888) or a restriction id `rid` (RFC 8851), ≤ 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    bytes: [u8; 16],
    len: u8,
}

/// Names a media section of an SDP session (RFC 5888).
pub type Mid = Token;

/// Names an encoding of a source (RFC 8851).
pub type Rid = Token;

impl Token {
    /// 1-16 printable ASCII characters; `None` for anything else.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let len = u8::try_from(bytes.len()).ok().filter(|len| (1..=16).contains(len))?;
        if !bytes.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let mut token = Self { bytes: [0; 16], len };
        token.bytes[..bytes.len()].copy_from_slice(bytes);
        Some(token)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("a token is ASCII")
    }

    /// As bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One encoding a publisher sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EncodingParams {
    /// Its name; `None` for the only encoding of a source without simulcast.
    pub rid: Option<Rid>,
    /// Its SSRC, if signalled; otherwise learnt from the `rid` and `mid` header extensions.
    pub ssrc: Option<Ssrc>,
    /// The SSRC of its retransmissions, if signalled.
    pub rtx_ssrc: Option<Ssrc>,
}

/// What a peer sends us in one media section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiveParams {
    /// In the order of the peer's `a=simulcast` line; one without `rid` if there is none.
    pub encodings: Vec<EncodingParams>,
    /// `msid` identification (RFC 8830): sources with the same one belong together.
    pub stream_id: String,
    /// `msid` appdata: names the one source.
    pub track_id: String,
}

/// What we send to a peer in one media section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SendParams {
    /// Our SSRC.
    pub ssrc: Ssrc,
    /// The SSRC of our retransmissions; `None` if RTX was not negotiated.
    pub rtx_ssrc: Option<Ssrc>,
}

/// One media section (m-line) as negotiated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MediaParams {
    /// Its name.
    pub mid: Mid,
    /// Audio or video.
    pub kind: MediaKind,
    /// Payload types, the peer's favourite first.
    pub codecs: Vec<CodecParams>,
    /// Header extensions, both directions.
    pub extensions: ExtensionIds,
    /// What the peer sends, while it may.
    pub receive: Option<ReceiveParams>,
    /// What we send, while we may.
    pub send: Option<SendParams>,
}

/// Everything negotiated with one endpoint. Sections that are stopped or rejected are left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SessionParams {
    /// In m-line order.
    pub media: Vec<MediaParams>,
    /// RTCP canonical name we use towards this endpoint is the same everywhere; the peer's
    /// packets may be reduced-size (RFC 5506) either way.
    pub reduced_size_rtcp: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_takes_one_to_sixteen_printable_characters() {
        assert!(Token::new(b"").is_none());
        assert!(Token::new(b"12345678901234567").is_none());
        assert!(Token::new(b"a b").is_none());
        assert!(Token::new("ä".as_bytes()).is_none());
        assert_eq!(Token::new(b"hi").expect("valid").as_str(), "hi");
    }

    #[test]
    fn extension_numbers_are_their_places_in_the_list() {
        for (place, extension) in Extension::ALL.into_iter().enumerate() {
            assert_eq!(extension as usize, place);
        }
    }

    #[test]
    fn extension_ids_map_both_ways_and_zero_means_none() {
        let mut ids = ExtensionIds::new();
        assert_eq!(ids.extension(0), None);
        ids.set(Extension::Mid, 4);
        assert_eq!(ids.extension(4), Some(Extension::Mid));
        assert_eq!(ids.id(Extension::Mid), Some(4));
        assert_eq!(ids.id(Extension::Rid), None);
    }
}
