//! What a descriptor says of one frame: its template, and where it differs from it (§A.8.2,
//! `frame_dependency_definition`).

use crate::wire::Malformed;

use super::bits::BitReader;
use super::{
    FLAG_BITS, HAS_ACTIVE_TARGETS, HAS_CHAINS, HAS_DIFFS, HAS_DTIS, HAS_STRUCTURE, MANDATORY_BITS,
    MOST_BYTES, MOST_CHAINS, MOST_DIFFS, MandatoryFields, Places, Structure, mandatory_fields,
};

/// What a frame is to a decode target (table A.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Indication {
    /// No part of it.
    NotPresent,
    /// A part of it that no later frame of it refers to.
    Discardable,
    /// A part of it, and whoever can decode this frame can decode all later ones of the target.
    Switch,
    /// A part of it that later ones refer to, without being a point to switch at.
    Required,
}

/// The indications of one frame: 2 bits for each decode target, the first in the lowest bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Indications(pub u64);

impl Indications {
    /// What the frame is to a decode target; to one that does not exist, `NotPresent`.
    pub const fn get(self, target: u8) -> Indication {
        if target >= 32 {
            return Indication::NotPresent;
        }
        match (self.0 >> (2 * target)) & 3 {
            1 => Indication::Discardable,
            2 => Indication::Switch,
            3 => Indication::Required,
            _ => Indication::NotPresent,
        }
    }

    /// The decode targets that the frame is a part of, as a bitmask (bit 0: target 0).
    pub const fn present(self) -> u32 {
        // One bit of each pair, then pairs, fours, ... of such bits moved together.
        let mut bits = (self.0 | self.0 >> 1) & LOW_OF_PAIRS;
        bits = (bits | bits >> 1) & 0x3333_3333_3333_3333;
        bits = (bits | bits >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
        bits = (bits | bits >> 4) & 0x00ff_00ff_00ff_00ff;
        bits = (bits | bits >> 8) & 0x0000_ffff_0000_ffff;
        let [_, _, _, _, low @ ..] = (bits | bits >> 16).to_be_bytes();
        u32::from_be_bytes(low)
    }

    /// Reads 2 bits for each of the decode targets.
    pub(super) fn read(reader: &mut BitReader<'_>, targets: u8) -> Result<Self, Malformed> {
        let count = usize::from(targets) * 2;
        let first = reader.bits(count.min(32))?;
        let second = reader.bits(count.saturating_sub(32))?;
        // Target 0 comes first, in the highest bits: the pairs turned around, not their bits.
        let turned = (u64::from(first) << (64 - count.min(32))
            | u64::from(second) << (64 - count.max(32)))
        .reverse_bits();
        Ok(Self((turned & LOW_OF_PAIRS) << 1 | (turned >> 1) & LOW_OF_PAIRS))
    }
}

const LOW_OF_PAIRS: u64 = 0x5555_5555_5555_5555;

/// What a frame refers to, and where its chains were before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dependencies {
    diffs: [u16; MOST_DIFFS],
    diff_count: u8,
    chain_diffs: [u8; MOST_CHAINS],
    chain_count: u8,
}

impl Dependencies {
    /// For each frame that it refers to, by how much its number is below that of the frame, 1-4096.
    pub fn frame_diffs(&self) -> &[u16] {
        self.diffs.get(..usize::from(self.diff_count)).unwrap_or_default()
    }

    /// By how much the number of the chain's previous frame is below that of the frame; 0 if the
    /// chain needs none, as it starts here. `None` if there is no such chain.
    pub fn chain_diff(&self, chain: u8) -> Option<u8> {
        let diffs = self.chain_diffs.get(..usize::from(self.chain_count)).unwrap_or_default();
        diffs.get(usize::from(chain)).copied()
    }

    pub(super) fn push_diff(&mut self, diff: u16) -> Result<(), Malformed> {
        let place = self.diffs.get_mut(usize::from(self.diff_count));
        *place.ok_or(Malformed("frame refers to too many frames"))? = diff;
        self.diff_count += 1;
        Ok(())
    }

