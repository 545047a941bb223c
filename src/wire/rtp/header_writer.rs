//! Writes an RTP header straight into the driver's slot: `begin`, any number of `extension`,
//! `finish`. Every forwarded packet passes here, so there is no list of extensions in between.

use super::{EXTENSION_BIT, MIN_LEN, VERSION};
use crate::base::{RtpTime, Seq, Ssrc};
use crate::wire::ext::Format;

/// The fixed fields of a header to write (RFC 3550 §5.1); no padding, no contributing sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RtpFields {
    /// M, by the payload format.
    pub marker: bool,
    /// PT, 0-127; the bit above is not written.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence_number: Seq,
    /// When the payload was sampled, in ticks of the payload format's clock.
    pub timestamp: RtpTime,
    /// The stream it belongs to.
    pub ssrc: Ssrc,
}

/// A header being written.
#[derive(Debug)]
pub struct HeaderWriter<'a> {
    out: &'a mut [u8],
    format: Format,
    /// End of what is written: the fixed part, or the last element.
    len: usize,
}

impl<'a> HeaderWriter<'a> {
    /// Writes the fixed part to the front of `out`; `None` if it has no room for that. Extensions
    /// will be in `format`.
    pub fn begin(out: &'a mut [u8], fields: RtpFields, format: Format) -> Option<Self> {
        let fixed = out.first_chunk_mut::<MIN_LEN>()?;
        let second = u8::from(fields.marker) << 7 | (fields.payload_type & 0x7f);
        let [s0, s1] = fields.sequence_number.0.to_be_bytes();
        let [t0, t1, t2, t3] = fields.timestamp.0.to_be_bytes();
        let [i0, i1, i2, i3] = fields.ssrc.0.to_be_bytes();
        *fixed = [VERSION << 6, second, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3];
        Some(Self { out, format, len: MIN_LEN })
    }

    /// Appends an extension element. `false`: the format cannot hold it, or there is no room; then
    /// nothing was written, and the header may go on without it.
    pub fn extension(&mut self, id: u8, value: &[u8]) -> bool {
        let Ok(value_len) = u8::try_from(value.len()) else { return false };
        if !self.format.fits(id, value.len()) {
            return false;
        }
        let start = if self.len == MIN_LEN { BLOCK_START } else { self.len };
        let end = start + self.format.element_header_len() + value.len();
        // Room is needed for the padding too, and the block's length has 16 bits for words.
        let padded = end.next_multiple_of(4);
        if padded > self.out.len() || block_words(padded).is_none() {
            return false;
        }
        let Some(element) = self.out.get_mut(start..end) else { return false };
        let room = match (self.format, element) {
            (Format::OneByte, [head, room @ ..]) => {
                *head = id << 4 | (value_len - 1);
                room
            }
            (Format::TwoByte, [head, len, room @ ..]) => {
                (*head, *len) = (id, value_len);
                room
            }
            _ => return false,
        };
        room.copy_from_slice(value);
        self.len = end;
        true
    }

    /// Closes the block: pads it to 32 bits and sets its length and the X bit, if there is any
    /// element at all. Returns the length of the header: the payload goes there.
    pub fn finish(self) -> usize {
        let end = self.len.next_multiple_of(4);
        let Some(words) = block_words(end) else { return self.len };
        if let Some(padding) = self.out.get_mut(self.len..end) {
            padding.fill(0);
        }
        if let Some([flags, .., p0, p1, w0, w1]) = self.out.first_chunk_mut::<BLOCK_START>() {
            *flags |= EXTENSION_BIT;
            [*p0, *p1] = self.format.profile().to_be_bytes();
            [*w0, *w1] = words.to_be_bytes();
        }
        end
    }
}

/// The block's length field for a header that ends at `end`; `None` if it holds no block, or one
/// that is too long.
fn block_words(end: usize) -> Option<u16> {
    u16::try_from(end.checked_sub(BLOCK_START)? / 4).ok()
}

/// The first element comes behind the block's profile and length.
const BLOCK_START: usize = MIN_LEN + 4;
