//! How a packet of a source is made one of a sent stream: what is added to the numbers it carries
//! in its payload descriptor and its dependency descriptor.
//!
//! What holds for all packets from one start to the next is a [`Translation`], kept under its epoch:
//! a retransmission must say the very same. Read next: [`crate::media`], which writes it.

use crate::params::Codec;
use crate::wire::ext::dependency_descriptor::Rewrite;
use crate::wire::payload::{vp8, vp9};

/// As many starts as any packet may lie back that is still waiting, or asked for again.
const KEPT: usize = 16;
/// Bytes of payload that a rewritten descriptor replaces, at most.
pub(crate) const MOST_HEAD: usize = 8;

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Translation {
    /// Counts starts; wraps.
    pub(crate) epoch: u8,
    pub(crate) timestamp_offset: u32,
    pub(crate) tl0_offset: u8,
    pub(crate) key_index_offset: u8,
    pub(crate) descriptor: Rewrite,
}

/// What differs from packet to packet of one epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Munge {
    /// Added to the picture id.
    pub(crate) picture_offset: u16,
    /// Which translation.
    pub(crate) epoch: u8,
    /// It is the last packet that this receiver gets of its picture.
    pub(crate) sets_marker: bool,
    /// Some number is not what it was.
    pub(crate) rewrites: bool,
}

impl Translation {
    /// Whether a packet under it carries its numbers unchanged, if its picture id does.
    pub(crate) fn is_plain(&self) -> bool {
        self.tl0_offset == 0 && self.key_index_offset == 0 && self.descriptor == Rewrite::default()
    }

    /// The beginning of `payload` as this receiver is to see it: how many bytes of `out` stand for
    /// as many of the payload.
    pub(crate) fn head(
        &self,
        codec: Codec,
        picture_offset: u16,
        payload: &[u8],
        out: &mut [u8; MOST_HEAD],
    ) -> usize {
        let len = match codec {
            Codec::Vp8 => {
                let shift = vp8::Shift {
                    picture_id: picture_offset,
                    tl0_picture_index: self.tl0_offset,
                    key_index: self.key_index_offset,
                };
                vp8::shift(payload, shift, out)
            }
            Codec::Vp9 => {
                let shift =
                    vp9::Shift { picture_id: picture_offset, tl0_picture_index: self.tl0_offset };
                vp9::shift(payload, shift, out)
            }
            Codec::Av1 | Codec::H264 | Codec::H265 | Codec::Opus => None,
        };
        len.unwrap_or(0)
    }
}

/// The newest translations of a stream, the newest last.
#[derive(Debug, Default)]
pub(super) struct Translations(Vec<Translation>);

impl Translations {
    /// A start.
    pub(super) fn push(&mut self, translation: Translation) {
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push(translation);
    }

    /// The one of `epoch`, if it is still kept.
    pub(super) fn get(&self, epoch: u8) -> Option<&Translation> {
        self.0.iter().rev().find(|held| held.epoch == epoch)
    }

    /// Another subscription begins.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translation_is_found_by_its_epoch_until_sixteen_later_ones_have_come() {
        let mut translations = Translations::default();
        for count in 1..300_u32 {
            let epoch = count.to_le_bytes()[0];
            let translation =
                Translation { epoch, timestamp_offset: count, ..Translation::default() };
            translations.push(translation);
            for back in 0..16.min(count) {
                let held = translations.get((count - back).to_le_bytes()[0]).expect("it is kept");
                assert_eq!(held.timestamp_offset, count - back);
            }
            assert_eq!(translations.get(epoch.wrapping_sub(16)), None);
        }
    }
}
