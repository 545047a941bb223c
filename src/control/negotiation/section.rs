//! One media section as negotiated so far: what the peer said about it, what we send in it.

use super::formats::{Format, in_common};
use crate::base::Ssrc;
use crate::control::sdp::{Direction, ExtensionMap, MediaSection, SectionKind, Wording};
use crate::params::{
    Codec, EncodingParams, ExtensionIds, MediaKind, MediaParams, Mid, ReceiveParams, SendParams,
};

/// A media section; both sides number them alike.
#[derive(Clone, Debug)]
pub(in crate::control) struct Section {
    /// Its name.
    pub(in crate::control) mid: Mid,
    /// What it carries.
    pub(in crate::control) kind: SectionKind,
    /// The words of its m-line.
    pub(in crate::control) wording: Wording,
    /// We made it, in an offer of ours.
    pub(super) ours: bool,
    /// Port 0: gone for good; an offer of the peer's may put another in its place.
    pub(in crate::control) rejected: bool,
    /// In the peer's order.
    pub(in crate::control) formats: Vec<Format>,
    /// Header extensions both sides understand; directions from the peer's point of view.
    pub(in crate::control) extensions: Vec<ExtensionMap>,
    /// What the peer does in it.
    pub(in crate::control) peer: RemoteSide,
    /// What we send in it, or want to.
    pub(in crate::control) send: Option<Outgoing>,
}

/// The peer's half of a section.
#[derive(Clone, Debug)]
pub(in crate::control) struct RemoteSide {
    /// It has said so, and we can take it.
    pub(in crate::control) direction: Direction,
    /// Takes reduced-size RTCP.
    pub(in crate::control) reduced_size_rtcp: bool,
    /// What it sends.
    pub(in crate::control) receive: ReceiveParams,
}

/// Our half of a section.
#[derive(Clone, Debug)]
pub(in crate::control) struct Outgoing {
    /// The engine's name for it.
    pub(super) key: u64,
    /// `msid` (RFC 8830).
    pub(in crate::control) stream_id: String,
    /// `msid` appdata.
    pub(in crate::control) track_id: String,
    /// Ours.
    pub(in crate::control) ssrc: Ssrc,
    /// For retransmissions, should they be negotiated.
    pub(in crate::control) rtx_ssrc: Ssrc,
}

impl Section {
    /// A section the peer made.
    pub(super) fn from_peer(media: &MediaSection, is_live: bool, codecs: &[Codec]) -> Self {
        let mut section = Self {
            mid: media.mid,
            kind: media.kind,
            wording: media.wording.clone(),
            ours: false,
            rejected: false,
            formats: Vec::new(),
            extensions: Vec::new(),
            peer: RemoteSide::silent(),
            send: None,
        };
        section.hear(media, is_live, codecs);
        section
    }

    /// A section we make, to send `send` in.
    pub(super) fn ours(
        mid: Mid,
        kind: MediaKind,
        formats: Vec<Format>,
        extensions: Vec<ExtensionMap>,
        send: Outgoing,
    ) -> Self {
        let (kind, media) = match kind {
            MediaKind::Audio => (SectionKind::Audio, "audio"),
            MediaKind::Video => (SectionKind::Video, "video"),
        };
        let numbers: Vec<_> = formats.iter().map(|format| format.number.to_string()).collect();
        let wording = Wording {
            media: media.to_owned(),
            protocol: "UDP/TLS/RTP/SAVPF".to_owned(),
            formats: numbers.join(" "),
        };
        let (peer, send) = (RemoteSide::silent(), Some(send));
        Self { mid, kind, wording, ours: true, rejected: false, formats, extensions, peer, send }
    }

