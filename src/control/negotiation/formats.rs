//! Payload formats: which of a peer's payload types we can forward, and which numbers ours get
//! when we offer first.

use crate::control::sdp::{Feedback, MediaSection, PayloadType};
use crate::params::{Codec, CodecParams, MediaKind};

/// One payload type both sides understand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::control) struct Format {
    /// The format.
    pub(in crate::control) codec: Codec,
    /// As [`CodecParams::profile`].
    pub(in crate::control) profile: u32,
    /// RTP payload type.
    pub(in crate::control) number: u8,
    /// Payload type of its retransmissions (RFC 4588).
    pub(in crate::control) rtx: Option<u8>,
    /// `a=fmtp`, as the peer wrote it: for a forwarder the peer's receiving and sending
    /// parameters are the same.
    pub(in crate::control) fmtp: Option<String>,
    /// Feedback both sides understand.
    pub(in crate::control) feedback: Feedback,
}

impl Format {
    /// In the words of [`crate::params`].
    pub(in crate::control) const fn params(&self) -> CodecParams {
        CodecParams {
            codec: self.codec,
            profile: self.profile,
            payload_type: self.number,
            rtx_payload_type: self.rtx,
            nack: self.feedback.nack,
            pli: self.feedback.pli,
            fir: self.feedback.fir,
            transport_cc: self.feedback.transport_cc,
            remb: self.feedback.remb,
            ccfb: self.feedback.ccfb,
        }
    }

    /// As it stands in `a=rtpmap`.
    pub(in crate::control) const fn encoding(&self) -> &'static str {
        match self.codec {
            Codec::Opus => "opus/48000/2",
            Codec::Vp8 => "VP8/90000",
            Codec::Vp9 => "VP9/90000",
            Codec::Av1 => "AV1/90000",
            Codec::H264 => "H264/90000",
            Codec::H265 => "H265/90000",
        }
    }

    fn means(&self, codec: Codec, profile: u32) -> bool {
        self.codec == codec && self.profile == profile
    }
}

/// The formats of a section that are among `codecs`, in the peer's order.
pub(super) fn in_common(media: &MediaSection, codecs: &[Codec]) -> Vec<Format> {
    let format = |payload_type: &PayloadType| {
        let codec = codecs.iter().copied().find(|codec| is_codec(payload_type, *codec))?;
        let profile = profile(codec, payload_type.fmtp.as_deref())?;
        let number = payload_type.number;
        Some(Format {
            codec,
            profile,
            number,
            rtx: retransmission_type(media, number),
            fmtp: payload_type.fmtp.clone(),
            feedback: payload_type.feedback,
        })
    };
    media.payload_types.iter().filter_map(format).collect()
}

fn is_codec(payload_type: &PayloadType, codec: Codec) -> bool {
    let (name, channels) = match codec {
        Codec::Opus => ("opus", 2),
        Codec::Vp8 => ("vp8", 1),
        Codec::Vp9 => ("vp9", 1),
        Codec::Av1 => ("av1", 1),
        Codec::H264 => ("h264", 1),
        Codec::H265 => ("h265", 1),
    };
    payload_type.name == name
        && payload_type.clock_rate == codec.clock_rate()
        && payload_type.channels == channels
}

/// `a=rtpmap:97 rtx/90000`, `a=fmtp:97 apt=96` (RFC 4588 §8.1).
fn retransmission_type(media: &MediaSection, number: u8) -> Option<u8> {
    let repairs = |other: &&PayloadType| {
        other.name == "rtx" && parameter(other.fmtp.as_deref(), "apt") == Some(number.into())
    };
    media.payload_types.iter().find(repairs).map(|rtx| rtx.number)
}

/// What [`CodecParams::profile`] holds. `None`: a variant we would not forward rightly.
fn profile(codec: Codec, fmtp: Option<&str>) -> Option<u32> {
    match codec {
        Codec::Opus | Codec::Vp8 => Some(0),
        // RFC 9628 §6: profile 0 if not given; 0-3 exist.
        Codec::Vp9 => Some(parameter(fmtp, "profile-id").unwrap_or(0)).filter(|id| *id <= 3),
        // AV1 RTP specification §7.2: profile 0 if not given; 0-2 exist.
        Codec::Av1 => Some(parameter(fmtp, "profile").unwrap_or(0)).filter(|id| *id <= 2),
        // RFC 7798 §7.1: Main (1) if not given. Its numbers would not fit beside the others.
        Codec::H265 => (parameter(fmtp, "profile-id").unwrap_or(1) == 1).then_some(0),
        Codec::H264 => {
            let mode = parameter(fmtp, "packetization-mode").unwrap_or(0);
            let id = value(fmtp, "profile-level-id");
            let id = id.map_or(Some(0x42_0000), |id| u32::from_str_radix(id, 16).ok())?;
            (mode <= 1 && id <= 0xff_ffff).then(|| h264_profile(id) << 8 | mode)
        }
    }
}

/// A `profile-level-id` (RFC 6184 §8.1) without its level, which receivers may differ in, and
/// with one way of writing for each profile (table 5): browsers write Constrained Baseline as
/// 42e0, 42c0 or 4de0.
const fn h264_profile(id: u32) -> u32 {
    let (profile, constraints) = (id >> 16, (id >> 8) & 0xff);
    let profile = match (profile, constraints) {
        (0x42, c) if c & 0x4f == 0x40 => 0x42e0,
        (0x4d, c) if c & 0x8f == 0x80 => 0x42e0,
        (0x58, c) if c & 0xcf == 0xc0 => 0x42e0,
        (0x64, 0x0c) => 0x640c,
        (profile, _) => profile << 8,
    };
    profile << 8
}

