//! The sequence header of AV1 (§5.5.1 of the specification), as far as the size of pictures.

use crate::wire::payload::bits::Bits;
use crate::wire::payload::picture;

/// max_frame_width and max_frame_height in pixels. `header` begins behind the OBU header.
pub(super) fn picture_size(header: &[u8]) -> Option<(u16, u16)> {
    let mut bits = Bits::new(header.iter().copied());
    bits.skip(3 + 1)?; // seq_profile, still_picture
    if bits.flag()? {
        bits.skip(5)?; // of a reduced still picture header: seq_level_idx
    } else {
        skip_operating_points(&mut bits)?;
    }
    let width_bits = bits.number(4)? + 1;
    let height_bits = bits.number(4)? + 1;
    picture(bits.number(width_bits)? + 1, bits.number(height_bits)? + 1)
}

/// Timing, decoder model, and what each operating point says about them.
fn skip_operating_points(bits: &mut Bits<impl Iterator<Item = u8>>) -> Option<()> {
    let delay_bits = if bits.flag()? { read_timing(bits)? } else { None };
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.number(5)? {
        bits.skip(12)?; // operating_point_idc
        let level = bits.number(5)?;
        if level > LAST_LEVEL_WITHOUT_TIER {
            bits.skip(1)?; // seq_tier
        }
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(delay_bits * 2 + 1)?; // operating_parameters_info()
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4)?; // initial_display_delay_minus_1
        }
    }
    Some(())
}

/// timing_info(), and decoder_model_info() if it follows: how many bits its delays have.
fn read_timing(bits: &mut Bits<impl Iterator<Item = u8>>) -> Option<Option<u32>> {
    bits.skip(32 + 32)?; // num_units_in_display_tick, time_scale
    if bits.flag()? {
        bits.exp_golomb()?; // num_ticks_per_picture_minus_1
    }
    if !bits.flag()? {
        return Some(None);
    }
    let delay_bits = bits.number(5)? + 1;
    bits.skip(32 + 5 + 5)?; // num_units_in_decoding_tick and the lengths of two other fields
    Some(Some(delay_bits))
}

/// Level 3.3.
const LAST_LEVEL_WITHOUT_TIER: u32 = 7;
