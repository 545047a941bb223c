//! The frames of one encoding, as far as its packets tell: read once when a packet comes, used for
//! every receiver.
//!
//! Trusted in this order (H2): dependency descriptor; payload descriptor of VP8 and VP9, which stay
//! readable under end-to-end encryption; frame marking; NAL unit headers, once a key frame was
//! recognized by them. What tells nothing is forwarded whole.
//!
//! Knows nothing of receivers. Read next: [`frame`], [`reading`], [`told`], [`described`], then
//! [`super::select`].

mod described;
mod frame;
mod numbering;
mod reading;
mod tally;
mod told;

#[cfg(test)]
mod tests;

pub(crate) use frame::{Depends, Described, Frame, WireNumbers};

use crate::base::{ExtSeq, RtpTime};
use crate::params::Codec;
use crate::stream::history::{MOST_OVERTAKING, Marks};
use crate::wire::ext::FrameMarking;
use crate::wire::ext::dependency_descriptor::{Places, Structure};
use crate::wire::payload::vp9::ScalabilityStructure;
use described::Descriptors;
use numbering::Numbering;
use tally::Tally;

/// Frames that are remembered: two seconds at 30 pictures a second of three spatial layers, and a
/// power of two.
const REMEMBERED: usize = 256;
/// Spatial layers whose sizes are known.
pub(crate) const MOST_SPATIAL: usize = 8;
/// After so many pictures without it a spatial layer is not sent any more.
const THINNER_PICTURES: u8 = 4;

/// For what cannot be read no more than one key frame is needed in so many milliseconds (D1).
const UNREADABLE_INTERVAL: u32 = 1_000;

/// A packet, to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    /// In the milliseconds of [`WallClock`](crate::base::WallClock).
    pub(crate) now: u32,
    pub(crate) codec: Codec,
    pub(crate) seq: ExtSeq,
    pub(crate) timestamp: RtpTime,
    pub(crate) marker: bool,
    pub(crate) payload: &'a [u8],
    /// Its dependency descriptor.
    pub(crate) descriptor: Option<&'a [u8]>,
    pub(crate) marking: Option<FrameMarking>,
    /// How many milliseconds a lost frame is waited for before what needs it counts as broken.
    pub(crate) patience: u32,
}

/// What was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    /// Low bits of the frame's number.
    pub(crate) frame: u32,
    pub(crate) marks: Marks,
    /// Where the descriptor stands to be rewritten.
    pub(crate) places: Option<Places>,
    /// It brought a structure that others have waited for.
    pub(crate) explains: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Frames {
    /// Empty before the first frame, and after silence.
    ring: Box<[Option<Frame>]>,
    numbering: Numbering,
    /// The highest number of a frame.
    newest: Option<u64>,
    /// That frame, if the others are forgotten.
    last: Option<Frame>,
    descriptors: Option<Box<Descriptors>>,
    /// The highest packet read, and whether it ended its frame.
    newest_packet: Option<(ExtSeq, bool)>,
    newest_timestamp: RtpTime,
    sizes: [Option<(u16, u16)>; MOST_SPATIAL],
    spatial_layers: u8,
    /// Spatial layers of the newest picture, and how many pictures had fewer than there are.
    in_picture: u8,
    thinner: u8,
    tally: Tally,
    pictures: u64,
    frames: u64,
    /// Changes when sizes or numbers of layers do.
    revision: u32,
    /// A chain broke, or a descriptor could not be read, since somebody asked.
    needs_key_frame: bool,
    /// When one was last needed for a descriptor that could not be read.
    unreadable_at: Option<u32>,
    /// A key frame was recognized by what is in it.
    recognized: bool,
    /// Something was seen that only encryption end to end makes of a frame.
    scrambled: bool,
    /// Key frames asked for since the last one, and when the newest.
    asked: (u8, u32),
}

