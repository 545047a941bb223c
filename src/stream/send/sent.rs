//! What was sent lately, 16 bytes a packet: enough to find it in the history and to send it again.
//!
//! A retransmission without RTX must be the very same bytes, because it has the same packet index
//! under the same key; so the transport-wide number and the send time that were written into the
//! packet are kept, and written again.

use std::time::Duration;

use crate::base::{ExtSeq, Seq};
use crate::params::MediaKind;
use crate::stream::history::Position;

/// How often one packet is sent again.
const MOST_RESENDS: u8 = 3;
/// Not within this time after it was sent (again).
const LEAST_SPACING: Duration = Duration::from_millis(20);
/// How long what was sent can be asked for, if the bound allows: ten short round trips or a few
/// long ones, after which a receiver wants a key frame instead.
const KEPT_MILLIS: u16 = 1_000;
/// Places to begin with.
const LEAST: usize = 64;

/// A packet that was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sent {
    pub(crate) position: Position,
    pub(crate) timestamp_offset: u32,
    pub(crate) transport_seq: Seq,
    /// Low 16 bits of the milliseconds when it was sent (again) last.
    millis: u16,
    /// 24 bits, as in the extension.
    abs_send_time: [u8; 3],
    /// Encoding (4 bits), times sent again (2), with mid (1), taken (1).
    packed: u8,
}

const ENCODING: u8 = 0x0f;
const RESENDS_SHIFT: u32 = 4;
const RESENDS: u8 = 0x30;
const WITH_MID: u8 = 0x40;
const TAKEN: u8 = 0x80;

impl Sent {
    const NONE: Self = Self {
        position: Position(0),
        timestamp_offset: 0,
        transport_seq: Seq(0),
        millis: 0,
        abs_send_time: [0; 3],
        packed: 0,
    };

    /// A packet sent for the first time. `encoding` is below 16.
    pub(crate) const fn new(
        position: Position,
        timestamp_offset: u32,
        transport_seq: Seq,
        abs_send_time: u32,
        encoding: u8,
        with_mid: bool,
        now_millis: u32,
    ) -> Self {
        let [_, a, b, c] = abs_send_time.to_be_bytes();
        Self {
            position,
            timestamp_offset,
            transport_seq,
            millis: low_16_bits(now_millis),
            abs_send_time: [a, b, c],
            packed: TAKEN | if with_mid { WITH_MID } else { 0 } | (encoding & ENCODING),
        }
    }

    /// The 24 bits that were written.
    pub(crate) const fn abs_send_time(&self) -> u32 {
        let [a, b, c] = self.abs_send_time;
        u32::from_be_bytes([0, a, b, c])
    }

    /// Which encoding it came from.
    pub(crate) const fn encoding(&self) -> u8 {
        self.packed & ENCODING
    }

    /// Whether the `mid` extension was in it.
    pub(crate) const fn with_mid(&self) -> bool {
        self.packed & WITH_MID != 0
    }

    const fn resends(&self) -> u8 {
        (self.packed & RESENDS) >> RESENDS_SHIFT
    }
}

/// The newest packets of one stream, by number. At whatever rate, what was sent within the last
/// [`KEPT_MILLIS`] is there, if the bound allows: the ring doubles rather than overwrite it.
#[derive(Debug)]
pub(crate) struct SentRing {
    /// As many places as a power of two; none before the first packet.
    places: Vec<Sent>,
    most: usize,
}

impl SentRing {
    /// Empty; takes memory with the first packet.
    pub(crate) const fn new(kind: MediaKind) -> Self {
        let most = match kind {
            MediaKind::Audio => 256,
            MediaKind::Video => 4_096,
        };
        Self { places: Vec::new(), most }
    }

