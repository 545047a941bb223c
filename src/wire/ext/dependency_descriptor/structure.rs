//! The template structure that comes with a key frame (§A.8.2, `template_dependency_structure`):
//! which frames there will be, in which layers, for which decode targets, by which chains.
//!
//! About 3 KiB in fixed arrays: whoever keeps one, boxes it.

use crate::wire::Malformed;

use super::bits::BitReader;
use super::{
    Dependencies, FLAG_BITS, FrameDescriptor, Indications, MANDATORY_BITS, MOST_CHAINS,
    MOST_SPATIAL_LAYERS, MOST_TARGETS, MOST_TEMPLATES, MandatoryFields, mandatory_fields,
};

/// The templates of the frames to come, and what can be decoded from them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Structure {
    template_id_offset: u8,
    template_count: u8,
    decode_targets: u8,
    chains: u8,
    spatial_layers: u8,
    temporal_layers: u8,
    has_resolutions: bool,
    templates: [Template; MOST_TEMPLATES],
    protected_by: [u8; MOST_TARGETS],
    target_layers: [(u8, u8); MOST_TARGETS],
    resolutions: [(u16, u16); MOST_SPATIAL_LAYERS],
}

/// What frames that name it have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Template {
    spatial: u8,
    temporal: u8,
    indications: Indications,
    dependencies: Dependencies,
}

impl Template {
    /// A frame that differs from its template in nothing.
    pub(super) const fn describe(&self, mandatory: MandatoryFields) -> FrameDescriptor {
        FrameDescriptor {
            mandatory,
            spatial: self.spatial,
            temporal: self.temporal,
            indications: self.indications,
            dependencies: self.dependencies,
            active_decode_targets: None,
        }
    }
}

impl Structure {
    /// The structure that a descriptor carries, if it carries one.
    ///
    /// # Errors
    /// It ends early, or has more templates, chains, spatial layers or references than there may
    /// be here.
    pub fn parse(value: &[u8]) -> Result<Option<Self>, Malformed> {
        let fields = mandatory_fields(value).ok_or(Malformed("no dependency descriptor"))?;
        if !fields.has_structure {
            return Ok(None);
        }
        Self::read(&mut BitReader::new(value, MANDATORY_BITS + FLAG_BITS)).map(Some)
    }

    /// The id of the first template, 0-63; the others follow, modulo 64.
    pub const fn template_id_offset(&self) -> u8 {
        self.template_id_offset
    }

    /// Templates, 1-64.
    pub const fn template_count(&self) -> u8 {
        self.template_count
    }

    /// Decode targets, 1-32.
    pub const fn decode_targets(&self) -> u8 {
        self.decode_targets
    }

    /// Chains, 0-8.
    pub const fn chains(&self) -> u8 {
        self.chains
    }

    /// The chain that protects a decode target (`decode_target_protected_by`). `None` if there is
    /// no such target, or there are no chains.
    pub fn chain_of(&self, target: u8) -> Option<u8> {
        let targets = if self.chains == 0 { 0 } else { self.decode_targets };
        self.protected_by.get(..usize::from(targets))?.get(usize::from(target)).copied()
    }

    /// The highest spatial and temporal layer in a decode target (§A.8.2,
    /// `decode_target_layers`). `None` if there is no such target.
    pub fn layer_of(&self, target: u8) -> Option<(u8, u8)> {
        let layers = self.target_layers.get(..usize::from(self.decode_targets))?;
        layers.get(usize::from(target)).copied()
    }

    /// Spatial layers, 1-8.
    pub const fn spatial_layers(&self) -> u8 {
        self.spatial_layers
    }

    /// Temporal layers, 1-64.
    pub const fn temporal_layers(&self) -> u8 {
        self.temporal_layers
    }

    /// Largest width and height of a spatial layer's frames, in pixels, if told. (65,536, which
    /// could be told, is 65,535 here.)
    pub fn resolution(&self, spatial: u8) -> Option<(u16, u16)> {
        let layers = if self.has_resolutions { self.spatial_layers } else { 0 };
        self.resolutions.get(..usize::from(layers))?.get(usize::from(spatial)).copied()
    }

    /// The decode targets all of whose frames are also in `target`, itself among them, as a
    /// bitmask (bit 0: target 0). By the templates: a frame that differs from its template is not
    /// foreseen. 0 if there is no such target.
    pub fn included_in(&self, target: u8) -> u32 {
        if target >= self.decode_targets {
            return 0;
        }
        let presences = self.templates().iter().map(|template| template.indications.present());
        presences
            .filter(|present| present >> target & 1 == 0)
            .fold(self.all_targets(), |included, present| included & !present)
    }

