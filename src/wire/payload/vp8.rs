//! VP8 (RFC 7741).

use super::{PictureId, copy_front, picture};

/// The payload descriptor (§4.2), which stays readable where the frame behind it is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// S=1 and PID=0: the first packet of a frame.
    pub starts_frame: bool,
    /// N: no other frame refers to this one.
    pub non_reference: bool,
    /// The running number of the frame.
    pub picture_id: Option<PictureId>,
    /// TL0PICIDX: the running number of the newest frame of temporal layer 0, modulo 256.
    pub tl0_picture_index: Option<u8>,
    /// TID: the temporal layer, 0-3, 0 the lowest.
    pub temporal: Option<u8>,
    /// Y: refers to temporal layer 0 only, so that this layer may be taken up here.
    pub layer_sync: bool,
    /// KEYIDX: the running number of the key frame referred to, 5 bits.
    pub key_index: Option<u8>,
    /// How many bytes of the payload the descriptor takes, 1-6.
    pub len: usize,
}

impl Descriptor {
    /// Reads the descriptor at the front of a payload. `None`: cut short.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (&required, mut rest) = payload.split_first()?;
        let mut descriptor = Self {
            starts_frame: required & (S | PID) == S,
            non_reference: required & N != 0,
            picture_id: None,
            tl0_picture_index: None,
            temporal: None,
            layer_sync: false,
            key_index: None,
            len: 0,
        };
        if required & X != 0 {
            rest = descriptor.read_extension(rest)?;
        }
        descriptor.len = payload.len() - rest.len();
        Some(descriptor)
    }

    /// Reads the optional part; returns what is behind.
    fn read_extension<'p>(&mut self, bytes: &'p [u8]) -> Option<&'p [u8]> {
        let (&present, mut rest) = bytes.split_first()?;
        if present & I != 0 {
            let (picture_id, behind) = PictureId::read(rest)?;
            (self.picture_id, rest) = (Some(picture_id), behind);
        }
        if present & L != 0 {
            let (&index, behind) = rest.split_first()?;
            (self.tl0_picture_index, rest) = (Some(index), behind);
        }
        if present & (T | K) != 0 {
            let (&layer, behind) = rest.split_first()?;
            self.temporal = (present & T != 0).then_some(layer >> 6);
            self.layer_sync = present & T != 0 && layer & Y != 0;
            self.key_index = (present & K != 0).then_some(layer & KEYIDX);
            rest = behind;
        }
        Some(rest)
    }
}

/// What a receiver's numbers are ahead of the publisher's, each modulo its width: PictureID 15 or
/// 7 bits as in the packet, TL0PICIDX 8, KEYIDX 5.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shift {
    /// Added to PictureID.
    pub picture_id: u16,
    /// Added to TL0PICIDX.
    pub tl0_picture_index: u8,
    /// Added to KEYIDX.
    pub key_index: u8,
}

/// Writes the payload's descriptor to the front of `out`, its numbers shifted; numbers that are
/// not there are not added. Returns how many bytes that are, as many as in the payload; `out`
/// behind them is scratch. `None`: the descriptor is cut short.
pub fn shift(payload: &[u8], shift: Shift, out: &mut [u8; 8]) -> Option<usize> {
    let descriptor = Descriptor::parse(payload)?;
    copy_front(payload, out);
    // behind the two bytes that tell which numbers there are
    let (_, mut rest) = out.split_at_mut(2);
    if let Some(id) = descriptor.picture_id {
        rest = id.plus(shift.picture_id).write(rest)?;
    }
    if descriptor.tl0_picture_index.is_some() {
        let (index, behind) = rest.split_first_mut()?;
        *index = index.wrapping_add(shift.tl0_picture_index);
        rest = behind;
    }
    if let Some(index) = descriptor.key_index {
        let layer = rest.first_mut()?;
        *layer = *layer & !KEYIDX | index.wrapping_add(shift.key_index) & KEYIDX;
    }
    Some(descriptor.len)
}

/// Whether the payload starts a key frame: the first packet of a frame with P=0 (§4.3), and with
/// the start code of RFC 6386 §9.1, where there are bytes enough for one. So an encrypted frame
/// is not taken for one by its first bit; senders that encrypt leave a key frame's first ten bytes
/// clear.
pub fn is_key_frame_start(payload: &[u8]) -> bool {
    key_frame(payload).is_some()
}

/// Width and height of a key frame in pixels, from its first packet (RFC 6386 §9.1). `None`: it
/// starts none, or is too short to tell.
pub fn key_frame_size(payload: &[u8]) -> Option<(u16, u16)> {
    let &[_, _, _, _, _, _, w0, w1, h0, h1, ..] = key_frame(payload)? else { return None };
    let pixels = |low, high| u32::from(u16::from_le_bytes([low, high]) & SIZE);
    picture(pixels(w0, w1), pixels(h0, h1))
}

/// The key frame that starts in this payload, as far as it is here.
fn key_frame(payload: &[u8]) -> Option<&[u8]> {
    let descriptor = Descriptor::parse(payload)?;
    let frame = payload.get(descriptor.len..)?;
    let is_key = descriptor.starts_frame
        && frame.first()? & P == 0
        && frame.get(3..6).is_none_or(|code| code == START_CODE);
    is_key.then_some(frame)
}

// First byte of the payload descriptor: extension present, non-reference frame, start of
// partition, partition index.
const X: u8 = 0x80;
const N: u8 = 0x20;
const S: u8 = 0x10;
const PID: u8 = 0x07;
// Second byte: PictureID, TL0PICIDX, TID and KEYIDX present.
const I: u8 = 0x80;
const L: u8 = 0x40;
const T: u8 = 0x20;
const K: u8 = 0x10;
// In the byte that begins with TID: layer sync, index of the key frame.
const Y: u8 = 0x20;
const KEYIDX: u8 = 0x1f;
// First byte of the payload header: 0 on a key frame.
const P: u8 = 0x01;
const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];
// Of 16 bits, two on top tell how to scale.
const SIZE: u16 = 0x3fff;

#[cfg(test)]
mod tests;
