//! One `a=` line: what it adds to its section, or to all of them.

use super::{
    Direction, ExtensionMap, MediaSection, PayloadType, SectionKind, Setup, TransportAttributes,
};
use crate::base::Ssrc;
use crate::control::ControlError;
use crate::params::{Extension, Mid, Rid};

/// Encodings of one section beyond which a description is absurd.
const MAX_ENCODINGS: usize = 16;
/// SSRCs of one section beyond which a description is absurd.
const MAX_SSRCS: usize = 64;
/// The longest `a=fmtp` that is carried on.
const MAX_FMTP: usize = 512;

/// What stands before the first m-line and holds for all sections.
#[derive(Debug, Default)]
pub(super) struct SessionLevel {
    pub(super) ice_lite: bool,
    pub(super) bundle: Option<Vec<Mid>>,
    pub(super) direction: Option<Direction>,
    pub(super) extensions: Vec<ExtensionMap>,
    pub(super) transport: TransportAttributes,
}

impl SessionLevel {
    /// Takes in one attribute of the head.
    pub(super) fn attribute(&mut self, line: usize, attribute: &str) -> Result<(), ControlError> {
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        match name {
            "ice-lite" => self.ice_lite = true,
            "group" => {
                if let Some(mids) = value.strip_prefix("BUNDLE")
                    && self.bundle.is_none()
                {
                    let mids = mids.split_ascii_whitespace();
                    self.bundle = Some(mids.filter_map(|mid| Mid::new(mid.as_bytes())).collect());
                }
            }
            "extmap" => self.extensions.extend(extension_map(line, value)?),
            _ => match Direction::parse(attribute) {
                Some(direction) => self.direction = Some(direction),
                None => transport_attribute(&mut self.transport, line, name, value)?,
            },
        }
        Ok(())
    }
}

/// Takes in one attribute of a section, except `a=mid`.
pub(super) fn media_attribute(
    section: &mut MediaSection,
    line: usize,
    attribute: &str,
) -> Result<(), ControlError> {
    if let Some(direction) = Direction::parse(attribute) {
        section.direction = direction;
        return Ok(());
    }
    let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
    match name {
        "rtcp-mux" => section.rtcp_mux = true,
        "rtcp-rsize" => section.reduced_size_rtcp = true,
        "rtpmap" => rtpmap(section, line, value)?,
        "fmtp" => fmtp(section, value),
        "rtcp-fb" => feedback(section, value),
        "extmap" => {
            if let Some(map) = extension_map(line, value)?
                && !section.extensions.iter().any(|other| other.id == map.id)
            {
                section.extensions.push(map);
            }
        }
        "simulcast" => simulcast(section, line, value)?,
        "ssrc" => ssrc(section, line, value)?,
        "ssrc-group" => ssrc_group(section, line, value)?,
        "msid" => section.msid = section.msid.take().or_else(|| msid(value)),
        _ => transport_attribute(&mut section.transport, line, name, value)?,
    }
    Ok(())
}

