//! Memory that the core writes outgoing datagrams into, back to back, and the runs they form.
//!
//! Consecutive datagrams on one path, of one length and ECN codepoint are one *run*: one system call with UDP
//! GSO. The last of a run may be shorter, which also ends it. Nothing is allocated after the start.
//!
//! Must not know sockets. Read next: `udp/send.rs`, which empties it.

use crate::{EcnCodepoint, EgressSink, Path, Transmit};

/// Largest payload of one UDP datagram over IPv4, and so of one run: 65,535 - 20 - 8.
pub(super) const MAX_RUN_BYTES: usize = 65_507;

/// Least size: whatever slot the core asks for must fit into an empty arena.
const MIN_BYTES: usize = 128 << 10;

/// Bytes of arena per run record: the size below which a datagram makes records run out first.
const BYTES_PER_RUN: usize = 128;

/// The sink a worker drains its engine into.
#[derive(Debug)]
pub(super) struct Arena {
    memory: Box<[u8]>,
    /// Bytes committed.
    filled: usize,
    /// What is left of the slot handed out last.
    slot: usize,
    /// Never grows beyond its first capacity.
    runs: Vec<Run>,
    /// First run not sent.
    next: usize,
    max_segments: usize,
}

/// Datagrams that lie back to back, of one path and codepoint, and one length but for the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    pub(super) path: Path,
    pub(super) ecn: EcnCodepoint,
    /// Length of each datagram but the last, which may be shorter.
    pub(super) segment: usize,
    /// How many.
    pub(super) count: usize,
    start: usize,
    len: usize,
}

impl Arena {
    /// `bytes` of memory for runs of at most `max_segments` datagrams.
    pub(super) fn new(bytes: usize, max_segments: usize) -> Self {
        let bytes = bytes.max(MIN_BYTES);
        Self {
            memory: vec![0; bytes].into_boxed_slice(),
            filled: 0,
            slot: 0,
            runs: Vec::with_capacity(bytes / BYTES_PER_RUN),
            next: 0,
            max_segments,
        }
    }

    /// Sets how long runs may get from now on.
    pub(super) fn set_max_segments(&mut self, max_segments: usize) {
        self.max_segments = max_segments;
    }

    /// What is not sent, oldest first: whole runs, or each datagram as a run of its own.
    pub(super) fn pieces(&self, whole: bool) -> impl Iterator<Item = (Run, &[u8])> {
        let pieces = self.runs[self.next..].iter().flat_map(move |run| run.pieces(whole));
        pieces.map(|piece| (piece, &self.memory[piece.start..piece.start + piece.len]))
    }

    /// The first piece is sent, or given up; `whole` as it was for [`Self::pieces`].
    pub(super) fn pop(&mut self, whole: bool) -> Option<Run> {
        let run = self.runs.get_mut(self.next)?;
        let piece = run.pieces(whole).next()?;
        run.start += piece.len;
        run.len -= piece.len;
        run.count -= piece.count;
        if run.count == 0 {
            self.next += 1;
        }
        if self.next == self.runs.len() {
            self.clear();
        }
        Some(piece)
    }

    /// Datagrams not sent.
    pub(super) fn datagrams(&self) -> usize {
        self.runs[self.next..].iter().map(|run| run.count).sum()
    }

    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.next = 0;
        self.filled = 0;
        self.slot = 0;
    }
}

impl EgressSink for Arena {
    fn datagrams_per_slot(&self) -> usize {
        self.runs.capacity() - self.runs.len()
    }

    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        if self.runs.len() == self.runs.capacity() {
            return None;
        }
        let slot = self.memory.get_mut(self.filled..)?.get_mut(..len)?;
        self.slot = len;
        Some(slot)
    }

    fn commit(&mut self, transmit: Transmit) {
        let len = transmit.len;
        assert!(len <= self.slot, "a commit is no longer than its slot");
        self.slot -= len;
        if len == 0 {
            return;
        }
        let start = self.filled;
        self.filled += len;
        let max_segments = self.max_segments;
        match self.runs[self.next..].last_mut() {
            Some(run) if run.takes(&transmit, max_segments) => {
                run.len += len;
                run.count += 1;
            }
            _ => {
                let Transmit { path, ecn, .. } = transmit;
                self.runs.push(Run { path, ecn, segment: len, count: 1, start, len });
            }
        }
    }
}

