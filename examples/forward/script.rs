//! What is to happen, as somebody wrote it in TOML: who publishes and receives what, and what
//! befalls them when. `HELP` in `main` shows every word of it.
//!
//! Whatever makes no sense is told with its line. What can only be known beside the recording
//! (which SSRC is which encoding) is left to [`crate::recording`].
//!
//! Read next: [`words`] (times, codecs, extensions), [`happenings`] (what befalls whom).

mod happenings;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use lahn::params::{Codec, MediaKind};
use serde::Deserialize;

pub(crate) use happenings::{At, Constrain, Disturbance, Link, Stop};
pub(crate) use words::{CodecName, EncodingName, ExtensionName, Id, PayloadType, Time};

/// See the module.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// Relative to the script.
    pub(crate) recording: Option<PathBuf>,
    pub(crate) source: Source,
    #[serde(default)]
    pub(crate) receiver: Receiver,
    #[serde(default)]
    pub(crate) constraints: Vec<Constrain>,
    #[serde(default)]
    pub(crate) loss: Vec<toml::Spanned<Disturbance>>,
    #[serde(default)]
    pub(crate) reorder: Vec<toml::Spanned<Disturbance>>,
    #[serde(default)]
    pub(crate) duplicate: Vec<toml::Spanned<Disturbance>>,
    #[serde(default)]
    pub(crate) stop: Vec<Stop>,
    /// When the receiver asks for a key frame.
    #[serde(default)]
    pub(crate) pli: Vec<At>,
    /// As it was written, to tell lines of.
    #[serde(skip)]
    text: String,
}

/// Who publishes what.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    #[serde(default)]
    kind: Option<words::Kind>,
    pub(crate) codecs: toml::Spanned<BTreeMap<PayloadType, CodecName>>,
    /// Payload types of retransmissions, and of what (RFC 4588 §8.1, `apt`).
    pub(crate) rtx: Option<toml::Spanned<BTreeMap<PayloadType, Id>>>,
    #[serde(default)]
    pub(crate) extensions: BTreeMap<Id, ExtensionName>,
    /// Low to high. None: every SSRC of media is one, the fewest bytes lowest.
    #[serde(default)]
    pub(crate) encodings: Vec<toml::Spanned<Encoding>>,
    /// Sends again what the engine asks for.
    #[serde(default = "yes")]
    pub(crate) answers_nack: bool,
    #[serde(default = "Time::fifty_ms")]
    pub(crate) rtt: Time,
}

/// One encoding as it was signalled, or would have been.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Encoding {
    pub(crate) rid: Option<words::RidName>,
    pub(crate) ssrc: Option<u32>,
    pub(crate) rtx_ssrc: Option<u32>,
}

/// What the receiver negotiated, and how it behaves.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Receiver {
    /// None: all of the source's.
    pub(crate) codecs: Option<Vec<CodecName>>,
    /// None: all of the source's.
    pub(crate) extensions: Option<Vec<ExtensionName>>,
    pub(crate) rtx: bool,
    /// Asks for what is missing.
    pub(crate) nack: bool,
    pub(crate) rtt: Time,
}

impl Default for Receiver {
    fn default() -> Self {
        Self { codecs: None, extensions: None, rtx: true, nack: true, rtt: Time::fifty_ms() }
    }
}

/// What is wrong with a script, and in which of its lines, counted from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wrong {
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl Source {
    /// Whether retransmissions come under this payload type.
    pub(crate) fn is_rtx(&self, payload_type: PayloadType) -> bool {
        self.rtx.as_ref().is_some_and(|rtx| rtx.get_ref().contains_key(&payload_type))
    }
}

impl Script {
    pub(crate) fn read(text: &str) -> Result<Self, Wrong> {
        let mut script: Self = toml::from_str(text).map_err(|error| Wrong {
            line: line_of(text, error.span().unwrap_or_default()),
            what: error.message().trim_end().to_owned(),
        })?;
        text.clone_into(&mut script.text);
        script.check()?;
        Ok(script)
    }

    /// Something is wrong with what stands at `span`.
    pub(crate) fn wrong(&self, span: Range<usize>, what: String) -> Wrong {
        Wrong { line: line_of(&self.text, span), what }
    }

    pub(crate) fn kind(&self) -> MediaKind {
        let mut codecs = self.source.codecs.get_ref().values();
        codecs.next().map_or(MediaKind::Video, |CodecName(codec)| codec.kind())
    }

    /// What has to fit together.
    fn check(&self) -> Result<(), Wrong> {
        let codecs = &self.source.codecs;
        let all: Vec<Codec> = codecs.get_ref().values().map(|CodecName(codec)| *codec).collect();
        let kind = self.source.kind.as_ref().map_or_else(|| self.kind(), |kind| kind.0);
        if all.is_empty() || all.iter().any(|codec| codec.kind() != kind) {
            let what = "the source needs codecs, all of them for audio or all for video";
            return Err(self.wrong(codecs.span(), what.to_owned()));
        }
        let media = |id: &Id| codecs.get_ref().contains_key(&PayloadType(id.0));
        if let Some(rtx) = &self.source.rtx
            && let Some((_, Id(of))) = rtx.get_ref().iter().find(|(_, of)| !media(of))
        {
            return Err(self.wrong(rtx.span(), format!("{of} is no payload type of codecs")));
        }
        let lists =
            [(&self.loss, false), (&self.reorder, true), (&self.duplicate, false)].into_iter();
        for (disturbance, needs_delay) in
            lists.flat_map(|(list, needs)| list.iter().map(move |one| (one, needs)))
        {
            disturbance
                .get_ref()
                .check(needs_delay)
                .map_err(|what| self.wrong(disturbance.span(), what))?;
        }
        if let Some(delayed) = self.loss.iter().find(|loss| loss.get_ref().delay.is_some()) {
            return Err(self.wrong(delayed.span(), "what is lost has no delay".to_owned()));
        }
        Ok(())
    }
}

fn line_of(text: &str, span: Range<usize>) -> usize {
    let before = text.get(..span.start).unwrap_or(text);
    before.matches('\n').count() + 1
}

const fn yes() -> bool {
    true
}
