//! Full intra request (RFC 5104 §4.3.1): a command to send a key frame.

use super::compound::Compound;
use super::{FULL_INTRA, PAYLOAD_FEEDBACK, split_feedback};
use crate::base::Ssrc;

/// Commands to one or more streams.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FullIntraRequest<'a> {
    /// Who commands.
    pub sender: Ssrc,
    entries: &'a [[u8; 8]],
}

impl<'a> FullIntraRequest<'a> {
    /// The header's media source is not used (§4.3.1.2).
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (sender, _, entries) = split_feedback(body)?;
        Some(Self { sender, entries: entries.as_chunks().0 })
    }

    /// Which streams, each with the command's sequence number: a repetition has the same.
    pub fn entries(&self) -> impl Iterator<Item = (Ssrc, u8)> + Clone + use<'a> {
        self.entries.iter().map(|&[s0, s1, s2, s3, command, ..]| {
            (Ssrc(u32::from_be_bytes([s0, s1, s2, s3])), command)
        })
    }
}

impl Compound<'_> {
    /// Writes a FIR for one stream; `command` counts the commands to it and wraps.
    pub fn full_intra_request(&mut self, sender: Ssrc, media: Ssrc, command: u8) -> bool {
        let feedback =
            self.append_feedback(PAYLOAD_FEEDBACK, FULL_INTRA, (sender, Ssrc(0)), ENTRY_LEN);
        let Some(mut writer) = feedback else { return false };
        writer.put_u32(media.0);
        writer.put(&[command, 0, 0, 0]);
        true
    }
}

const ENTRY_LEN: usize = 8;
