//! RTP packets (RFC 3550 §5.1): the header, which SRTP leaves readable, and the payload's edges.
//!
//! Knows no key and no codec: payloads passed in here are decrypted. Read next:
//! [`ext`] for the header's extensions, `header_writer` for the way out.

mod header_writer;

pub use header_writer::{HeaderWriter, RtpFields};

use super::{Malformed, ext};
use crate::base::{RtpTime, Seq, Ssrc};

/// A view of the header of one RTP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RtpHeader<'a> {
    /// M: by the payload format; mostly the last packet of a frame, or the first of a talk spurt.
    pub marker: bool,
    /// PT, 0-127.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence_number: Seq,
    /// When the payload was sampled, in ticks of the payload format's clock.
    pub timestamp: RtpTime,
    /// The stream it belongs to.
    pub ssrc: Ssrc,
    /// P: the decrypted payload ends in padding; see [`without_padding`].
    pub has_padding: bool,
    extensions: ext::Elements<'a>,
    len: usize,
}

impl<'a> RtpHeader<'a> {
    /// Bytes of the fixed part.
    pub const MIN_LEN: usize = MIN_LEN;

    /// Reads the header in front of `packet`, encrypted or not.
    pub fn parse(packet: &'a [u8]) -> Result<Self, Malformed> {
        let (&[flags, second, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3], rest) =
            packet.split_first_chunk::<MIN_LEN>().ok_or(Malformed("RTP header cut short"))?;
        if flags >> 6 != VERSION {
            return Err(Malformed("RTP version is not 2"));
        }
        let contributing_sources = usize::from(flags & 0x0f) * 4;
        let rest = rest.get(contributing_sources..).ok_or(Malformed("RTP CSRC list cut short"))?;
        let (extensions, rest) = if flags & EXTENSION_BIT != 0 {
            split_extensions(rest).ok_or(Malformed("RTP header extension cut short"))?
        } else {
            (NO_EXTENSIONS, rest)
        };
        Ok(Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence_number: Seq(u16::from_be_bytes([s0, s1])),
            timestamp: RtpTime(u32::from_be_bytes([t0, t1, t2, t3])),
            ssrc: Ssrc(u32::from_be_bytes([i0, i1, i2, i3])),
            has_padding: flags & PADDING_BIT != 0,
            extensions,
            len: packet.len() - rest.len(),
        })
    }

    /// Bytes of the header, contributing sources and extension block included: where the payload
    /// begins.
    #[expect(clippy::len_without_is_empty, reason = "a header is never empty")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The header extensions; none if the block is of a profile other than RFC 8285's two.
    pub const fn extensions(&self) -> ext::Elements<'a> {
        self.extensions
    }
}

/// Elements of the block, and what follows it (RFC 3550 §5.3.1).
fn split_extensions(bytes: &[u8]) -> Option<(ext::Elements<'_>, &[u8])> {
    let (&[p0, p1, w0, w1], rest) = bytes.split_first_chunk::<4>()?;
    let words = usize::from(u16::from_be_bytes([w0, w1]));
    let (block, rest) = rest.split_at_checked(words * 4)?;
    let elements = match ext::Format::from_profile(u16::from_be_bytes([p0, p1])) {
        Some(format) => ext::Elements::new(format, block),
        None => NO_EXTENSIONS,
    };
    Some((elements, rest))
}

/// Removes RTP padding (RFC 3550 §5.1) from a decrypted payload; `None` if the padding count is
/// absurd: 0, or more than there is. A payload of nothing but padding becomes empty.
pub fn without_padding<'p>(header: &RtpHeader<'_>, payload: &'p [u8]) -> Option<&'p [u8]> {
    if !header.has_padding {
        return Some(payload);
    }
    let count = usize::from(*payload.last()?);
    if count == 0 {
        return None;
    }
    payload.get(..payload.len().checked_sub(count)?)
}

/// Takes a retransmission payload apart (RFC 4588 §4): the original sequence number, and the
/// original payload.
pub fn split_rtx(payload: &[u8]) -> Option<(Seq, &[u8])> {
    let (original, payload) = payload.split_first_chunk()?;
    Some((Seq(u16::from_be_bytes(*original)), payload))
}

const MIN_LEN: usize = 12;
const VERSION: u8 = 2;
const PADDING_BIT: u8 = 0x20;
const EXTENSION_BIT: u8 = 0x10;
const NO_EXTENSIONS: ext::Elements<'static> = ext::Elements::new(ext::Format::OneByte, &[]);

#[cfg(test)]
mod tests;