impl Frames {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self {
            ring: Box::default(),
            numbering: Numbering::default(),
            newest: None,
            last: None,
            descriptors: None,
            newest_packet: None,
            newest_timestamp: RtpTime(0),
            sizes: [None; MOST_SPATIAL],
            spatial_layers: 1,
            in_picture: 0,
            thinner: 0,
            tally: Tally::default(),
            pictures: 0,
            frames: 0,
            revision: 0,
            needs_key_frame: false,
            unreadable_at: None,
            recognized: false,
            scrambled: false,
            asked: (0, 0),
        }
    }

    /// Packets are another stream's from now on: what they say has nothing to do with what was.
    pub(crate) fn begin_stream(&mut self) {
        self.ring.fill(None);
        self.numbering = self.numbering.after();
        self.newest = None;
        self.last = None;
        self.descriptors = None;
        self.newest_packet = None;
        self.recognized = false;
        self.scrambled = false;
        self.asked.0 = 0;
    }

    /// Nothing has come for a while: what the newest frames were is of no use any more.
    pub(crate) fn rest(&mut self) {
        self.last = self.newest().copied();
        self.ring = Box::default();
    }

    /// Reads a packet that came for the first time.
    pub(crate) fn read(&mut self, packet: &Packet<'_>) -> Reading {
        let marker = Marks::MARKER.only_if(packet.marker);
        let read = match packet.descriptor {
            Some(descriptor) => self.read_described(packet, descriptor),
            None if self.descriptors.is_some() => None,
            None => self.read_told(packet),
        };
        let reading = read.unwrap_or(Reading {
            frame: 0,
            marks: Marks::UNREADABLE,
            places: None,
            explains: false,
        });
        if self.newest_packet.is_none_or(|(newest, _)| packet.seq > newest) {
            let ended = packet.marker || reading.marks.has(Marks::LAST);
            self.newest_packet = Some((packet.seq, ended));
            self.newest_timestamp = packet.timestamp;
        }
        if reading.marks.has(Marks::KEY) {
            self.asked.0 = 0;
        }
        if reading.marks.has(Marks::UNREADABLE)
            && self
                .unreadable_at
                .is_none_or(|at| packet.now.wrapping_sub(at) >= UNREADABLE_INTERVAL)
        {
            self.unreadable_at = Some(packet.now);
            self.needs_key_frame = true;
        }
        Reading { marks: reading.marks | marker, ..reading }
    }

    /// A key frame was asked for.
    pub(crate) const fn on_key_frame_asked(&mut self, now: u32) {
        self.asked = (self.asked.0.saturating_add(1), now);
    }

    /// Whether something broke since the last time, that only a key frame mends.
    pub(crate) fn take_need(&mut self) -> bool {
        std::mem::take(&mut self.needs_key_frame)
    }

    /// Whether so much came since a packet's turn that it cannot be begun with (R2): not all that
    /// follows it would be found again.
    pub(crate) fn is_long_past(&self, seq: ExtSeq) -> bool {
        self.newest_packet.is_some_and(|(newest, _)| newest.0 > seq.0 + MOST_OVERTAKING as u64)
    }

    /// The frame with these low bits, if it is remembered.
    #[inline]
    pub(crate) fn get(&self, low: u32) -> Option<&Frame> {
        let frame = self.ring.get(low as usize % REMEMBERED)?.as_ref()?;
        (low_bits(frame.number) == low).then_some(frame)
    }

    /// The newest frame.
    pub(crate) fn newest(&self) -> Option<&Frame> {
        self.get(low_bits(self.newest?)).or(self.last.as_ref())
    }

    /// The newest structure of its descriptors.
    pub(crate) fn structure(&self) -> Option<&Structure> {
        self.descriptors.as_ref().map(|held| held.structure())
    }

    /// The decode targets that the publisher sends.
    pub(crate) fn active_decode_targets(&self) -> u32 {
        self.descriptors.as_ref().map_or(0, |held| held.active())
    }

    /// Counts structures and changes of what is sent; wraps.
    pub(crate) fn generation(&self) -> u8 {
        self.descriptors.as_ref().map_or(0, |held| held.generation())
    }

    /// Width and height of a spatial layer, in pixels.
    pub(crate) fn size(&self, spatial: u8) -> Option<(u16, u16)> {
        *self.sizes.get(usize::from(spatial))?
    }

    /// How many spatial layers are sent.
    pub(crate) const fn spatial_layers(&self) -> u8 {
        self.spatial_layers
    }

    /// How many temporal layers there are.
    pub(crate) fn temporal_layers(&self) -> u8 {
        self.tally.layers()
    }

    /// Pictures per second up to a temporal layer.
    pub(crate) fn rate(&self, now: u32, temporal: u8) -> f32 {
        self.tally.rate(now, temporal)
    }

    /// Pictures that began to come.
    pub(crate) const fn pictures(&self) -> u64 {
        self.pictures
    }

    /// Frames that began to come.
    pub(crate) const fn frames(&self) -> u64 {
        self.frames
    }

    /// Another one than before: sizes or numbers of layers have changed.
    pub(crate) const fn revision(&self) -> u32 {
        self.revision
    }

    fn learn_layers(&mut self, structure: &Structure) {
        self.revision += u32::from(self.tally.layers() != structure.temporal_layers());
        self.tally.set_layers(structure.temporal_layers());
        for spatial in 0..structure.spatial_layers() {
            if let Some(size) = structure.resolution(spatial) {
                self.set_size(spatial, size);
            }
        }
    }

    fn learn_structure(&mut self, structure: &ScalabilityStructure) {
        self.set_spatial_layers(structure.spatial_layers);
        if structure.has_sizes {
            for (spatial, size) in (0..structure.spatial_layers).zip(structure.sizes) {
                self.set_size(spatial, size);
            }
        }
    }

    /// A picture is over: whether all spatial layers are still sent shows over a few.
    fn count_spatial_layers(&mut self) {
        self.thinner = if self.in_picture < self.spatial_layers { self.thinner + 1 } else { 0 };
        if self.thinner == THINNER_PICTURES {
            self.thinner = 0;
            self.set_spatial_layers(self.in_picture.max(1));
        }
        self.in_picture = 0;
    }

    fn set_spatial_layers(&mut self, layers: u8) {
        self.revision += u32::from(self.spatial_layers != layers);
        self.spatial_layers = layers;
    }

    /// A spatial layer is so large.
    pub(crate) fn set_size(&mut self, spatial: u8, size: (u16, u16)) {
        if let Some(held) = self.sizes.get_mut(usize::from(spatial))
            && *held != Some(size)
        {
            *held = Some(size);
            self.revision += 1;
        }
    }
}

const fn place(number: u64) -> usize {
    number as usize % REMEMBERED
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are the point")]
const fn low_bits(number: u64) -> u32 {
    number as u32
}
