//! How many numbers may, and how many must, be missing between two packets (R4): those lost before
//! the engine, as far as it cannot know that it would have dropped them; and one where a frame was
//! left unfinished.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::super::publish::{Fate, TrueFrame, Truth};

/// After a switch the old stream's losses of so long still count: they may have been found
/// before it.
const OVERLAP: Duration = Duration::from_secs(1);

/// The last packet of one frame, and the first of the next, as far as they came.
#[derive(Clone, Copy)]
pub struct Seam<'a> {
    pub before: (&'a TrueFrame, u8),
    pub marker: bool,
    pub after: (&'a TrueFrame, u8),
    /// Decoding starts anew with the frame after.
    pub is_start: bool,
}

impl Seam<'_> {
    pub fn is_switch(&self) -> bool {
        !self.before.0.continues(self.after.0)
    }

    /// The packets of the frame before that did not come.
    pub fn tail(&self) -> impl Iterator<Item = Fate> {
        self.before.0.packets.iter().skip(usize::from(self.before.1) + 1).map(|packet| packet.fate)
    }

    /// The packets of the frame after that did not come.
    pub fn head(&self) -> impl Iterator<Item = Fate> {
        self.after.0.packets.iter().take(usize::from(self.after.1)).map(|packet| packet.fate)
    }

    /// Frames of the stream before between both, none of which was forwarded.
    pub fn skipped(&self, truth: &Truth) -> Vec<TrueFrame> {
        let (before, after) = (self.before.0, self.after.0);
        let frames = truth.frames(before.encoding);
        let later = frames.iter().skip(before.index as usize + 1);
        let until = after.captured + OVERLAP;
        let is_switch = self.is_switch();
        let belongs = |frame: &&TrueFrame| match is_switch {
            true => frame.continues(before) && frame.captured <= until,
            false => frame.index < after.index,
        };
        later.take_while(belongs).cloned().collect()
    }

    /// Numbers that may be missing.
    pub fn missing(&self, skipped: &[TrueFrame]) -> RangeInclusive<u64> {
        let between = || skipped.iter().flat_map(|frame| &frame.packets).map(|packet| packet.fate);
        let is_missing = |fate: &Fate| *fate != Fate::Delivered;
        let tail = self.tail().count() as u64;
        let head = self.head().count() as u64;
        let lost_tail = self.tail().filter(is_missing).count() as u64;
        // Without the packet that brings a structure, what follows cannot be read: the engine leaves
        // its numbers free, in case the packet comes after all.
        let is_unreadable = |frame: &TrueFrame| {
            let first = frame.packets.first().map(|packet| packet.fate);
            frame.descriptor.is_some() && frame.starts() && first != Some(Fate::Delivered)
        };
        let is_blind = skipped.iter().any(is_unreadable) || is_unreadable(self.after.0);
        let lost_between = between().filter(|fate| is_blind || is_missing(fate)).count() as u64;
        let lost = lost_tail + head + lost_between;
        if self.is_start {
            let is_finished = tail == 0 && self.marker;
            return u64::from(tail > 0)..=lost + u64::from(!is_finished);
        }
        let all_lost = between().all(|fate| fate == Fate::Lost);
        // Above the highest layer that is forwarded the engine may know that it would not have
        // forwarded what it never saw.
        let (before, after) = (self.before.0, self.after.0);
        let above = |frame: &&TrueFrame| {
            frame.picture == before.picture && frame.spatial > before.spatial && after.spatial == 0
        };
        let is_above = skipped.iter().all(|frame| above(&frame)) && self.marker;
        let stays = if all_lost && !is_above { between().count() as u64 } else { 0 };
        tail + head + stays..=lost
    }
}
