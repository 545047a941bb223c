//! One receiver's side of a source: which encoding it gets, and how that encoding's numbers become
//! the receiver's. The hot state of the fan-out: one of these is read per packet and receiver.
//!
//! It decides; what rarely happens (a start, a change of level) is done in [`super::start`].

use super::frames::{Frame, Frames};
use super::select::{self, Filter, Level, Step, Target};
use crate::base::{ExtSeq, RtpTime, Seq};
use crate::params::MediaKind;
use crate::stream::history::{Fields, Marks};
use crate::stream::send::{Munge, Tail};

/// No encoding.
pub(super) const NONE: u8 = u8::MAX;

/// See the module. Stands in a dense array of its source.
#[derive(Debug)]
pub(crate) struct Subscription {
    /// What was left out of what flows, while it is [`FILTERING`](Flags::FILTERING).
    pub(super) filter: Option<Box<Filter>>,
    /// Added to the publisher's numbers.
    pub(super) seq_offset: u64,
    tail_seq: ExtSeq,
    pub(super) tail_timestamp: RtpTime,
    /// In the milliseconds of [`WallClock`](crate::base::WallClock), if anything was sent.
    tail_at: u32,
    pub(super) timestamp_offset: u32,
    /// First packet of what flows (low bits); earlier ones are not forwarded.
    pub(super) start: u32,
    /// Slot of the receiving endpoint.
    pub(crate) endpoint: u32,
    /// Index of the sent stream there.
    pub(crate) stream: u16,
    pub(super) picture_offset: u16,
    pub(super) target: Target,
    pub(super) level: Level,
    /// Encoding forwarded.
    pub(super) current: u8,
    /// Encoding whose timestamps the offset is for.
    pub(super) origin: u8,
    pub(super) epoch: u8,
    pub(super) flags: Flags,
}

/// Eight yes or no.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    bits: u8,
}

impl Flags {
    pub(super) const PAUSED: u8 = 1;
    /// A packet was sent.
    pub(super) const SENT: u8 = 2;
    /// The newest packet sent ended its picture.
    pub(super) const ENDED: u8 = 4;
    /// Frames may have to be left out.
    pub(super) const FILTERING: u8 = 8;
    /// What is wanted can only be had from a key frame on.
    pub(super) const WAITING: u8 = 16;
    /// Timestamps are ahead of their time.
    pub(super) const AHEAD: u8 = 32;
    /// Numbers within packets are not what they were.
    pub(super) const REWRITING: u8 = 64;
    /// There was a new epoch since the start: packets from before are under another.
    pub(super) const CHANGED: u8 = 128;

    pub(super) const fn has(self, flag: u8) -> bool {
        self.bits & flag != 0
    }

    pub(super) const fn set(&mut self, flag: u8, whether: bool) {
        if whether {
            self.bits |= flag;
        } else {
            self.bits &= !flag;
        }
    }
}

/// What to do with a packet for one receiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It does not get it.
    Drop,
    /// It gets it.
    Forward(Forwarded),
    /// It can begin with it: [`start`](super::start) and ask again.
    Start,
    /// The level changes with it: [`start`](super::start) and ask again.
    Level(Level),
    /// A picture begins while timestamps are [`AHEAD`](Flags::AHEAD).
    Retime,
}

/// How a packet goes to one receiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Forwarded {
    /// Under this number,
    pub(crate) seq: Seq,
    /// with this added to its timestamp,
    pub(crate) timestamp_offset: u32,
    /// and this done to it.
    pub(crate) munge: Munge,
}

impl Subscription {
    /// One that has forwarded nothing, and goes on where the sent stream's `tail` ends.
    pub(crate) fn new(endpoint: u32, stream: u16, tail: Tail) -> Self {
        let mut flags = Flags::default();
        flags.set(Flags::SENT, tail.at.is_some());
        flags.set(Flags::ENDED, true);
        Self {
            filter: None,
            seq_offset: 0,
            tail_seq: tail.seq,
            tail_timestamp: tail.timestamp,
            tail_at: tail.at.unwrap_or(0),
            timestamp_offset: 0,
            start: 0,
            endpoint,
            stream,
            picture_offset: 0,
            target: Target::whole(0),
            level: Level::default(),
            current: NONE,
            origin: NONE,
            epoch: 0,
            flags,
        }
    }

