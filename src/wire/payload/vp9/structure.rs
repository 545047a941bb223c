//! The scalability structure of a VP9 stream (RFC 9628 §4.2.1): how many spatial layers, how large
//! each is, and how pictures refer to each other where packets do not say.

/// What holds for all pictures until the next structure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScalabilityStructure {
    /// N_S + 1: how many spatial layers there are, 1-8.
    pub spatial_layers: u8,
    /// Width and height of each spatial layer's frames in pixels, lowest first, as sent; zeros
    /// where there are none.
    pub sizes: [(u16, u16); 8],
    /// Y: whether sizes were sent.
    pub has_sizes: bool,
    /// N_G: after how many pictures the pattern of references repeats; 0: not sent.
    pub pictures_in_group: u8,
}

impl ScalabilityStructure {
    /// Reads it at the front of `bytes`; returns what is behind.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&first, mut rest) = bytes.split_first()?;
        let mut structure = Self {
            spatial_layers: (first >> 5) + 1,
            sizes: [(0, 0); 8],
            has_sizes: first & Y != 0,
            pictures_in_group: 0,
        };
        if structure.has_sizes {
            for size in structure.sizes.iter_mut().take(usize::from(structure.spatial_layers)) {
                let (&[w0, w1, h0, h1], behind) = rest.split_first_chunk()?;
                *size = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
                rest = behind;
            }
        }
        if first & G != 0 {
            let (&pictures, behind) = rest.split_first()?;
            structure.pictures_in_group = pictures;
            rest = skip_group(pictures, behind)?;
        }
        Some((structure, rest))
    }
}

/// Skips the pictures of a group: TID, U and R of each, and R times P_DIFF.
fn skip_group(pictures: u8, mut rest: &[u8]) -> Option<&[u8]> {
    for _ in 0..pictures {
        let (&picture, behind) = rest.split_first()?;
        rest = behind.get(usize::from(picture >> 2 & 0x03)..)?;
    }
    Some(rest)
}

// First byte, behind N_S: sizes present, group of pictures present.
const Y: u8 = 0x10;
const G: u8 = 0x08;
