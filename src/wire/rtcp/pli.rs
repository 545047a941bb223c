//! Picture loss indication (RFC 4585 §6.3.1): a decoder has lost its way and needs a key frame.

use super::compound::Compound;
use super::{PAYLOAD_FEEDBACK, PICTURE_LOSS, Packet, split_feedback};
use crate::base::Ssrc;

pub(super) fn parse(body: &[u8]) -> Option<Packet<'_>> {
    let (sender, media, _) = split_feedback(body)?;
    Some(Packet::PictureLossIndication { sender, media })
}

impl Compound<'_> {
    /// Writes a PLI.
    pub fn picture_loss_indication(&mut self, sender: Ssrc, media: Ssrc) -> bool {
        self.append_feedback(PAYLOAD_FEEDBACK, PICTURE_LOSS, (sender, media), 0).is_some()
    }
}
