//! One frame of a publisher, and the descriptors of its packets.

use std::sync::Arc;

use lahn::wire::ext::dependency_descriptor::Indication;

use super::layout::{Bits, Layout, Template, code};

/// One frame. Changed fields are written as they are, with what differs from the template.
#[derive(Clone, Debug)]
pub struct LayerFrame {
    pub number: u16,
    pub spatial: u8,
    pub temporal: u8,
    /// Refers to nothing, and carries the structure.
    pub is_key: bool,
    /// Numbers of the frames it refers to.
    pub references: Vec<u16>,
    pub indications: Vec<Indication>,
    pub chain_diffs: Vec<u8>,
    /// Chains from this one on are of layers that are not sent: as with libwebrtc, what packets
    /// tell of them means nothing (it is the template's, or 0).
    pub active_chains: usize,
    /// The mask of active decode targets, where packets are to tell it.
    pub active: Option<u32>,
    pub(super) layout: Arc<Layout>,
}

impl LayerFrame {
    /// A packet's descriptor. The first packet of a key frame has the structure.
    pub fn descriptor(&self, start_of_frame: bool, end_of_frame: bool) -> Vec<u8> {
        let layout = &self.layout;
        let diffs = self.diffs();
        let same_layer = |template: &&Template| {
            (template.spatial, template.temporal) == (self.spatial, self.temporal)
        };
        let candidates = layout.templates.iter().filter(same_layer);
        let template =
            candidates.min_by_key(|template| self.cost(template)).expect("each layer has one");
        let index = layout.templates.iter().position(|each| std::ptr::eq(each, template));
        let template_id = layout.template_id_offset as usize + index.expect("it is one of them");

        let mut bits = Bits::default();
        bits.push(1, start_of_frame.into());
        bits.push(1, end_of_frame.into());
        bits.push(6, template_id as u32 % 64);
        bits.push(16, self.number.into());

        let has_structure = start_of_frame && self.is_key;
        let flags = [
            has_structure,
            self.active.is_some(),
            template.indications != self.indications,
            template.diffs != diffs,
            self.leaves_chains_of(template),
        ];
        if flags == [false; 5] {
            return bits.into_bytes();
        }
        flags.iter().for_each(|flag| bits.push(1, (*flag).into()));
        if has_structure {
            layout.write(&mut bits);
        }
        if let Some(active) = self.active {
            bits.push(self.indications.len(), active);
        }
        if flags[2] {
            self.indications.iter().for_each(|each| bits.push(2, code(*each)));
        }
        if flags[3] {
            for diff in &diffs {
                let size = if *diff <= 16 { 1 } else { 2 + usize::from(*diff > 256) };
                bits.push(2, size as u32);
                bits.push(4 * size, u32::from(*diff) - 1);
            }
            bits.push(2, 0);
        }
        if flags[4] {
            for (chain, diff) in self.chain_diffs.iter().enumerate() {
                bits.push(8, if chain < self.active_chains { (*diff).into() } else { 0 });
            }
        }
        bits.into_bytes()
    }

    /// By how much the numbers of the frames it refers to are below its own.
    pub fn diffs(&self) -> Vec<u16> {
        self.references.iter().map(|number| self.number.wrapping_sub(*number)).collect()
    }

    /// Bits that it takes to say where the frame differs from a template.
    fn cost(&self, template: &Template) -> usize {
        let diffs = self.diffs();
        let differs = |differs: bool, bits: usize| if differs { bits } else { 0 };
        differs(template.indications != self.indications, 2 * self.indications.len())
            + differs(template.diffs != diffs, 2 + 6 * diffs.len())
            + differs(self.leaves_chains_of(template), 8 * self.chain_diffs.len())
    }

    fn leaves_chains_of(&self, template: &Template) -> bool {
        template.chain_diffs[..self.active_chains] != self.chain_diffs[..self.active_chains]
    }
}
