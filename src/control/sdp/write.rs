//! From what was negotiated to text (RFC 8829 §5.2, §5.3).

use std::fmt::{self, Write};
use std::net::SocketAddr;

use super::{CONGESTION_CONTROL, Direction, SectionKind, Setup};
use crate::control::negotiation::{Format, Section};
use crate::params::Codec;

/// Our end of the transport, as descriptions tell it.
pub(in crate::control) struct LocalTransport<'a> {
    /// ICE user name fragment.
    pub(in crate::control) ufrag: &'a str,
    /// ICE password.
    pub(in crate::control) password: &'a str,
    /// SHA-256 of our certificate, as `a=fingerprint` has it.
    pub(in crate::control) fingerprint: &'a str,
    /// Our codecs, favourite first: a browser sends with the first of the list it is given.
    pub(in crate::control) codecs: &'a [Codec],
    /// Host candidates, best first.
    pub(in crate::control) candidates: &'a [SocketAddr],
    /// Numeric session id and version (RFC 8866 §5.2).
    pub(in crate::control) session: (u64, u64),
}

/// Writes an offer (`setup` is `None`: actpass) or an answer.
pub(in crate::control) fn write(
    sections: &[Section],
    bundle: bool,
    local: &LocalTransport<'_>,
    setup: Option<Setup>,
) -> String {
    let mut text = String::with_capacity(1024 + 2048 * sections.len());
    write_all(&mut text, sections, bundle, local, setup).expect("a String takes any text");
    text
}

fn write_all(
    to: &mut String,
    sections: &[Section],
    bundle: bool,
    local: &LocalTransport<'_>,
    setup: Option<Setup>,
) -> fmt::Result {
    let (id, version) = local.session;
    write!(to, "v=0\r\no=- {id} {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n")?;
    if bundle {
        write!(to, "a=group:BUNDLE")?;
        for section in sections.iter().filter(|section| !section.rejected) {
            write!(to, " {}", section.mid)?;
        }
        write!(to, "\r\n")?;
    }
    write!(to, "a=ice-lite\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS *\r\n")?;
    let tagged = sections.iter().position(|section| !section.rejected);
    for (place, section) in sections.iter().enumerate() {
        if section.rejected {
            rejected(to, section)?;
            continue;
        }
        m_line(to, section, local.codecs)?;
        transport(to, local, setup, Some(place) == tagged)?;
        write!(to, "a=mid:{}\r\n", section.mid)?;
        match section.kind {
            SectionKind::Audio | SectionKind::Video => media(to, section, setup.is_none())?,
            SectionKind::Data => write!(to, "a=sctp-port:5000\r\na=max-message-size:262144\r\n")?,
            SectionKind::Foreign => {}
        }
    }
    Ok(())
}

/// Port 0, in the words it was offered in (RFC 3264 §6).
fn rejected(to: &mut String, section: &Section) -> fmt::Result {
    let words = &section.wording;
    write!(to, "m={} 0 {} {}\r\n", words.media, words.protocol, words.formats)?;
    write!(to, "c=IN IP4 0.0.0.0\r\na=mid:{}\r\na=inactive\r\n", section.mid)
}

fn m_line(to: &mut String, section: &Section, codecs: &[Codec]) -> fmt::Result {
    write!(to, "m={} 9 {}", section.wording.media, section.wording.protocol)?;
    let mut formats: Vec<_> = section.formats.iter().collect();
    formats.sort_by_key(|format| codecs.iter().position(|codec| *codec == format.codec));
    for format in formats {
        write!(to, " {}", format.number)?;
        if let Some(rtx) = format.rtx {
            write!(to, " {rtx}")?;
        }
    }
    if section.kind == SectionKind::Data {
        write!(to, " {}", section.wording.formats)?;
    }
    write!(to, "\r\nc=IN IP4 0.0.0.0\r\n")
}

