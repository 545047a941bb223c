//! Writes a compound packet into a caller's slice, packet after packet.

use crate::base::Ssrc;
use crate::wire::writer::Writer;

/// A compound packet being written. Each packet type adds a method, in its own file; every one
/// says `false` if the packet does not fit, and then has written nothing, so that the caller can
/// send what there is and begin anew.
#[derive(Debug)]
pub struct Compound<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl<'a> Compound<'a> {
    /// An empty compound at the front of `out`.
    pub const fn new(out: &'a mut [u8]) -> Self {
        Self { out, len: 0 }
    }

    /// Bytes written so far: a whole number of packets.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is written yet.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Room for the body of the next packet, in bytes: a multiple of 4.
    pub(super) fn room(&self) -> usize {
        (self.out.len() - self.len).saturating_sub(HEADER_LEN) / 4 * 4
    }

    /// Heads the next packet, with a body of `body_len` bytes, a multiple of 4, which the caller
    /// must fill. `None`: no room, and nothing is written.
    pub(super) fn append(
        &mut self,
        packet_type: u8,
        format: u8,
        body_len: usize,
    ) -> Option<Writer<'_>> {
        debug_assert!(body_len.is_multiple_of(4) && format < 32);
        let words = u16::try_from(body_len / 4).ok()?;
        let packet = self.out.get_mut(self.len..)?.get_mut(..HEADER_LEN + body_len)?;
        self.len += packet.len();
        let mut writer = Writer::new(packet);
        writer.put(&[VERSION | format, packet_type]);
        writer.put(&words.to_be_bytes());
        Some(writer)
    }

    /// Heads a feedback message (RFC 4585 §6.1) with `control_len` bytes of feedback control
    /// information.
    pub(super) fn append_feedback(
        &mut self,
        packet_type: u8,
        format: u8,
        (sender, media): (Ssrc, Ssrc),
        control_len: usize,
    ) -> Option<Writer<'_>> {
        let mut writer = self.append(packet_type, format, 8 + control_len)?;
        writer.put_u32(sender.0);
        writer.put_u32(media.0);
        Some(writer)
    }
}

/// Count of reports or sources that fits the header's five bits.
pub(super) fn count(len: usize) -> Option<u8> {
    u8::try_from(len).ok().filter(|count| *count < 32)
}

const VERSION: u8 = 2 << 6;
const HEADER_LEN: usize = 4;