impl Run {
    pub(super) const fn bytes(&self) -> usize {
        self.len
    }

    /// Itself, or its datagrams.
    fn pieces(self, whole: bool) -> impl Iterator<Item = Self> {
        let (step, each) = if whole { (self.len, self.count) } else { (self.segment, 1) };
        let starts = (0..self.len).step_by(step.max(1));
        starts.map(move |at| {
            let (start, len) = (self.start + at, step.min(self.len - at));
            Self { count: each, start, len, ..self }
        })
    }

    fn takes(&self, transmit: &Transmit, max_segments: usize) -> bool {
        let ended = self.len < self.count * self.segment;
        !ended
            && transmit.len <= self.segment
            && self.count < max_segments
            && self.len + transmit.len <= MAX_RUN_BYTES
            && transmit.path == self.path
            && transmit.ecn == self.ecn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(port: u16) -> Path {
        let at = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
        Path { local: at(1), remote: at(port) }
    }

    fn put(arena: &mut Arena, port: u16, len: usize) -> bool {
        let Some(slot) = arena.slot(len + 100) else { return false };
        slot[..len].fill(u8::try_from(port).expect("small"));
        arena.commit(Transmit { path: path(port), len, ecn: EcnCodepoint::NotEct });
        true
    }

    /// (port, segment, count) of each run, sent in order.
    fn runs(mut arena: Arena) -> Vec<(u16, usize, usize)> {
        let mut runs = Vec::new();
        for (run, bytes) in arena.pieces(true) {
            assert!(bytes.iter().all(|byte| u16::from(*byte) == run.path.remote.port()));
            assert_eq!(bytes.len().div_ceil(run.segment), run.count);
            runs.push((run.path.remote.port(), run.segment, run.count));
        }
        for &(port, segment, count) in &runs {
            let popped = arena.pop(true).expect("as many as were looked at");
            assert_eq!((popped.path.remote.port(), popped.segment), (port, segment));
            assert_eq!(popped.count, count);
        }
        assert_eq!((arena.pop(true), arena.datagrams()), (None, 0));
        runs
    }

    fn arena_of(max_segments: usize, datagrams: &[(u16, usize)]) -> Arena {
        let mut arena = Arena::new(0, max_segments);
        for &(port, len) in datagrams {
            assert!(put(&mut arena, port, len));
        }
        arena
    }

    #[test]
    fn equal_datagrams_on_one_path_are_one_run() {
        let arena = arena_of(64, &[(7, 1000), (7, 1000), (7, 1000)]);
        assert_eq!(runs(arena), [(7, 1000, 3)]);
    }

    #[test]
    fn shorter_datagram_ends_a_run_and_a_longer_one_begins_another() {
        let arena = arena_of(64, &[(7, 1000), (7, 1000), (7, 900), (7, 900), (7, 901)]);
        assert_eq!(runs(arena), [(7, 1000, 3), (7, 900, 1), (7, 901, 1)]);
    }

    #[test]
    fn another_path_begins_another_run() {
        let arena = arena_of(64, &[(7, 1000), (8, 1000), (7, 1000)]);
        assert_eq!(runs(arena), [(7, 1000, 1), (8, 1000, 1), (7, 1000, 1)]);
    }

    #[test]
    fn another_codepoint_begins_another_run() {
        let mut arena = Arena::new(0, 64);
        let codepoints = [EcnCodepoint::Ect1, EcnCodepoint::Ect1, EcnCodepoint::NotEct];
        for ecn in codepoints {
            arena.slot(10).expect("room").fill(7);
            arena.commit(Transmit { path: path(7), len: 10, ecn });
        }
        let seen: Vec<_> = arena.pieces(true).map(|(run, _)| (run.ecn, run.count)).collect();
        assert_eq!(seen, [(EcnCodepoint::Ect1, 2), (EcnCodepoint::NotEct, 1)]);
    }

    #[test]
    fn run_is_bounded_in_datagrams_and_in_bytes() {
        assert_eq!(runs(arena_of(3, &[(7, 10); 7])), [(7, 10, 3), (7, 10, 3), (7, 10, 1)]);
        let most = MAX_RUN_BYTES / 1_400;
        let arena = arena_of(64, &[(7, 1_400); 50]);
        assert_eq!(runs(arena), [(7, 1_400, most), (7, 1_400, 50 - most)]);
    }

    #[test]
    fn full_arena_refuses_a_slot_and_gives_room_again_when_emptied() {
        let mut arena = Arena::new(0, 64);
        let mut written = 0;
        while put(&mut arena, 7, 1_200) {
            written += 1;
        }
        assert_eq!(written, (MIN_BYTES - 100) / 1_200);
        assert_eq!(arena.datagrams(), written);
        while arena.pop(true).is_some() {}
        assert!(put(&mut arena, 7, 1_200));
    }

    #[test]
    fn tiny_datagrams_run_out_of_records_without_growing_them() {
        let mut arena = Arena::new(0, 1);
        let capacity = arena.runs.capacity();
        while put(&mut arena, 7, 1) {}
        assert_eq!((arena.runs.len(), arena.runs.capacity()), (capacity, capacity));
    }

    #[test]
    fn slot_holds_several_datagrams_back_to_back() {
        let mut arena = Arena::new(0, 64);
        let slot = arena.slot(1_000).expect("room");
        slot[..300].fill(7);
        slot[300..500].fill(8);
        for (port, len) in [(7, 100), (7, 100), (7, 100), (8, 200)] {
            arena.commit(Transmit { path: path(port), len, ecn: EcnCodepoint::NotEct });
        }
        assert!(put(&mut arena, 9, 50));
        assert_eq!(runs(arena), [(7, 100, 3), (8, 200, 1), (9, 50, 1)]);
    }

    #[test]
    fn slot_that_was_not_committed_is_handed_out_again() {
        let mut arena = Arena::new(0, 64);
        arena.slot(500).expect("room").fill(9);
        assert!(put(&mut arena, 7, 100));
        assert_eq!(runs(arena), [(7, 100, 1)]);
    }

    #[test]
    fn run_sent_one_by_one_ends_with_its_short_datagram() {
        let mut arena = arena_of(64, &[(7, 10), (7, 10), (7, 4), (8, 5)]);
        let expected = [(7, 10), (7, 10), (7, 4), (8, 5)];
        let seen: Vec<_> = arena
            .pieces(false)
            .map(|(piece, bytes)| (piece.path.remote.port(), bytes.len()))
            .collect();
        assert_eq!(seen, expected);
        for (port, len) in expected {
            let piece = arena.pop(false).expect("four");
            assert_eq!((piece.path.remote.port(), piece.bytes(), piece.count), (port, len, 1));
        }
        assert_eq!((arena.pop(false), arena.datagrams()), (None, 0));
    }

    #[test]
    fn run_that_was_begun_one_by_one_can_be_given_up_as_a_whole() {
        let mut arena = arena_of(64, &[(7, 10), (7, 10), (7, 4), (8, 5)]);
        assert_eq!(arena.pop(false).map(|piece| piece.count), Some(1));
        assert_eq!(arena.pop(true).map(|piece| (piece.count, piece.bytes())), Some((2, 14)));
        assert_eq!(arena.datagrams(), 1);
    }
}