fn transport(
    to: &mut String,
    local: &LocalTransport<'_>,
    setup: Option<Setup>,
    with_candidates: bool,
) -> fmt::Result {
    if with_candidates {
        for (place, address) in local.candidates.iter().enumerate() {
            // RFC 8445 §5.1.2.1: type preference 126 for host, the first address preferred.
            let preference = 65_535_usize.saturating_sub(place);
            let priority = (126 << 24) | (preference << 8) | 255;
            let (ip, port) = (address.ip(), address.port());
            write!(to, "a=candidate:{} 1 udp {priority} {ip} {port} typ host\r\n", place + 1)?;
        }
        write!(to, "a=end-of-candidates\r\n")?;
    }
    let setup = match setup {
        None | Some(Setup::ActPass) => "actpass",
        Some(Setup::Active) => "active",
        Some(Setup::Passive) => "passive",
    };
    let LocalTransport { ufrag, password, fingerprint, .. } = local;
    write!(to, "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=ice-options:trickle\r\n")?;
    write!(to, "a=fingerprint:sha-256 {fingerprint}\r\na=setup:{setup}\r\n")
}

fn media(to: &mut String, section: &Section, is_offer: bool) -> fmt::Result {
    let direction =
        if is_offer { section.offered_direction() } else { section.answered_direction() };
    for map in &section.extensions {
        let Some(extension) = map.extension else { continue };
        write!(to, "a=extmap:{}", map.id)?;
        if map.direction != Direction::BOTH {
            let ours = Direction { send: map.direction.receive, receive: map.direction.send };
            write!(to, "/{}", ours.as_str())?;
        }
        write!(to, " {}\r\n", extension.uri())?;
    }
    write!(to, "a={}\r\n", direction.as_str())?;
    let send = section.send.as_ref().filter(|_| direction.send);
    if let Some(send) = send {
        write!(to, "a=msid:{} {}\r\n", send.stream_id, send.track_id)?;
    }
    write!(to, "a=rtcp-mux\r\n")?;
    if is_offer || section.peer.reduced_size_rtcp {
        write!(to, "a=rtcp-rsize\r\n")?;
    }
    for format in &section.formats {
        payload_type(to, format)?;
    }
    if section.formats.iter().any(|format| format.feedback.ccfb) {
        write!(to, "a=rtcp-fb:* {CONGESTION_CONTROL}\r\n")?;
    }
    if direction.receive {
        encodings(to, section)?;
    }
    let Some(send) = send else { return Ok(()) };
    let mut ssrcs = vec![send.ssrc];
    if section.formats.iter().any(|format| format.rtx.is_some()) {
        write!(to, "a=ssrc-group:FID {} {}\r\n", send.ssrc.0, send.rtx_ssrc.0)?;
        ssrcs.push(send.rtx_ssrc);
    }
    for ssrc in ssrcs {
        write!(to, "a=ssrc:{} cname:{CNAME}\r\n", ssrc.0)?;
        write!(to, "a=ssrc:{} msid:{} {}\r\n", ssrc.0, send.stream_id, send.track_id)?;
    }
    Ok(())
}

fn payload_type(to: &mut String, format: &Format) -> fmt::Result {
    let Format { number, fmtp, feedback, .. } = format;
    write!(to, "a=rtpmap:{number} {}\r\n", format.encoding())?;
    for (value, _) in feedback.iter().filter(|(_, agreed)| *agreed) {
        write!(to, "a=rtcp-fb:{number} {value}\r\n")?;
    }
    if let Some(fmtp) = fmtp {
        write!(to, "a=fmtp:{number} {fmtp}\r\n")?;
    }
    if let Some(rtx) = format.rtx {
        let rate = format.codec.clock_rate();
        write!(to, "a=rtpmap:{rtx} rtx/{rate}\r\na=fmtp:{rtx} apt={number}\r\n")?;
    }
    Ok(())
}

/// Simulcast we take, in the peer's order (RFC 8853 §5.3.2).
fn encodings(to: &mut String, section: &Section) -> fmt::Result {
    let rids: Vec<_> =
        section.peer.receive.encodings.iter().filter_map(|encoding| encoding.rid).collect();
    for rid in &rids {
        write!(to, "a=rid:{rid} recv\r\n")?;
    }
    for (place, rid) in rids.iter().enumerate() {
        write!(to, "{}{rid}", if place == 0 { "a=simulcast:recv " } else { ";" })?;
    }
    if !rids.is_empty() {
        write!(to, "\r\n")?;
    }
    Ok(())
}

/// One RTCP name for everything we send (RFC 7022): it must not tell who is behind a source.
const CNAME: &str = "lahn";
