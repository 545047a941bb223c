//! What rarely happens to a subscription: it starts with a key frame, its level changes, it stops.
//! Numbers and timestamps are put so that what comes goes on where the last ended (R3-R6).
//!
//! Read next: [`align`](super::align), which says when it was in the publisher's time.

use std::time::Instant;

use super::align::{Alignment, Moment, OutClock, align};
use super::frames::{Depends, Frame, Frames};
use super::select::{self, Filter, Level};
use super::subscription::{Flags, NONE, Subscription, low_32_bits};
use super::target::Allowance;
use super::{Constraints, Encoding, Layer, LayerReason};
use crate::base::{ExtSeq, Key, RtpTime};
use crate::params::MediaKind;
use crate::stream::history::Fields;
use crate::stream::send::Translation;
use crate::wire::ext::dependency_descriptor::Rewrite;

/// What of a subscription is not asked for with every packet; stands beside it.
#[derive(Debug)]
pub(crate) struct Cold {
    /// Its number in the engine.
    pub(crate) key: Key,
    pub(crate) constraints: Constraints,
    pub(crate) allowance: Allowance,
    /// What the application was told, and why.
    pub(crate) layer: Option<Layer>,
    pub(crate) reason: LayerReason,
    /// Why it will get another next.
    pub(super) pending: LayerReason,
    /// When the application last wanted something else, and what that is a reason for.
    pub(super) wished: Option<(Instant, LayerReason)>,
    pub(super) translation: Translation,
    /// Where numbers within packets stood when the encoding before ended.
    numbers: Option<Numbers>,
    clocks: [Option<OutClock>; 2],
    /// Key frames not begun with, because their time was past.
    refused: u8,
    /// While timestamps are ahead: the offset they should have.
    aligned: u32,
    /// The epoch before within the same start.
    before: Option<Before>,
}

/// An epoch that has ended.
#[derive(Clone, Copy, Debug)]
struct Before {
    /// Before this packet (low bits),
    seq: u32,
    /// which is of this picture.
    picture: RtpTime,
    timestamp_offset: u32,
    epoch: u8,
}

/// The newest numbers given out, and the first template id that was not.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    picture_id: u16,
    tl0_picture_index: u8,
    key_index: u8,
    frame_number: u16,
    template_id: u8,
}

/// A packet, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) kind: MediaKind,
    pub(super) encodings: &'a [Encoding],
    pub(super) encoding: u8,
    pub(super) packet: &'a Fields,
    pub(super) frame: Option<&'a Frame>,
    pub(super) at: Moment,
}

impl Entry<'_> {
    fn frames(&self) -> Option<&Frames> {
        frames(self.encodings, self.encoding)
    }
}

impl Cold {
    /// Of a subscription that has forwarded nothing.
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            constraints: Constraints::default(),
            allowance: Allowance::All,
            layer: None,
            reason: LayerReason::Started,
            pending: LayerReason::Started,
            wished: None,
            translation: Translation::default(),
            numbers: None,
            clocks: [None; 2],
            refused: 0,
            aligned: 0,
            before: None,
        }
    }

    /// Whether it gets nothing, whoever wants that.
    pub(super) const fn is_paused(&self) -> bool {
        self.constraints.paused
            || matches!(self.allowance, Allowance::Undecided | Allowance::Nothing)
    }

    /// Timestamp offset and epoch of a packet that was overtaken by a change of them.
    pub(super) fn overtaken(&self, packet: &Fields) -> Option<(u32, u8)> {
        let before = self.before?;
        let is_before = packet.timestamp.since(before.picture) < 0;
        is_before.then_some((before.timestamp_offset, before.epoch))
    }
}

