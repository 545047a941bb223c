//! Writes an RTP header straight into the driver's slot: `begin`, any number of `extension`,
//! `finish`. Every forwarded packet passes here, so there is no list of extensions in between.

use super::{EXTENSION_BIT, MIN_LEN, PADDING_BIT, VERSION};
use crate::base::{RtpTime, Seq, Ssrc};
use crate::wire::ext::Format;

/// The fixed fields of a header to write (RFC 3550 §5.1); no contributing sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RtpFields {
    /// P: the payload ends in padding, whose last byte says how many bytes it is.
    pub has_padding: bool,
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
///
/// The fixed part goes in last and in two words: what reads it next (the cipher, as associated
/// data) reads 16 bytes at once, and a CPU waits if those come from many small writes.
#[derive(Debug)]
pub struct HeaderWriter<'a> {
    out: &'a mut [u8],
    fields: RtpFields,
    format: Format,
    /// End of what is written, or reserved: the fixed part, or the last element.
    len: usize,
}

impl<'a> HeaderWriter<'a> {
    /// Begins a header at the front of `out`; `None` if it has no room for the fixed part.
    /// Extensions will be in `format`.
    #[inline]
    pub const fn begin(out: &'a mut [u8], fields: RtpFields, format: Format) -> Option<Self> {
        if out.len() < MIN_LEN {
            return None;
        }
        Some(Self { out, fields, format, len: MIN_LEN })
    }

    /// Appends an extension element. `false`: the format cannot hold it, or there is no room; then
    /// nothing was written, and the header may go on without it.
    #[inline]
    pub fn extension(&mut self, id: u8, value: &[u8]) -> bool {
        let Ok(value_len) = u8::try_from(value.len()) else { return false };
        if !self.format.fits(id, value.len()) {
            return false;
        }
        let start = self.block_end();
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

    /// Appends the two elements that every packet gets when it leaves, each as identifier and
    /// value: transport-wide sequence number, absolute send time (24 bits). `false` as for
    /// [`extension`](Self::extension), but the first of the two may have been written.
    #[inline]
    pub fn stamps(
        &mut self,
        transport_cc: Option<(u8, u16)>,
        abs_send_time: Option<(u8, u32)>,
    ) -> bool {
        let fits = |id: u8| self.format == Format::OneByte && self.format.fits(id, 1);
        if let (Some((cc_id, number)), Some((time_id, time))) = (transport_cc, abs_send_time)
            && fits(cc_id)
            && fits(time_id)
            && let start = self.block_end()
            && let Some(room) = self.out.get_mut(start..start + 8)
        {
            // 1 + 2 and 1 + 3 bytes, and one that the next element or the padding takes.
            let [n0, n1] = number.to_be_bytes();
            let [_, t0, t1, t2] = time.to_be_bytes();
            room.copy_from_slice(&[cc_id << 4 | 1, n0, n1, time_id << 4 | 2, t0, t1, t2, 0]);
            self.len = start + 7;
            return true;
        }
        transport_cc.is_none_or(|(id, number)| self.extension(id, &number.to_be_bytes()))
            && abs_send_time.is_none_or(|(id, time)| {
                let [_, value @ ..] = time.to_be_bytes();
                self.extension(id, &value)
            })
    }

    /// Closes the block: pads it to 32 bits; then writes the fixed part, with the X bit and the
    /// block's length if there is any element at all. Returns the length of the header: the
    /// payload goes there.
    #[inline]
    pub fn finish(self) -> usize {
        let end = self.len.next_multiple_of(4);
        let words = block_words(end);
        let front = self.front(words);
        let Self { out, len, .. } = self;
        if words.is_none() {
            if let (Some(out), Some(front)) = (out.first_chunk_mut(), front.first_chunk()) {
                let (out, front): (&mut [u8; MIN_LEN], &[u8; MIN_LEN]) = (out, front);
                *out = *front;
            }
            return end;
        }
        if let Some(padding) = out.get_mut(len..end) {
            for byte in padding {
                *byte = 0;
            }
        }
        if let Some(out) = out.first_chunk_mut() {
            *out = front;
        }
        end
    }

    /// The fixed part (RFC 3550 §5.1), and profile and length of a block (§5.3.1).
    const fn front(&self, block_words: Option<u16>) -> [u8; BLOCK_START] {
        let RtpFields { has_padding, marker, payload_type, sequence_number, timestamp, ssrc } =
            self.fields;
        let (extension, words) = match block_words {
            Some(words) => (EXTENSION_BIT, words),
            None => (0, 0),
        };
        let padding = if has_padding { PADDING_BIT } else { 0 };
        let flags = (VERSION << 6 | padding | extension) as u128;
        let second = ((marker as u8) << 7 | (payload_type & 0x7f)) as u128;
        let numbers = (sequence_number.0 as u128) << 96 | (timestamp.0 as u128) << 64;
        let block = (self.format.profile() as u128) << 16 | words as u128;
        let front = flags << 120 | second << 112 | numbers | (ssrc.0 as u128) << 32 | block;
        front.to_be_bytes()
    }

    /// Where the next element begins.
    const fn block_end(&self) -> usize {
        if self.len == MIN_LEN { BLOCK_START } else { self.len }
    }
}

/// The block's length field for a header that ends at `end`; `None` if it holds no block, or one
/// that is too long.
fn block_words(end: usize) -> Option<u16> {
    u16::try_from(end.checked_sub(BLOCK_START)? / 4).ok()
}

/// The first element comes behind the block's profile and length.
const BLOCK_START: usize = MIN_LEN + 4;
