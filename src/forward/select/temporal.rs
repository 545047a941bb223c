//! Temporal layers of which each may use those below: VP8, H.264, H.265, frame marking (V2, H1).

use super::{Level, Step, Target};
use crate::forward::frames::Frame;

/// Down at any frame; up at a key frame, or one layer at a time where a frame of it uses the base
/// layer only.
pub(super) fn step(level: Level, target: Target, frame: &Frame, is_sync: bool) -> Step {
    let up_here = is_sync && frame.temporal == level.temporal.saturating_add(1);
    let temporal = if frame.is_key || target.temporal < level.temporal {
        target.temporal
    } else if up_here {
        frame.temporal.min(target.temporal)
    } else {
        level.temporal
    };
    if temporal == level.temporal { Step::Stay } else { Step::To(Level { temporal, ..level }) }
}
