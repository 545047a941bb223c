//! Which frames a picture consists of, and what they refer to, as libwebrtc's scalability
//! structures have it.

use super::Mode;

/// A frame that is to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    pub spatial: u8,
    pub temporal: u8,
    /// Refers to the frame of the layer below, the one planned before it.
    pub inter_layer: bool,
    /// Frames of earlier pictures.
    pub refs: Vec<u32>,
}

/// The newest frame of each temporal layer.
#[derive(Clone, Copy, Default)]
struct Newest([Option<u32>; 3]);

#[derive(Clone)]
pub struct Pattern {
    mode: Mode,
    position: usize,
    layers: u8,
    newest: [Newest; 3],
}

impl Pattern {
    pub fn new(mode: Mode) -> Self {
        Self { mode, position: 0, layers: mode.spatial_layers(), newest: Default::default() }
    }

    pub const fn spatial_layers(&self) -> u8 {
        self.layers
    }

    /// Says whether a key picture is needed for that.
    pub fn set_spatial_layers(&mut self, layers: u8) -> bool {
        let needs_key = layers > self.layers && self.mode == Mode::L3T3Key;
        self.layers = layers.clamp(1, self.mode.spatial_layers());
        self.newest[usize::from(self.layers)..].fill(Newest::default());
        needs_key
    }

    /// The frames of the next picture, the first of which gets the index `first`.
    pub fn next_picture(&mut self, first: u32, is_key: bool) -> Vec<Planned> {
        if is_key {
            self.position = 0;
            self.newest = Default::default();
        }
        let temporal = self.temporal();
        let mut planned: Vec<Planned> = Vec::new();
        for spatial in 0..self.layers {
            let below = planned.last().is_some_and(|below| below.spatial + 1 == spatial);
            let index = first + planned.len() as u32;
            if let Some(frame) = self.plan(spatial, temporal, is_key, below) {
                planned.push(frame);
                self.newest[usize::from(spatial)].0[usize::from(temporal)] = Some(index);
            }
        }
        self.position += 1;
        planned
    }

    const fn temporal(&self) -> u8 {
        match self.mode {
            Mode::L1T2 => (self.position % 2) as u8,
            _ => [0, 2, 1, 2][self.position % 4],
        }
    }

    /// `None`: the layer waits for a picture that it may begin at.
    fn plan(&self, spatial: u8, temporal: u8, is_key: bool, has_below: bool) -> Option<Planned> {
        let inter_layer = spatial > 0
            && has_below
            && match self.mode {
                Mode::L3T3 => true,
                Mode::L3T3Key => is_key,
                _ => false,
            };
        let refs = self.refs(self.newest[usize::from(spatial)].0);
        let begins = refs.is_empty();
        let may_begin = temporal == 0 && (is_key || inter_layer || self.mode == Mode::S3T3);
        (!begins || may_begin).then_some(Planned { spatial, temporal, inter_layer, refs })
    }

    /// Frames of the same spatial layer; none, if it has to begin.
    fn refs(&self, [t0, t1, t2]: [Option<u32>; 3]) -> Vec<u32> {
        let Some(t0) = t0 else { return Vec::new() };
        let upper: &[Option<u32>] = match (self.mode, self.position % 8) {
            (Mode::L1T2, _) => &[],
            (Mode::L1T3Long, 3 | 5 | 7) => &[t1, t2],
            (Mode::L1T3Long, 6) => &[t1],
            (Mode::L1T3Long, _) => &[],
            // Refers to T1, which refers to T0.
            (_, 3 | 7) => return t1.into_iter().collect(),
            _ => &[],
        };
        std::iter::once(t0).chain(upper.iter().flatten().copied()).collect()
    }
}
