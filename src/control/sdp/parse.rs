//! From text to [`Description`]. The text is a stranger's: every number has a bound, every list a
//! cap, and what is not understood is skipped, unless it is needed.
//!
//! Read next: `attribute`, one line after the other.

use super::attribute::{SessionLevel, media_attribute};
use super::{
    Description, Direction, Feedback, MediaSection, PayloadType, SectionKind, TransportAttributes,
    Wording,
};
use crate::control::ControlError;
use crate::params::Mid;

/// Reads a description of at most `max_bytes` and `max_media` sections.
pub(in crate::control) fn parse(
    text: &str,
    max_bytes: usize,
    max_media: usize,
) -> Result<Description, ControlError> {
    if text.len() > max_bytes {
        return Err(ControlError::TooLong { limit: max_bytes });
    }
    let mut session = SessionLevel::default();
    let mut drafts: Vec<Draft> = Vec::new();
    for (line, kind, value) in lines(text)? {
        match kind {
            "m" if drafts.len() >= max_media => {
                return Err(ControlError::TooManyMedia { limit: max_media });
            }
            "m" => drafts.push(Draft::new(line, value, &session)?),
            "a" => match drafts.last_mut() {
                Some(draft) => draft.attribute(line, value)?,
                None => session.attribute(line, value)?,
            },
            _ => {}
        }
    }
    if drafts.is_empty() {
        return Err(ControlError::line(0, "no m= line"));
    }
    let media = drafts.into_iter().map(Draft::finish).collect::<Result<Vec<_>, _>>()?;
    for (place, section) in media.iter().enumerate() {
        if media.iter().take(place).any(|other| other.mid == section.mid) {
            return Err(ControlError::line(section.line, "a=mid was used before"));
        }
    }
    Ok(Description { media, ice_lite: session.ice_lite, bundle: session.bundle })
}

/// Line number, type and value of each line (RFC 8866 §5).
fn lines(text: &str) -> Result<Vec<(usize, &str, &str)>, ControlError> {
    let mut lines = Vec::new();
    for (place, line) in text.lines().enumerate() {
        if line.is_empty() {
            continue;
        }
        match line.split_once('=') {
            Some((kind, value)) if kind.len() == 1 => lines.push((place + 1, kind, value)),
            _ => return Err(ControlError::line(place + 1, "not of the form x=value")),
        }
    }
    match lines.first() {
        Some((_, "v", "0")) => Ok(lines),
        _ => Err(ControlError::line(1, "does not begin with v=0")),
    }
}

/// A section while its lines are being read: its `mid` may come last.
struct Draft {
    mid: Option<Mid>,
    section: MediaSection,
}

impl Draft {
    /// Begins a section at its m-line (RFC 8866 §5.14).
    fn new(line: usize, value: &str, session: &SessionLevel) -> Result<Self, ControlError> {
        let malformed = || ControlError::line(line, "not of the form m=media port proto formats");
        let mut words = value.splitn(4, ' ');
        let (Some(media), Some(port), Some(protocol), Some(formats)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(malformed());
        };
        let port: u16 =
            port.split('/').next().and_then(|port| port.parse().ok()).ok_or_else(malformed)?;
        let kind = kind(media, protocol, formats);
        let payload_types = match kind {
            SectionKind::Audio | SectionKind::Video => payload_types(line, formats)?,
            SectionKind::Data | SectionKind::Foreign => Vec::new(),
        };
        let section = MediaSection {
            line,
            kind,
            wording: Wording {
                media: media.to_owned(),
                protocol: protocol.to_owned(),
                formats: formats.to_owned(),
            },
            port_is_zero: port == 0,
            mid: Mid::new(b"-").expect("one printable character"),
            direction: session.direction.unwrap_or(Direction::BOTH),
            rtcp_mux: false,
            reduced_size_rtcp: false,
            payload_types,
            extensions: session.extensions.clone(),
            encodings: Vec::new(),
            ssrcs: Vec::new(),
            retransmissions: Vec::new(),
            msid: None,
            transport: TransportAttributes { ..session.transport.clone() },
        };
        Ok(Self { mid: None, section })
    }

    fn attribute(&mut self, line: usize, value: &str) -> Result<(), ControlError> {
        if let Some(mid) = value.strip_prefix("mid:") {
            let mid = Mid::new(mid.as_bytes()).ok_or_else(|| {
                ControlError::line(line, "a=mid is not of 1-16 printable characters")
            })?;
            self.mid = Some(mid);
            return Ok(());
        }
        media_attribute(&mut self.section, line, value)
    }

    fn finish(mut self) -> Result<MediaSection, ControlError> {
        let line = self.section.line;
        self.section.mid = self.mid.ok_or_else(|| ControlError::line(line, "a=mid is missing"))?;
        Ok(self.section)
    }
}

fn kind(media: &str, protocol: &str, formats: &str) -> SectionKind {
    let rtp = matches!(
        protocol,
        "UDP/TLS/RTP/SAVPF" | "UDP/TLS/RTP/SAVP" | "TCP/DTLS/RTP/SAVPF" | "RTP/SAVPF"
    );
    let sctp = matches!(protocol, "UDP/DTLS/SCTP" | "TCP/DTLS/SCTP");
    match media {
        "audio" if rtp => SectionKind::Audio,
        "video" if rtp => SectionKind::Video,
        "application" if sctp && formats == "webrtc-datachannel" => SectionKind::Data,
        _ => SectionKind::Foreign,
    }
}

fn payload_types(line: usize, formats: &str) -> Result<Vec<PayloadType>, ControlError> {
    let mut list: Vec<PayloadType> = Vec::new();
    for word in formats.split_ascii_whitespace() {
        let number = word.parse().ok().filter(|number| *number <= 127);
        let number =
            number.ok_or_else(|| ControlError::line(line, "a payload type is not 0-127"))?;
        if list.iter().any(|other| other.number == number) {
            return Err(ControlError::line(line, "a payload type is listed twice"));
        }
        list.push(PayloadType {
            number,
            name: String::new(),
            clock_rate: 0,
            channels: 1,
            fmtp: None,
            feedback: Feedback::default(),
        });
    }
    Ok(list)
}
