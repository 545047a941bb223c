//! Writes dependency descriptors (AV1 RTP payload specification, appendix A) of the frames that a
//! [`Pattern`] plans. The templates are what the pattern makes in its first pictures; a frame that
//! follows none of them says itself what it is.

use super::bits::BitWriter;
use super::pattern::{Pattern, Planned};
use super::{Mode, TrueDescriptor};

#[derive(Clone, PartialEq, Eq, Debug)]
struct Template {
    spatial: u8,
    temporal: u8,
    dtis: Vec<u8>,
    frame_diffs: Vec<u16>,
    chain_diffs: Vec<u8>,
}

/// Frame diffs, chains and templates of one encoding.
#[derive(Clone)]
pub struct Descriptors {
    mode: Mode,
    templates: Vec<Template>,
    /// The newest frame of each chain.
    chains: Vec<Option<u32>>,
}

/// One packet's part in its frame.
#[derive(Clone, Copy)]
pub struct Part {
    pub is_first: bool,
    pub is_last: bool,
    /// Tells the structure: the first packet of a frame that decoding may start with.
    pub with_structure: bool,
    pub template_id_offset: u8,
}

impl Descriptors {
    pub fn new(mode: Mode) -> Self {
        let chains = vec![None; usize::from(mode.spatial_layers())];
        let mut new = Self { mode, templates: Vec::new(), chains };
        new.templates = new.clone().learn();
        new
    }

    /// What a frame depends on, told by differences; `frame_number` and the active targets are
    /// the caller's.
    pub fn describe(
        &mut self,
        frame: &Planned,
        index: u32,
        in_key_picture: bool,
    ) -> TrueDescriptor {
        if frame.refs.is_empty() && !frame.inter_layer {
            // Chains that it is a part of begin with it.
            for chain in 0..self.mode.spatial_layers() {
                if self.is_part(frame, in_key_picture, chain) {
                    self.chains[usize::from(chain)] = None;
                }
            }
        }
        let mut refs = frame.refs.clone();
        if frame.inter_layer {
            refs.push(index - 1);
        }
        let diff = |newest: &Option<u32>| newest.map_or(0, |newest| index - newest);
        let described = TrueDescriptor {
            frame_number: 0,
            dtis: self.dtis(frame, in_key_picture),
            frame_diffs: refs.iter().map(|at| (index - at) as u16).collect(),
            chain_diffs: self.chains.iter().map(|newest| diff(newest).min(255) as u8).collect(),
            active: 0,
            tells_active: false,
        };
        for chain in 0..self.mode.spatial_layers() {
            if frame.temporal == 0 && self.is_part(frame, in_key_picture, chain) {
                self.chains[usize::from(chain)] = Some(index);
            }
        }
        described
    }

    /// A layer is not sent any more: its chain ends.
    pub fn end_chains(&mut self, from: u8) {
        if self.mode != Mode::L3T3 {
            self.chains[usize::from(from)..].fill(None);
        }
    }

    /// The decode targets of the lowest spatial layers, as a bitmask.
    pub const fn targets(&self, spatial_layers: u8) -> u32 {
        (1 << (spatial_layers * self.mode.temporal_layers())) - 1
    }

    pub fn write(&self, frame: &Planned, says: &TrueDescriptor, part: Part) -> Vec<u8> {
        let layer = (frame.spatial, frame.temporal);
        let badness = |template: &Template| {
            [
                (template.spatial, template.temporal) != layer,
                template.frame_diffs != says.frame_diffs,
                template.chain_diffs != says.chain_diffs,
                template.dtis != says.dtis,
            ]
        };
        let nearest =
            self.templates.iter().enumerate().min_by_key(|(_, template)| badness(template));
        let (place, template) = nearest.expect("there are templates");
        let [no_layer, diffs, chains, dtis] = badness(template);
        assert!(!no_layer, "each layer has a template");
        let mut out = BitWriter::default();
        out.flag(part.is_first);
        out.flag(part.is_last);
        out.bits(6, (u32::from(part.template_id_offset) + place as u32) % 64);
        out.bits(16, u32::from(says.frame_number));
        let tells_active = says.tells_active && part.is_first;
        let flags = [part.with_structure, tells_active, dtis, diffs, chains];
        if flags == [false; 5] {
            return out.into_bytes();
        }
        flags.into_iter().for_each(|flag| out.flag(flag));
        if part.with_structure {
            self.write_structure(part.template_id_offset, &mut out);
        }
        if tells_active {
            out.bits(says.dtis.len(), says.active);
        }
        if dtis {
            says.dtis.iter().for_each(|dti| out.bits(2, u32::from(*dti)));
        }
        if diffs {
            says.frame_diffs.iter().for_each(|diff| write_diff(*diff, &mut out));
            out.bits(2, 0);
        }
        if chains {
            says.chain_diffs.iter().for_each(|diff| out.bits(8, u32::from(*diff)));
        }
        out.into_bytes()
    }