    /// Decides about one packet of `encoding`; `frame`: what is known of its frame.
    #[inline]
    pub(super) fn decide(
        &mut self,
        now: u32,
        kind: MediaKind,
        encoding: u8,
        packet: &Fields,
        frame: Option<&Frame>,
        frames: Option<&Frames>,
    ) -> Verdict {
        if encoding != self.current {
            let may_start = kind == MediaKind::Audio
                || packet.marks.has(Marks::KEY)
                    && !frames.is_some_and(|frames| frames.is_long_past(packet.seq));
            let is_wanted = encoding == self.target.encoding && !self.flags.has(Flags::PAUSED);
            return if is_wanted && may_start { Verdict::Start } else { Verdict::Drop };
        }
        if low_32_bits(packet.seq.0).wrapping_sub(self.start).cast_signed() < 0 {
            return Verdict::Drop;
        }
        if packet.marks.has(Marks::UNREADABLE) {
            self.filter.iter_mut().for_each(|filter| filter.on_unreadable());
            return Verdict::Drop;
        }
        if self.flags.has(Flags::AHEAD) && self.is_next_picture(packet) {
            return Verdict::Retime;
        }
        if self.flags.has(Flags::FILTERING) {
            return match (frame, frames) {
                (Some(frame), Some(frames)) => self.judge(now, packet, frame, frames),
                _ => Verdict::Drop,
            };
        }
        let seq = ExtSeq(packet.seq.0.wrapping_add(self.seq_offset));
        self.forward(now, packet, seq, self.picture_offset, false)
    }

    /// As far as a decoder can do without, frames are left out here.
    fn judge(&mut self, now: u32, packet: &Fields, frame: &Frame, frames: &Frames) -> Verdict {
        let level = self.level;
        let filter = self.filter.get_or_insert_with(|| Box::new(Filter::new(packet, frame, level)));
        if filter.is_retired() {
            **filter = Filter::new(packet, frame, level);
        }
        if filter.is_news(frame) {
            let begins_picture = filter.timestamp() != frame.timestamp;
            let can_begin =
                || select::belongs(select::begin(self.target, Some(frame), Some(frames)), frame);
            if filter.is_blind() && packet.marks.has(Marks::KEY) && begins_picture && can_begin() {
                // What could not be read left a hole that nothing will fill: begin anew behind it.
                return Verdict::Start;
            }
            match select::step(self.level, self.target, frame, filter, frames) {
                Step::To(level) => {
                    self.flags.set(Flags::WAITING, false);
                    return Verdict::Level(level);
                }
                Step::Wait => self.flags.set(Flags::WAITING, true),
                Step::Stay => self.flags.set(Flags::WAITING, false),
            }
        }
        let judged = filter.judge(packet, frame, self.level);
        self.seq_offset = self.seq_offset.wrapping_sub(judged.packets_closed);
        if frame.closes_picture_ids {
            self.picture_offset = self.picture_offset.wrapping_sub(judged.frames_closed);
        }
        if !judged.is_forwarded {
            return Verdict::Drop;
        }
        let pictures =
            if frame.closes_picture_ids { filter.frames_above(frame.number) } else { Some(0) };
        let above = filter.packets_above(packet.seq.0).zip(pictures);
        let Some((packets, pictures)) = above else { return Verdict::Drop };
        let seq = ExtSeq(packet.seq.0.wrapping_add(self.seq_offset).wrapping_add(packets));
        let picture_offset = self.picture_offset.wrapping_add(pictures);
        let ends = packet.marks.has(Marks::LAST) && select::ends_picture(judged.level, frame);
        self.forward(now, packet, seq, picture_offset, ends)
    }

    #[inline]
    fn forward(
        &mut self,
        now: u32,
        packet: &Fields,
        seq: ExtSeq,
        picture_offset: u16,
        sets_marker: bool,
    ) -> Verdict {
        if seq > self.tail_seq {
            self.tail_seq = seq;
            self.tail_timestamp = packet.timestamp.wrapping_add(self.timestamp_offset);
            self.tail_at = now;
            self.flags.set(Flags::SENT, true);
            let ends = sets_marker || packet.marks.has(Marks::MARKER);
            self.flags.set(Flags::ENDED, ends);
        }
        let munge = Munge {
            picture_offset,
            epoch: self.epoch,
            sets_marker,
            rewrites: picture_offset != 0 || self.flags.has(Flags::REWRITING),
        };
        let timestamp_offset = self.timestamp_offset;
        Verdict::Forward(Forwarded { seq: seq.seq(), timestamp_offset, munge })
    }

    /// Whether `packet` is of a picture later than the newest sent.
    fn is_next_picture(&self, packet: &Fields) -> bool {
        packet.timestamp.wrapping_add(self.timestamp_offset).since(self.tail_timestamp) > 0
    }

    /// Where its numbers stand.
    pub(crate) fn tail(&self) -> Tail {
        Tail {
            seq: self.tail_seq,
            timestamp: self.tail_timestamp,
            at: self.flags.has(Flags::SENT).then_some(self.tail_at),
        }
    }

    /// Encoding forwarded now.
    pub(crate) const fn current(&self) -> Option<u8> {
        if self.current == NONE { None } else { Some(self.current) }
    }

    /// Whether it cannot go on without a key frame of `encoding`.
    pub(super) const fn waits_for(&self, encoding: u8) -> bool {
        !self.flags.has(Flags::PAUSED)
            && self.target.encoding == encoding
            && (self.current != encoding || self.flags.has(Flags::WAITING))
    }

    /// Whether packets of `encoding` are of use to it.
    pub(super) const fn uses(&self, encoding: u8) -> bool {
        self.current == encoding || self.waits_for(encoding)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "compared across the wrap")]
pub(super) const fn low_32_bits(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests;
