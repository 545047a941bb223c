//! VP9 (RFC 9628): its payload descriptor (§4.2), which stays readable where the frame behind it
//! is encrypted.
//!
//! Read next: [`ScalabilityStructure`], which a descriptor brings now and then.

mod structure;

pub use structure::ScalabilityStructure;

use super::{PictureId, copy_front};

/// What a packet says of itself. A *picture* is what is shown at one time; it has one *frame* per
/// spatial layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// The running number of the picture; the frames of all spatial layers share it.
    pub picture_id: Option<PictureId>,
    /// P: refers to earlier pictures.
    pub inter_picture_predicted: bool,
    /// F: each packet names the pictures referred to.
    pub flexible: bool,
    /// B: the first packet of a frame.
    pub starts_frame: bool,
    /// E: the last packet of a frame.
    pub ends_frame: bool,
    /// Z: no higher spatial layer of this picture refers to this frame.
    pub not_a_reference_upwards: bool,
    /// Which layer the frame is of, if the stream has layers.
    pub layer: Option<LayerIndices>,
    /// TL0PICIDX: the running number of the newest picture of temporal layer 0, modulo 256.
    /// Present if layers are and `flexible` is not.
    pub tl0_picture_index: Option<u8>,
    references: [u8; 3],
    reference_count: u8,
    /// Sizes and layers of the pictures from here on.
    pub structure: Option<ScalabilityStructure>,
    /// How many bytes of the payload the descriptor takes.
    pub len: usize,
}

/// The layer of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayerIndices {
    /// TID: temporal layer, 0-7, 0 the lowest.
    pub temporal: u8,
    /// U: from this picture on, this temporal layer and those above it may be taken up.
    pub switching_up_point: bool,
    /// SID: spatial layer, 0-7, 0 the lowest.
    pub spatial: u8,
    /// D: refers to the spatial layer below, of the same picture.
    pub inter_layer_predicted: bool,
}

impl Descriptor {
    /// Reads the descriptor at the front of a payload. `None`: cut short, or more than three
    /// references.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (&required, rest) = payload.split_first()?;
        let mut descriptor = Self {
            picture_id: None,
            inter_picture_predicted: required & P != 0,
            flexible: required & F != 0,
            starts_frame: required & B != 0,
            ends_frame: required & E != 0,
            not_a_reference_upwards: required & Z != 0,
            layer: None,
            tl0_picture_index: None,
            references: [0; 3],
            reference_count: 0,
            structure: None,
            len: 0,
        };
        let rest = descriptor.read_numbers(required, rest)?;
        let mut rest = descriptor.read_references(rest)?;
        if required & V != 0 {
            let (structure, behind) = ScalabilityStructure::read(rest)?;
            (descriptor.structure, rest) = (Some(structure), behind);
        }
        descriptor.len = payload.len() - rest.len();
        Some(descriptor)
    }

    /// P_DIFF: how far before this picture, by picture id, those are that it refers to; at most
    /// three, and only if `flexible`.
    pub fn references(&self) -> &[u8] {
        self.references.get(..usize::from(self.reference_count)).unwrap_or_default()
    }

    /// PictureID, layer indices and TL0PICIDX; returns what is behind.
    fn read_numbers<'p>(&mut self, required: u8, mut rest: &'p [u8]) -> Option<&'p [u8]> {
        if required & I != 0 {
            let (picture_id, behind) = PictureId::read(rest)?;
            (self.picture_id, rest) = (Some(picture_id), behind);
        }
        if required & L == 0 {
            return Some(rest);
        }
        let (&indices, behind) = rest.split_first()?;
        self.layer = Some(LayerIndices::from_byte(indices));
        if self.flexible {
            return Some(behind);
        }
        let (&index, behind) = behind.split_first()?;
        self.tl0_picture_index = Some(index);
        Some(behind)
    }

    fn read_references<'p>(&mut self, mut rest: &'p [u8]) -> Option<&'p [u8]> {
        if !(self.flexible && self.inter_picture_predicted) {
            return Some(rest);
        }
        for reference in &mut self.references {
            let (&byte, behind) = rest.split_first()?;
            *reference = byte >> 1;
            self.reference_count += 1;
            rest = behind;
            if byte & MORE == 0 {
                return Some(rest);
            }
        }
        None
    }
}

impl LayerIndices {
    const fn from_byte(byte: u8) -> Self {
        Self {
            temporal: byte >> 5,
            switching_up_point: byte & U != 0,
            spatial: (byte & SID) >> 1,
            inter_layer_predicted: byte & D != 0,
        }
    }
}

/// What a receiver's numbers are ahead of the publisher's, each modulo its width: PictureID 15 or
/// 7 bits as in the packet, TL0PICIDX 8.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shift {
    /// Added to PictureID.
    pub picture_id: u16,
    /// Added to TL0PICIDX.
    pub tl0_picture_index: u8,
}

/// Writes the front of the payload's descriptor, up to where TL0PICIDX is, to the front of `out`,
/// its numbers shifted; numbers that are not there are not added. Returns how many bytes that are,
/// as many as in the payload, 1-5: what follows stands, and `out` behind them is scratch. `None`:
/// not a descriptor.
pub fn shift(payload: &[u8], shift: Shift, out: &mut [u8; 8]) -> Option<usize> {
    let descriptor = Descriptor::parse(payload)?;
    copy_front(payload, out);
    let mut len = 1;
    let (_, mut rest) = out.split_at_mut(1);
    if let Some(id) = descriptor.picture_id {
        rest = id.plus(shift.picture_id).write(rest)?;
        len += if id.is_long { 2 } else { 1 };
    }
    if descriptor.layer.is_some() {
        (_, rest) = rest.split_first_mut()?;
        len += 1;
    }
    if descriptor.tl0_picture_index.is_some() {
        let index = rest.first_mut()?;
        *index = index.wrapping_add(shift.tl0_picture_index);
        len += 1;
    }
    Some(len)
}

/// Whether the payload starts a key frame: the first packet (B=1) of a frame that is not predicted
/// from another picture (P=0) and of the lowest spatial layer (SID=0, or no layers).
pub fn is_key_frame_start(payload: &[u8]) -> bool {
    Descriptor::parse(payload).is_some_and(|descriptor| {
        descriptor.starts_frame
            && !descriptor.inter_picture_predicted
            && descriptor.layer.is_none_or(|layer| layer.spatial == 0)
    })
}

// First byte: PictureID present, inter-picture predicted, layer indices present, flexible mode,
// beginning and end of a frame, scalability structure present, not a reference upwards.
const I: u8 = 0x80;
const P: u8 = 0x40;
const L: u8 = 0x20;
const F: u8 = 0x10;
const B: u8 = 0x08;
const E: u8 = 0x04;
const V: u8 = 0x02;
const Z: u8 = 0x01;
// Layer indices: switching up point, spatial layer, inter-layer predicted.
const U: u8 = 0x10;
const SID: u8 = 0x0e;
const D: u8 = 0x01;
/// N: another P_DIFF follows.
const MORE: u8 = 0x01;

#[cfg(test)]
mod tests;
