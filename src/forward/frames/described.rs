//! What dependency descriptors say, with what has to be remembered to read them: the structures of
//! key frames, which decode targets are sent, and whether each chain is whole (D1, D4).
//!
//! ```text
//!          predecessor missing        not there within the patience
//!  Whole ─────────────────────▶ Waiting ─────────────────────▶ Broken
//!    ▲                            │                               │
//!    └──────── it came ───────────┴────── the chain starts anew ──┘
//! ```

use super::frame::Described;
use crate::base::BitWindow;
use crate::wire::ext::dependency_descriptor::{
    FrameDescriptor, MOST_CHAINS, Places, Structure, mandatory_fields,
};

/// State of one encoding whose packets carry descriptors.
#[derive(Debug)]
pub(super) struct Descriptors {
    newest: Held,
    /// For packets that come late, after the key frame that brought the newest.
    before: Option<Held>,
    active: u32,
    generation: u8,
    received: BitWindow<8>,
    chains: [Chain; MOST_CHAINS],
    /// From this frame on nothing can be read: a structure was lost.
    lost_from: Option<u64>,
}

/// A structure, and the number of the frame that carried it.
#[derive(Clone, Debug)]
struct Held {
    structure: Structure,
    from: u64,
}

#[derive(Clone, Copy, Debug)]
enum Chain {
    Whole,
    Waiting { missing: u64, since: u32 },
    Broken { missing: u64 },
}

impl Descriptors {
    /// `structure` came with the frame `from`.
    pub(super) fn new(structure: Structure, from: u64) -> Self {
        let active = all(&structure);
        Self {
            newest: Held { structure, from },
            before: None,
            active,
            generation: 0,
            received: BitWindow::new(),
            chains: [Chain::Whole; MOST_CHAINS],
            lost_from: None,
        }
    }

    /// The same, and there was one before.
    pub(super) fn add(&mut self, structure: Structure, from: u64) {
        if structure == self.newest.structure && from <= self.newest.from {
            // In S modes every layer of a key picture brings it, and the first may come last.
            self.newest.from = from;
            return;
        }
        if from < self.newest.from {
            return;
        }
        self.lost_from = None;
        self.active = all(&structure);
        self.generation = self.generation.wrapping_add(1);
        let before = std::mem::replace(&mut self.newest, Held { structure, from });
        self.before = Some(before);
    }

    /// Reads the descriptor of a packet of frame `number`. Once one cannot be read, none can until
    /// the structure comes that was lost, or another: what seems to be of the old one is not.
    pub(super) fn read(&mut self, value: &[u8], number: u64) -> Option<(FrameDescriptor, Places)> {
        if self.lost_from.is_some_and(|from| number >= from) {
            return None;
        }
        let read = self.structure_at(number).and_then(|structure| {
            let frame = FrameDescriptor::parse(value, structure).ok()?;
            Some((frame, Places::find(value, structure).ok()?))
        });
        if read.is_none() && number >= self.newest.from {
            self.lost_from = Some(number);
        }
        read
    }

    /// The first packet of frame `number` came at `now`, a frame above all others if `is_newest`.
    /// A chain waits so many milliseconds for a frame that is `patience`. Returns what can be said
    /// of the frame, and whether a chain was found broken.
    pub(super) fn on_frame(
        &mut self,
        now: u32,
        number: u64,
        is_newest: bool,
        frame: &FrameDescriptor,
        patience: u32,
    ) -> (Described, bool) {
        self.received.mark(number);
        let mut broke = false;
        if is_newest {
            self.on_active(frame);
            if frame.mandatory.has_structure && frame.spatial == 0 {
                // A key picture begins: all chains do.
                self.chains = [Chain::Whole; MOST_CHAINS];
            }
            for chain in 0..self.newest.structure.chains() {
                // Of chains of which nothing is sent, encoders tell nothing that has a meaning.
                if !self.protects_something(chain) {
                    continue;
                }
                let Some(back) = frame.dependencies.chain_diff(chain) else { continue };
                broke |= self.follow(now, usize::from(chain), number, u64::from(back), patience);
            }
        }
        if !is_newest && frame.mandatory.has_structure && frame.spatial == 0 {
            self.mend_after(number);
        }
        let references = frame
            .dependencies
            .frame_diffs()
            .iter()
            .fold(0, |held, diff| held | 1_u64.checked_shl(u32::from(*diff) - 1).unwrap_or(0));
        let described =
            Described { indications: frame.indications, references, available: self.available() };
        (described, broke)
    }

