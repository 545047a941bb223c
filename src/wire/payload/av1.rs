//! AV1 (RTP Payload Format For AV1, v1.0). Its layers are told by the dependency descriptor, a
//! header extension; the payload shows where a sequence starts and how large its pictures are.
//!
//! Read next: `sequence`, for the latter.

mod sequence;

/// Whether the payload starts a coded video sequence, which a key frame does: N=1 in the
/// aggregation header (§4.4), and Z=0, for a sequence cannot start within a fragment.
pub fn is_key_frame_start(payload: &[u8]) -> bool {
    matches!(payload, [header, _, ..] if header & (N | Z) == N)
}

/// Width and height in pixels of the largest pictures of the coded video sequence that starts in
/// this payload, those of the highest spatial layer. `None`: none starts, or its sequence header
/// is not here.
pub fn picture_size(payload: &[u8]) -> Option<(u16, u16)> {
    if !is_key_frame_start(payload) {
        return None;
    }
    let (&header, elements) = payload.split_first()?;
    obu_elements(header, elements).find_map(|obu| sequence::picture_size(sequence_header(obu)?))
}

/// The OBU elements of a packet (§4.4), each behind its length, but for the last if W tells how
/// many there are. Ends at one that is cut short.
fn obu_elements(aggregation_header: u8, mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    // 0: any number of them, each with its length.
    let mut left = aggregation_header >> W_SHIFT & W;
    std::iter::from_fn(move || {
        let is_last = left == 1;
        left = left.saturating_sub(1);
        if is_last {
            return (!rest.is_empty()).then(|| std::mem::take(&mut rest));
        }
        let (len, behind) = read_leb128(rest)?;
        let (element, behind) = behind.split_at_checked(len)?;
        rest = behind;
        Some(element)
    })
}

/// The content of an OBU, if that is a sequence header (AV1 §5.3.2, §5.3.3).
fn sequence_header(obu: &[u8]) -> Option<&[u8]> {
    let (&header, mut rest) = obu.split_first()?;
    if header >> TYPE_SHIFT & TYPE != SEQUENCE_HEADER {
        return None;
    }
    if header & HAS_EXTENSION != 0 {
        rest = rest.get(1..)?;
    }
    if header & HAS_SIZE != 0 {
        let (len, behind) = read_leb128(rest)?;
        rest = behind.get(..len)?;
    }
    Some(rest)
}

/// A length in groups of seven bits, lowest first (AV1 §4.10.5), and what is behind. None of a
/// packet needs more than three.
fn read_leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    let mut rest = bytes;
    for group in 0..8 {
        let (&byte, behind) = rest.split_first()?;
        let seven = u64::from(byte & !MORE);
        value |= seven << (group * 7);
        rest = behind;
        if byte & MORE == 0 {
            return Some((usize::try_from(value).ok()?, rest));
        }
    }
    None
}

/// The first OBU element goes on from the packet before.
const Z: u8 = 0x80;
/// How many OBU elements there are, if not 0.
const W: u8 = 0x03;
const W_SHIFT: u8 = 4;
/// First packet of a coded video sequence.
const N: u8 = 0x08;
// OBU header: its type, an extension of one byte, a size behind.
const TYPE: u8 = 0x0f;
const TYPE_SHIFT: u8 = 3;
const HAS_EXTENSION: u8 = 0x04;
const HAS_SIZE: u8 = 0x02;
const SEQUENCE_HEADER: u8 = 1;
/// Another group of a length follows.
const MORE: u8 = 0x80;

#[cfg(test)]
mod tests;
