//! Dependency descriptor (AV1 RTP payload specification, appendix A): what a frame depends on,
//! told by any codec, readable when the payload is not.
//!
//! A key frame brings a [`Structure`]: templates of the frames to come. The frames after it name a
//! template and tell only what differs; [`FrameDescriptor`] puts both together. [`Rewrite`] shifts
//! numbers and tells the receiver which decode targets it gets. Which structure is the newest one
//! is the reader's to know: nothing here keeps state.
//!
//! Read next: [`Structure`], then [`FrameDescriptor`], then [`Rewrite`].

mod bits;
mod frame;
mod rewrite;
mod structure;

pub use frame::{Dependencies, FrameDescriptor, Indication, Indications};
pub use rewrite::{Places, Rewrite};
pub use structure::Structure;

/// Chains that are read; a structure with more is refused.
pub const MOST_CHAINS: usize = 8;
/// Frames that one frame may refer to; a frame with more is refused.
pub const MOST_DIFFS: usize = 8;
/// Decode targets of a structure (`dt_cnt_minus_one` has 5 bits).
pub const MOST_TARGETS: usize = 32;
/// Templates of a structure (a template id has 6 bits).
pub const MOST_TEMPLATES: usize = 64;
/// Spatial layers that are read; a structure with more is refused.
pub const MOST_SPATIAL_LAYERS: usize = 8;
/// Bytes that a header extension's value, and so a descriptor, may have (RFC 8285 §4.3).
pub const MOST_BYTES: usize = 255;

/// The part every descriptor begins with (§A.8.3), and whether a structure follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MandatoryFields {
    /// First packet of a frame.
    pub start_of_frame: bool,
    /// Last packet of a frame.
    pub end_of_frame: bool,
    /// Which template of the structure the frame follows, 0-63.
    pub template_id: u8,
    /// Counts frames in decoding order; wraps.
    pub frame_number: u16,
    /// Carries a new template structure, as the first packet of a key frame does.
    pub has_structure: bool,
}

/// Reads the first 3 bytes, and of the fourth, if any, whether a template structure is present.
pub fn mandatory_fields(value: &[u8]) -> Option<MandatoryFields> {
    let (&[flags, n0, n1], rest) = value.split_first_chunk()?;
    Some(MandatoryFields {
        start_of_frame: flags & 0x80 != 0,
        end_of_frame: flags & 0x40 != 0,
        template_id: flags & TEMPLATE_ID,
        frame_number: u16::from_be_bytes([n0, n1]),
        has_structure: rest.first().is_some_and(|flags| flags & HAS_STRUCTURE != 0),
    })
}

/// Bits of the mandatory fields.
const MANDATORY_BITS: usize = 24;
/// `frame_dependency_template_id` in the first byte; two flags are above it.
const TEMPLATE_ID: u8 = 0x3f;
// The fourth byte begins with 5 flags.
const FLAG_BITS: usize = 5;
const HAS_STRUCTURE: u8 = 0x80;
const HAS_ACTIVE_TARGETS: u8 = 0x40;
const HAS_DTIS: u8 = 0x20;
const HAS_DIFFS: u8 = 0x10;
const HAS_CHAINS: u8 = 0x08;

#[cfg(test)]
mod tests;
