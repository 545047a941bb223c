//! Packets on their way: what was sent, by transport-wide number, until it is told what became of
//! it.
//!
//! At most [`MOST`] packets of 12 bytes; at first far fewer. What is told of them is read in
//! [`super::told`].

use super::packet::{Class, ProbeId, SentPacket};
use crate::base::{ExtSeq, Micros, Seq};

/// Packets remembered at first: audio for two seconds and a half.
const LEAST: usize = 128;
/// Packets remembered at most: two seconds at 20 Mbit/s, in 48 KiB.
pub(super) const MOST: usize = 4_096;
/// What was sent longer ago and is not told of will hardly be: no reason to remember more.
const KEPT: Micros = Micros::millis(3_000);
/// So many packets that were told of are remembered in any case: they may still turn out lost, or
/// come after all.
const TOLD: u64 = 64;

/// A packet, packed.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Low 32 bits of the microseconds at which it left: 71 minutes.
    at: u32,
    wire_bytes: u16,
    probe: ProbeId,
    /// From above: state (3), ECT(1), of a probe, class (2).
    packed: u8,
}

const _: () = assert!(size_of::<Entry>() == 12, "48 KiB at most");

const STATE_SHIFT: u8 = 5;
const ECT1: u8 = 0x08;
const PROBE: u8 = 0x04;
const CLASS: u8 = 0x03;

/// What is known of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum State {
    /// Nothing.
    Sent,
    /// It had not arrived when its receiver last spoke of it.
    Missing,
    /// So for so long that it was told as lost.
    Lost,
    /// It was told as arrived.
    Arrived,
    /// Whatever is said of its number says nothing: it was sent under it twice.
    Void,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct History {
    /// At the number modulo its length, a power of two; none before the first packet.
    ring: Vec<Entry>,
    /// The first number ever held, and the one after the newest.
    first: u64,
    next: u64,
    /// The number after the newest that was told of: from here on packets are in flight.
    untold: u64,
    /// Wire bytes from there on.
    in_flight: u64,
    /// The newest packet that arrived, and when it was sent.
    pub(super) newest_arrived: Option<(u64, Micros)>,
    /// Below, nothing can become lost any more.
    pub(super) undecided: u64,
    /// What was told that was known, too old, or never sent.
    pub(super) ignored: u64,
}

impl History {
    /// Nothing sent; takes memory with the first packet.
    pub(crate) const fn new() -> Self {
        Self {
            ring: Vec::new(),
            first: 0,
            next: 0,
            untold: 0,
            in_flight: 0,
            newest_arrived: None,
            undecided: 0,
            ignored: 0,
        }
    }

    /// A packet left under the number after the one before.
    #[inline]
    pub(crate) fn on_sent(&mut self, seq: Seq, sent: &SentPacket) {
        if ExtSeq(self.next).seq() != seq || self.ring.is_empty() {
            self.start_over(seq);
        }
        if self.next - self.untold + TOLD > self.ring.len() as u64 {
            self.make_room(sent.at);
        }
        let place = self.place(self.next);
        self.ring[place] = Entry::new(sent);
        self.next += 1;
        self.in_flight += u64::from(sent.wire_bytes);
    }

    /// What was sent under this number was sent under it again: nobody can tell which of the two
    /// arrives.
    pub(crate) fn void(&mut self, seq: Seq) {
        if let Some(number) = self.number(seq) {
            self.set_state(number, State::Void);
        }
    }

    /// Wire bytes sent and not told of.
    pub(crate) const fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// When the oldest of them left.
    pub(crate) fn oldest(&self, now: Micros) -> Option<Micros> {
        (self.untold < self.next).then(|| self.at(now, self.untold))
    }

    /// What was told and ignored: known already, too old, never sent.
    #[cfg(test)]
    pub(crate) const fn ignored(&self) -> u64 {
        self.ignored
    }

    /// How many packets from `seq` to the newest; `None` if that was not sent, or is long
    /// forgotten.
    pub(crate) fn reach(&self, seq: Seq) -> Option<usize> {
        let number = ExtSeq(self.next).nearest(seq).0;
        let reach = usize::try_from(self.next.checked_sub(number)?).ok()?;
        (1..2 * MOST).contains(&reach).then_some(reach)
    }