impl Subscription {
    /// The packet becomes the one after the tail: the next number (one further if the picture
    /// before may be unfinished, so that the receiver sees a loss and not a torn picture), at the
    /// time it was captured. `false`: not this one; its time has passed.
    #[cold]
    pub(super) fn start(&mut self, cold: &mut Cold, entry: &Entry<'_>) -> bool {
        let level = select::begin(self.target, entry.frame, entry.frames());
        // Each layer of an S mode has key frames of its own (D8).
        if entry.frame.is_some_and(|frame| !select::belongs(level, frame)) {
            return false;
        }
        let tail = self.tail();
        let is_same_stream = self.origin == entry.encoding;
        let own_offset =
            if self.flags.has(Flags::AHEAD) { cold.aligned } else { self.timestamp_offset };
        if self.current != NONE {
            self.note_end(cold, entry.encodings, entry.at);
        }
        let clocks = if is_same_stream { None } else { Some(&cold.clocks) };
        let theirs = entry.encodings.get(usize::from(entry.encoding));
        let alignment = align(entry, tail, own_offset, clocks, theirs);
        let may_refuse = self.current != NONE && cold.refused < MOST_REFUSED;
        let (offset, ahead) = match alignment {
            Alignment::At(offset) => (offset, None),
            Alignment::Ahead { offset, aligned } => (offset, Some(aligned)),
            Alignment::Past { .. } if may_refuse => {
                cold.refused += 1;
                return false;
            }
            Alignment::Past { by_arrival } => (by_arrival, None),
        };
        cold.refused = 0;
        cold.before = None;
        cold.aligned = ahead.unwrap_or(0);
        self.flags.set(Flags::AHEAD, ahead.is_some());
        self.flags.set(Flags::CHANGED, false);
        if ahead.is_some() {
            self.tail_timestamp = entry.packet.timestamp.wrapping_add(offset);
        }
        self.flags.set(Flags::WAITING, false);
        let is_torn = entry.kind == MediaKind::Video && !self.flags.has(Flags::ENDED);
        let next = ExtSeq(tail.seq.0 + if is_torn { 2 } else { 1 });
        self.current = entry.encoding;
        self.origin = entry.encoding;
        self.start = low_32_bits(entry.packet.seq.0);
        self.seq_offset = next.0.wrapping_sub(entry.packet.seq.0);
        self.timestamp_offset = offset;
        self.level = level;
        self.begin_filter(entry);
        self.translate(cold, entry);
        true
    }

    /// The level changes with a frame.
    #[cold]
    pub(super) fn set_level(&mut self, cold: &mut Cold, entry: &Entry<'_>, level: Level) {
        // What is forwarded may be the same, of something else that is sent.
        let is_same = Level { generation: self.level.generation, ..level } == self.level;
        if let (Some(filter), Some(frame), false) = (&mut self.filter, entry.frame, is_same) {
            filter.change(self.level, frame);
        }
        self.level = level;
        let before = cold.translation.descriptor;
        let mut active_decode_targets = self.active_decode_targets(entry);
        let is_key = entry.frame.is_some_and(|frame| frame.is_key);
        if active_decode_targets.is_none() && before.active_decode_targets.is_some() && !is_key {
            // Who was told that there are fewer has to be told that there are all again; with a
            // key frame there are.
            active_decode_targets = entry.frames().map(Frames::active_decode_targets);
        }
        let descriptor = Rewrite { active_decode_targets, ..before };
        if descriptor != before {
            cold.translation.descriptor = descriptor;
            self.keep_epoch_before(cold, entry.packet);
            self.new_epoch(cold);
        }
    }

    /// A picture begins while timestamps are ahead of their time: if its time has come, they are
    /// put right, else it is put right behind the picture before.
    #[cold]
    pub(super) fn retime(&mut self, cold: &mut Cold, packet: &Fields) {
        let tail = self.tail().timestamp;
        let aligned = packet.timestamp.wrapping_add(cold.aligned);
        let is_ahead = aligned.since(tail) <= 0;
        let offset = if is_ahead {
            tail.wrapping_add(1).0.wrapping_sub(packet.timestamp.0)
        } else {
            cold.aligned
        };
        self.flags.set(Flags::AHEAD, is_ahead);
        // Only the change before last is remembered: what is older is not forwarded any more.
        if let Some(before) = cold.before {
            self.start = before.seq;
        }
        self.keep_epoch_before(cold, packet);
        self.timestamp_offset = offset;
        self.tail_timestamp = packet.timestamp.wrapping_add(offset);
        self.new_epoch(cold);
    }

    /// What flows ends here: paused, started over, gone.
    #[cold]
    pub(super) fn stop(&mut self, cold: &mut Cold, encodings: &[Encoding], at: Moment) {
        if self.current != NONE {
            self.note_end(cold, encodings, at);
        }
        self.current = NONE;
        self.flags.set(Flags::WAITING, false);
    }

    /// The stream that its timestamps came from is over: another under the same name is another.
    pub(super) fn forget_origin(&mut self) {
        self.origin = NONE;
    }

