//! What is remembered of one subscription from one look to the next.

use super::holds::Hold;
use super::{Step, Wish};
use crate::base::Micros;
use crate::forward::layer::Layer;

/// What was given up for something else, or got, stays so for so long (M1).
const REST: Micros = Micros::millis(8_000);
/// A key frame that has not come for so long is not waited for.
const PATIENCE: Micros = Micros::millis(2_000);

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) id: u64,
    /// Of what its wish and its steps are, but for rates.
    shape: u64,
    /// What was granted, and what it took.
    layer: Option<Layer>,
    rate: u64,
    /// Nothing was granted or refused yet.
    is_new: bool,
    /// Nothing was sent of its source.
    sleeps: bool,
    /// When it was granted more.
    pub(super) raised: Option<Micros>,
    /// When it was granted another picture.
    changed: Option<Micros>,
    /// What is above its grant goes on since then, for a little while.
    pub(super) lowered: Option<Micros>,
    /// When it was last granted another picture by choice or for congestion, and instead of which.
    switched: Option<(Micros, Option<Picture>)>,
    pub(super) hold: Hold,
}

/// Encoding and spatial layer.
type Picture = (u8, u8);

impl Entry {
    /// Nothing is known of it.
    pub(super) fn new(id: u64) -> Self {
        Self {
            id,
            shape: 0,
            layer: None,
            rate: 0,
            is_new: true,
            sleeps: false,
            raised: None,
            changed: None,
            lowered: None,
            switched: None,
            hold: Hold::default(),
        }
    }

    /// The level at which it stands with these steps, and whether they are others than before.
    pub(super) fn adopt(&mut self, wish: &Wish, steps: &[Step]) -> (u8, bool) {
        let shape = shape(wish, steps);
        let is_other = std::mem::replace(&mut self.shape, shape) != shape;
        let slept = std::mem::replace(&mut self.sleeps, steps.is_empty());
        let least = u8::from(!wish.pausable && !steps.is_empty());
        let level = match self.layer {
            // What wakes up begins at the bottom.
            Some(layer) if !slept => self.level_of(layer, steps),
            _ => 0,
        };
        (level.max(least), is_other)
    }

    /// Where the layer stands; if it is gone, the next below it.
    fn level_of(&self, layer: Layer, steps: &[Step]) -> u8 {
        let own = steps.iter().rposition(|step| step.layer == layer);
        let place = own.or_else(|| steps.iter().rposition(|step| step.rate <= self.rate));
        place.map_or(0, |place| u8::try_from(place + 1).unwrap_or(u8::MAX))
    }

    /// It is granted this from now on, at `rate`. Whether that is news.
    pub(super) fn grant(&mut self, now: Micros, layer: Option<Layer>, rate: u64) -> bool {
        let before = std::mem::replace(&mut self.layer, layer);
        if self.picture_of(before) != self.picture_of(layer) {
            self.changed = Some(now);
            let is_lower = layer.is_some() && rate < self.rate;
            self.lowered = is_lower.then_some(now);
        }
        self.rate = rate;
        std::mem::take(&mut self.is_new) || before != layer
    }

    /// It gets another layer by choice, or for congestion.
    pub(super) fn note_switch(&mut self, now: Micros, to: Option<Layer>) {
        let from = self.picture_of(self.layer);
        if from != self.picture_of(to) {
            self.switched = Some((now, from));
        }
    }

    /// What it got or lost is not to be held against it.
    pub(super) const fn forget_switch(&mut self) {
        self.switched = None;
    }

    /// Whether something may be taken from it, where what is wanted has been the same since
    /// `relaid`.
    pub(super) fn may_switch(&self, now: Micros, relaid: Micros) -> bool {
        self.switched.is_none_or(|(at, _)| at <= relaid || now.since(at) >= REST)
    }

    /// Whether it may get `layer` (M1). A pause may be short.
    pub(super) fn may_get(&self, now: Micros, layer: Layer, relaid: Micros) -> bool {
        let is_back = |from| from == self.picture_of(Some(layer));
        let was_paused = self.layer.is_none();
        was_paused
            || self.may_switch(now, relaid)
            || !self.switched.is_some_and(|(_, from)| is_back(from))
    }

    /// Whether a key frame is on its way for what it was granted.
    pub(super) fn is_pending(&self, now: Micros, wish: &Wish) -> bool {
        wish.awaits_key_frame && self.changed.is_some_and(|at| now.since(at) < PATIENCE)
    }

    /// The same for so long at most.
    pub(super) fn is_pending_within(&self, now: Micros, wish: &Wish, span: Micros) -> bool {
        self.is_pending(now, wish) && self.changed.is_some_and(|at| now.since(at) < span)
    }

    fn picture_of(&self, layer: Option<Layer>) -> Option<Picture> {
        layer.map(|layer| (layer.encoding, layer.spatial))
    }
}

fn shape(wish: &Wish, steps: &[Step]) -> u64 {
    let mix =
        |held: u64, more: u64| (held.rotate_left(5) ^ more).wrapping_mul(0x517c_c1b7_2722_0a95);
    let flags = u64::from(wish.on_stage) << 1 | u64::from(wish.pausable);
    let head = mix(mix(wish.source, wish.id), u64::from(wish.priority) << 2 | flags);
    steps.iter().fold(head, |held, step| {
        let Layer { encoding, spatial, temporal } = step.layer;
        let layer = u32::from_be_bytes([1, encoding, spatial, temporal]);
        mix(held, u64::from(layer) << 16 | u64::from(step.round))
    })
}
