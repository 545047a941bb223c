//! One packet in, one 16-byte reference per receiver out. Nothing is copied or encrypted here: the
//! references wait at their endpoints until the driver drains them.

use super::Encoding;
use super::LayerReason;
use super::Source;
use super::align::Moment;
use super::select::Target;
use super::start::{Cold, Entry};
use super::subscription::{Flags, Forwarded, Subscription, Verdict};
use crate::base::Seq;
use crate::params::MediaKind;
use crate::stream::history::{Fields, Marks, Position};
use crate::stream::send::{Munge, Translation};

/// A packet that stands in its encoding's history, to be fanned out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    /// Slot of the source.
    pub(crate) source: u32,
    pub(crate) encoding: u8,
    pub(crate) position: Position,
    pub(crate) fields: Fields,
    /// Packets that came before it could not be read without it.
    pub(crate) explains: bool,
}

/// What is due to one receiver: a packet of a history, under new numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PacketRef {
    pub(crate) position: Position,
    pub(crate) timestamp_offset: u32,
    /// Index of the sent stream.
    pub(crate) stream: u16,
    pub(crate) seq: Seq,
    picture_offset: u16,
    epoch: u8,
    /// Encoding in the lower half; what is done to the packet in the upper.
    packed: u8,
}

const _: () = assert!(size_of::<PacketRef>() == 16, "a reference is 16 bytes");
const ENCODING: u8 = 0x0f;
const REWRITES: u8 = 0x40;
const SETS_MARKER: u8 = 0x80;

impl PacketRef {
    /// To the packet at `position` of an encoding, below 16, for a sent stream.
    #[inline]
    pub(crate) const fn new(
        stream: u16,
        encoding: u8,
        position: Position,
        seq: Seq,
        timestamp_offset: u32,
        munge: Munge,
    ) -> Self {
        let rewrites = if munge.rewrites { REWRITES } else { 0 };
        let sets_marker = if munge.sets_marker { SETS_MARKER } else { 0 };
        Self {
            position,
            timestamp_offset,
            stream,
            seq,
            picture_offset: munge.picture_offset,
            epoch: munge.epoch,
            packed: encoding & ENCODING | rewrites | sets_marker,
        }
    }

    /// Which encoding.
    pub(crate) const fn encoding(&self) -> u8 {
        self.packed & ENCODING
    }

    /// What is done to the packet.
    pub(crate) const fn munge(&self) -> Munge {
        Munge {
            picture_offset: self.picture_offset,
            epoch: self.epoch,
            sets_marker: self.packed & SETS_MARKER != 0,
            rewrites: self.packed & REWRITES != 0,
        }
    }
}

/// What fan-out did besides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct FannedOut {
    /// So many receivers did not get the packet.
    pub(crate) skipped: u64,
    /// Somebody needs a key frame now.
    pub(crate) wants_key_frame: bool,
    /// Something else is sent than before: what receivers get is to be divided anew.
    pub(crate) is_relaid: bool,
}

/// What a receiver's endpoint is given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given {
    /// A packet is due.
    Packet(PacketRef),
    /// Packets of a sent stream come under this from now on.
    Translation(u16, Translation),
}

/// One receiver, in both its parts.
struct Receiver<'a> {
    hot: &'a mut Subscription,
    cold: &'a mut Cold,
    /// Its layer may be another than before, and why.
    changed: Option<LayerReason>,
    /// It could not begin with this key frame, and needs another.
    refused: bool,
}

impl Source {
    /// Hands `give` a reference for each receiver of `packet`, with the slot of its endpoint, and
    /// before it the translation it is under if that is new.
    ///
    /// A subscription that begins with a packet which came late (its key frame's first was lost
    /// and repaired) gets those that came before it in its place: they were not for it then, and
    /// will not come again. So do all, if they could not be read without it.
    pub(crate) fn fan_out(
        &mut self,
        now: Moment,
        packet: &Noted,
        mut give: impl FnMut(u32, Given),
    ) -> FannedOut {
        let mut out = FannedOut::default();
        let kind = self.kind();
        let mut waits = false;
        for place in 0..self.subscriptions.len() {
            let (Some(hot), Some(cold)) =
                (self.subscriptions.get_mut(place), self.cold.get_mut(place))
            else {
                break;
            };
            let waited = hot.flags.has(Flags::WAITING);
            let mut receiver = Receiver { hot, cold, changed: None, refused: false };
            let encodings = &self.encodings;
            let started = receiver.take(now, kind, encodings, packet, &mut give);
            match started {
                Some(started) if started || packet.explains => {
                    receiver.catch_up(now, kind, encodings, packet, &mut give);
                }
                Some(_) => {}
                None => out.skipped += 1,
            }
            waits |= receiver.refused || (!waited && receiver.hot.flags.has(Flags::WAITING));
            if let Some(reason) = receiver.changed {
                let frames = super::start::frames(encodings, packet.encoding);
                let layer = receiver.hot.level.layer(packet.encoding, frames);
                self.tell(place, Some(layer), reason);
            }
        }
        if waits {
            self.want_key_frame(now.at, usize::from(packet.encoding));
        }
        out.wants_key_frame = std::mem::take(&mut self.wants_key_frame);
        out.is_relaid = std::mem::take(&mut self.is_relaid);
        out
    }
}

