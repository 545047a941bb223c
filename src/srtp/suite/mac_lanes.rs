//! The tags of several packets side by side: their SHA-1 states are the lanes of vectors, and a
//! step takes a block of each. Lanes that come to their end keep their state while others go on.
//!
//! Must not know what the packets are, nor which instructions are used. Read next: `simd`.

use std::ops::Range;

use sha1::block_api::compress;
use zeroize::Zeroize;

use crate::srtp::simd::{Block, Kernel, Simd, States};

use super::mac::{MacKey, State, TAG_LEN, last_blocks, outer_block, tag, truncated};

/// Packets that are encrypted and lack their tags. What it holds of keys is wiped on drop.
///
/// Kept column by column: so an empty one is nothing but zeros, which is soon made.
pub(in crate::srtp) struct PendingTags {
    /// The keys' states, inner and outer.
    states: [[State; 2]; Self::MOST],
    /// Where the authenticated part of the packet begins in memory, and where it ends.
    starts: [usize; Self::MOST],
    ends: [usize; Self::MOST],
    rocs: [u32; Self::MOST],
    len: usize,
    /// That of the key that came last: a process has one, but for tests.
    simd: Simd,
}

impl PendingTags {
    /// As many as there are lanes.
    pub(in crate::srtp) const MOST: usize = 16;

    #[inline]
    pub(in crate::srtp) const fn new() -> Self {
        Self {
            states: [[[0; 5]; 2]; Self::MOST],
            starts: [0; Self::MOST],
            ends: [0; Self::MOST],
            rocs: [0; Self::MOST],
            len: 0,
            simd: Simd::PORTABLE,
        }
    }

    /// Notes that header and ciphertext stand at `message`, and that behind them is room for the
    /// tag. Not to be called more than [`Self::MOST`] times.
    pub(in crate::srtp) fn push(&mut self, key: &MacKey, message: Range<usize>, roc: u32) {
        self.states[self.len] = key.states();
        self.starts[self.len] = message.start;
        self.ends[self.len] = message.end;
        self.rocs[self.len] = roc;
        self.len += 1;
        self.simd = key.simd();
    }

    /// Writes the tags into `memory`, which the offsets are of.
    #[inline]
    pub(in crate::srtp) fn write(&self, memory: &mut [u8]) {
        if self.len > 0 {
            self.write_some(memory);
        }
    }

    fn write_some(&self, memory: &mut [u8]) {
        let (mut from, simd) = (0, self.simd);
        while from < self.len {
            let left = self.len - from;
            from += match (simd.sixteen(), simd.eight(), simd.two()) {
                (Some(kernel), ..) if left >= kernel.from() => self.in_lanes(kernel, from, memory),
                (_, Some(kernel), _) if left >= kernel.from() => {
                    self.in_lanes(kernel, from, memory)
                }
                (.., Some(kernel)) if left >= kernel.from() => self.in_lanes(kernel, from, memory),
                _ => self.alone(from, memory),
            };
        }
    }

    /// Number `i`: what is authenticated, the ROC behind it, and where the tag goes.
    fn parts<'m>(&self, i: usize, memory: &'m mut [u8]) -> (&'m [u8], [u8; 4], &'m mut [u8]) {
        let (before, from_tag) = memory.split_at_mut(self.ends[i]);
        (&before[self.starts[i]..], self.rocs[i].to_be_bytes(), &mut from_tag[..TAG_LEN])
    }

    /// Number `from` alone. Gives back how many it did.
    fn alone(&self, from: usize, memory: &mut [u8]) -> usize {
        let (message, roc, tag_out) = self.parts(from, memory);
        tag_out.copy_from_slice(&tag(self.states[from], message, &roc));
        1
    }

    /// Number `from` and as many after it as there are lanes for; lanes that have none do nothing.
    /// Gives back how many it did.
    fn in_lanes<const N: usize>(&self, kernel: Kernel<N>, from: usize, memory: &mut [u8]) -> usize {
        let count = N.min(self.len - from);
        let (mut inner, mut outer) = ([[0; N]; 5], [[0; N]; 5]);
        let mut ends = [[[0; 64]; 2]; N];
        let mut ways: [Way<'_>; N] = [[&[]; 2]; N];
        for (lane, (end, way)) in ends.iter_mut().zip(&mut ways).enumerate().take(count) {
            let i = from + lane;
            set_lane(&mut inner, lane, self.states[i][0]);
            set_lane(&mut outer, lane, self.states[i][1]);
            let message = &memory[self.starts[i]..self.ends[i]];
            let (blocks, rest) = message.as_chunks();
            *way = [blocks, last_blocks(rest, &self.rocs[i].to_be_bytes(), message.len(), end)];
        }
        take_all(kernel, &mut inner, ways);

        let mut blocks = [[[0; 64]]; N];
        let mut ways: [Way<'_>; N] = [[&[]; 2]; N];
        for (lane, (block, way)) in blocks.iter_mut().zip(&mut ways).enumerate().take(count) {
            *block = [outer_block(of_lane(&inner, lane))];
            *way = [block, &[]];
        }
        take_all(kernel, &mut outer, ways);
        for lane in 0..count {
            let (.., tag_out) = self.parts(from + lane, memory);
            tag_out.copy_from_slice(&truncated(of_lane(&outer, lane)));
        }
        count
    }
}

impl Drop for PendingTags {
    #[inline]
    fn drop(&mut self) {
        self.states[..self.len].as_flattened_mut().as_flattened_mut().zeroize();
    }
}

/// What a lane has still to take, in two pieces.
type Way<'b> = [&'b [Block]; 2];

/// Takes all blocks of all lanes, as long as it is worth it side by side. With equal lengths that
/// is one step, or two where the piece changes.
fn take_all<const N: usize>(kernel: Kernel<N>, states: &mut States<N>, mut ways: [Way<'_>; N]) {
    loop {
        let mut live = 0_u32;
        let mut step = usize::MAX;
        let mut some_lane: &[Block] = &[];
        for (lane, way) in ways.iter_mut().enumerate() {
            if way[0].is_empty() {
                *way = [way[1], &[]];
            }
            if !way[0].is_empty() {
                live |= 1 << lane;
                step = step.min(way[0].len());
                some_lane = way[0];
            }
        }
        if live == 0 {
            return;
        }
        // Lanes at their end are given another's blocks, which their states do not take.
        let mut runs = [&some_lane[..step]; N];
        for (lane, (run, way)) in runs.iter_mut().zip(&mut ways).enumerate() {
            if live >> lane & 1 == 1 {
                (*run, way[0]) = way[0].split_at(step);
            }
        }
        if live.count_ones() as usize >= kernel.worth() {
            kernel.compress(states, &runs, live);
            continue;
        }
        for (lane, run) in runs.iter().enumerate().filter(|(lane, _)| live >> lane & 1 == 1) {
            let mut state = of_lane(states, lane);
            compress(&mut state, run);
            set_lane(states, lane, state);
        }
    }
}

fn of_lane<const N: usize>([a, b, c, d, e]: &States<N>, lane: usize) -> State {
    [a[lane], b[lane], c[lane], d[lane], e[lane]]
}

fn set_lane<const N: usize>(states: &mut States<N>, lane: usize, state: State) {
    for (words, word) in states.iter_mut().zip(state) {
        words[lane] = word;
    }
}
