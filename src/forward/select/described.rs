//! Layers by dependency descriptor, of any codec (D2, D3, D4): what is forwarded is a decode target,
//! which the publisher keeps decodable.

use super::{Filter, Level, Step, Target};
use crate::forward::frames::{Described, Frame, Frames};
use crate::wire::ext::dependency_descriptor::Indication;

/// The best decode target within `target` of those `available`; if there is none within, the
/// lowest. `None`: none can be had.
pub(super) fn pick(target: Target, frames: &Frames, available: u32) -> Option<Level> {
    let structure = frames.structure()?;
    let all = (0..structure.decode_targets()).filter(|number| available >> number & 1 == 1);
    let all = all.filter_map(|number| Some((structure.layer_of(number)?, number)));
    let within =
        |(spatial, temporal): (u8, u8)| spatial <= target.spatial && temporal <= target.temporal;
    let best = all.clone().filter(|(layer, _)| within(*layer)).max();
    let ((spatial, temporal), decode_target) = best.or_else(|| all.min())?;
    let generation = frames.generation();
    Some(Level { spatial, temporal, decode_target, generation })
}

/// Anywhere to go at a key frame; elsewhere down to a target all of whose frames were forwarded
/// anyway, at the start of a picture, or to one that says that it can be entered here, if all that
/// the frame uses was forwarded.
pub(super) fn step(
    level: Level,
    target: Target,
    frame: &Frame,
    facts: &Described,
    filter: &Filter,
    frames: &Frames,
) -> Step {
    let Some(wanted) = pick(target, frames, facts.available) else { return Step::Wait };
    if wanted == level {
        return Step::Stay;
    }
    let is_same = wanted.decode_target == level.decode_target;
    let included = frames.structure().map_or(0, |held| held.included_in(level.decode_target));
    let is_included = included >> wanted.decode_target & 1 == 1;
    let begins_picture = filter.timestamp() != frame.timestamp;
    let enters = facts.indications.get(wanted.decode_target) == Indication::Switch;
    // Within a picture the marker may have gone out with the layer below.
    let may_enter = enters && (begins_picture || wanted.spatial == level.spatial);
    if is_same
        || (begins_picture && (frame.is_key || is_included))
        || (may_enter && filter.holds_all(frame.number, facts.references))
    {
        return Step::To(wanted);
    }
    if level.generation != frames.generation() {
        // It stays, but what it is a part of has changed.
        return Step::To(Level { generation: frames.generation(), ..level });
    }
    // A higher temporal layer is entered sooner or later without a key frame.
    if wanted.spatial == level.spatial && level_is_available(level, facts) {
        Step::Stay
    } else {
        Step::Wait
    }
}

/// The decode targets that a receiver of `level` can decode, if those are not all that are sent
/// (D5).
pub(crate) fn active_decode_targets(level: Level, frames: &Frames) -> Option<u32> {
    let structure = frames.structure()?;
    let own = structure.included_in(level.decode_target) | 1 << level.decode_target;
    let sent = frames.active_decode_targets();
    (sent & !own != 0).then_some(sent & own)
}

const fn level_is_available(level: Level, facts: &Described) -> bool {
    facts.available >> level.decode_target & 1 == 1
}