    fn learn(mut self) -> Vec<Template> {
        let mut pattern = Pattern::new(self.mode);
        let mut templates = Vec::new();
        let mut index = 0;
        for picture in 0..9 {
            for frame in pattern.next_picture(index, picture == 0) {
                let TrueDescriptor { dtis, frame_diffs, chain_diffs, .. } =
                    self.describe(&frame, index, picture == 0);
                let Planned { spatial, temporal, .. } = frame;
                let template = Template { spatial, temporal, dtis, frame_diffs, chain_diffs };
                if !templates.contains(&template) {
                    templates.push(template);
                }
                index += 1;
            }
        }
        // Layer by layer (§A.8.2), otherwise as they come.
        templates.sort_by_key(|template| (template.spatial, template.temporal));
        templates
    }

    fn dtis(&self, frame: &Planned, in_key_picture: bool) -> Vec<u8> {
        let mut dtis = Vec::new();
        for spatial in 0..self.mode.spatial_layers() {
            for temporal in 0..self.mode.temporal_layers() {
                let is_present =
                    frame.temporal <= temporal && self.is_part(frame, in_key_picture, spatial);
                dtis.push(match (is_present, frame.spatial == spatial) {
                    (false, _) => NOT_PRESENT,
                    _ if in_key_picture => SWITCH,
                    (_, false) => REQUIRED,
                    _ if frame.temporal > 0 && frame.temporal == temporal => DISCARDABLE,
                    _ => SWITCH,
                });
            }
        }
        dtis
    }

    /// Whether decoding the spatial layer needs the frame, temporal layers aside.
    fn is_part(&self, frame: &Planned, in_key_picture: bool, spatial: u8) -> bool {
        match self.mode {
            Mode::L3T3 => frame.spatial <= spatial,
            Mode::L3T3Key if in_key_picture => frame.spatial <= spatial,
            _ => frame.spatial == spatial,
        }
    }

    fn write_structure(&self, template_id_offset: u8, out: &mut BitWriter) {
        out.bits(6, u32::from(template_id_offset));
        let targets = self.mode.spatial_layers() * self.mode.temporal_layers();
        out.bits(5, u32::from(targets) - 1);
        for pair in self.templates.windows(2) {
            let step = match (pair[1].spatial - pair[0].spatial, pair[1].temporal) {
                (0, temporal) if temporal == pair[0].temporal => 0,
                (0, _) => 1,
                _ => 2,
            };
            out.bits(2, step);
        }
        out.bits(2, 3);
        for template in &self.templates {
            template.dtis.iter().for_each(|dti| out.bits(2, u32::from(*dti)));
        }
        for template in &self.templates {
            for diff in &template.frame_diffs {
                out.flag(true);
                out.bits(4, u32::from(*diff) - 1);
            }
            out.flag(false);
        }
        let chains = u32::from(self.mode.spatial_layers());
        out.below(u32::from(targets) + 1, chains);
        for target in 0..targets {
            out.below(chains, u32::from(target / self.mode.temporal_layers()));
        }
        for template in &self.templates {
            template.chain_diffs.iter().for_each(|diff| out.bits(4, u32::from(*diff)));
        }
        out.flag(true);
        for spatial in (0..self.mode.spatial_layers()).rev() {
            out.bits(16, (1280 >> spatial) - 1);
            out.bits(16, (720 >> spatial) - 1);
        }
    }
}

fn write_diff(diff: u16, out: &mut BitWriter) {
    let less_one = u32::from(diff) - 1;
    let size = (1..=3).find(|size| less_one >> (4 * size) == 0).expect("12 bits");
    out.bits(2, size);
    out.bits(4 * size as usize, less_one);
}

const NOT_PRESENT: u8 = 0;
const DISCARDABLE: u8 = 1;
const SWITCH: u8 = 2;
const REQUIRED: u8 = 3;