    /// Takes in what the peer's newest description says about it.
    pub(super) fn hear(&mut self, media: &MediaSection, is_live: bool, codecs: &[Codec]) {
        self.formats = in_common(media, codecs);
        self.extensions.clone_from(&media.extensions);
        self.extensions.retain(|map| map.extension.is_some());
        let empty = match self.kind {
            SectionKind::Audio | SectionKind::Video => self.formats.is_empty(),
            SectionKind::Data => false,
            SectionKind::Foreign => true,
        };
        self.rejected |= !is_live || empty;
        if self.rejected {
            self.peer = RemoteSide::silent();
            return;
        }
        self.peer = RemoteSide {
            direction: media.direction,
            reduced_size_rtcp: media.reduced_size_rtcp,
            receive: received(media),
        };
    }

    /// Audio or video; `None` for data channels and what we do not speak.
    pub(super) const fn media_kind(&self) -> Option<MediaKind> {
        match self.kind {
            SectionKind::Audio => Some(MediaKind::Audio),
            SectionKind::Video => Some(MediaKind::Video),
            SectionKind::Data | SectionKind::Foreign => None,
        }
    }

    /// In an offer: we are always ready for what the peer may want to send in a section it made;
    /// in one we made only if it does send.
    pub(in crate::control) const fn offered_direction(&self) -> Direction {
        let receive = !self.ours || self.peer.direction.send;
        Direction { send: self.send.is_some(), receive }
    }

    /// In an answer: what the peer wants and we have (RFC 3264 §6.1).
    pub(in crate::control) const fn answered_direction(&self) -> Direction {
        Direction {
            send: self.send.is_some() && self.peer.direction.receive,
            receive: self.peer.direction.send,
        }
    }

    /// In the words of [`crate::params`]; `None` if nothing flows in it.
    pub(super) fn params(&self) -> Option<MediaParams> {
        let kind = self.media_kind().filter(|_| !self.rejected)?;
        let direction = self.answered_direction();
        let mut extensions = ExtensionIds::new();
        for map in &self.extensions {
            if let Some(extension) = map.extension {
                extensions.set(extension, map.id);
            }
        }
        let rtx = self.formats.iter().any(|format| format.rtx.is_some());
        let send = self
            .send
            .as_ref()
            .filter(|_| direction.send)
            .map(|send| SendParams { ssrc: send.ssrc, rtx_ssrc: rtx.then_some(send.rtx_ssrc) });
        let receive = direction.receive.then(|| self.peer.receive.clone());
        if send.is_none() && receive.is_none() {
            return None;
        }
        let codecs = self.formats.iter().map(Format::params).collect();
        Some(MediaParams { mid: self.mid, kind, codecs, extensions, receive, send })
    }
}

impl RemoteSide {
    /// Neither sends nor receives.
    fn silent() -> Self {
        Self {
            direction: Direction { send: false, receive: false },
            reduced_size_rtcp: true,
            receive: ReceiveParams {
                encodings: Vec::new(),
                stream_id: String::new(),
                track_id: String::new(),
            },
        }
    }
}

/// What the peer sends. SSRCs count only without simulcast: with it, encodings are told apart by
/// their rid alone, as some browsers list SSRCs in another order.
fn received(media: &MediaSection) -> ReceiveParams {
    let (stream_id, track_id) = media.msid.clone().unwrap_or_default();
    let encodings = if media.encodings.is_empty() {
        let repairs = |ssrc: &Ssrc| media.retransmissions.iter().any(|(_, rtx)| rtx == ssrc);
        let ssrc = media.ssrcs.iter().copied().find(|ssrc| !repairs(ssrc));
        let rtx = media.retransmissions.iter().find(|(main, _)| Some(*main) == ssrc);
        vec![EncodingParams { rid: None, ssrc, rtx_ssrc: rtx.map(|(_, rtx)| *rtx) }]
    } else {
        let encoding = |rid| EncodingParams { rid: Some(rid), ssrc: None, rtx_ssrc: None };
        media.encodings.iter().copied().map(encoding).collect()
    };
    ReceiveParams { encodings, stream_id, track_id }
}