    /// Reads `bits` for each of the chains, of which there are not more than [`MOST_CHAINS`].
    pub(super) fn read_chains(
        &mut self,
        reader: &mut BitReader<'_>,
        chains: u8,
        bits: usize,
    ) -> Result<(), Malformed> {
        for diff in self.chain_diffs.iter_mut().take(usize::from(chains)) {
            *diff = reader.byte(bits)?;
        }
        self.chain_count = chains;
        Ok(())
    }

    /// `frame_fdiffs`: numbers of 4, 8 or 12 bits, in place of the template's.
    fn read_diffs(&mut self, reader: &mut BitReader<'_>) -> Result<(), Malformed> {
        (self.diffs, self.diff_count) = Default::default();
        loop {
            let size = reader.bits(2)? as usize;
            if size == 0 {
                return Ok(());
            }
            let diff = reader.bits(4 * size)? + 1;
            self.push_diff(u16::try_from(diff).expect("12 bits and one"))?;
        }
    }
}

/// What a packet's descriptor says of its frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameDescriptor {
    /// What every descriptor begins with.
    pub mandatory: MandatoryFields,
    /// Spatial layer of the frame, 0-7, 0 the lowest.
    pub spatial: u8,
    /// Temporal layer of the frame, 0 the lowest.
    pub temporal: u8,
    /// What the frame is to each decode target.
    pub indications: Indications,
    /// What the frame depends on.
    pub dependencies: Dependencies,
    /// Decode targets that are active from here on (bit 0: target 0): as told, or all with a
    /// structure. `None`: as before.
    pub active_decode_targets: Option<u32>,
}

impl FrameDescriptor {
    /// Reads a descriptor by the newest structure received; if it has a structure of its own, by
    /// that one.
    ///
    /// # Errors
    /// It ends early, has more than [`MOST_DIFFS`] frames to refer to, or names a template that
    /// the structure does not have: then a newer structure was lost (§A.8.3).
    pub fn parse(value: &[u8], structure: &Structure) -> Result<Self, Malformed> {
        Self::walk(value, structure).map(|(frame, _)| frame)
    }

    /// The whole descriptor: what it says, and where.
    pub(super) fn walk(value: &[u8], newest: &Structure) -> Result<(Self, Places), Malformed> {
        if value.len() > MOST_BYTES {
            return Err(Malformed("dependency descriptor is too long"));
        }
        let mandatory = mandatory_fields(value).ok_or(Malformed("no dependency descriptor"))?;
        // Without a fourth byte, no flag is set, and the flags take no room yet.
        let flags = value.get(MANDATORY_BITS / 8).copied().unwrap_or_default();
        let reader = BitReader::new(value, MANDATORY_BITS + FLAG_BITS);
        match flags & HAS_STRUCTURE {
            0 => Self::walk_behind(mandatory, flags, newest, reader),
            _ => Self::walk_with_structure(mandatory, flags, reader),
        }
    }

    /// Of its own, because a structure takes room on the stack.
    #[cold]
    #[inline(never)]
    fn walk_with_structure(
        mandatory: MandatoryFields,
        flags: u8,
        mut reader: BitReader<'_>,
    ) -> Result<(Self, Places), Malformed> {
        let own = Structure::read(&mut reader)?;
        let (mut frame, places) = Self::walk_behind(mandatory, flags, &own, reader)?;
        frame.active_decode_targets.get_or_insert_with(|| own.all_targets());
        Ok((frame, places))
    }

    /// What is behind the structure, or would be.
    fn walk_behind(
        mandatory: MandatoryFields,
        flags: u8,
        structure: &Structure,
        mut reader: BitReader<'_>,
    ) -> Result<(Self, Places), Malformed> {
        let mut frame = structure.template(mandatory.template_id)?.describe(mandatory);
        let mask_at = reader.at();
        if flags & HAS_ACTIVE_TARGETS != 0 {
            let targets = reader.bits(usize::from(structure.decode_targets()))?;
            frame.active_decode_targets = Some(targets);
        }
        if flags & HAS_DTIS != 0 {
            frame.indications = Indications::read(&mut reader, structure.decode_targets())?;
        }
        if flags & HAS_DIFFS != 0 {
            frame.dependencies.read_diffs(&mut reader)?;
        }
        if flags & HAS_CHAINS != 0 {
            frame.dependencies.read_chains(&mut reader, structure.chains(), 8)?;
        }
        let places = Places::new(mask_at, reader.at(), structure.decode_targets());
        Ok((frame, places))
    }
}