    /// The full number of `seq`, if it is remembered.
    pub(super) fn number(&self, seq: Seq) -> Option<u64> {
        let number = ExtSeq(self.next).nearest(seq).0;
        let is_held = (self.oldest_held()..self.next).contains(&number);
        is_held.then_some(number)
    }

    /// `number`, which is held, was told of: nothing before is in flight any more.
    pub(super) fn on_told(&mut self, number: u64) {
        while self.untold <= number {
            self.forget_oldest_in_flight();
        }
    }

    pub(super) fn state(&self, number: u64) -> State {
        self.ring[self.place(number)].state()
    }

    pub(super) fn set_state(&mut self, number: u64, state: State) {
        let place = self.place(number);
        self.ring[place].set_state(state);
    }

    /// The packet under a number that is held.
    pub(super) fn sent(&self, now: Micros, number: u64) -> SentPacket {
        let Entry { wire_bytes, probe, packed, .. } = self.ring[self.place(number)];
        SentPacket {
            at: self.at(now, number),
            wire_bytes,
            class: match packed & CLASS {
                0 => Class::Audio,
                1 => Class::Resend,
                2 => Class::Video,
                _ => Class::Padding,
            },
            probe: (packed & PROBE != 0).then_some(probe),
            ect1: packed & ECT1 != 0,
        }
    }

    /// When the packet under a number that is held left.
    pub(super) fn at(&self, now: Micros, number: u64) -> Micros {
        let passed = low_32_bits(now.0).wrapping_sub(self.ring[self.place(number)].at);
        Micros(now.0.saturating_sub(u64::from(passed)))
    }

    pub(super) const fn oldest_held(&self) -> u64 {
        let reach = self.next.saturating_sub(self.ring.len() as u64);
        if reach > self.first { reach } else { self.first }
    }

    /// The ring doubles rather than forget what may be told of, up to a bound.
    #[cold]
    fn make_room(&mut self, now: Micros) {
        let len = self.ring.len();
        let is_young = |history: &Self| {
            let oldest = history.oldest(now);
            oldest.is_some_and(|oldest| now.since(oldest) < KEPT)
        };
        if len < MOST && is_young(self) {
            let mut longer = vec![Entry::NONE; 2 * len];
            for number in self.oldest_held()..self.next {
                longer[place(number, 2 * len)] = self.ring[self.place(number)];
            }
            self.ring = longer;
        } else if self.next - self.untold >= len as u64 {
            self.forget_oldest_in_flight();
        }
    }

    fn forget_oldest_in_flight(&mut self) {
        let entry = self.ring[self.place(self.untold)];
        self.in_flight -= u64::from(entry.wire_bytes);
        self.untold += 1;
    }

    /// The first packet, or numbers begin elsewhere.
    #[cold]
    fn start_over(&mut self, seq: Seq) {
        // One cycle up, so that whatever is said of the numbers below is below.
        let first = 0x1_0000 | u64::from(seq.0);
        let ignored = self.ignored;
        *self = Self { first, next: first, untold: first, undecided: first, ..Self::new() };
        self.ignored = ignored;
        self.ring = vec![Entry::NONE; LEAST];
    }

    const fn place(&self, number: u64) -> usize {
        place(number, self.ring.len())
    }
}

impl Entry {
    const NONE: Self = Self { at: 0, wire_bytes: 0, probe: 0, packed: 0 };

    const fn new(sent: &SentPacket) -> Self {
        let (is_probe, probe) = match sent.probe {
            Some(probe) => (PROBE, probe),
            None => (0, 0),
        };
        let ect1 = if sent.ect1 { ECT1 } else { 0 };
        let packed = sent.class as u8 | is_probe | ect1;
        Self { at: low_32_bits(sent.at.0), wire_bytes: sent.wire_bytes, probe, packed }
    }

    const fn state(&self) -> State {
        match self.packed >> STATE_SHIFT {
            0 => State::Sent,
            1 => State::Missing,
            2 => State::Lost,
            3 => State::Arrived,
            _ => State::Void,
        }
    }

    const fn set_state(&mut self, state: State) {
        let rest = self.packed & ((1 << STATE_SHIFT) - 1);
        self.packed = rest | (state as u8) << STATE_SHIFT;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "masked below the length")]
const fn place(number: u64, len: usize) -> usize {
    (number & (len as u64).wrapping_sub(1)) as usize
}

#[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are the point")]
const fn low_32_bits(number: u64) -> u32 {
    number as u32
}
