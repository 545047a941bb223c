//! Session descriptions as text (RFC 8866, RFC 8829): what a peer wrote becomes a [`Description`],
//! what was negotiated becomes text. Pure functions; no state, no decisions.
//!
//! str0m can do SDP too, but it changes its session while it still finds faults, panics on some
//! payload type collisions a stranger can write, and fixes directions, `msid` and SSRCs per
//! m-line. Here a description is judged as a whole before anything changes.
//!
//! Read next: [`super::negotiation`].

mod attribute;
mod parse;
mod write;

pub(super) use parse::parse;
pub(super) use write::{LocalTransport, write};

use crate::base::Ssrc;
use crate::params::{Extension, Mid, Rid};

/// What the peer's description says, as far as we care.
#[derive(Clone, Debug)]
pub(super) struct Description {
    /// In order; at least one.
    pub(super) media: Vec<MediaSection>,
    /// `a=ice-lite`.
    pub(super) ice_lite: bool,
    /// The mids of `a=group:BUNDLE`, if there is one (RFC 9143).
    pub(super) bundle: Option<Vec<Mid>>,
}

impl Description {
    /// Whether a section is in use. Port 0 rejects it, unless it is bundled (RFC 9143 §7.2).
    pub(super) fn is_live(&self, media: &MediaSection) -> bool {
        let bundled = self.bundle.as_ref().is_some_and(|mids| mids.contains(&media.mid));
        !media.port_is_zero || bundled
    }

    /// The sections in use.
    pub(super) fn live(&self) -> impl Iterator<Item = &MediaSection> {
        self.media.iter().filter(|media| self.is_live(media))
    }
}

/// One media section: an m-line and what follows it.
#[derive(Clone, Debug)]
pub(super) struct MediaSection {
    /// Line of the text, from 1.
    pub(super) line: usize,
    /// What it carries.
    pub(super) kind: SectionKind,
    /// Media, protocol and formats as written, to reject it in its own words (RFC 3264 §6).
    pub(super) wording: Wording,
    /// The m-line's port is 0.
    pub(super) port_is_zero: bool,
    /// `a=mid` (RFC 5888).
    pub(super) mid: Mid,
    /// From the peer's point of view.
    pub(super) direction: Direction,
    /// `a=rtcp-mux` (RFC 5761).
    pub(super) rtcp_mux: bool,
    /// `a=rtcp-rsize` (RFC 5506).
    pub(super) reduced_size_rtcp: bool,
    /// In the order of the m-line: the peer's favourite first.
    pub(super) payload_types: Vec<PayloadType>,
    /// `a=extmap` (RFC 8285).
    pub(super) extensions: Vec<ExtensionMap>,
    /// Encodings the peer sends, in the order of `a=simulcast` (RFC 8853); empty without simulcast.
    pub(super) encodings: Vec<Rid>,
    /// `a=ssrc` (RFC 5576), in order of appearance.
    pub(super) ssrcs: Vec<Ssrc>,
    /// `a=ssrc-group:FID`: a stream and its retransmissions.
    pub(super) retransmissions: Vec<(Ssrc, Ssrc)>,
    /// `a=msid` (RFC 8830), or what `a=ssrc:… msid:` says: stream and track id.
    pub(super) msid: Option<(String, String)>,
    /// ICE and DTLS parameters, from the section or from the head of the description.
    pub(super) transport: TransportAttributes,
}

/// What an m-line is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SectionKind {
    /// DTLS-SRTP audio.
    Audio,
    /// DTLS-SRTP video.
    Video,
    /// Data channels (RFC 8841).
    Data,
    /// Something we do not speak.
    Foreign,
}

/// The words of an m-line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wording {
    /// "audio".
    pub(super) media: String,
    /// "UDP/TLS/RTP/SAVPF".
    pub(super) protocol: String,
    /// "111 63 9".
    pub(super) formats: String,
}

/// Which way media goes, from the writer's point of view (RFC 8866 §6.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Direction {
    /// The writer sends.
    pub(super) send: bool,
    /// The writer receives.
    pub(super) receive: bool,
}

