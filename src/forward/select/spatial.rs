//! Spatial and temporal layers of VP9 in one stream (N1-N4): full SVC, where each picture of a
//! spatial layer uses the layer below, and K-SVC, where only key pictures do.

use super::{Filter, Level, Step, Target};
use crate::forward::frames::{Frame, Frames};

/// The spatial layer to forward: one that is sent.
pub(super) fn within(target: Target, frames: &Frames) -> u8 {
    target.spatial.min(frames.spatial_layers().saturating_sub(1))
}

/// At the start of a picture. Spatial layers: all at a key picture; down also where the lower one
/// was forwarded all along. Temporal layers: down anywhere; up one at a time, at a switching point
/// of the layer above: encoders set U where a frame uses lower temporal layers only.
///
/// (An upper layer whose frame is intra-coded in a picture that otherwise is not could be taken up
/// there too; but then the marker would already have gone out with the layer below.)
pub(super) fn step(
    level: Level,
    target: Target,
    frame: &Frame,
    is_switching_point: bool,
    is_intra: bool,
    filter: &Filter,
) -> Step {
    let mut to = level;
    let mut waits = false;
    if is_intra {
        (to.spatial, to.temporal) = (target.spatial, target.temporal);
    } else if target.spatial < level.spatial && !filter.has_gaps_below() {
        to.spatial = target.spatial;
    } else {
        waits = target.spatial != level.spatial;
    }
    if target.temporal < level.temporal {
        to.temporal = target.temporal;
    } else if is_switching_point && frame.temporal == level.temporal.saturating_add(1) {
        to.temporal = frame.temporal.min(target.temporal);
    }
    match to == level {
        false => Step::To(to),
        true if waits => Step::Wait,
        true => Step::Stay,
    }
}