    fn note_end(&self, cold: &mut Cold, encodings: &[Encoding], at: Moment) {
        let held = encodings.get(usize::from(self.current));
        let clocks = held.map(|encoding| encoding.clocks(at)).unwrap_or_default();
        let aligned =
            if self.flags.has(Flags::AHEAD) { cold.aligned } else { self.timestamp_offset };
        cold.clocks = clocks.map(|clock| Some(clock?.shifted(aligned)));
        let Some(frames) = frames(encodings, self.current) else { return };
        // Where frames are judged, the newest that was; where all are forwarded, the newest.
        let is_filtering = self.flags.has(Flags::FILTERING);
        let filter = self.filter.as_ref().filter(|held| is_filtering && !held.is_retired());
        let judged = filter.map(|filter| filter.wire());
        let newest = || frames.newest().map(|frame| frame.wire);
        let Some(wire) = judged.or_else(newest) else { return };
        let Translation { tl0_offset, key_index_offset, descriptor, .. } = cold.translation;
        let template_id = frames.structure().map_or(0, |structure| {
            structure.template_id_offset()
                + structure.template_count()
                + descriptor.template_id_offset
        });
        cold.numbers = Some(Numbers {
            picture_id: wire.picture_id.wrapping_add(self.picture_offset),
            tl0_picture_index: wire.tl0_picture_index.wrapping_add(tl0_offset),
            key_index: wire.key_index.wrapping_add(key_index_offset),
            frame_number: wire.frame_number.wrapping_add(descriptor.frame_number_offset),
            template_id: template_id % TEMPLATE_IDS,
        });
    }

    fn begin_filter(&mut self, entry: &Entry<'_>) {
        let is_layered = entry.frame.is_some_and(|frame| {
            matches!(frame.depends, Depends::Spatial { .. } | Depends::Described(_))
        });
        let filters = entry.frame.is_some() && (is_layered || !self.target.is_whole());
        self.flags.set(Flags::FILTERING, filters);
        let Some(frame) = entry.frame.filter(|_| filters) else {
            return;
        };
        let filter = Filter::starting(entry.packet, frame, self.level);
        match &mut self.filter {
            Some(held) => **held = filter,
            held => *held = Some(Box::new(filter)),
        }
    }

    /// Numbers within packets go on, too.
    fn translate(&mut self, cold: &mut Cold, entry: &Entry<'_>) {
        let mut translation = Translation::default();
        self.picture_offset = 0;
        if let (Some(frame), Some(before)) = (entry.frame, cold.numbers) {
            let wire = frame.wire;
            self.picture_offset = before.picture_id.wrapping_add(1).wrapping_sub(wire.picture_id);
            translation.tl0_offset =
                before.tl0_picture_index.wrapping_add(1).wrapping_sub(wire.tl0_picture_index);
            translation.key_index_offset =
                before.key_index.wrapping_add(1).wrapping_sub(wire.key_index) & KEY_INDEX_BITS;
            let structure = entry.frames().and_then(Frames::structure);
            let first = structure.map_or(0, |structure| structure.template_id_offset());
            translation.descriptor = Rewrite {
                frame_number_offset: before
                    .frame_number
                    .wrapping_add(1)
                    .wrapping_sub(wire.frame_number),
                template_id_offset: (before.template_id + TEMPLATE_IDS - first) % TEMPLATE_IDS,
                active_decode_targets: None,
            };
        }
        translation.descriptor.active_decode_targets = self.active_decode_targets(entry);
        cold.translation = translation;
        self.new_epoch(cold);
    }

    fn active_decode_targets(&self, entry: &Entry<'_>) -> Option<u32> {
        match entry.frame?.depends {
            Depends::Described(_) => {
                select::described::active_decode_targets(self.level, entry.frames()?)
            }
            _ => None,
        }
    }

    /// A new epoch begins with `packet`; those from before it that come late are under the old one.
    fn keep_epoch_before(&mut self, cold: &mut Cold, packet: &Fields) {
        cold.before = Some(Before {
            seq: low_32_bits(packet.seq.0),
            picture: packet.timestamp,
            timestamp_offset: self.timestamp_offset,
            epoch: self.epoch,
        });
        self.flags.set(Flags::CHANGED, true);
    }

    fn new_epoch(&mut self, cold: &mut Cold) {
        self.epoch = self.epoch.wrapping_add(1);
        cold.translation.epoch = self.epoch;
        cold.translation.timestamp_offset = self.timestamp_offset;
        self.flags.set(Flags::REWRITING, !cold.translation.is_plain());
    }
}

pub(super) fn frames(encodings: &[Encoding], encoding: u8) -> Option<&Frames> {
    encodings.get(usize::from(encoding))?.frames.as_ref()
}

/// Key frames refused one after the other.
const MOST_REFUSED: u8 = 2;
/// KEYIDX has five bits (RFC 7741 §4.2).
const KEY_INDEX_BITS: u8 = 0x1f;
const TEMPLATE_IDS: u8 = 64;
