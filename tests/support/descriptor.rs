//! Dependency descriptors as a publisher writes them: structures, templates and prediction patterns
//! as libwebrtc's scalability modes have them (the bytes are compared with Chromium's in
//! `tests/dependency_descriptors.rs`). Writes bits in its own way, so that it can testify for the
//! reader of the crate.
//!
//! ```ignore
//! #[path = "support/descriptor.rs"]
//! mod descriptor;
//!
//! let mut writer = DescriptorWriter::new(Mode::L3T3, 7)     // the first frame's number
//!     .with_resolution(1280, 720)                           // of the top layer; lower ones halve it
//!     .with_template_id_offset(15);                         // default 0
//! for frame in writer.unit(true) {                          // one picture: a frame per spatial layer
//!     let first = frame.descriptor(true, true);             // start of frame, end of frame
//!     // frame.{number, spatial, temporal, is_key, references, indications, chain_diffs, active}
//! }
//! writer.unit(false);          // the pictures go T0 T2 T1 T2 T0 …; `true`: a key frame now
//! writer.next_temporal();      // which temporal layer the next picture will be of, without a key
//! writer.set_active(2, 3);     // send the 2 lowest spatial and all 3 temporal layers from now on
//! writer.change_templates();   // the next key frame brings other template ids
//! ```
//!
//! `unit` makes a key frame by itself where none came yet, and where an added layer needs one (not
//! in `L3T3`, where spatial layers return on the layer below). The structure is in the first packet
//! of each key frame: one per picture, but in `S3T3` one per layer. While a subset is active, every
//! packet tells the mask.

#[path = "descriptor/frame.rs"]
mod frame;
#[path = "descriptor/layout.rs"]
mod layout;

use std::sync::Arc;

use lahn::wire::ext::dependency_descriptor::Indication;

pub use frame::LayerFrame;
use layout::{Layout, TEMPORAL_LAYERS, targets};

/// How layers refer to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// One spatial layer.
    L1T3,
    /// Each spatial layer refers to the one below, always.
    L3T3,
    /// Each spatial layer refers to the one below, in key frames only (K-SVC).
    L3T3Key,
    /// Spatial layers that do not know each other.
    S3T3,
}

pub const ALL_MODES: [Mode; 4] = [Mode::L1T3, Mode::L3T3, Mode::L3T3Key, Mode::S3T3];

/// A publisher's side of one encoding.
pub struct DescriptorWriter {
    layout: Arc<Layout>,
    next_number: u16,
    /// Position in [`PATTERN`] of the picture that comes next.
    position: usize,
    active: (u8, u8),
    active_changed: bool,
    /// Per spatial layer, its newest T0 frame, and its newest T1 frame since that.
    newest: [(Option<u16>, Option<u16>); 3],
    chains: Vec<Option<u16>>,
    needs_key: bool,
    next_offset: u8,
}

/// Temporal layers of the pictures.
const PATTERN: [u8; 4] = [0, 2, 1, 2];

impl DescriptorWriter {
    pub fn new(mode: Mode, first_number: u16) -> Self {
        let layout = Layout::new(mode);
        let spatial_layers = layout.spatial_layers;
        Self {
            chains: vec![None; spatial_layers.into()],
            layout: Arc::new(layout),
            next_number: first_number,
            position: 0,
            active: (spatial_layers, TEMPORAL_LAYERS),
            active_changed: false,
            newest: Default::default(),
            needs_key: true,
            next_offset: 0,
        }
        .with_resolution(1280, 720)
    }

    /// Of the top layer; each lower one has half of it.
    pub fn with_resolution(mut self, width: u16, height: u16) -> Self {
        let layout = Arc::make_mut(&mut self.layout);
        let halvings = (0..layout.spatial_layers).rev();
        layout.resolutions = halvings.map(|by| (width >> by, height >> by)).collect();
        self
    }

    /// The id of the first template.
    pub fn with_template_id_offset(mut self, offset: u8) -> Self {
        self.next_offset = offset % 64;
        self.needs_key = true;
        self
    }

    /// The id of the next structure's first template, behind those of the one before, as
    /// libwebrtc has it for a structure that differs. Makes the next picture a key frame.
    pub fn change_templates(&mut self) {
        let count = u8::try_from(self.layout.templates.len()).expect("below 64");
        self.next_offset = (self.layout.template_id_offset + count) % 64;
        self.needs_key = true;
    }

