//! What was sent lately, 16 bytes a packet: enough to find it in the history and to send it again.
//!
//! A retransmission without RTX must be the very same bytes, because it has the same packet index
//! under the same key; so the transport-wide number and the send time that were written into the
//! packet are kept, and written again.

use std::time::Duration;

use super::Munge;
use crate::base::{ExtSeq, Seq};
use crate::params::MediaKind;
use crate::stream::history::Position;

/// How often one packet is sent again.
const MOST_RESENDS: u32 = 3;
/// Not within this time after it was sent (again).
const LEAST_SPACING: Duration = Duration::from_millis(20);
/// How long what was sent can be asked for, if the bound allows: ten short round trips or a few
/// long ones, after which a receiver wants a key frame instead.
const KEPT_MILLIS: u16 = 1_000;
/// Places to begin with.
const LEAST: usize = 64;
/// How many packets ahead it is looked at whether there is room.
const AHEAD: u64 = 8;

/// A packet that was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sent {
    pub(crate) position: Position,
    picture_offset: u16,
    epoch: u8,
    marks: u8,
    pub(crate) transport_seq: Seq,
    /// Low 16 bits of the milliseconds when it was sent (again) last.
    millis: u16,
    /// From above: absolute send time as in the extension (24 bits), taken (1), with mid (1),
    /// times sent again (2), encoding (4).
    packed: u32,
}

const TIME_SHIFT: u32 = 8;
const TAKEN: u32 = 0x80;
const WITH_MID: u32 = 0x40;
const RESENDS: u32 = 0x30;
const RESENDS_SHIFT: u32 = 4;
const ENCODING: u32 = 0x0f;
/// Of the marks: what was done to the packet.
const REWRITES: u8 = 1;
const SETS_MARKER: u8 = 2;

impl Sent {
    const NONE: Self = Self {
        position: Position(0),
        picture_offset: 0,
        epoch: 0,
        marks: 0,
        transport_seq: Seq(0),
        millis: 0,
        packed: 0,
    };

    /// A packet sent for the first time. `encoding` is below 16.
    #[inline]
    pub(crate) const fn new(
        position: Position,
        munge: Munge,
        transport_seq: Seq,
        abs_send_time: u32,
        encoding: u8,
        with_mid: bool,
        now_millis: u32,
    ) -> Self {
        let with_mid = if with_mid { WITH_MID } else { 0 };
        let packed = abs_send_time << TIME_SHIFT | TAKEN | with_mid | encoding as u32 & ENCODING;
        let millis = low_16_bits(now_millis);
        let rewrites = if munge.rewrites { REWRITES } else { 0 };
        let marks = if munge.sets_marker { rewrites | SETS_MARKER } else { rewrites };
        let Munge { picture_offset, epoch, .. } = munge;
        Self { position, picture_offset, epoch, marks, transport_seq, millis, packed }
    }

    /// What was done to the packet.
    pub(crate) const fn munge(&self) -> Munge {
        Munge {
            picture_offset: self.picture_offset,
            epoch: self.epoch,
            sets_marker: self.marks & SETS_MARKER != 0,
            rewrites: self.marks & REWRITES != 0,
        }
    }

    /// The 24 bits that were written.
    pub(crate) const fn abs_send_time(&self) -> u32 {
        self.packed >> TIME_SHIFT
    }

    /// Which encoding it came from.
    pub(crate) const fn encoding(&self) -> u8 {
        (self.packed & ENCODING) as u8
    }

    /// Whether the `mid` extension was in it.
    pub(crate) const fn with_mid(&self) -> bool {
        self.packed & WITH_MID != 0
    }

    const fn resends(&self) -> u32 {
        (self.packed & RESENDS) >> RESENDS_SHIFT
    }

    /// Whether it was sent a moment ago and may be asked for. What was sent again does not tell
    /// when it was sent first; its neighbours do. (A time of 16 bits passes for another a minute
    /// later: then the ring is longer than it need be, no more.)
    const fn is_young(&self, now: u16) -> bool {
        let is_young = now.wrapping_sub(self.millis) < KEPT_MILLIS;
        is_young && self.packed & TAKEN != 0 && self.resends() == 0
    }
}

