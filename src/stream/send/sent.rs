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

/// The newest packets of one stream, by number.
#[derive(Debug)]
pub(crate) struct SentRing(Box<[Sent]>);

impl SentRing {
    /// Empty; all its memory is taken now.
    pub(crate) fn new(kind: MediaKind) -> Self {
        let places = match kind {
            MediaKind::Audio => 64,
            MediaKind::Video => 512,
        };
        Self(vec![Sent::NONE; places].into_boxed_slice())
    }

    /// Packet `ext` was sent; `highest` is the highest sent before.
    pub(crate) fn insert(&mut self, highest: ExtSeq, ext: ExtSeq, sent: Sent) {
        // Numbers skipped over (lost on their way to us) must not show what was there before.
        let skipped = highest.0.saturating_add(1)..ext.0;
        let from = skipped.start.max(ext.0.saturating_sub(self.0.len() as u64));
        for number in from..skipped.end {
            let place = self.place(ExtSeq(number));
            self.0[place] = Sent::NONE;
        }
        if highest.0.saturating_sub(ext.0) < self.0.len() as u64 {
            let place = self.place(ext);
            self.0[place] = sent;
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
        if ext > highest || highest.0 - ext.0 >= self.0.len() as u64 {
            return None;
        }
        let place = self.place(ext);
        let sent = &mut self.0[place];
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

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.0.fill(Sent::NONE);
    }

    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below the length")]
    const fn place(&self, ext: ExtSeq) -> usize {
        (ext.0 % self.0.len() as u64) as usize
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
        ring.insert(ExtSeq(9), ExtSeq(10), sent(1, 0));
        ring.insert(ExtSeq(10), ExtSeq(10 + 512 + 3), sent(2, 0));
        let highest = ExtSeq(10 + 512 + 3);
        for absent in [10, 11, 10 + 512, 10 + 512 + 4] {
            assert_eq!(ring.take_for_resend(highest, ExtSeq(absent), 90, RTT), None, "{absent}");
        }
        assert!(ring.take_for_resend(highest, highest, 90, RTT).is_some());
    }
}
