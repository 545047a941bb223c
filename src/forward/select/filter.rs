//! What was left out of a stream lately: so that the numbers of what is forwarded close up over it
//! (R4, V1), and packets that come late share the fate of their frame.

use super::{Level, belongs};
use crate::base::{BitWindow, RtpTime};
use crate::forward::frames::{Depends, Frame, WireNumbers};
use crate::stream::history::{Fields, Marks};

/// See the module. Made when a subscription first leaves something out.
#[derive(Debug)]
pub(crate) struct Filter {
    /// Packets whose numbers were closed up.
    packets: BitWindow<32>,
    /// Frames left out as the newest of their time.
    frames: BitWindow<8>,
    /// The highest frame judged, its timestamp, and the numbers it carried.
    newest: u64,
    timestamp: RtpTime,
    wire: WireNumbers,
    /// The highest packet judged.
    last: Last,
    /// Of frames below this one nothing was forwarded; of those from it on to `begin` all was.
    floor: u64,
    begin: u64,
    /// Frames forwarded since, where frames tell what they use.
    held: BitWindow<8>,
    /// Since which frame, and which picture, the level is what it is, and what it was before.
    since: u64,
    since_picture: RtpTime,
    before: Level,
    /// Frames of spatial layers below the forwarded one were left out since the last key picture.
    has_gaps_below: bool,
    /// Packets could not be read since the newest that could.
    is_blind: bool,
    /// What it remembers has nothing to do with what flows now.
    is_retired: bool,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    seq: u64,
    frame: u64,
    picture: u64,
    is_forwarded: bool,
    ends_frame: bool,
    /// The highest spatial layer forwarded then.
    spatial: u8,
}

/// What to do with a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Judged {
    pub(crate) is_forwarded: bool,
    /// The level that its frame was judged by.
    pub(in crate::forward) level: Level,
    /// By how many packets numbers close up from here on,
    pub(crate) packets_closed: u64,
    /// and by how many frames.
    pub(crate) frames_closed: u16,
}

/// A hole longer than this is not looked into.
const MOST_CLOSED: u64 = 1_024;

impl Filter {
    /// Begins in front of `packet`: all before it was forwarded. If the packet is within a frame,
    /// of that frame all is.
    pub(crate) fn new(packet: &Fields, frame: &Frame, level: Level) -> Self {
        let begins = packet.marks.has(Marks::FIRST);
        let newest = if begins { frame.number - 1 } else { frame.number };
        Self {
            packets: BitWindow::new(),
            frames: BitWindow::new(),
            newest,
            timestamp: RtpTime(frame.timestamp.0.wrapping_sub(u32::from(begins))),
            wire: frame.wire,
            last: Last {
                seq: packet.seq.0 - 1,
                frame: newest,
                picture: newest,
                is_forwarded: true,
                ends_frame: begins,
                spatial: level.spatial,
            },
            floor: 0,
            begin: frame.number,
            held: BitWindow::new(),
            since: newest,
            since_picture: frame.timestamp,
            before: level,
            has_gaps_below: false,
            is_blind: false,
            is_retired: false,
        }
    }

    /// The same, but nothing was forwarded before: a start.
    pub(crate) fn starting(packet: &Fields, frame: &Frame, level: Level) -> Self {
        Self { floor: frame.number, ..Self::new(packet, frame, level) }
    }

    /// The encoding flowed whole for a while: what was left out before has nothing to do with what
    /// will be.
    pub(crate) const fn retire(&mut self) {
        self.is_retired = true;
    }

    /// Whether it is to be made anew.
    pub(crate) const fn is_retired(&self) -> bool {
        self.is_retired
    }

    /// Whether `frame` begins what is judged anew: nothing of it, or of its picture, or of a later
    /// one was judged.
    pub(crate) fn is_news(&self, frame: &Frame) -> bool {
        match frame.depends {
            Depends::Spatial { .. } => frame.picture() > self.newest,
            _ => frame.number > self.newest,
        }
    }

    /// A packet could not be read, so nobody knows whether it is to be forwarded.
    pub(crate) const fn on_unreadable(&mut self) {
        self.is_blind = true;
    }

    /// Whether there were such packets.
    pub(crate) const fn is_blind(&self) -> bool {
        self.is_blind
    }

    /// The level changes with `frame`.
    pub(crate) fn change(&mut self, before: Level, frame: &Frame) {
        self.before = before;
        self.since = frame.picture();
        self.since_picture = frame.timestamp;
        self.has_gaps_below &= !frame.is_key;
    }

