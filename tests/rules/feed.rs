//! One encoding that describes its frames, and what a receiver makes of the descriptors it gets.

use lahn::params::Codec;
use lahn::wire::ext::dependency_descriptor::{FrameDescriptor, Structure};

use super::descriptor::{DescriptorWriter, Mode};
use super::stage::{Got, Line, Packet, Stage};

/// A frame of each spatial layer.
pub const ALL: [(u8, u8); 3] = [(0, 0), (1, 0), (2, 0)];

/// One encoding whose frames are described, of two packets each.
pub struct Feed {
    pub stage: Stage,
    pub line: Line,
    pub writer: DescriptorWriter,
    pub reader: Reader,
}

/// What a receiver makes of the descriptors it gets.
#[derive(Default)]
pub struct Reader(Option<Structure>);

impl Reader {
    pub fn read(&mut self, got: &Got) -> FrameDescriptor {
        let value = got.descriptor.as_ref().expect("it is described");
        if value.len() > 3
            && let Some(structure) = Structure::parse(value).expect("it parses")
        {
            self.0 = Some(structure);
        }
        let structure = self.0.as_ref().expect("a structure came first");
        FrameDescriptor::parse(value, structure).expect("it can be read")
    }

    /// Spatial and temporal layer of each frame.
    pub fn layers(&mut self, got: &[Got]) -> Vec<(u8, u8)> {
        let read = got.iter().map(|got| self.read(got));
        let mut layers: Vec<_> =
            read.map(|read| (read.mandatory.frame_number, (read.spatial, read.temporal))).collect();
        layers.dedup();
        layers.into_iter().map(|(_, layer)| layer).collect()
    }
}

impl Feed {
    pub fn new(mode: Mode, most: u8) -> Self {
        let mut stage = Stage::new(Codec::Av1);
        stage.limit(most);
        let writer = DescriptorWriter::new(mode, 65_533).with_template_id_offset(60);
        Self { stage, line: Line::new(0), writer, reader: Reader::default() }
    }

    pub fn picture(&mut self, is_key: bool) -> Vec<Vec<Packet>> {
        let frames = self.writer.unit(is_key);
        self.line.described(&frames, 2)
    }

    /// The layers of the next picture that are got.
    pub fn flows(&mut self, is_key: bool) -> Vec<(u8, u8)> {
        let got = self.give(is_key);
        self.reader.layers(&got)
    }

    pub fn give(&mut self, is_key: bool) -> Vec<Got> {
        let packets = self.picture(is_key);
        let got = self.stage.give_all(packets.iter().flatten());
        self.reader.layers(&got);
        got
    }
}
