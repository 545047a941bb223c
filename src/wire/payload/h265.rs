//! H.265 (RFC 7798), without DONL (`sprop-max-don-diff` 0), as WebRTC uses it.
//!
//! Read next: `sps`, for how large pictures are.

mod sps;

use super::aggregated;

/// Whether the payload holds, or starts the first fragment of, a video or sequence parameter set
/// or a slice of an IRAP picture (IDR, CRA, BLA). Senders put the parameter sets in front of the
/// picture, in a packet of their own or in one with it; where that packet is lost, the slice
/// still counts.
pub fn is_key_frame_start(payload: &[u8]) -> bool {
    let Some((&[first, _], rest)) = payload.split_first_chunk::<2>() else { return false };
    match unit_type(first) {
        AP => unit_types(rest).any(is_key),
        FU => matches!(rest, [header, _, ..] if header & S != 0 && is_key(header & FU_TYPE)),
        single => is_key(single) && !rest.is_empty(),
    }
}

/// The temporal layer, 0-6, 0 the lowest. The header of an aggregate or a fragment tells it as
/// that of a unit does (§4.4.2, §4.4.3). `None`: no header, or nuh_temporal_id_plus1 is 0, which
/// it must not be.
pub fn temporal_id(payload: &[u8]) -> Option<u8> {
    let &[_, second, ..] = payload else { return None };
    (second & TID).checked_sub(1)
}

/// Whether the payload holds a slice, or any fragment of one, of a picture from which on a higher
/// temporal layer may be taken up: TSA and STSA (for their own layer), or IRAP.
pub fn is_sync(payload: &[u8]) -> bool {
    let Some((&[first, _], rest)) = payload.split_first_chunk::<2>() else { return false };
    match unit_type(first) {
        AP => unit_types(rest).any(is_switching_point),
        FU => rest.first().is_some_and(|header| is_switching_point(header & FU_TYPE)),
        single => is_switching_point(single),
    }
}

/// Whether the payload holds a video or sequence parameter set, alone or in an aggregate: either
/// opens a coded video sequence.
pub fn has_parameter_set(payload: &[u8]) -> bool {
    let Some((&[first, _], rest)) = payload.split_first_chunk::<2>() else { return false };
    match unit_type(first) {
        AP => unit_types(rest).any(is_parameter_set),
        single => is_parameter_set(single) && !rest.is_empty(),
    }
}

/// Width and height of the pictures in pixels, cropped, from a sequence parameter set in this
/// payload. `None`: there is none, or it makes no sense.
pub fn picture_size(payload: &[u8]) -> Option<(u16, u16)> {
    let (&[first, _], rest) = payload.split_first_chunk::<2>()?;
    match unit_type(first) {
        SPS => sps::picture_size(rest),
        AP => aggregated(rest).find_map(|unit| {
            let (&[first, _], set) = unit.split_first_chunk::<2>()?;
            (unit_type(first) == SPS).then(|| sps::picture_size(set))?
        }),
        _ => None,
    }
}

/// The types of the units in an aggregate.
fn unit_types(units: &[u8]) -> impl Iterator<Item = u8> {
    aggregated(units).filter_map(<[u8]>::first).map(|first| unit_type(*first))
}

/// Six bits of the first byte of the NAL unit header (§1.1.4).
const fn unit_type(first: u8) -> u8 {
    (first >> 1) & 0x3f
}

const fn is_key(unit_type: u8) -> bool {
    is_random_access(unit_type) || is_parameter_set(unit_type)
}

const fn is_switching_point(unit_type: u8) -> bool {
    is_random_access(unit_type) || matches!(unit_type, TSA_N..=STSA_R)
}

const fn is_random_access(unit_type: u8) -> bool {
    matches!(unit_type, IRAP_FIRST..=IRAP_LAST)
}

const fn is_parameter_set(unit_type: u8) -> bool {
    matches!(unit_type, VPS | SPS)
}

const TSA_N: u8 = 2;
const STSA_R: u8 = 5;
const IRAP_FIRST: u8 = 16;
const IRAP_LAST: u8 = 23;
const VPS: u8 = 32;
const SPS: u8 = 33;
const AP: u8 = 48;
const FU: u8 = 49;
/// nuh_temporal_id_plus1, in the second byte of the NAL unit header.
const TID: u8 = 0x07;
/// Start bit of the FU header (§4.4.3), and the type of the unit in it.
const S: u8 = 0x80;
const FU_TYPE: u8 = 0x3f;

#[cfg(test)]
mod tests;