/// The newest packets of one stream, by number. At whatever rate, what was sent within the last
/// [`KEPT_MILLIS`] is there, if the bound allows: the ring doubles rather than overwrite it.
///
/// It also knows which numbers are still free: a second packet under a number that was used would
/// be a second text under one nonce.
#[derive(Debug)]
pub(crate) struct SentRing {
    /// As many places as a power of two; none before the first packet.
    places: Box<[Sent]>,
    /// Nothing below is free, whatever its place shows.
    floor: ExtSeq,
}

impl SentRing {
    /// Empty; takes memory with the first packet. `highest` counts as used.
    pub(crate) fn new(highest: ExtSeq) -> Self {
        Self { places: Box::default(), floor: highest.next() }
    }

    /// Whether number `ext` is still free. It is not if it lies so far back that nobody knows.
    #[inline]
    pub(crate) fn is_free(&self, highest: ExtSeq, ext: ExtSeq) -> bool {
        let is_known = || highest.0 - ext.0 < self.len();
        let is_taken = || self.places[self.place(ext)].packed & TAKEN != 0;
        ext >= self.floor && (ext > highest || (is_known() && !is_taken()))
    }

    /// Packet `ext`, whose number was free, was sent; `highest` is the highest sent before.
    #[inline]
    pub(crate) fn insert(&mut self, kind: MediaKind, highest: ExtSeq, ext: ExtSeq, sent: Sent) {
        // Only written to, but for each eighth: what is read has to be waited for.
        if ext.0 == highest.0 + 1
            && (!ext.0.is_multiple_of(AHEAD) || !self.is_too_short(highest, ext, sent.millis))
            && let place = self.place(ext)
            && let Some(held) = self.places.get_mut(place)
        {
            *held = sent;
        } else {
            self.insert_elsewhere(kind, highest, ext, sent);
        }
    }

    /// Packet `ext`, if it may be sent again now; counts that it is.
    pub(crate) fn take_for_resend(
        &mut self,
        highest: ExtSeq,
        ext: ExtSeq,
        now_millis: u32,
        spacing: Duration,
    ) -> Option<Sent> {
        if ext > highest || highest.0 - ext.0 >= self.len() {
            return None;
        }
        let place = self.place(ext);
        let sent = &mut self.places[place];
        let passed = low_16_bits(now_millis).wrapping_sub(sent.millis);
        let too_soon = u128::from(passed) < spacing.max(LEAST_SPACING).as_millis().min(1_000)
            && sent.resends() > 0;
        if sent.packed & TAKEN == 0 || sent.resends() == MOST_RESENDS || too_soon {
            return None;
        }
        sent.packed += 1 << RESENDS_SHIFT;
        sent.millis = low_16_bits(now_millis);
        Some(*sent)
    }

    /// Packet `ext`, if it was sent, or sent again, within the last second.
    pub(crate) fn sent_lately(
        &self,
        highest: ExtSeq,
        ext: ExtSeq,
        now_millis: u32,
    ) -> Option<Sent> {
        if ext > highest || highest.0 - ext.0 >= self.len() {
            return None;
        }
        let sent = self.places[self.place(ext)];
        let passed = low_16_bits(now_millis).wrapping_sub(sent.millis);
        (sent.packed & TAKEN != 0 && passed < KEPT_MILLIS).then_some(sent)
    }

    /// Forgets everything, and gives its memory back. Nothing up to `highest` is free any more.
    pub(crate) fn clear(&mut self, highest: ExtSeq) {
        *self = Self::new(highest);
    }

    /// Not the number after the highest, or the ring is too short.
    #[cold]
    fn insert_elsewhere(&mut self, kind: MediaKind, highest: ExtSeq, ext: ExtSeq, sent: Sent) {
        let most = match kind {
            MediaKind::Audio => 256,
            MediaKind::Video => 4_096,
        };
        while self.places.len() < most && self.is_too_short(highest, ext, sent.millis) {
            self.double(highest);
        }
        // Numbers skipped over (lost on their way to us) must not show what was there before.
        let skipped = highest.0.saturating_add(1)..ext.0;
        let from = skipped.start.max(ext.0.saturating_sub(self.len()));
        for number in from..skipped.end {
            let place = self.place(ExtSeq(number));
            self.places[place] = Sent::NONE;
        }
        if highest.0.saturating_sub(ext.0) < self.len() {
            let place = self.place(ext);
            self.places[place] = sent;
        }
    }

