//! The sequence parameter set of H.264 (§7.3.2.1.1 of the Recommendation), as far as the picture's
//! size. Reads at most some thousand numbers, whatever they are.

use crate::wire::payload::bits::{Bits, unescaped};
use crate::wire::payload::picture;

/// Width and height of the pictures in pixels, cropped. `set` begins behind the NAL unit header.
pub(super) fn picture_size(set: &[u8]) -> Option<(u16, u16)> {
    let mut bits = Bits::new(unescaped(set));
    let profile = bits.number(8)?;
    let constraints = bits.number(8)?;
    let level = bits.number(8)?;
    if !is_plausible(profile, constraints, level) {
        return None;
    }
    bits.exp_golomb()?; // seq_parameter_set_id
    let chroma = if has_chroma_format(profile) { read_high(&mut bits)? } else { FOUR_TWO_ZERO };
    bits.exp_golomb()?; // log2_max_frame_num_minus4
    skip_picture_order(&mut bits)?;
    bits.exp_golomb()?; // max_num_ref_frames
    bits.skip(1)?; // gaps_in_frame_num_value_allowed_flag
    let width = bits.exp_golomb()?.checked_add(1)?.checked_mul(16)?;
    let height = bits.exp_golomb()?.checked_add(1)?.checked_mul(16)?;
    // A map unit is a pair of macroblocks where pictures may be fields.
    let frames_only = bits.flag()?;
    let fields = if frames_only { 1 } else { 2 };
    bits.skip(if frames_only { 1 } else { 2 })?; // mb_adaptive_frame_field_flag, direct_8x8_...
    let (unit_width, unit_height) = crop_unit(chroma);
    let (crop_x, crop_y) = read_cropping(&mut bits)?;
    picture(
        width.checked_sub(crop_x.checked_mul(unit_width)?)?,
        height.checked_mul(fields)?.checked_sub(crop_y.checked_mul(unit_height * fields)?)?,
    )
}

/// What is encrypted end to end looks like a parameter set now and then, but hardly of a profile and
/// a level that exist (annex A), with the two bits of 0 behind the constraints.
const fn is_plausible(profile: u32, constraints: u32, level: u32) -> bool {
    let is_level = matches!(level / 10, 1..=6) && level % 10 <= 3 || level == 9;
    (matches!(profile, 66 | 77 | 88) || has_chroma_format(profile))
        && constraints & 3 == 0
        && is_level
}

/// The profiles whose parameter sets go on with the chroma format.
const fn has_chroma_format(profile: u32) -> bool {
    matches!(profile, 44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 244)
}

/// What only these profiles have; returns chroma_format_idc. Planes that are separate crop as 4:4:4
/// does, pixel by pixel.
fn read_high(bits: &mut Bits<impl Iterator<Item = u8>>) -> Option<u32> {
    let format = bits.exp_golomb()?;
    if format == FOUR_FOUR_FOUR {
        bits.skip(1)?; // separate_colour_plane_flag
    }
    bits.exp_golomb()?; // bit_depth_luma_minus8
    bits.exp_golomb()?; // bit_depth_chroma_minus8
    bits.skip(1)?; // qpprime_y_zero_transform_bypass_flag
    if bits.flag()? {
        for list in 0..if format == FOUR_FOUR_FOUR { 12 } else { 8 } {
            if bits.flag()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(format)
}

/// §7.3.2.1.1.1: differences, up to the first that makes a scale of 0.
fn skip_scaling_list(bits: &mut Bits<impl Iterator<Item = u8>>, len: u8) -> Option<()> {
    let mut scale = 8_u8;
    for _ in 0..len {
        let [difference, ..] = bits.signed_exp_golomb()?.to_le_bytes();
        scale = scale.wrapping_add(difference);
        if scale == 0 {
            break;
        }
    }
    Some(())
}

fn skip_picture_order(bits: &mut Bits<impl Iterator<Item = u8>>) -> Option<()> {
    match bits.exp_golomb()? {
        0 => bits.exp_golomb().map(drop), // log2_max_pic_order_cnt_lsb_minus4
        1 => {
            bits.skip(1)?; // delta_pic_order_always_zero_flag
            bits.exp_golomb()?; // offset_for_non_ref_pic
            bits.exp_golomb()?; // offset_for_top_to_bottom_field
            let cycle = u8::try_from(bits.exp_golomb()?).ok()?;
            (0..cycle).try_for_each(|_| bits.exp_golomb().map(drop))
        }
        _ => Some(()),
    }
}

/// By how many units width and height are cropped, on both sides together.
fn read_cropping(bits: &mut Bits<impl Iterator<Item = u8>>) -> Option<(u32, u32)> {
    if !bits.flag()? {
        return Some((0, 0));
    }
    let [left, right] = [bits.exp_golomb()?, bits.exp_golomb()?];
    let [top, bottom] = [bits.exp_golomb()?, bits.exp_golomb()?];
    Some((left.checked_add(right)?, top.checked_add(bottom)?))
}

/// CropUnitX, and CropUnitY of a frame: the pixels of one sample of chroma (table 6-1).
const fn crop_unit(chroma: u32) -> (u32, u32) {
    match chroma {
        FOUR_TWO_ZERO => (2, 2),
        FOUR_TWO_TWO => (2, 1),
        _ => (1, 1),
    }
}

const FOUR_TWO_ZERO: u32 = 1;
const FOUR_TWO_TWO: u32 = 2;
const FOUR_FOUR_FOUR: u32 = 3;
