//! The sequence parameter set of H.265 (§7.3.2.2.1 of the Recommendation), as far as the picture's
//! size, of the base layer.

use crate::wire::payload::bits::{Bits, unescaped};
use crate::wire::payload::picture;

/// Width and height of the pictures in pixels, within the conformance window. `set` begins behind
/// the NAL unit header.
pub(super) fn picture_size(set: &[u8]) -> Option<(u16, u16)> {
    let mut bits = Bits::new(unescaped(set));
    bits.skip(4)?; // sps_video_parameter_set_id
    let sub_layers = bits.number(3)?;
    bits.skip(1)?; // sps_temporal_id_nesting_flag
    skip_profile_tier_level(&mut bits, sub_layers)?;
    bits.exp_golomb()?; // sps_seq_parameter_set_id
    let chroma = bits.exp_golomb()?;
    if chroma == FOUR_FOUR_FOUR {
        bits.skip(1)?; // separate_colour_plane_flag
    }
    let [width, height] = [bits.exp_golomb()?, bits.exp_golomb()?];
    if !bits.flag()? {
        return picture(width, height);
    }
    let [left, right] = [bits.exp_golomb()?, bits.exp_golomb()?];
    let [top, bottom] = [bits.exp_golomb()?, bits.exp_golomb()?];
    let (unit_width, unit_height) = window_unit(chroma);
    picture(
        width.checked_sub(left.checked_add(right)?.checked_mul(unit_width)?)?,
        height.checked_sub(top.checked_add(bottom)?.checked_mul(unit_height)?)?,
    )
}

/// §7.3.3: of the whole stream, then of each temporal layer but the highest, `sub_layers` of them,
/// what it says about it.
fn skip_profile_tier_level(
    bits: &mut Bits<impl Iterator<Item = u8>>,
    sub_layers: u32,
) -> Option<()> {
    bits.skip(PROFILE + LEVEL)?;
    if sub_layers == 0 {
        return Some(());
    }
    let mut len = 0;
    for _ in 0..sub_layers {
        len += if bits.flag()? { PROFILE } else { 0 };
        len += if bits.flag()? { LEVEL } else { 0 };
    }
    bits.skip((8 - sub_layers) * 2)?; // the flags are padded up to eight layers
    bits.skip(len)
}

/// SubWidthC and SubHeightC: the pixels of one sample of chroma (table 6-1).
const fn window_unit(chroma: u32) -> (u32, u32) {
    match chroma {
        FOUR_TWO_ZERO => (2, 2),
        FOUR_TWO_TWO => (2, 1),
        _ => (1, 1),
    }
}

/// Bits of a profile with its tier and constraints, and of a level.
const PROFILE: u32 = 88;
const LEVEL: u32 = 8;
const FOUR_TWO_ZERO: u32 = 1;
const FOUR_TWO_TWO: u32 = 2;
const FOUR_FOUR_FOUR: u32 = 3;
