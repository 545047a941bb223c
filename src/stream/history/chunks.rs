//! The bytes of the packets, in chunks of one size, one after the other; no packet straddles two.
//!
//! When the newest chunk is full, the oldest is emptied to be the next, if nothing in it must be
//! kept any longer or there are as many as there may be; otherwise one more is taken. So at a
//! steady rate memory goes round, and a key frame's burst takes a chunk or two more once. Chunks
//! that were not needed at any time between two reviews are given back, but for a few.
//!
//! Knows nothing of packets but when they came. Read next: [`super::overtaking`].

use std::collections::VecDeque;

use super::{is_expired, low_16_bits};

/// Stands behind each packet, so that it can be sent with it or without: one byte of RTP padding,
/// which says that it is one (RFC 3550 §5.1).
const PADDING: [u8; 1] = [1];

/// Where a packet's bytes start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Counts chunks; wraps.
    chunk: u16,
    offset: u16,
}

impl Place {
    /// In the first chunk.
    pub(super) const FIRST: Self = Self { chunk: 0, offset: 0 };
}

/// See the module.
#[derive(Debug)]
pub(super) struct Chunks {
    /// The oldest first; the last is being filled.
    held: VecDeque<Chunk>,
    /// Number of the oldest.
    first: u16,
    /// Bytes filled of the newest.
    filled: usize,
    /// Bytes of each.
    size: usize,
    most: usize,
    /// The fewest that could have been done without since the last review.
    least_spare: usize,
}

#[derive(Debug)]
struct Chunk {
    bytes: Box<[u8]>,
    /// When its newest packet came.
    newest: u32,
    /// The position after its newest packet.
    end: u32,
}

impl Chunks {
    /// None yet; at most `most`, of `size` bytes each.
    pub(super) const fn new(size: usize, most: usize) -> Self {
        assert!(size < 1 << 16, "offsets and lengths are 16 bits");
        assert!(most <= 1 << 15, "numbers of chunks are 16 bits");
        Self { held: VecDeque::new(), first: 0, filled: 0, size, most, least_spare: 0 }
    }

    /// Makes room for a packet of `len` bytes, which [`fits`](Self::fits), in one piece. Returns the position
    /// before which all packets are gone now, if any went for it.
    pub(super) fn make_room(&mut self, now: u32, len: usize) -> Option<u32> {
        if !self.held.is_empty() && self.filled + len + PADDING.len() <= self.size {
            return None;
        }
        let spare = self.spare(now);
        self.least_spare = self.least_spare.min(spare.saturating_sub(1));
        self.filled = 0;
        if spare == 0 && self.held.len() < self.most {
            let bytes = vec![0; self.size].into_boxed_slice();
            self.held.push_back(Chunk { bytes, newest: now, end: 0 });
            return None;
        }
        let oldest = self.held.pop_front()?;
        self.first = self.first.wrapping_add(1);
        let end = oldest.end;
        self.held.push_back(oldest);
        Some(end)
    }

    /// Adds the bytes of the packet at `position`, for which there is room.
    pub(super) fn write(
        &mut self,
        now: u32,
        position: u32,
        extensions: &[u8],
        payload: &[u8],
    ) -> Place {
        let number = self.first.wrapping_add(low_16_bits(self.held.len() - 1));
        let place = Place { chunk: number, offset: low_16_bits(self.filled) };
        let newest = self.held.back_mut().expect("room was made");
        let (to_extensions, rest) = newest.bytes[self.filled..].split_at_mut(extensions.len());
        to_extensions.copy_from_slice(extensions);
        let (to_payload, rest) = rest.split_at_mut(payload.len());
        to_payload.copy_from_slice(payload);
        rest[..PADDING.len()].copy_from_slice(&PADDING);
        newest.newest = now;
        newest.end = position.wrapping_add(1);
        // The newest chunk may have been spare, after silence: it is no longer.
        self.least_spare = self.least_spare.min(self.held.len() - 1);
        self.filled += extensions.len() + payload.len() + PADDING.len();
        place
    }

    /// Gives back what was spare ever since the last review: all if nothing came meanwhile, else
    /// all but one and a quarter of what is held, so that rates and key frames may vary. Returns
    /// the position before which all packets are gone now, if any went.
    pub(super) fn review(&mut self, now: u32) -> Option<u32> {
        let held = self.held.len();
        // The newest may have been spare then, and filled since without room being made.
        self.least_spare = self.least_spare.min(self.spare(now));
        let keep = if self.least_spare >= held { 0 } else { 1 + held / 4 };
        let mut end = None;
        for _ in keep..self.least_spare.min(held) {
            end = self.held.pop_front().map(|chunk| chunk.end);
            self.first = self.first.wrapping_add(1);
        }
        if end.is_some() {
            self.held.shrink_to_fit();
        }
        self.least_spare = self.spare(now);
        end
    }

    /// The `len` bytes at `place`, whose packet is held, and the padding.
    #[inline]
    pub(super) fn get(&self, place: Place, len: usize) -> Option<&[u8]> {
        let chunk = self.held.get(usize::from(place.chunk.wrapping_sub(self.first)))?;
        chunk.bytes.get(usize::from(place.offset)..)?.get(..len + PADDING.len())
    }

    /// The first `len` bytes of a packet that is held, to be changed.
    pub(super) fn get_mut(&mut self, place: Place, len: usize) -> Option<&mut [u8]> {
        let chunk = self.held.get_mut(usize::from(place.chunk.wrapping_sub(self.first)))?;
        chunk.bytes.get_mut(usize::from(place.offset)..)?.get_mut(..len)
    }

    /// Whether a packet of `len` bytes is no longer than a chunk.
    pub(super) const fn fits(&self, len: usize) -> bool {
        len + PADDING.len() <= self.size
    }

    /// Chunks in which nothing must be kept any longer: the oldest ones.
    fn spare(&self, now: u32) -> usize {
        self.held.partition_point(|chunk| is_expired(now, chunk.newest))
    }

    /// Bytes taken.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.held.iter().map(|chunk| chunk.bytes.len()).sum::<usize>()
            + self.held.capacity() * size_of::<Chunk>()
    }
}
