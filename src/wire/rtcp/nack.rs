//! Generic NACK (RFC 4585 §6.2.1): packets that did not arrive and are wanted again.

use super::compound::Compound;
use super::{NACK, TRANSPORT_FEEDBACK, split_feedback};
use crate::base::{Seq, Ssrc};

/// What is missing of one stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nack<'a> {
    /// Who asks.
    pub sender: Ssrc,
    /// Of which stream.
    pub media: Ssrc,
    entries: &'a [[u8; 4]],
}

impl<'a> Nack<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (sender, media, entries) = split_feedback(body)?;
        Some(Self { sender, media, entries: entries.as_chunks().0 })
    }

    /// The packets, at most 17 for each four bytes of the message; whoever wrote it decides on
    /// order and repetition.
    pub fn lost(&self) -> impl Iterator<Item = Seq> + Clone + use<'a> {
        self.entries.iter().flat_map(|&[p0, p1, b0, b1]| {
            let packet_id = u16::from_be_bytes([p0, p1]);
            let following = u16::from_be_bytes([b0, b1]);
            let bits = (0..16u16).filter(move |bit| following >> bit & 1 == 1);
            std::iter::once(packet_id)
                .chain(bits.map(move |bit| packet_id.wrapping_add(bit + 1)))
                .map(Seq)
        })
    }
}

impl Compound<'_> {
    /// Writes a NACK for `lost`, ascending (across the wrap). Nothing lost: nothing to write,
    /// which always fits.
    pub fn nack(&mut self, sender: Ssrc, media: Ssrc, lost: &[Seq]) -> bool {
        let control_len = Entries { lost }.count() * 4;
        if control_len == 0 {
            return true;
        }
        let feedback = self.append_feedback(TRANSPORT_FEEDBACK, NACK, (sender, media), control_len);
        let Some(mut writer) = feedback else { return false };
        for (packet_id, following) in (Entries { lost }) {
            writer.put(&packet_id.to_be_bytes());
            writer.put(&following.to_be_bytes());
        }
        true
    }
}

/// Packs numbers into PID and BLP: a packet, and a bit for each of the 16 that follow it.
struct Entries<'s> {
    lost: &'s [Seq],
}

impl Iterator for Entries<'_> {
    type Item = (u16, u16);

    fn next(&mut self) -> Option<Self::Item> {
        let (packet_id, mut rest) = self.lost.split_first()?;
        let mut following = 0;
        while let Some((seq, behind)) = rest.split_first() {
            match seq.0.wrapping_sub(packet_id.0) {
                0 => {}
                distance @ 1..=16 => following |= 1 << (distance - 1),
                _ => break,
            }
            rest = behind;
        }
        self.lost = rest;
        Some((packet_id.0, following))
    }
}