    /// Packet `ext` was sent; `highest` is the highest sent before.
    pub(crate) fn insert(&mut self, highest: ExtSeq, ext: ExtSeq, sent: Sent) {
        while self.is_too_short(highest, ext, sent.millis) {
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

    /// Forgets everything, and gives its memory back.
    pub(crate) fn clear(&mut self) {
        self.places = Vec::new();
    }

    /// Whether `ext` would take the place of what was sent a moment ago and may be asked for. What
    /// was sent again does not tell when it was sent first; its neighbours do. (A time of 16 bits
    /// passes for another a minute later: then the ring is longer than it need be, no more.)
    fn is_too_short(&self, highest: ExtSeq, ext: ExtSeq, millis: u16) -> bool {
        if self.places.is_empty() {
            return true;
        }
        if ext <= highest || self.places.len() == self.most {
            return false;
        }
        // Further ahead than the ring is long: who lost as much is not helped by a longer one.
        let Some(overwritten) = ext.0.checked_sub(self.len()).filter(|n| *n <= highest.0) else {
            return false;
        };
        let sent = &self.places[self.place(ExtSeq(overwritten))];
        let is_young = millis.wrapping_sub(sent.millis) < KEPT_MILLIS;
        is_young && sent.packed & TAKEN != 0 && sent.resends() == 0
    }

    /// Moves all to a ring of twice the length.
    fn double(&mut self, highest: ExtSeq) {
        let mut longer =
            Self { places: vec![Sent::NONE; (2 * self.places.len()).max(LEAST)], most: self.most };
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
    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    fn sent(position: u32, millis: u32) -> Sent {
        Sent::new(Position(position), 7, Seq(9), 0x12_3456, 3, true, millis)
    }

    #[test]
    fn record_is_sixteen_bytes_and_gives_back_what_went_in() {
        assert_eq!(size_of::<Sent>(), 16);
        let sent = sent(5, 100);
        assert_eq!((sent.abs_send_time(), sent.encoding(), sent.with_mid()), (0x12_3456, 3, true));
    }

    #[test]
    fn packet_is_sent_again_three_times_and_not_twice_within_a_round_trip() {
        let mut ring = SentRing::new(MediaKind::Video);
        ring.insert(ExtSeq(9), ExtSeq(10), sent(1, 0));
        let mut take = |at| ring.take_for_resend(ExtSeq(10), ExtSeq(10), at, RTT).is_some();
        assert_eq!(
            [60, 61, 109, 110, 200, 300].map(&mut take),
            [true, false, false, true, true, false]
        );
    }

    #[test]
    fn packet_that_was_never_sent_or_long_ago_is_not_sent_again() {
        let mut ring = SentRing::new(MediaKind::Video);
        assert_eq!(ring.take_for_resend(ExtSeq(9), ExtSeq(9), 0, RTT), None);
        ring.insert(ExtSeq(9), ExtSeq(10), sent(1, 0));
        ring.insert(ExtSeq(10), ExtSeq(10 + 512 + 3), sent(2, 0));
        let highest = ExtSeq(10 + 512 + 3);
        for absent in [10, 11, 10 + 512, 10 + 512 + 4] {
            assert_eq!(ring.take_for_resend(highest, ExtSeq(absent), 90, RTT), None, "{absent}");
        }
        assert!(ring.take_for_resend(highest, highest, 90, RTT).is_some());
        assert_eq!(ring.places.len(), LEAST, "a gap is no reason to grow");
    }

    /// Sends `from..until`, `per_second` packets a second, each `every` numbers.
    fn send(ring: &mut SentRing, numbers: std::ops::Range<u64>, per_second: u64, every: u64) {
        for number in numbers.step_by(usize::try_from(every).expect("small")) {
            let millis = u32::try_from(number * 1_000 / per_second).expect("short");
            ring.insert(ExtSeq(number - every), ExtSeq(number), sent(1, millis));
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
            let mut ring = SentRing::new(kind);
            let until = 4 * per_second;
            send(&mut ring, 1..until, per_second, 1);
            assert_eq!(ring.places.len(), places, "{kind:?}, {per_second} a second");
            send(&mut ring, until..8 * per_second, per_second, 1);
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
        let mut ring = SentRing::new(MediaKind::Video);
        send(&mut ring, 100..164, 60, 1);
        for number in 100..164 {
            ring.take_for_resend(ExtSeq(163), ExtSeq(number), 2_700, RTT).expect("held");
        }
        send(&mut ring, 164..200, 60, 1);
        ring.insert(ExtSeq(199), ExtSeq(90), sent(1, 3_400));
        assert_eq!(ring.places.len(), LEAST);
        send(&mut ring, 300..500, 60, 2);
        assert_eq!(ring.places.len(), LEAST, "half of them lost before they came here");
    }

    #[test]
    fn ring_that_is_cleared_takes_no_memory() {
        let mut ring = SentRing::new(MediaKind::Video);
        send(&mut ring, 100..5_000, 2_000, 1);
        ring.clear();
        assert_eq!(ring.places.capacity(), 0);
        assert_eq!(ring.take_for_resend(ExtSeq(4_999), ExtSeq(4_999), 2_500, RTT), None);
    }
}