/// The number that `name` has in an `a=fmtp` value.
fn parameter(fmtp: Option<&str>, name: &str) -> Option<u32> {
    value(fmtp, name)?.parse().ok()
}

fn value<'a>(fmtp: Option<&'a str>, name: &str) -> Option<&'a str> {
    let mut pairs = fmtp?.split(';').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The payload type numbers of one transport: BUNDLE gives each number one meaning
/// (RFC 9143 §9.1).
#[derive(Clone, Debug, Default)]
pub(in crate::control) struct PayloadTypes {
    used: std::collections::BTreeSet<u8>,
    known: Vec<Format>,
}

impl PayloadTypes {
    /// Remembers the numbers a peer's section uses, and for what.
    pub(super) fn note(&mut self, media: &MediaSection, formats: &[Format]) {
        self.used.extend(media.payload_types.iter().map(|payload_type| payload_type.number));
        for format in formats.iter().rev() {
            self.known.retain(|other| !other.means(format.codec, format.profile));
            self.known.push(format.clone()); // the first of several for one format stays
        }
    }

    /// What to offer in a section of ours: the peer's numbers and parameters where it has named
    /// any, free numbers elsewhere. In the order of `codecs`. A peer whose congestion control
    /// feedback is that of RFC 8888 is asked for no other; a peer we know nothing of is not asked
    /// for it, as some that know both would then leave out the transport-wide one.
    pub(super) fn offer(&mut self, kind: MediaKind, codecs: &[Codec]) -> Vec<Format> {
        let ccfb = self.known.iter().any(|format| format.feedback.ccfb);
        let mut formats = Vec::new();
        for codec in codecs.iter().copied().filter(|codec| codec.kind() == kind) {
            let known = self.known.iter().filter(|format| format.codec == codec).cloned();
            formats.extend(known);
            for (number, fmtp) in defaults(codec) {
                let Some(profile) = profile(codec, *fmtp) else { continue };
                if formats.iter().any(|format: &Format| format.means(codec, profile)) {
                    continue;
                }
                let Some(number) = self.take(*number) else { break };
                let rtx = match kind {
                    MediaKind::Video => self.take(number + 1),
                    MediaKind::Audio => None,
                };
                let fmtp = fmtp.map(str::to_owned);
                let format = Format { codec, profile, number, rtx, fmtp, feedback: feedback(kind) };
                self.known.push(format.clone());
                formats.push(format);
            }
        }
        if ccfb {
            for format in &mut formats {
                format.feedback = Feedback { ccfb, transport_cc: false, ..format.feedback };
            }
        }
        formats
    }

    /// `wanted`, or any free dynamic number (RFC 3551 §6; 64-95 would look like RTCP, RFC 5761).
    fn take(&mut self, wanted: u8) -> Option<u8> {
        let dynamic = || (96..=127).chain(35..=63);
        let mut numbers = dynamic().filter(|number| *number == wanted).chain(dynamic());
        let number = numbers.find(|number| !self.used.contains(number))?;
        self.used.insert(number);
        Some(number)
    }
}

const fn feedback(kind: MediaKind) -> Feedback {
    let video = matches!(kind, MediaKind::Video);
    Feedback { nack: video, pli: video, fir: video, transport_cc: true, remb: video, ccfb: false }
}

/// What we offer before we know better: numbers as Chromium has them, and parameters.
const fn defaults(codec: Codec) -> &'static [(u8, Option<&'static str>)] {
    match codec {
        Codec::Opus => &[(111, Some("minptime=10;useinbandfec=1"))],
        Codec::Vp8 => &[(96, None)],
        Codec::Vp9 => &[(98, Some("profile-id=0")), (100, Some("profile-id=2"))],
        Codec::Av1 => &[(45, Some("level-idx=5;profile=0;tier=0"))],
        Codec::H265 => &[(49, Some("level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST"))],
        Codec::H264 => &[
            (102, Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")),
            (104, Some("level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f")),
            (106, Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f")),
            (108, Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f")),
            (112, Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f")),
            (114, Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f")),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constrained_baseline_is_one_profile_however_it_is_written() {
        for id in [0x42e01f, 0x42c033, 0x42e034, 0x4de01f] {
            assert_eq!(h264_profile(id), 0x42e000, "{id:x}");
        }
        assert_eq!(h264_profile(0x42001f), 0x420000);
        assert_eq!(h264_profile(0x64001f), 0x640000);
        assert_eq!(h264_profile(0x640c1f), 0x640c00);
    }

    #[test]
    fn offered_numbers_never_collide_with_what_the_peer_uses() {
        let mut types = PayloadTypes::default();
        types.used.extend([96, 97, 98, 45, 102, 111, 127]);
        let mut all: Vec<u8> = Vec::new();
        for kind in [MediaKind::Audio, MediaKind::Video] {
            let formats = types.offer(kind, &Codec::ALL);
            all.extend(
                formats.iter().flat_map(|format| [Some(format.number), format.rtx]).flatten(),
            );
        }
        let mut unique = all.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), all.len());
        assert!(!all.iter().any(|number| [96, 97, 98, 45, 102, 111, 127].contains(number)));
        assert!(!all.iter().any(|number| (64..96).contains(number) || *number > 127));
    }
}
