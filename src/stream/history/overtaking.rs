//! Packets that came before one they follow: what a receiver needs besides the late first packet
//! of its key frame.
//!
//! Read next: [`crate::forward`], which asks.

use super::{Fields, History, Position};

/// How far back packets are looked for that came too early: a large key frame, at least.
pub(crate) const MOST_OVERTAKING: usize = 64;

/// See [`History::overtaking`].
#[derive(Debug)]
pub(crate) struct Overtaking {
    packets: [Option<(Position, Fields)>; MOST_OVERTAKING],
}

impl Overtaking {
    /// In the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Position, Fields)> {
        self.packets.iter().flatten()
    }
}

impl History {
    /// The packets that arrived before the one at `position` though they come after it, in the
    /// order of their numbers; of the [`MOST_OVERTAKING`] newest.
    pub(crate) fn overtaking(&self, position: Position) -> Overtaking {
        let mut found = Overtaking { packets: [None; MOST_OVERTAKING] };
        let Some(overtaken) = self.records.get(position) else { return found };
        let newest = (1..).map(|back| Position(position.0.wrapping_sub(back)));
        let held = newest.map_while(|at| Some((at, self.records.get(at)?.fields)));
        // Numbers of another stream mean nothing here.
        let of_this_stream = position.0.wrapping_sub(self.begin) as usize;
        let after = held
            .take(of_this_stream.min(MOST_OVERTAKING))
            .filter(|(_, fields)| fields.seq > overtaken.fields.seq);
        for (place, packet) in found.packets.iter_mut().zip(after) {
            *place = Some(packet);
        }
        found.packets.sort_unstable_by_key(|packet| match packet {
            Some((_, fields)) => fields.seq.0,
            None => u64::MAX,
        });
        found
    }
}
