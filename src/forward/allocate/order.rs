//! All steps of all wishes, in the order in which they are granted (A3): the base of what is on
//! stage; of everything else first a picture, then all its temporal layers; then the stage up to
//! what it wants; then everything else, in rounds of one spatial layer, where a weight of two comes
//! to its second as others come to their first. Ties by a hash of the source, another for each
//! receiver: nobody is always last.

use super::{Step, Wish, Wishes};

/// One step of one wish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Turn {
    key: u64,
    /// Place of the wish.
    pub(super) wish: u16,
    /// The level before the step.
    pub(super) level: u8,
    pub(super) is_base: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Order {
    turns: Vec<Turn>,
    /// Of the receiver.
    salt: u64,
}

impl Turn {
    /// What its place is by, but for ties.
    pub(super) const fn class(&self) -> u64 {
        self.key >> TIE_BITS
    }
}

impl Order {
    /// Of the receiver that is named `salt`.
    pub(super) fn new(salt: u64) -> Self {
        Self { salt, turns: Vec::new() }
    }

    /// The wishes or their steps are others than before.
    pub(super) fn arrange(&mut self, wishes: &Wishes) {
        self.turns.clear();
        for (place, (wish, steps)) in (0..).zip(wishes.iter()) {
            let tie = scatter(wish.source ^ self.salt) >> (64 - TIE_BITS);
            for (level, step) in (0..).zip(steps) {
                let key = class(wish, level, step) << TIE_BITS | tie;
                self.turns.push(Turn { key, wish: place, level, is_base: step.round == 0 });
            }
        }
        self.turns.sort_unstable_by_key(|turn| (turn.key, turn.wish, turn.level));
    }

    /// First to last.
    pub(super) fn turns(&self) -> &[Turn] {
        &self.turns
    }
}

/// Group, round by weight, priority.
fn class(wish: &Wish, level: u8, step: &Step) -> u64 {
    let group = match (step.round, wish.on_stage) {
        (0, true) => 0,
        (0, false) if level == 0 => 1,
        (0, false) => 2,
        (_, true) => 3,
        (_, false) => 4,
    };
    let weighted = u64::from(step.round) * WEIGHT_OF_ONE / u64::from(wish.priority.max(1));
    // Coarsely, so that 255 is twice 128.
    let round = weighted / 4;
    (group << ROUND_BITS | round) << 8 | u64::from(u8::MAX - wish.priority)
}

/// The finish of splitmix64.
const fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

const WEIGHT_OF_ONE: u64 = 128;
const ROUND_BITS: u32 = 24;
const TIE_BITS: u32 = 29;
