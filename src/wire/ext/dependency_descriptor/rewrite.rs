//! A descriptor as another receiver gets it: numbers shifted over switches of the source, and the
//! decode targets told that are left (§A.4: who forwards a subset, says so).
//!
//! Must know no structure when it writes: [`Places`], found once per packet, say where to write,
//! and travel in four bytes before the descriptor.

use crate::wire::Malformed;

use super::bits::{self, BitReader};
use super::{
    FLAG_BITS, FrameDescriptor, HAS_ACTIVE_TARGETS, HAS_STRUCTURE, MANDATORY_BITS, MOST_BYTES,
    Structure, TEMPLATE_ID,
};

/// Where in a descriptor stands what a rewrite changes.
///
/// From the highest bit: where the mask of active decode targets stands or would stand (11 bits),
/// where the descriptor ends without its padding (11 bits), both in bits, and the number of decode
/// targets less one (5 bits).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Places(u32);

impl Places {
    /// The places in a descriptor, by the newest structure received; if it has a structure of its
    /// own, by that one.
    ///
    /// # Errors
    /// As [`FrameDescriptor::parse`].
    pub fn find(value: &[u8], structure: &Structure) -> Result<Self, Malformed> {
        FrameDescriptor::walk(value, structure).map(|(_, places)| places)
    }

    /// To be kept in front of the descriptor.
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// From [`to_bytes`](Self::to_bytes). Any bytes will do: places that a descriptor cannot have
    /// are refused when they are used.
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(bytes))
    }

    /// Positions in bits, below 2048; targets, 1-32.
    pub(super) fn new(mask_at: usize, end: usize, targets: u8) -> Self {
        let field = |value: usize| u32::try_from(value).expect("a position below 2048");
        Self(field(mask_at) << 21 | field(end) << 10 | u32::from(targets - 1) << 5)
    }

    const fn mask_at(self) -> usize {
        (self.0 >> 21) as usize
    }

    const fn end(self) -> usize {
        (self.0 >> 10 & 0x7ff) as usize
    }

    const fn targets(self) -> usize {
        (self.0 >> 5 & 0x1f) as usize + 1
    }
}

/// What to change in a descriptor. Default: nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rewrite {
    /// Added to the frame number, which wraps.
    pub frame_number_offset: u16,
    /// Added to the frame's template id and to a structure's `template_id_offset`, modulo 64.
    pub template_id_offset: u8,
    /// Active decode targets (bit 0: target 0), put in where the descriptor tells none itself; where
    /// it does, those that are among both, if any are. `None`: left as it is.
    pub active_decode_targets: Option<u32>,
}

impl Rewrite {
    /// Writes the rewritten descriptor to the front of `out`; its length. Behind it, `out` is left
    /// undefined. `None` if it does not fit into 255 bytes, or the places are not those of `value`.
    pub fn apply(&self, value: &[u8], places: Places, out: &mut [u8; MOST_BYTES]) -> Option<usize> {
        let copy = out.get_mut(..value.len())?;
        copy.copy_from_slice(value);
        let (mandatory, extended) = copy.split_first_chunk_mut()?;
        self.shift(mandatory, extended)?;
        match self.active_decode_targets {
            None => Some(value.len()),
            Some(active) => tell_active(active, value, places, out),
        }
    }

    fn shift(&self, mandatory: &mut [u8; 3], extended: &mut [u8]) -> Option<()> {
        let [flags, n0, n1] = *mandatory;
        let number = u16::from_be_bytes([n0, n1]).wrapping_add(self.frame_number_offset);
        let [n0, n1] = number.to_be_bytes();
        *mandatory = [flags & !TEMPLATE_ID | self.shifted(flags), n0, n1];

        let has_structure = extended.first().is_some_and(|flags| flags & HAS_STRUCTURE != 0);
        if has_structure {
            // template_id_offset follows the 5 flags: 3 bits in this byte, 3 in the next.
            let ([high, low], _) = extended.split_first_chunk_mut()?;
            let offset = self.shifted(*high << 3 | *low >> 5);
            *high = *high & 0xf8 | offset >> 3;
            *low = *low & 0x1f | offset << 5;
        }
        Some(())
    }

    /// A template id, whatever is above its 6 bits.
    const fn shifted(&self, template_id: u8) -> u8 {
        template_id.wrapping_add(self.template_id_offset) & TEMPLATE_ID
    }
}

/// Has the copy of `value` in `out` tell the active decode targets; its length then.
fn tell_active(
    active: u32,
    value: &[u8],
    places: Places,
    out: &mut [u8; MOST_BYTES],
) -> Option<usize> {
    let (mask_at, targets) = (places.mask_at(), places.targets());
    let is_bare = value.len() * 8 == MANDATORY_BITS;
    let end = if is_bare { MANDATORY_BITS + FLAG_BITS } else { places.end() };
    let is_beyond = !is_bare && end > value.len() * 8;
    if is_beyond || mask_at < MANDATORY_BITS + FLAG_BITS || mask_at > end {
        return None;
    }
    let flags = out.get_mut(MANDATORY_BITS / 8)?;
    if is_bare {
        *flags = 0;
    }
    if *flags & HAS_ACTIVE_TARGETS != 0 {
        if mask_at + targets > end {
            return None;
        }
        // The publisher knows best what it does not send any more.
        let told = BitReader::new(value, mask_at).bits(targets).ok()?;
        let among_both = if told & active == 0 { told } else { told & active };
        bits::write(out.get_mut(..value.len())?, mask_at, targets, among_both)?;
        return Some(value.len());
    }
    *flags |= HAS_ACTIVE_TARGETS;
    bits::write(out, mask_at, targets, active)?;
    let new_end = move_bits(value, mask_at..end, out, mask_at + targets)?;
    bits::write(out, new_end, new_end.next_multiple_of(8) - new_end, 0)?;
    Some(new_end.div_ceil(8))
}

/// Copies bits from their places in `value` to others in `out`; where they end there.
fn move_bits(
    value: &[u8],
    from: std::ops::Range<usize>,
    out: &mut [u8; MOST_BYTES],
    to: usize,
) -> Option<usize> {
    let mut reader = BitReader::new(value, from.start);
    let mut to = to;
    while reader.at() < from.end {
        let count = (from.end - reader.at()).min(32);
        bits::write(out, to, count, reader.bits(count).ok()?)?;
        to += count;
    }
    Some(to)
}