impl Receiver<'_> {
    /// The packet itself. Whether the encoding begins with it; `None`: it is not forwarded.
    #[inline]
    fn take(
        &mut self,
        now: Moment,
        kind: MediaKind,
        encodings: &[Encoding],
        packet: &Noted,
        give: &mut impl FnMut(u32, Given),
    ) -> Option<bool> {
        let before = self.hot.current;
        let is_forwarded = self.offer(
            now,
            kind,
            encodings,
            packet.encoding,
            packet.position,
            &packet.fields,
            give,
        );
        let started = self.hot.current != before;
        (is_forwarded || started).then_some(started)
    }

    /// What came before `packet` though it comes after it.
    #[cold]
    fn catch_up(
        &mut self,
        now: Moment,
        kind: MediaKind,
        encodings: &[Encoding],
        packet: &Noted,
        give: &mut impl FnMut(u32, Given),
    ) {
        let encoding = encodings.get(usize::from(packet.encoding));
        let Some(history) = encoding.and_then(|held| held.history.as_ref()) else { return };
        for (position, fields) in history.overtaking(packet.position).iter() {
            self.offer(now, kind, encodings, packet.encoding, *position, fields, give);
        }
    }

    /// Gives it a packet if it is to have it; returns whether it is.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "one packet, and what it is judged by")]
    fn offer(
        &mut self,
        now: Moment,
        kind: MediaKind,
        encodings: &[Encoding],
        encoding: u8,
        position: Position,
        packet: &Fields,
        give: &mut impl FnMut(u32, Given),
    ) -> bool {
        let frames = super::start::frames(encodings, encoding);
        let frame = match frames {
            Some(frames) if packet.marks.has(Marks::FRAME) => frames.get(packet.frame),
            _ => None,
        };
        // Each step makes the next answer another one; there are no more than these.
        for _ in 0..4 {
            match self.hot.decide(now.millis, kind, encoding, packet, frame, frames) {
                Verdict::Drop => return false,
                Verdict::Forward(how) => {
                    self.give(encoding, position, packet, how, give);
                    return true;
                }
                step => {
                    let entry = Entry { kind, encodings, encoding, packet, frame, at: now };
                    if !self.step(step, &entry, give) {
                        return false;
                    }
                }
            }
        }
        false
    }

    #[inline]
    fn give(
        &self,
        encoding: u8,
        position: Position,
        packet: &Fields,
        mut how: Forwarded,
        give: &mut impl FnMut(u32, Given),
    ) {
        if let Some((offset, epoch)) = self.overtaken(packet) {
            how.timestamp_offset = offset;
            how.munge.epoch = epoch;
        }
        let Forwarded { seq, timestamp_offset, munge } = how;
        let reference =
            PacketRef::new(self.hot.stream, encoding, position, seq, timestamp_offset, munge);
        give(self.hot.endpoint, Given::Packet(reference));
    }

    /// A packet from before a change goes out as its neighbours did.
    #[inline]
    fn overtaken(&self, packet: &Fields) -> Option<(u32, u8)> {
        if self.hot.flags.has(Flags::CHANGED) { self.cold.overtaken(packet) } else { None }
    }

    /// Does what `verdict` says before the packet can be forwarded. `false`: it cannot.
    #[cold]
    fn step(
        &mut self,
        verdict: Verdict,
        entry: &Entry<'_>,
        give: &mut impl FnMut(u32, Given),
    ) -> bool {
        let epoch = self.hot.epoch;
        match verdict {
            Verdict::Start => {
                if !self.hot.start(self.cold, entry) {
                    self.refused = true;
                    return false;
                }
                self.changed = Some(self.cold.pending);
            }
            Verdict::Level(level) => {
                let before = self.hot.level;
                self.hot.set_level(self.cold, entry, level);
                let Target { spatial, temporal, .. } = self.hot.target;
                let is_loss = level.spatial < before.spatial.min(spatial)
                    || level.temporal < before.temporal.min(temporal);
                self.changed = Some(if is_loss { LayerReason::Loss } else { self.cold.pending });
            }
            Verdict::Retime => self.hot.retime(self.cold, entry.packet),
            Verdict::Drop | Verdict::Forward(_) => {}
        }
        if self.hot.epoch != epoch {
            let translation = Given::Translation(self.hot.stream, self.cold.translation);
            give(self.hot.endpoint, translation);
        }
        true
    }
}