    pub(super) fn read(reader: &mut BitReader<'_>) -> Result<Self, Malformed> {
        let mut structure = Self {
            template_id_offset: reader.byte(6)?,
            template_count: 0,
            decode_targets: reader.byte(5)? + 1,
            chains: 0,
            spatial_layers: 1,
            temporal_layers: 1,
            has_resolutions: false,
            templates: [Template::default(); MOST_TEMPLATES],
            protected_by: [0; MOST_TARGETS],
            target_layers: [(0, 0); MOST_TARGETS],
            resolutions: [(0, 0); MOST_SPATIAL_LAYERS],
        };
        structure.read_layers(reader)?;
        structure.read_dtis(reader)?;
        structure.read_diffs(reader)?;
        structure.read_chains(reader)?;
        structure.read_resolutions(reader)?;
        structure.find_target_layers();
        Ok(structure)
    }

    /// All decode targets, as a bitmask.
    pub(super) const fn all_targets(&self) -> u32 {
        u32::MAX >> (32 - self.decode_targets)
    }

    /// The template with an id.
    pub(super) fn template(&self, id: u8) -> Result<&Template, Malformed> {
        let index = usize::from(id.wrapping_sub(self.template_id_offset) % 64);
        self.templates().get(index).ok_or(Malformed("frame of no known template"))
    }

    fn templates(&self) -> &[Template] {
        self.templates.get(..usize::from(self.template_count)).unwrap_or_default()
    }

    fn templates_mut(&mut self) -> &mut [Template] {
        self.templates.get_mut(..usize::from(self.template_count)).unwrap_or_default()
    }

    /// `template_layers`: each template's layer follows from that of the one before (table A.2).
    fn read_layers(&mut self, reader: &mut BitReader<'_>) -> Result<(), Malformed> {
        let (mut spatial, mut temporal) = (0, 0);
        for template in &mut self.templates {
            (template.spatial, template.temporal) = (spatial, temporal);
            self.template_count += 1;
            self.spatial_layers = spatial + 1;
            self.temporal_layers = self.temporal_layers.max(temporal + 1);
            match reader.bits(2)? {
                0 => {}
                1 => temporal += 1,
                2 if usize::from(spatial) + 1 == MOST_SPATIAL_LAYERS => {
                    return Err(Malformed("too many spatial layers"));
                }
                2 => (spatial, temporal) = (spatial + 1, 0),
                _ => return Ok(()),
            }
        }
        Err(Malformed("more templates than ids"))
    }

    fn read_dtis(&mut self, reader: &mut BitReader<'_>) -> Result<(), Malformed> {
        let targets = self.decode_targets;
        for template in self.templates_mut() {
            template.indications = Indications::read(reader, targets)?;
        }
        Ok(())
    }

    /// `template_fdiffs`: references of at most 16 frames back.
    fn read_diffs(&mut self, reader: &mut BitReader<'_>) -> Result<(), Malformed> {
        for template in self.templates_mut() {
            while reader.flag()? {
                template.dependencies.push_diff(u16::from(reader.byte(4)?) + 1)?;
            }
        }
        Ok(())
    }

    fn read_chains(&mut self, reader: &mut BitReader<'_>) -> Result<(), Malformed> {
        let chains = reader.below(self.decode_targets + 1)?;
        if chains == 0 {
            return Ok(());
        }
        if usize::from(chains) > MOST_CHAINS {
            return Err(Malformed("too many chains"));
        }
        self.chains = chains;
        for chain in self.protected_by.iter_mut().take(usize::from(self.decode_targets)) {
            *chain = reader.below(chains)?;
        }
        for template in self.templates_mut() {
            template.dependencies.read_chains(reader, chains, 4)?;
        }
        Ok(())
    }

    /// `render_resolutions`, each number less one.
    fn read_resolutions(&mut self, reader: &mut BitReader<'_>) -> Result<(), Malformed> {
        self.has_resolutions = reader.flag()?;
        let layers = if self.has_resolutions { self.spatial_layers } else { 0 };
        for resolution in self.resolutions.iter_mut().take(usize::from(layers)) {
            let mut pixels = || reader.bits(16).map(|less_one| (less_one + 1).min(0xffff));
            let (width, height) = (pixels()?, pixels()?);
            let narrow = |pixels: u32| u16::try_from(pixels).expect("cut down to 16 bits");
            *resolution = (narrow(width), narrow(height));
        }
        Ok(())
    }

    /// `decode_target_layers`.
    fn find_target_layers(&mut self) {
        let templates = self.templates.iter().take(usize::from(self.template_count));
        for template in templates {
            let present = template.indications.present();
            for (target, layer) in self.target_layers.iter_mut().enumerate() {
                if present >> target & 1 != 0 {
                    layer.0 = layer.0.max(template.spatial);
                    layer.1 = layer.1.max(template.temporal);
                }
            }
        }
    }
}