    /// Judges a packet of `frame`.
    pub(crate) fn judge(&mut self, packet: &Fields, frame: &Frame, level: Level) -> Judged {
        let level = self.level_at(frame, level);
        let is_late = frame.number <= self.newest;
        // One that was not there in its time left a hole: it may fill it if nobody needs more.
        let fills = is_late && matches!(frame.depends, Depends::Temporal { is_sync: true });
        let is_forwarded = !self.frames.contains(frame.number)
            && !self.packets.contains(packet.seq.0)
            && (belongs(level, frame) || fills);
        let mut judged = Judged { is_forwarded, level, packets_closed: 0, frames_closed: 0 };
        if is_forwarded && matches!(frame.depends, Depends::Described(_)) {
            self.held.mark(frame.number);
        }
        if !is_forwarded {
            judged.frames_closed = u16::from(!is_late && self.frames.mark(frame.number));
            let lies_below =
                matches!(frame.depends, Depends::Spatial { .. } if frame.spatial < level.spatial);
            self.has_gaps_below |= lies_below && frame.temporal <= level.temporal;
        }
        if packet.seq.0 > self.last.seq {
            judged.packets_closed = self.close(packet, frame, is_forwarded);
            self.last = Last {
                seq: packet.seq.0,
                frame: frame.number,
                picture: frame.picture(),
                is_forwarded,
                ends_frame: packet.marks.has(Marks::LAST),
                spatial: level.spatial,
            };
        }
        if frame.number > self.newest {
            self.newest = frame.number;
            self.timestamp = frame.timestamp;
            self.wire = frame.wire;
        }
        judged
    }

    /// How many packets above `seq` were closed up; `None`: it is too old to tell.
    pub(crate) fn packets_above(&self, seq: u64) -> Option<u64> {
        self.packets.count_above(seq)
    }

    /// How many frames above `number` were closed up.
    #[expect(clippy::cast_possible_truncation, reason = "below the length of the window")]
    pub(crate) fn frames_above(&self, number: u64) -> Option<u16> {
        self.frames.count_above(number).map(|count| count as u16)
    }

    /// Whether all frames were forwarded that a frame uses: bit n is the one n + 1 before `number`.
    pub(crate) fn holds_all(&self, number: u64, references: u64) -> bool {
        let mut left = references;
        while left != 0 {
            let back = u64::from(left.trailing_zeros()) + 1;
            let used = number.wrapping_sub(back);
            let is_from_before = (self.floor..self.begin).contains(&used);
            if !is_from_before && !self.held.contains(used) {
                return false;
            }
            left &= left - 1;
        }
        true
    }

    /// The numbers that the newest frame judged carried.
    pub(crate) const fn wire(&self) -> WireNumbers {
        self.wire
    }

    /// Timestamp of the newest frame judged.
    pub(crate) const fn timestamp(&self) -> RtpTime {
        self.timestamp
    }

    /// Whether frames of lower spatial layers were left out since the last key picture.
    pub(crate) const fn has_gaps_below(&self) -> bool {
        self.has_gaps_below
    }

    /// Late frames of the picture with which it changed are judged as the others of it were.
    fn level_at(&self, frame: &Frame, now: Level) -> Level {
        let is_after = frame.number >= self.since || frame.timestamp == self.since_picture;
        if is_after { now } else { self.before }
    }

    /// Closes the numbers over `packet` if it is not forwarded, and over those lost before it that
    /// can only have been of frames that are not: a receiver would ask for them in vain.
    fn close(&mut self, packet: &Fields, frame: &Frame, is_forwarded: bool) -> u64 {
        let last = self.last;
        // What is missing is of the end of the frame before, or of the beginning of this one.
        let end_is_out = !last.is_forwarded || last.ends_frame;
        let beginning_is_out = !is_forwarded || packet.marks.has(Marks::FIRST);
        let is_out = if frame.number == last.frame {
            !is_forwarded
        } else if frame.number == last.frame + 1 {
            end_is_out && beginning_is_out && !(last.is_forwarded && is_forwarded)
        } else {
            // Or of spatial layers in between, above all that is forwarded.
            let next_picture = frame.spatial == 0
                && frame.picture() == last.picture + Frame::SPATIAL_STEP
                && last.frame - last.picture >= u64::from(last.spatial);
            let is_spatial = matches!(frame.depends, Depends::Spatial { .. });
            is_spatial && next_picture && end_is_out && beginning_is_out
        };
        let hole = last.seq + 1..packet.seq.0;
        let mut closed = 0;
        if is_out && hole.end - hole.start <= MOST_CLOSED {
            for seq in hole {
                closed += u64::from(self.packets.mark(seq));
            }
        }
        if !is_forwarded {
            closed += u64::from(self.packets.mark(packet.seq.0));
        }
        closed
    }
}
