//! The small words of a script, each read from one TOML value: times, payload types, names.

use std::fmt;
use std::time::Duration;

use lahn::params::{Codec, Extension, MediaKind, Rid};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// Since the recording's first packet, or between two moments: `"2.5s"`, `"40ms"`, or a number of
/// seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Time(pub(crate) Duration);

/// 0-127 (RFC 3550 §5.1).
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(try_from = "Id")]
pub(crate) struct PayloadType(pub(crate) u8);

/// A number below 256, also as the key of a table, where TOML knows texts only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Id(pub(crate) u8);

/// As in SDP, in any case: `VP8`, `opus`.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(try_from = "String")]
pub(crate) struct CodecName(pub(crate) Codec);

/// The URI of a header extension, or its short name: `mid`, `dependency-descriptor`.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(try_from = "String")]
pub(crate) struct ExtensionName(pub(crate) Extension);

/// RFC 8852: up to 16 characters.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(try_from = "String")]
pub(crate) struct RidName(pub(crate) Rid);

/// `audio` or `video`.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(try_from = "String")]
pub(crate) struct Kind(pub(crate) MediaKind);

/// An encoding by its rid, or by its place, 0 the lowest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct EncodingName(pub(crate) String);

impl Time {
    pub(crate) const fn fifty_ms() -> Self {
        Self(Duration::from_millis(50))
    }

    fn of_seconds(seconds: f64) -> Option<Self> {
        Duration::try_from_secs_f64(seconds).ok().filter(|time| time.as_secs() < 1 << 20).map(Self)
    }

    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = match text.strip_suffix("ms") {
            Some(number) => (number, 1e-3),
            None => (text.strip_suffix('s')?, 1.0),
        };
        Self::of_seconds(number.trim_end().parse::<f64>().ok()? * unit)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl Visitor<'_> for Reads {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time like \"2.5s\", \"40ms\" or 2.5")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
                let wrong =
                    || E::custom(format!("\"{text}\" is no time like \"2.5s\" or \"40ms\""));
                Time::parse(text).ok_or_else(wrong)
            }

            fn visit_f64<E: Error>(self, seconds: f64) -> Result<Time, E> {
                let wrong = || E::custom(format!("{seconds} is no time in seconds"));
                Time::of_seconds(seconds).ok_or_else(wrong)
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<Time, E> {
                self.visit_f64(seconds as f64)
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl Visitor<'_> for Reads {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 to 255")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
                let wrong = || E::custom(format!("{text} is no number from 0 to 255"));
                text.parse().map(Id).map_err(|_| wrong())
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Id, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

impl<'de> Deserialize<'de> for EncodingName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl Visitor<'_> for Reads {
            type Value = EncodingName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an encoding's rid, or its place from 0")
            }

            fn visit_str<E: Error>(self, rid: &str) -> Result<EncodingName, E> {
                Ok(EncodingName(rid.to_owned()))
            }

            fn visit_i64<E: Error>(self, place: i64) -> Result<EncodingName, E> {
                Ok(EncodingName(place.to_string()))
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

impl TryFrom<Id> for PayloadType {
    type Error = String;

    fn try_from(Id(id): Id) -> Result<Self, String> {
        if id > 127 {
            return Err(format!("{id} is no payload type: they go from 0 to 127"));
        }
        Ok(Self(id))
    }
}

impl TryFrom<String> for CodecName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let name = |codec: &Codec| codec.mime_type().split('/').next_back();
        let found = Codec::ALL.into_iter().find(|codec| {
            name(codec).is_some_and(|name| name.eq_ignore_ascii_case(&text))
                || codec.mime_type().eq_ignore_ascii_case(&text)
        });
        let known: Vec<_> = Codec::ALL.iter().filter_map(name).collect();
        found.map(Self).ok_or_else(|| format!("no codec \"{text}\": {}", known.join(", ")))
    }
}

impl TryFrom<String> for ExtensionName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let found = Extension::ALL
            .into_iter()
            .find(|extension| extension.uri() == text || short_name(*extension) == text);
        let known = Extension::ALL.map(short_name).join(", ");
        found.map(Self).ok_or_else(|| format!("no header extension \"{text}\": a URI, or {known}"))
    }
}

impl TryFrom<String> for RidName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let rid = Rid::new(text.as_bytes());
        rid.map(Self).ok_or_else(|| format!("\"{text}\" is no rid: 1 to 16 characters"))
    }
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "audio" => Ok(Self(MediaKind::Audio)),
            "video" => Ok(Self(MediaKind::Video)),
            _ => Err(format!("\"{text}\" is neither audio nor video")),
        }
    }
}

const fn short_name(extension: Extension) -> &'static str {
    match extension {
        Extension::Mid => "mid",
        Extension::Rid => "rid",
        Extension::RepairedRid => "repaired-rid",
        Extension::TransportCc => "transport-cc",
        Extension::AbsSendTime => "abs-send-time",
        Extension::AbsCaptureTime => "abs-capture-time",
        Extension::AudioLevel => "audio-level",
        Extension::VideoOrientation => "video-orientation",
        Extension::PlayoutDelay => "playout-delay",
        Extension::DependencyDescriptor => "dependency-descriptor",
        Extension::VideoLayersAllocation => "video-layers-allocation",
        Extension::VideoContentType => "video-content-type",
        Extension::VideoTiming => "video-timing",
        Extension::ColorSpace => "color-space",
        Extension::FrameMarking => "frame-marking",
    }
}