    /// How many spatial and temporal layers are sent from the next picture on.
    pub fn set_active(&mut self, spatial: u8, temporal: u8) {
        let active =
            (spatial.clamp(1, self.layout.spatial_layers), temporal.clamp(1, TEMPORAL_LAYERS));
        self.active_changed |= self.active != active;
        self.active = active;
        for gone in &mut self.newest[usize::from(active.0)..] {
            *gone = (None, None);
        }
        // A layer that comes back refers to the one below only in L3T3, and there in a T0 picture.
        let comes_back = self.newest[..usize::from(active.0)].iter().any(|(t0, _)| t0.is_none());
        if comes_back && self.layout.mode == Mode::L3T3 {
            self.position = 0;
        } else {
            self.needs_key |= comes_back;
        }
    }

    /// The temporal layer of the next picture, if no key frame is asked for.
    pub fn next_temporal(&self) -> u8 {
        let position = if self.needs_key { 0 } else { self.position };
        (position..).map(|at| PATTERN[at % 4]).find(|t| *t < self.active.1).expect("T0 is sent")
    }

    /// The frames of the next picture, lowest layer first.
    pub fn unit(&mut self, key: bool) -> Vec<LayerFrame> {
        let key = key || self.needs_key;
        if key {
            Arc::make_mut(&mut self.layout).template_id_offset = self.next_offset;
            self.newest = Default::default();
            (self.needs_key, self.position) = (false, 0);
        }
        let temporal = self.next_temporal();
        while PATTERN[self.position % 4] != temporal {
            self.position += 1;
        }
        self.position = (self.position + 1) % 4;
        let active = self.mask();
        let all = u32::MAX >> (32 - u32::from(self.layout.spatial_layers * TEMPORAL_LAYERS));
        let tells = active != all || self.active_changed;
        self.active_changed = false;

        let mut below = None;
        let mut frames = Vec::new();
        for spatial in 0..self.active.0 {
            let mut frame = self.frame(spatial, temporal, key, below);
            frame.active = tells.then_some(active);
            below = Some(frame.number);
            frames.push(frame);
        }
        frames
    }

    fn frame(&mut self, spatial: u8, temporal: u8, key: bool, below: Option<u16>) -> LayerFrame {
        let mode = self.layout.mode;
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        let is_key = key && (spatial == 0 || mode == Mode::S3T3);

        let newest = &mut self.newest[usize::from(spatial)];
        let own = match temporal {
            2 => newest.1.or(newest.0),
            _ => newest.0,
        };
        let refers_below = mode == Mode::L3T3 || (mode == Mode::L3T3Key && key);
        let references = own.into_iter().chain(below.filter(|_| refers_below)).collect();
        match temporal {
            0 => *newest = (Some(number), None),
            1 => newest.1 = Some(number),
            _ => {}
        }

        let is_of_chain = |chain: u8| {
            temporal == 0
                && match mode {
                    Mode::L1T3 | Mode::L3T3 => chain >= spatial,
                    Mode::L3T3Key if key => chain >= spatial,
                    Mode::L3T3Key | Mode::S3T3 => chain == spatial,
                }
        };
        let mut chain_diffs = Vec::new();
        for (chain, last) in (0..).zip(&mut self.chains) {
            let diff = match *last {
                Some(last) if !(is_key && is_of_chain(chain)) => number.wrapping_sub(last),
                _ => 0,
            };
            chain_diffs.push(u8::try_from(diff).unwrap_or_default());
            if is_of_chain(chain) {
                *last = Some(number);
            }
        }
        let indications = targets(self.layout.spatial_layers)
            .map(|target| indication(mode, key, (spatial, temporal), target))
            .collect();
        let layout = Arc::clone(&self.layout);
        LayerFrame {
            number,
            spatial,
            temporal,
            is_key,
            references,
            indications,
            chain_diffs,
            active_chains: self.active.0.into(),
            active: None,
            layout,
        }
    }

    fn mask(&self) -> u32 {
        let is_active = |(s, t): (u8, u8)| s < self.active.0 && t < self.active.1;
        (0..)
            .zip(targets(self.layout.spatial_layers))
            .filter(|(_, layer)| is_active(*layer))
            .fold(0, |mask, (target, _)| mask | 1 << target)
    }
}

/// What a frame of a layer is to the decode target of a layer.
fn indication(mode: Mode, key: bool, frame: (u8, u8), target: (u8, u8)) -> Indication {
    let is_part = target.1 >= frame.1
        && match mode {
            Mode::L1T3 | Mode::L3T3 => target.0 >= frame.0,
            Mode::L3T3Key if key => target.0 >= frame.0,
            Mode::L3T3Key | Mode::S3T3 => target.0 == frame.0,
        };
    if !is_part {
        Indication::NotPresent
    } else if target.0 > frame.0 {
        if key { Indication::Switch } else { Indication::Required }
    } else if target.1 == frame.1 && frame.1 > 0 {
        Indication::Discardable
    } else {
        Indication::Switch
    }
}
