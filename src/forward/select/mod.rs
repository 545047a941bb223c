//! Which frames of the encoding that flows go to one receiver. All packets of a frame share its
//! fate; the level changes between frames, and only where a decoder can follow: the rules for that
//! are the codec's ([`temporal`], [`spatial`], [`described`]).
//!
//! Read next: [`filter`], which remembers what was left out, so that numbers close up over it.

pub(super) mod described;
mod filter;
mod spatial;
mod temporal;

pub(super) use filter::Filter;

use super::Layer;
use super::frames::{Depends, Frame, Frames};

/// All temporal, or spatial, layers there are.
pub(super) const ALL: u8 = 7;

/// What a subscription is to get: the best within its constraints.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Target {
    pub(super) encoding: u8,
    pub(super) spatial: u8,
    pub(super) temporal: u8,
}

/// What of an encoding is forwarded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Level {
    /// Layers up to these,
    pub(super) spatial: u8,
    pub(super) temporal: u8,
    /// or a decode target of the dependency descriptor, whose layers the above are then.
    pub(super) decode_target: u8,
    /// Of the descriptor: counts what is sent and how.
    pub(super) generation: u8,
}

/// Where the level goes with a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// It stays.
    Stay,
    /// To this one, before the frame is judged.
    To(Level),
    /// It stays, but it will only get to where it should be with a key frame.
    Wait,
}

impl Target {
    /// All there is of an encoding.
    pub(super) const fn whole(encoding: u8) -> Self {
        Self { encoding, spatial: ALL, temporal: ALL }
    }

    /// Whether of its encoding nothing is to be left out.
    pub(super) const fn is_whole(self) -> bool {
        self.spatial >= ALL && self.temporal >= ALL
    }

    /// In the application's terms.
    pub(super) fn layer(self, frames: Option<&Frames>) -> Layer {
        clamp(self.encoding, self.spatial, self.temporal, frames)
    }
}

impl Level {
    /// In the application's terms.
    pub(super) fn layer(self, encoding: u8, frames: Option<&Frames>) -> Layer {
        clamp(encoding, self.spatial, self.temporal, frames)
    }
}

/// The level at which an encoding begins with a key frame.
pub(super) fn begin(target: Target, frame: Option<&Frame>, frames: Option<&Frames>) -> Level {
    let level = Level { spatial: target.spatial, temporal: target.temporal, ..Level::default() };
    match (frame.map(|frame| frame.depends), frames) {
        (Some(Depends::Described(facts)), Some(frames)) => {
            described::pick(target, frames, facts.available).unwrap_or(level)
        }
        (Some(Depends::Spatial { .. }), Some(frames)) => {
            Level { spatial: spatial::within(target, frames), ..level }
        }
        _ => level,
    }
}

/// Where `level` goes with `frame`, the first packet of which has just come; none of a later frame
/// has.
pub(super) fn step(
    level: Level,
    target: Target,
    frame: &Frame,
    filter: &Filter,
    frames: &Frames,
) -> Step {
    match frame.depends {
        Depends::Temporal { is_sync } => temporal::step(level, target, frame, is_sync),
        Depends::Spatial { is_switching_point, is_intra, .. } => {
            let target = Target { spatial: spatial::within(target, frames), ..target };
            spatial::step(level, target, frame, is_switching_point, is_intra, filter)
        }
        Depends::Described(facts) => described::step(level, target, frame, &facts, filter, frames),
    }
}

/// Whether `frame` is a part of what `level` forwards.
pub(super) fn belongs(level: Level, frame: &Frame) -> bool {
    match frame.depends {
        Depends::Temporal { .. } => frame.temporal <= level.temporal,
        Depends::Spatial { stands_alone, .. } => {
            frame.temporal <= level.temporal
                && (frame.spatial == level.spatial
                    || (frame.spatial < level.spatial && !stands_alone))
        }
        Depends::Described(facts) => facts.indications.present() >> level.decode_target & 1 == 1,
    }
}

/// Whether the last packet of `frame` is the last of what `level` forwards of its picture (R8).
pub(super) fn ends_picture(level: Level, frame: &Frame) -> bool {
    match frame.depends {
        Depends::Temporal { .. } => false,
        Depends::Spatial { .. } | Depends::Described(_) => frame.spatial == level.spatial,
    }
}

fn clamp(encoding: u8, spatial: u8, temporal: u8, frames: Option<&Frames>) -> Layer {
    let (spatial_layers, temporal_layers) =
        frames.map_or((1, 1), |frames| (frames.spatial_layers(), frames.temporal_layers()));
    Layer {
        encoding,
        spatial: spatial.min(spatial_layers.saturating_sub(1)),
        temporal: temporal.min(temporal_layers.saturating_sub(1)),
    }
}