impl Direction {
    /// Sends and receives: what a section without a direction means.
    pub(super) const BOTH: Self = Self { send: true, receive: true };

    /// "sendrecv", "sendonly", "recvonly" or "inactive".
    pub(super) const fn as_str(self) -> &'static str {
        match (self.send, self.receive) {
            (true, true) => "sendrecv",
            (true, false) => "sendonly",
            (false, true) => "recvonly",
            (false, false) => "inactive",
        }
    }

    /// The reverse of [`as_str`](Self::as_str).
    pub(super) fn parse(word: &str) -> Option<Self> {
        [(true, true), (true, false), (false, true), (false, false)]
            .into_iter()
            .map(|(send, receive)| Self { send, receive })
            .find(|direction| direction.as_str() == word)
    }
}

/// One payload type and its attributes (RFC 8866 §6.6, §6.15, RFC 4585 §4.2).
#[derive(Clone, Debug)]
pub(super) struct PayloadType {
    /// 0-127.
    pub(super) number: u8,
    /// Encoding name in lower case; empty without `a=rtpmap`.
    pub(super) name: String,
    /// Clock rate in Hz.
    pub(super) clock_rate: u32,
    /// Audio channels; 1 if not given.
    pub(super) channels: u8,
    /// `a=fmtp` value.
    pub(super) fmtp: Option<String>,
    /// `a=rtcp-fb` values.
    pub(super) feedback: Feedback,
}

/// RTCP feedback messages agreed on for a payload type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Feedback {
    /// Generic NACK.
    pub(super) nack: bool,
    /// Picture loss indication.
    pub(super) pli: bool,
    /// Full intra request.
    pub(super) fir: bool,
    /// Transport-wide congestion control.
    pub(super) transport_cc: bool,
    /// Receiver estimated maximum bitrate.
    pub(super) remb: bool,
    /// Congestion control feedback (RFC 8888 §6): of the whole section, whatever its payload type.
    pub(super) ccfb: bool,
}

impl Feedback {
    /// The values of `a=rtcp-fb` for one payload type, and which flag each stands for.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, bool)> {
        [
            ("goog-remb", self.remb),
            ("transport-cc", self.transport_cc),
            ("ccm fir", self.fir),
            ("nack", self.nack),
            ("nack pli", self.pli),
        ]
        .into_iter()
    }

    /// Sets the flag `value` stands for; others are none of our business.
    pub(super) fn note(&mut self, value: &str) {
        match value {
            "goog-remb" => self.remb = true,
            "transport-cc" => self.transport_cc = true,
            "ccm fir" => self.fir = true,
            "nack" => self.nack = true,
            "nack pli" => self.pli = true,
            CONGESTION_CONTROL => self.ccfb = true,
            _ => {}
        }
    }
}

/// The value of `a=rtcp-fb:*` for congestion control feedback (RFC 8888 §6).
const CONGESTION_CONTROL: &str = "ack ccfb";

/// One `a=extmap`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ExtensionMap {
    /// 1-14, or up to 255 in the two-byte form; never 15.
    pub(super) id: u8,
    /// `None` for one we do not know.
    pub(super) extension: Option<Extension>,
    /// In which direction of the section it is used.
    pub(super) direction: Direction,
}

/// ICE and DTLS attributes of a section, not yet judged.
#[derive(Clone, Debug, Default)]
pub(super) struct TransportAttributes {
    /// `a=ice-ufrag`.
    pub(super) ufrag: Option<String>,
    /// `a=ice-pwd`.
    pub(super) password: Option<String>,
    /// `a=fingerprint` with SHA-256.
    pub(super) fingerprint: Option<[u8; 32]>,
    /// `a=setup` (RFC 4145 §4).
    pub(super) setup: Option<Setup>,
}

/// Who opens the DTLS connection (RFC 8842 §5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Setup {
    /// Either.
    ActPass,
    /// The writer.
    Active,
    /// The reader.
    Passive,
}