    /// Decode targets that are sent.
    pub(super) const fn active(&self) -> u32 {
        self.active
    }

    /// Counts structures and changes of what is sent; wraps.
    pub(super) const fn generation(&self) -> u8 {
        self.generation
    }

    /// Decode targets that are sent and whose chain is not broken.
    fn available(&self) -> u32 {
        let structure = &self.newest.structure;
        (0..structure.decode_targets())
            .filter(|target| self.active >> target & 1 == 1)
            .filter(|target| {
                let chain = structure.chain_of(*target).map(usize::from);
                !chain.is_some_and(|chain| {
                    matches!(self.chains.get(chain), Some(Chain::Broken { .. }))
                })
            })
            .fold(0, |held, target| held | 1 << target)
    }

    /// A packet of the newest frame may tell what is sent from now on.
    pub(super) fn on_active(&mut self, frame: &FrameDescriptor) {
        if let Some(active) = frame.active_decode_targets.filter(|held| *held != self.active) {
            self.active = active;
            self.generation = self.generation.wrapping_add(1);
        }
    }

    /// The newest structure.
    pub(super) const fn structure(&self) -> &Structure {
        &self.newest.structure
    }

    /// The spatial layers that are sent.
    pub(super) fn active_spatial_layers(&self) -> u8 {
        let structure = &self.newest.structure;
        let active =
            (0..structure.decode_targets()).filter(|target| self.active >> target & 1 == 1);
        active
            .filter_map(|target| structure.layer_of(target))
            .map(|(s, _)| s + 1)
            .max()
            .unwrap_or(1)
    }

    fn protects_something(&self, chain: u8) -> bool {
        let structure = &self.newest.structure;
        let mut active =
            (0..structure.decode_targets()).filter(|target| self.active >> target & 1 == 1);
        active.any(|target| structure.chain_of(target) == Some(chain))
    }

    fn structure_at(&self, number: u64) -> Option<&Structure> {
        if number >= self.newest.from {
            return Some(&self.newest.structure);
        }
        let before = self.before.as_ref()?;
        (number >= before.from).then_some(&before.structure)
    }

    /// A key picture begins with frame `number`, which came late: what broke before it is over.
    fn mend_after(&mut self, number: u64) {
        for chain in &mut self.chains {
            if matches!(chain, Chain::Broken { missing } if *missing <= number) {
                *chain = Chain::Whole;
            }
        }
    }

    /// Frame `number` is `back` frames after the one before it in `chain`, 0: it is the first.
    /// Returns whether the chain was found broken.
    fn follow(&mut self, now: u32, chain: usize, number: u64, back: u64, patience: u32) -> bool {
        let Some(state) = self.chains.get_mut(chain) else { return false };
        if back == 0 {
            *state = Chain::Whole;
            return false;
        }
        if let Chain::Waiting { missing, since } = *state {
            if self.received.contains(missing) {
                *state = Chain::Whole;
            } else if now.wrapping_sub(since) >= patience {
                *state = Chain::Broken { missing };
                return true;
            }
        }
        let before = number - back;
        if matches!(state, Chain::Whole) && !self.received.contains(before) {
            *state = Chain::Waiting { missing: before, since: now };
        }
        false
    }
}

/// Whether `value` carries a structure.
pub(super) fn has_structure(value: &[u8]) -> bool {
    mandatory_fields(value).is_some_and(|fields| fields.has_structure)
}

fn all(structure: &Structure) -> u32 {
    u32::MAX >> (32 - u32::from(structure.decode_targets()))
}
