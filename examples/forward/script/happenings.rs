//! What befalls the packets and their receiver, and when.

use lahn::Constraints;
use serde::Deserialize;

use super::{EncodingName, Time};

/// From then on the subscription may get this at most; what is not named is not bounded.
#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Constrain {
    pub(crate) at: Time,
    max_width: Option<u16>,
    max_height: Option<u16>,
    max_frame_rate: Option<u16>,
    max_spatial: Option<u8>,
    max_temporal: Option<u8>,
    priority: Option<u8>,
    #[serde(default)]
    on_stage: bool,
    #[serde(default)]
    paused: bool,
}

/// A moment.
#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct At {
    pub(crate) at: Time,
}

/// The publisher does not send an encoding for a while.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stop {
    /// None: all of them.
    pub(crate) encoding: Option<toml::Spanned<EncodingName>>,
    pub(crate) from: Time,
    /// None: for good.
    pub(crate) to: Option<Time>,
    /// It comes back as another stream: SSRC, numbers and timestamps of its own.
    #[serde(default)]
    pub(crate) new_ssrc: bool,
}

/// On which way.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Link {
    /// From the publisher.
    #[default]
    Up,
    /// To the receiver.
    Down,
}

/// Which packets are lost, late, or there twice: those of `packets`, or a share of all, or all;
/// within the window of time.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disturbance {
    #[serde(default)]
    pub(crate) link: Link,
    /// None: whatever the encoding. On the way up only.
    pub(crate) encoding: Option<toml::Spanned<EncodingName>>,
    /// From 0; of the encoding, or of all where none is named.
    #[serde(default)]
    pub(crate) packets: Vec<Numbers>,
    /// 0-1.
    pub(crate) rate: Option<f64>,
    /// How many in a row at a time, on average.
    pub(crate) burst: Option<f64>,
    #[serde(default)]
    pub(crate) seed: u64,
    pub(crate) from: Option<Time>,
    pub(crate) to: Option<Time>,
    /// Of late packets, and of the copies of doubled ones.
    pub(crate) delay: Option<Time>,
}

/// `7`, or `"7..9"`: both ends included.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(try_from = "toml::Value")]
pub(crate) struct Numbers {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Constrain {
    pub(crate) fn constraints(&self) -> Constraints {
        let Self { max_width, max_height, max_frame_rate, max_spatial, max_temporal, .. } = *self;
        let default = Constraints::default();
        Constraints {
            max_width,
            max_height,
            max_frame_rate,
            max_spatial,
            max_temporal,
            priority: self.priority.unwrap_or(default.priority),
            on_stage: self.on_stage,
            paused: self.paused,
            pausable: true,
        }
    }
}

impl Disturbance {
    /// What does not fit together.
    pub(super) fn check(&self, needs_delay: bool) -> Result<(), String> {
        let within = |value: Option<f64>, range: std::ops::RangeInclusive<f64>| {
            value.is_none_or(|value| range.contains(&value))
        };
        let wrong = if self.packets.is_empty()
            && self.rate.is_none()
            && self.from.is_none()
            && self.to.is_none()
        {
            "which packets? by packets, rate, or from and to"
        } else if !self.packets.is_empty() && self.rate.is_some() {
            "either packets by their numbers, or a rate"
        } else if !within(self.rate, 0.0..=1.0) {
            "a rate is from 0 to 1"
        } else if !within(self.burst, 1.0..=1e6) || self.burst.is_some() && self.rate.is_none() {
            "burst is how many go in a row, 1 or more, and needs a rate"
        } else if self.link == Link::Down && self.encoding.is_some() {
            "on the way down there are no encodings: only what the receiver gets"
        } else if needs_delay && self.delay.is_none() {
            "how late? delay"
        } else {
            return Ok(());
        };
        Err(wrong.to_owned())
    }
}

impl TryFrom<toml::Value> for Numbers {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let wrong = || "packets are numbers like 7, or ranges like \"7..9\"".to_owned();
        let (first, last) = match &value {
            toml::Value::Integer(number) => (u64::try_from(*number).ok(), None),
            toml::Value::String(text) => match text.split_once("..") {
                Some((first, last)) => (first.parse().ok(), Some(last.parse().ok())),
                None => (text.parse().ok(), None),
            },
            _ => (None, None),
        };
        let first = first.ok_or_else(wrong)?;
        let last = last.unwrap_or(Some(first)).filter(|last| first <= *last).ok_or_else(wrong)?;
        Ok(Self { first, last })
    }
}