    /// Whether `ext` or one of the next [`AHEAD`] would take the place of what was sent a moment
    /// ago and may be asked for.
    fn is_too_short(&self, highest: ExtSeq, ext: ExtSeq, millis: u16) -> bool {
        if self.places.is_empty() {
            return true;
        }
        if ext <= highest {
            return false;
        }
        // Further ahead than the ring is long: who lost as much is not helped by a longer one.
        let overwritten = (ext.0 + AHEAD - 1).checked_sub(self.len());
        let Some(overwritten) = overwritten.filter(|number| *number <= highest.0) else {
            return false;
        };
        self.places[self.place(ExtSeq(overwritten))].is_young(millis)
    }

    /// Moves all to a ring of twice the length.
    fn double(&mut self, highest: ExtSeq) {
        // Of what lies further back than it reached, the longer ring shows nothing.
        let floor = ExtSeq((highest.0 + 1).saturating_sub(self.len())).max(self.floor);
        let places = vec![Sent::NONE; (2 * self.places.len()).max(LEAST)].into_boxed_slice();
        let mut longer = Self { places, floor };
        for back in 0..self.len().min(highest.0 + 1) {
            let ext = ExtSeq(highest.0 - back);
            let place = longer.place(ext);
            longer.places[place] = self.places[self.place(ext)];
        }
        *self = longer;
    }

    const fn len(&self) -> u64 {
        self.places.len() as u64
    }

