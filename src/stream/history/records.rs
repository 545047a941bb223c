//! Which packet stands where: a ring of small records, found by a mask, that doubles while its
//! oldest record is still needed and halves when a review finds three quarters of it idle.
//!
//! Knows nothing of the bytes. Read next: [`super::chunks`].

use super::chunks::Place;
use super::{Fields, Marks, Position, is_expired};
use crate::base::{ExtSeq, RtpTime};

/// One packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) fields: Fields,
    /// When it came.
    pub(super) at: u32,
    /// Where its bytes are: extensions, then payload.
    pub(super) place: Place,
    pub(super) extensions: u16,
    pub(super) payload: u16,
    /// One byte longer it is as long as the next packet of its frame.
    pub(super) pad: bool,
}

const _: () = assert!(size_of::<Record>() <= 40, "there is one for each packet kept");

impl Record {
    const EMPTY: Self = Self {
        fields: Fields {
            seq: ExtSeq(0),
            timestamp: RtpTime(0),
            frame: 0,
            marks: Marks::NONE,
            codec: 0,
        },
        at: 0,
        place: Place::FIRST,
        extensions: 0,
        payload: 0,
        pad: false,
    };

    /// Bytes altogether.
    pub(super) const fn len(&self) -> usize {
        self.extensions as usize + self.payload as usize
    }
}

/// How many packets of a frame are evened out: as many as go into one system call.
const MOST_PIECES: usize = 64;

/// See the module. Numbers are [`Position`]s and wrap.
#[derive(Debug)]
pub(super) struct Records {
    /// A power of two, or none.
    ring: Vec<Record>,
    least: usize,
    most: usize,
    oldest: u32,
    next: u32,
}

impl Records {
    /// None, without memory; `least` and `most` are powers of two.
    pub(super) const fn new(least: usize, most: usize) -> Self {
        assert!(least.is_power_of_two() && most.is_power_of_two(), "a mask finds the record");
        Self { ring: Vec::new(), least, most, oldest: 0, next: 0 }
    }

    /// Makes room for one more: the oldest goes if it need not be kept or the ring is as long as
    /// it may be, otherwise the ring grows.
    pub(super) fn make_room(&mut self, now: u32) {
        if self.len() < self.ring.len() {
            return;
        }
        let len = self.ring.len();
        if len > 0 && (len == self.most || is_expired(now, self.ring[self.place(self.oldest)].at)) {
            self.oldest = self.oldest.wrapping_add(1);
        } else {
            self.resize((2 * len).max(self.least));
        }
    }

    /// `next` will be pushed. If it is one byte longer than those before it of its frame, they get
    /// a byte of padding: encoders cut frames into pieces that differ by one byte, the shorter ones
    /// first, and only what is equally long goes out in one system call (UDP GSO).
    pub(super) fn even_out(&mut self, next: &Record) {
        for back in 1..=self.len().min(MOST_PIECES) {
            let place = self.place(self.next.wrapping_sub(u32::try_from(back).unwrap_or(1)));
            let before = &mut self.ring[place];
            let of_frame = before.fields.timestamp == next.fields.timestamp
                && before.fields.codec == next.fields.codec;
            if !of_frame || before.pad || before.len() + 1 != next.len() {
                return;
            }
            before.pad = true;
        }
    }

    /// Adds a packet, for which there is room.
    pub(super) fn push(&mut self, record: Record) -> Position {
        let place = self.place(self.next);
        self.ring[place] = record;
        let position = Position(self.next);
        self.next = self.next.wrapping_add(1);
        position
    }

    /// The bytes of all before `end` are gone.
    pub(super) const fn forget_before(&mut self, end: u32) {
        // They may have been forgotten already.
        if self.next.wrapping_sub(end) < self.next.wrapping_sub(self.oldest) {
            self.oldest = end;
        }
    }

    /// Halves the ring while three quarters of it are not needed; one without records goes.
    pub(super) fn review(&mut self, now: u32) {
        if self.oldest == self.next {
            self.ring = Vec::new();
            return;
        }
        let needed = self.len() - self.expired(now);
        let mut len = self.ring.len();
        while needed <= len / 4 && len > self.least {
            len /= 2;
        }
        if len < self.ring.len() {
            self.resize(len);
        }
    }

    /// The packet at `position`, while it is held.
    #[inline]
    pub(super) fn get(&self, position: Position) -> Option<&Record> {
        if position.0.wrapping_sub(self.oldest) >= self.next.wrapping_sub(self.oldest) {
            return None;
        }
        self.ring.get(self.place(position.0))
    }

    /// Whether it holds no memory.
    pub(super) const fn is_at_rest(&self) -> bool {
        self.ring.is_empty()
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, position: Position) -> Option<&mut Record> {
        self.get(position)?;
        let place = self.place(position.0);
        self.ring.get_mut(place)
    }

    /// The position of the next packet.
    pub(super) const fn next(&self) -> u32 {
        self.next
    }

    /// Moves the newest records to a ring of `len` places.
    fn resize(&mut self, len: usize) {
        let mut ring = vec![Record::EMPTY; len];
        let kept = u32::try_from(self.len().min(len)).expect("rings are far below 2^32");
        self.oldest = self.next.wrapping_sub(kept);
        for back in 1..=kept {
            let position = self.next.wrapping_sub(back);
            ring[position as usize & (len - 1)] = self.ring[self.place(position)];
        }
        self.ring = ring;
    }

    /// How many need not be kept: they are the oldest, so halving finds the first that must.
    fn expired(&self, now: u32) -> usize {
        let (mut from, mut until) = (0, self.next.wrapping_sub(self.oldest));
        while from < until {
            let middle = from + (until - from) / 2;
            if is_expired(now, self.ring[self.place(self.oldest.wrapping_add(middle))].at) {
                from = middle + 1;
            } else {
                until = middle;
            }
        }
        from as usize
    }

    pub(super) const fn len(&self) -> usize {
        self.next.wrapping_sub(self.oldest) as usize
    }

    const fn place(&self, position: u32) -> usize {
        position as usize & self.ring.len().wrapping_sub(1)
    }

    /// Bytes taken.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.ring.capacity() * size_of::<Record>()
    }
}