/// ICE (RFC 8839 §5.4) and DTLS (RFC 8122 §5, RFC 4145 §4) attributes.
fn transport_attribute(
    transport: &mut TransportAttributes,
    line: usize,
    name: &str,
    value: &str,
) -> Result<(), ControlError> {
    let is_ice_token = |least: usize| {
        (least..=256).contains(&value.len())
            && value
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'='))
    };
    match name {
        "ice-ufrag" if is_ice_token(4) => transport.ufrag = Some(value.to_owned()),
        "ice-ufrag" => {
            return Err(ControlError::line(line, "a=ice-ufrag is not of 4-256 ice-chars"));
        }
        "ice-pwd" if is_ice_token(22) => transport.password = Some(value.to_owned()),
        "ice-pwd" => return Err(ControlError::line(line, "a=ice-pwd is not of 22-256 ice-chars")),
        "fingerprint" => {
            let (hash, digest) = value
                .split_once(' ')
                .ok_or_else(|| ControlError::line(line, "a=fingerprint lacks its digest"))?;
            if hash.eq_ignore_ascii_case("sha-256") {
                let digest = sha256_digest(digest).ok_or_else(|| {
                    ControlError::line(line, "a=fingerprint is not 32 bytes in hex")
                })?;
                transport.fingerprint = Some(digest);
            }
        }
        "setup" => {
            transport.setup = match value {
                "actpass" => Some(Setup::ActPass),
                "active" => Some(Setup::Active),
                "passive" => Some(Setup::Passive),
                _ => {
                    return Err(ControlError::line(
                        line,
                        "a=setup is not actpass, active or passive",
                    ));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn sha256_digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let mut words = text.trim().split(':');
    for byte in &mut digest {
        let word = words.next().filter(|word| word.len() == 2)?;
        *byte = u8::from_str_radix(word, 16).ok()?;
    }
    words.next().is_none().then_some(digest)
}

/// `a=rtpmap:96 VP8/90000`, `a=rtpmap:111 opus/48000/2`.
fn rtpmap(section: &mut MediaSection, line: usize, value: &str) -> Result<(), ControlError> {
    let malformed = ControlError::line(line, "not of the form a=rtpmap:type name/rate");
    let (number, encoding) = value.split_once(' ').ok_or(malformed)?;
    let Some(payload_type) = payload_type(section, number) else { return Ok(()) };
    let mut words = encoding.trim().split('/');
    let name = words.next().filter(|name| !name.is_empty()).ok_or(malformed)?;
    let rate = words.next().and_then(|rate| rate.parse().ok()).ok_or(malformed)?;
    let channels = words.next().map_or(Ok(1), str::parse).map_err(|_| malformed)?;
    if payload_type.name.is_empty() {
        payload_type.name = name.to_ascii_lowercase();
        payload_type.clock_rate = rate;
        payload_type.channels = channels;
    }
    Ok(())
}

fn fmtp(section: &mut MediaSection, value: &str) {
    let Some((number, parameters)) = value.split_once(' ') else { return };
    let printable = parameters.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    if let Some(payload_type) = payload_type(section, number)
        && payload_type.fmtp.is_none()
        && printable
        && parameters.len() <= MAX_FMTP
    {
        payload_type.fmtp = Some(parameters.to_owned());
    }
}

/// `a=rtcp-fb:96 nack pli`; `*` is every payload type (RFC 4585 §4.2).
fn feedback(section: &mut MediaSection, value: &str) {
    let Some((number, value)) = value.split_once(' ') else { return };
    if number == "*" {
        for payload_type in &mut section.payload_types {
            payload_type.feedback.note(value);
        }
    } else if let Some(payload_type) = payload_type(section, number) {
        payload_type.feedback.note(value);
    }
}

fn payload_type<'a>(section: &'a mut MediaSection, number: &str) -> Option<&'a mut PayloadType> {
    let number: u8 = number.parse().ok()?;
    section.payload_types.iter_mut().find(|payload_type| payload_type.number == number)
}

/// `a=extmap:4/sendonly uri attributes` (RFC 8285 §5). `None` for an id nobody may use.
fn extension_map(line: usize, value: &str) -> Result<Option<ExtensionMap>, ControlError> {
    let malformed = ControlError::line(line, "not of the form a=extmap:id uri");
    let (id, rest) = value.split_once(' ').ok_or(malformed)?;
    let (id, direction) = match id.split_once('/') {
        Some((id, direction)) => (id, Direction::parse(direction).ok_or(malformed)?),
        None => (id, Direction::BOTH),
    };
    let id: u16 = id.parse().map_err(|_| malformed)?;
    let Some(id) = u8::try_from(id).ok().filter(|id| !matches!(id, 0 | 15)) else {
        return Ok(None); // 256-4351 are placeholders (RFC 8285 §7), 15 is reserved.
    };
    let uri = rest.split(' ').next().unwrap_or(rest);
    let extension = Extension::ALL.into_iter().find(|extension| extension.uri() == uri);
    Ok(Some(ExtensionMap { id, extension, direction }))
}

/// `a=simulcast:send h;~m;l recv …` (RFC 8853 §5.1): what the peer sends, first alternatives.
fn simulcast(section: &mut MediaSection, line: usize, value: &str) -> Result<(), ControlError> {
    let mut words = value.split_ascii_whitespace();
    while let Some(direction) = words.next() {
        let list = words.next().unwrap_or("");
        if direction != "send" {
            continue;
        }
        for encoding in list.split(';').take(MAX_ENCODINGS + 1) {
            let first = encoding.split(',').next().unwrap_or(encoding);
            let rid = Rid::new(first.trim_start_matches('~').as_bytes()).ok_or_else(|| {
                ControlError::line(line, "a rid is not of 1-16 printable characters")
            })?;
            if !section.encodings.contains(&rid) {
                section.encodings.push(rid);
            }
        }
    }
    if section.encodings.len() > MAX_ENCODINGS {
        return Err(ControlError::line(line, "more than 16 encodings"));
    }
    Ok(())
}

/// `a=ssrc:1 msid:stream track` (RFC 5576 §4.1).
fn ssrc(section: &mut MediaSection, line: usize, value: &str) -> Result<(), ControlError> {
    let (number, attribute) = value.split_once(' ').unwrap_or((value, ""));
    let ssrc = number.parse().map(Ssrc);
    let ssrc = ssrc.map_err(|_| ControlError::line(line, "a=ssrc is not a 32-bit number"))?;
    if let Some(value) = attribute.strip_prefix("msid:")
        && section.msid.is_none()
    {
        section.msid = msid(value);
    }
    if section.ssrcs.contains(&ssrc) || section.kind == SectionKind::Data {
        return Ok(());
    }
    if section.ssrcs.len() == MAX_SSRCS {
        return Err(ControlError::line(line, "more than 64 SSRCs in one section"));
    }
    section.ssrcs.push(ssrc);
    Ok(())
}

/// `a=ssrc-group:FID 1 2` (RFC 5576 §4.2): the second retransmits the first.
fn ssrc_group(section: &mut MediaSection, line: usize, value: &str) -> Result<(), ControlError> {
    let mut words = value.split_ascii_whitespace();
    if words.next() != Some("FID") {
        return Ok(());
    }
    let mut next = || words.next().and_then(|word| word.parse().ok()).map(Ssrc);
    let (Some(media), Some(retransmissions)) = (next(), next()) else {
        return Err(ControlError::line(line, "a=ssrc-group:FID does not name two SSRCs"));
    };
    if section.retransmissions.len() < MAX_SSRCS {
        section.retransmissions.push((media, retransmissions));
    }
    Ok(())
}

/// `stream track`; a stream of `-` is none (RFC 8830 §2). Other lines may name more streams.
fn msid(value: &str) -> Option<(String, String)> {
    let mut words = value.split_ascii_whitespace();
    let stream = words.next().filter(|stream| *stream != "-").unwrap_or("");
    let track = words.next().unwrap_or("");
    let fits = |word: &str| word.len() <= 128 && word.bytes().all(|b| b.is_ascii_graphic());
    (fits(stream) && fits(track)).then(|| (stream.to_owned(), track.to_owned()))
}
