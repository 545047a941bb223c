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
pub(in crate::srtp) struct PendingTags {
    jobs: [Job; PendingTags::MOST],
    len: usize,
    /// That of the key that came last: a process has one, but for tests.
    simd: Simd,
}

/// One packet, as offsets into the memory it stands in.
#[derive(Clone, Copy, Default)]
struct Job {
    /// The key's states, inner and outer.
    states: [State; 2],
    start: usize,
    end: usize,
    roc: [u8; 4],
}

impl PendingTags {
    /// As many as there are lanes.
    pub(in crate::srtp) const MOST: usize = 16;

    pub(in crate::srtp) fn new() -> Self {
        Self { jobs: [Job::default(); Self::MOST], len: 0, simd: Simd::PORTABLE }
    }

    /// Notes that header and ciphertext stand at `message`, and that behind them is room for the
    /// tag. Not to be called more than [`Self::MOST`] times.
    pub(in crate::srtp) fn push(&mut self, key: &MacKey, message: Range<usize>, roc: u32) {
        let Range { start, end } = message;
        self.jobs[self.len] = Job { states: key.states(), start, end, roc: roc.to_be_bytes() };
        self.len += 1;
        self.simd = key.simd();
    }

    /// Writes the tags into `memory`, which the offsets are of.
    pub(in crate::srtp) fn write(&self, memory: &mut [u8]) {
        let (jobs, simd) = (&self.jobs[..self.len], self.simd);
        match simd.sixteen() {
            Some(kernel) if jobs.len() > 8 => in_lanes(kernel, jobs, memory),
            _ => jobs.chunks(8).for_each(|jobs| up_to_eight(simd, jobs, memory)),
        }
    }
}

impl Drop for PendingTags {
    fn drop(&mut self) {
        self.jobs[..self.len].iter_mut().for_each(|job| job.states.zeroize());
    }
}

fn up_to_eight(simd: Simd, jobs: &[Job], memory: &mut [u8]) {
    match simd.eight() {
        Some(kernel) if jobs.len() >= kernel.worth => in_lanes(kernel, jobs, memory),
        _ => jobs.chunks(2).for_each(|jobs| one_or_two(simd, jobs, memory)),
    }
}

fn one_or_two(simd: Simd, jobs: &[Job], memory: &mut [u8]) {
    match (simd.two(), jobs) {
        (Some(kernel), [_, _]) => in_lanes(kernel, jobs, memory),
        _ => jobs.iter().for_each(|job| {
            let (message, tag_out) = job.parts(memory);
            tag_out.copy_from_slice(&tag(job.states, message, &job.roc));
        }),
    }
}

impl Job {
    /// What is authenticated, and where the tag goes.
    fn parts<'m>(&self, memory: &'m mut [u8]) -> (&'m [u8], &'m mut [u8]) {
        let (before, from_tag) = memory.split_at_mut(self.end);
        (&before[self.start..], &mut from_tag[..TAG_LEN])
    }
}

/// At most `N` jobs. Lanes without one do nothing.
fn in_lanes<const N: usize>(kernel: Kernel<N>, jobs: &[Job], memory: &mut [u8]) {
    let (mut inner, mut outer) = ([[0; N]; 5], [[0; N]; 5]);
    let mut ends = [[[0; 64]; 2]; N];
    let mut ways: [Way<'_>; N] = [[&[]; 2]; N];
    for (lane, ((job, end), way)) in jobs.iter().zip(&mut ends).zip(&mut ways).enumerate() {
        set_lane(&mut inner, lane, job.states[0]);
        set_lane(&mut outer, lane, job.states[1]);
        let message = &memory[job.start..job.end];
        let (blocks, rest) = message.as_chunks();
        *way = [blocks, last_blocks(rest, &job.roc, message.len(), end)];
    }
    take_all(kernel, &mut inner, ways);

    let mut blocks = [[[0; 64]]; N];
    let mut ways: [Way<'_>; N] = [[&[]; 2]; N];
    for (lane, (block, way)) in blocks.iter_mut().zip(&mut ways).enumerate().take(jobs.len()) {
        *block = [outer_block(of_lane(&inner, lane))];
        *way = [block, &[]];
    }
    take_all(kernel, &mut outer, ways);
    for (lane, job) in jobs.iter().enumerate() {
        job.parts(memory).1.copy_from_slice(&truncated(of_lane(&outer, lane)));
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
        if live.count_ones() as usize >= kernel.worth {
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

fn of_lane<const N: usize>(states: &States<N>, lane: usize) -> State {
    states.map(|words| words[lane])
}

fn set_lane<const N: usize>(states: &mut States<N>, lane: usize, state: State) {
    for (words, word) in states.iter_mut().zip(state) {
        words[lane] = word;
    }
}