    #[expect(clippy::cast_possible_truncation, reason = "masked below the length")]
    const fn place(&self, ext: ExtSeq) -> usize {
        (ext.0 & self.len().wrapping_sub(1)) as usize
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the point")]
const fn low_16_bits(millis: u32) -> u16 {
    millis as u16
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    fn sent(position: u32, millis: u32) -> Sent {
        Sent::new(Position(position), Munge::default(), Seq(9), 0x12_3456, 3, true, millis)
    }

    #[test]
    fn record_is_sixteen_bytes_and_gives_back_what_went_in() {
        assert_eq!(size_of::<Sent>(), 16);
        let sent = sent(5, 100);
        assert_eq!((sent.abs_send_time(), sent.encoding(), sent.with_mid()), (0x12_3456, 3, true));
    }

    #[test]
    fn packet_is_sent_again_three_times_and_not_twice_within_a_round_trip() {
        let mut ring = SentRing::new(ExtSeq(9));
        ring.insert(MediaKind::Video, ExtSeq(9), ExtSeq(10), sent(1, 0));
        let mut take = |at| ring.take_for_resend(ExtSeq(10), ExtSeq(10), at, RTT).is_some();
        assert_eq!(
            [60, 61, 109, 110, 200, 300].map(&mut take),
            [true, false, false, true, true, false]
        );
    }

    #[test]
    fn packet_that_was_never_sent_or_long_ago_is_not_sent_again() {
        let mut ring = SentRing::new(ExtSeq(9));
        assert_eq!(ring.take_for_resend(ExtSeq(9), ExtSeq(9), 0, RTT), None);
        ring.insert(MediaKind::Video, ExtSeq(9), ExtSeq(10), sent(1, 0));
        ring.insert(MediaKind::Video, ExtSeq(10), ExtSeq(10 + 512 + 3), sent(2, 0));
        let highest = ExtSeq(10 + 512 + 3);
        for absent in [10, 11, 10 + 512, 10 + 512 + 4] {
            assert_eq!(ring.take_for_resend(highest, ExtSeq(absent), 90, RTT), None, "{absent}");
        }
        assert!(ring.take_for_resend(highest, highest, 90, RTT).is_some());
        assert_eq!(ring.places.len(), LEAST, "a gap is no reason to grow");
    }

    /// Sends `from..until`, `per_second` packets a second, each `every` numbers.
    fn send(
        ring: &mut SentRing,
        kind: MediaKind,
        numbers: std::ops::Range<u64>,
        per_second: u64,
        every: u64,
    ) {
        for number in numbers.step_by(usize::try_from(every).expect("small")) {
            let millis = u32::try_from(number * 1_000 / per_second).expect("short");
            ring.insert(kind, ExtSeq(number - every), ExtSeq(number), sent(1, millis));
        }
    }

    #[test]
    fn ring_grows_until_it_holds_a_second_and_loses_nothing_on_the_way() {
        for (kind, per_second, places) in [
            (MediaKind::Video, 10, 64),
            (MediaKind::Video, 170, 256),
            (MediaKind::Video, 2_000, 2_048),
            (MediaKind::Video, 20_000, 4_096),
            (MediaKind::Audio, 50, 64),
            (MediaKind::Audio, 100, 128),
            (MediaKind::Audio, 1_000, 256),
        ] {
            let mut ring = SentRing::new(ExtSeq(0));
            let until = 4 * per_second;
            send(&mut ring, kind, 1..until, per_second, 1);
            assert_eq!(ring.places.len(), places, "{kind:?}, {per_second} a second");
            send(&mut ring, kind, until..8 * per_second, per_second, 1);
            assert_eq!(ring.places.len(), places, "steady: {kind:?}, {per_second} a second");
            let highest = ExtSeq(8 * per_second - 1);
            let now = 8_000;
            for back in 0..per_second.min(places as u64) {
                let taken = ring.take_for_resend(highest, ExtSeq(highest.0 - back), now, RTT);
                assert!(taken.is_some(), "{kind:?}, {per_second} a second: {back} back");
            }
        }
    }

    #[test]
    fn packets_sent_again_or_late_do_not_make_the_ring_grow() {
        let mut ring = SentRing::new(ExtSeq(99));
        send(&mut ring, MediaKind::Video, 100..164, 50, 1);
        for number in 100..164 {
            ring.take_for_resend(ExtSeq(163), ExtSeq(number), 3_300, RTT).expect("held");
        }
        send(&mut ring, MediaKind::Video, 164..200, 50, 1);
        ring.insert(MediaKind::Video, ExtSeq(199), ExtSeq(150), sent(1, 4_000));
        assert_eq!(ring.places.len(), LEAST);
        send(&mut ring, MediaKind::Video, 300..500, 50, 2);
        assert_eq!(ring.places.len(), LEAST, "half of them lost before they came here");
    }

    #[test]
    fn ring_that_is_cleared_takes_no_memory() {
        let mut ring = SentRing::new(ExtSeq(99));
        send(&mut ring, MediaKind::Video, 100..5_000, 2_000, 1);
        ring.clear(ExtSeq(4_999));
        assert_eq!(ring.places.len(), 0);
        assert_eq!(ring.take_for_resend(ExtSeq(4_999), ExtSeq(4_999), 2_500, RTT), None);
    }

    #[test]
    fn number_that_is_cleared_or_out_of_sight_is_not_free() {
        let mut ring = SentRing::new(ExtSeq(9));
        let video = MediaKind::Video;
        assert!(!ring.is_free(ExtSeq(9), ExtSeq(9)) && ring.is_free(ExtSeq(9), ExtSeq(10)));
        ring.insert(video, ExtSeq(9), ExtSeq(12), sent(1, 0));
        assert_eq!(
            [10, 11, 12, 13].map(|n| ring.is_free(ExtSeq(12), ExtSeq(n))),
            [true, true, false, true]
        );
        ring.clear(ExtSeq(12));
        assert_eq!(
            [10, 11, 12, 13].map(|n| ring.is_free(ExtSeq(12), ExtSeq(n))),
            [false, false, false, true]
        );
    }

    proptest! {
        /// The property that keys hang on: no number twice. And one that was left out lately may
        /// still be used.
        #[test]
        fn number_that_was_used_is_never_free_again(
            steps in prop::collection::vec((-100i64..20, 0u32..40, 0u32..50), 1..2_000),
        ) {
            let (mut ring, mut highest) = (SentRing::new(ExtSeq(1_000)), ExtSeq(1_000));
            let (mut used, mut floor, mut millis) = (BTreeSet::new(), 1_001, 0);
            for (step, passed, dice) in steps {
                millis += passed;
                let ext = ExtSeq(highest.0.saturating_add_signed(step));
                let free = ring.is_free(highest, ext);
                prop_assert!(!free || (ext.0 >= floor && !used.contains(&ext.0)));
                let lately = ext.0 >= floor && ext.0 + (LEAST as u64) > highest.0;
                let known = !ring.places.is_empty() || ext > highest;
                prop_assert!(free || !(lately && known) || used.contains(&ext.0));
                if free {
                    ring.insert(MediaKind::Video, highest, ext, sent(1, millis));
                    used.insert(ext.0);
                    highest = highest.max(ext);
                }
                if dice == 0 {
                    ring.clear(highest);
                    floor = highest.0 + 1;
                }
            }
        }
    }
}
