//! RTP header extensions (RFC 8285): the block behind the RTP header, element by element.
//!
//! [`Elements`] yields ids and bytes; which id means what was negotiated, and is not known here.
//! Each value that has an inner form has a small codec in a file of its own; MID, RID and repaired
//! RID are the plain bytes of a name (RFC 8852, RFC 9143) and need none.

pub mod abs_capture_time;
pub mod abs_send_time;
pub mod audio_level;
pub mod dependency_descriptor;
pub mod frame_marking;
pub mod playout_delay;
pub mod transport_cc;
pub mod video_layers_allocation;
pub mod video_orientation;

pub use abs_capture_time::AbsCaptureTime;
pub use audio_level::AudioLevel;
pub use frame_marking::FrameMarking;
pub use playout_delay::PlayoutDelay;
pub use video_layers_allocation::VideoLayersAllocation;
pub use video_orientation::VideoOrientation;

/// How the elements of a block are headed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// Ids 1-14, values of 1-16 bytes (RFC 8285 §4.2).
    OneByte,
    /// Ids 1-255, values of 0-255 bytes (RFC 8285 §4.3); needs `a=extmap-allow-mixed` or a
    /// peer that negotiated an id or length which needs it.
    TwoByte,
}

impl Format {
    /// Whether an element with this id and a value of `len` bytes can be written.
    pub const fn fits(self, id: u8, len: usize) -> bool {
        match self {
            Self::OneByte => matches!(id, 1..=14) && matches!(len, 1..=16),
            Self::TwoByte => id != 0 && len <= 255,
        }
    }

    /// Bytes in front of each value.
    pub(super) const fn element_header_len(self) -> usize {
        match self {
            Self::OneByte => 1,
            Self::TwoByte => 2,
        }
    }

    /// The "defined by profile" field of a block; the low 4 bits of the two-byte form are the
    /// application's, and mean nothing (RFC 8285 §4.3).
    pub(super) const fn from_profile(profile: u16) -> Option<Self> {
        match profile {
            0xbede => Some(Self::OneByte),
            0x1000..=0x100f => Some(Self::TwoByte),
            _ => None,
        }
    }

    pub(super) const fn profile(self) -> u16 {
        match self {
            Self::OneByte => 0xbede,
            Self::TwoByte => 0x1000,
        }
    }
}

/// The elements of one header extension block, as (id, value). Ends early at what breaks the
/// rules: what came before it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elements<'a> {
    format: Format,
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    /// The elements of a block's body (without its profile and length).
    pub const fn new(format: Format, block: &'a [u8]) -> Self {
        Self { format, rest: block }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        // Zero bytes between elements are padding in both forms (RFC 8285 §4.1.1).
        let next = self.rest.iter().position(|byte| *byte != 0);
        let bytes = next.and_then(|next| self.rest.get(next..)).unwrap_or_default();
        let element = match self.format {
            Format::OneByte => split_one_byte(bytes),
            Format::TwoByte => split_two_byte(bytes),
        };
        let Some((id, value, rest)) = element else {
            self.rest = &[];
            return None;
        };
        self.rest = rest;
        Some((id, value))
    }
}

/// Id, value and rest. `None` at the end, at the reserved id 15, and at id 0 with a length, both
/// of which end the block (RFC 8285 §4.2).
fn split_one_byte(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&head, rest) = bytes.split_first()?;
    let id = head >> 4;
    if matches!(id, 0 | 15) {
        return None;
    }
    let (value, rest) = rest.split_at_checked(usize::from(head & 0x0f) + 1)?;
    Some((id, value, rest))
}

fn split_two_byte(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[id, len], rest) = bytes.split_first_chunk::<2>()?;
    let (value, rest) = rest.split_at_checked(usize::from(len))?;
    Some((id, value, rest))
}

#[cfg(test)]
mod tests;
