//! H.264 (RFC 6184), packetization modes 0 and 1.
//!
//! Read next: `sps`, for how large pictures are.

mod sps;

use super::aggregated;

/// Whether the payload holds, or starts the first fragment of, a sequence parameter set or a
/// slice of an IDR picture. Senders put the parameter sets in front of the IDR picture, in a
/// packet of their own or in one with it; where that packet is lost, the slice still counts.
pub fn is_key_frame_start(payload: &[u8]) -> bool {
    let Some((&indicator, rest)) = payload.split_first() else { return false };
    match unit_type(indicator) {
        STAP_A => aggregated(rest).filter_map(<[u8]>::first).any(|unit| is_key(unit_type(*unit))),
        FU_A => matches!(rest, [header, _, ..] if header & S != 0 && is_key(unit_type(*header))),
        single => is_key(single) && !rest.is_empty(),
    }
}

/// Whether later pictures may refer to what is in the payload. They do not if it holds slices of
/// which each has a nal_ref_idc of 0, or a fragment of such a one; in an aggregate, what says
/// nothing of references (delimiter, SEI, filler) may stand beside them. `true` for all else.
pub fn is_reference(payload: &[u8]) -> bool {
    let Some((&indicator, rest)) = payload.split_first() else { return true };
    match unit_type(indicator) {
        STAP_A => is_aggregate_reference(rest),
        FU_A => {
            rest.first().is_none_or(|header| !is_disposable(indicator & NRI | unit_type(*header)))
        }
        _ => !is_disposable(indicator),
    }
}

/// Whether the payload holds a sequence parameter set, alone or in an aggregate.
pub fn has_parameter_set(payload: &[u8]) -> bool {
    sequence_parameter_set(payload).is_some()
}

/// Width and height of the pictures in pixels, cropped, from a sequence parameter set in this
/// payload. `None`: there is none, or it makes no sense.
pub fn picture_size(payload: &[u8]) -> Option<(u16, u16)> {
    sps::picture_size(sequence_parameter_set(payload)?)
}

/// The first sequence parameter set in the payload, without its NAL unit header.
fn sequence_parameter_set(payload: &[u8]) -> Option<&[u8]> {
    let (&indicator, rest) = payload.split_first()?;
    match unit_type(indicator) {
        SPS => Some(rest),
        STAP_A => aggregated(rest).find_map(|unit| {
            let (&header, set) = unit.split_first()?;
            (unit_type(header) == SPS).then_some(set)
        }),
        _ => None,
    }
    .filter(|set| !set.is_empty())
}

fn is_aggregate_reference(units: &[u8]) -> bool {
    let mut slices = 0_usize;
    for &header in aggregated(units).filter_map(<[u8]>::first) {
        match unit_type(header) {
            SEI | DELIMITER | FILLER => {}
            _ if is_disposable(header) => slices += 1,
            _ => return true,
        }
    }
    slices == 0
}

/// Whether a NAL unit header is that of a slice that no picture refers to.
const fn is_disposable(header: u8) -> bool {
    matches!(unit_type(header), SLICE | PARTITION_A..=PARTITION_C) && header & NRI == 0
}

/// The low five bits of a NAL unit header, and of an FU header too (§5.3, §5.8).
const fn unit_type(header: u8) -> u8 {
    header & 0x1f
}

const fn is_key(unit_type: u8) -> bool {
    matches!(unit_type, IDR_SLICE | SPS)
}

const SLICE: u8 = 1;
const PARTITION_A: u8 = 2;
const PARTITION_C: u8 = 4;
const IDR_SLICE: u8 = 5;
const SEI: u8 = 6;
const SPS: u8 = 7;
const DELIMITER: u8 = 9;
const FILLER: u8 = 12;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// nal_ref_idc in the NAL unit header and the FU indicator (§5.3, §5.8): 0 if not referred to.
const NRI: u8 = 0x60;
/// Start bit of the FU header.
const S: u8 = 0x80;

#[cfg(test)]
mod tests;
