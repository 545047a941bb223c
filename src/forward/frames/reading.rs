//! A packet is read: which frame it is of, what that frame is, and whether a receiver may begin
//! with it.

use super::described::{Descriptors, has_structure};
use super::frame::{Depends, Frame, WireNumbers};
use super::told::{self, Told};
use super::{Frames, Packet, REMEMBERED, Reading, low_bits, place};
use crate::base::RtpTime;
use crate::params::Codec;
use crate::stream::history::Marks;
use crate::wire::ext::dependency_descriptor::{Structure, mandatory_fields};
use crate::wire::payload::{h264, h265};

/// Key frames asked for in vain before one is guessed where nothing tells.
const VAIN_REQUESTS: u8 = 2;
/// An answer to a request for a key frame does not come sooner, in milliseconds.
const SOONEST_ANSWER: u32 = 50;

impl Frames {
    pub(super) fn read_described(&mut self, packet: &Packet<'_>, value: &[u8]) -> Option<Reading> {
        let mandatory = mandatory_fields(value)?;
        let wire = mandatory.frame_number;
        let mut number = self.numbering.peek(wire, 16);
        let structure = if has_structure(value) { Structure::parse(value).ok()? } else { None };
        let mut explains = false;
        if let Some(structure) = structure {
            let is_newest = self.newest_packet.is_none_or(|(newest, _)| packet.seq > newest);
            explains = !is_newest;
            if is_newest && self.is_taken(number, packet.timestamp) {
                number = self.numbering.begin_anew(wire);
            }
            if explains {
                // What was read of it and of later frames was read by a structure that is not theirs.
                let is_later =
                    |held: &Option<Frame>| held.is_some_and(|held| held.number >= number);
                self.ring.iter_mut().filter(|held| is_later(held)).for_each(|held| *held = None);
            }
            self.learn_layers(&structure);
            match &mut self.descriptors {
                Some(held) => held.add(structure, number),
                None => self.descriptors = Some(Box::new(Descriptors::new(structure, number))),
            }
        }
        let held = self.descriptors.as_mut()?;
        let (descriptor, places) = held.read(value, number)?;
        let is_newest = self.newest.is_none_or(|newest| number > newest);
        let is_key = descriptor.dependencies.frame_diffs().is_empty();
        if !self.is_known(number) {
            let held = self.descriptors.as_mut()?;
            let (described, broke) =
                held.on_frame(packet.now, number, is_newest, &descriptor, packet.patience);
            self.needs_key_frame |= broke;
            let layers = held.active_spatial_layers();
            self.set_spatial_layers(layers);
            let told = vp_numbers(packet);
            let frame = Frame {
                number,
                timestamp: packet.timestamp,
                spatial: descriptor.spatial,
                temporal: descriptor.temporal,
                is_key,
                wire: WireNumbers { frame_number: wire, ..told },
                closes_picture_ids: packet.codec == Codec::Vp8,
                depends: Depends::Described(described),
            };
            let is_picture = packet.timestamp != self.newest_timestamp || self.pictures == 0;
            self.add(packet.now, frame, wire, is_picture);
        } else if self.newest == Some(number) {
            self.descriptors.as_mut()?.on_active(&descriptor);
        }
        let starts = mandatory.start_of_frame;
        if starts && is_key && self.size(descriptor.spatial).is_none() {
            // The structure may leave out how large its layers are.
            if let Some(size) = told::size(packet) {
                self.set_size(descriptor.spatial, size);
            }
        }
        self.recognized |= mandatory.has_structure;
        Some(Reading {
            frame: low_bits(number),
            marks: Marks::FRAME
                | Marks::FIRST.only_if(starts)
                | Marks::LAST.only_if(mandatory.end_of_frame)
                | Marks::KEY.only_if(starts && is_key && mandatory.has_structure),
            places: Some(places),
            explains,
        })
    }

    pub(super) fn read_told(&mut self, packet: &Packet<'_>) -> Option<Reading> {
        let told = told::read(packet, self.recognized)?;
        let before = self.newest_packet.filter(|(newest, _)| newest.0 + 1 == packet.seq.0);
        let follows_an_end = before.is_some_and(|(_, ended)| ended);
        let is_first =
            told.is_first.unwrap_or_else(|| follows_an_end || self.newest_packet.is_none());
        let mut is_key_start = told.begins_key_frame;
        if told.number.is_none() && packet.marking.is_none() && is_key_start {
            is_key_start = self.opens_its_picture(packet);
        }
        self.recognized |= is_key_start;
        self.scrambled |= told.is_scrambled;
        let is_guess = !is_key_start && is_first && self.guesses(packet);
        let number = match told.number {
            Some((wire, bits)) => self.numbered(packet, &told, wire, bits),
            None => self.by_timestamp(packet),
        };
        let marks = Marks::FIRST.only_if(is_first)
            | Marks::LAST.only_if(told.is_last)
            | Marks::KEY.only_if(is_key_start || is_guess);
        let Some(number) = number else {
            return Some(Reading { frame: 0, marks, places: None, explains: false });
        };
        let is_key = told.is_key || is_guess;
        match self.frame_mut(number) {
            Some(frame) => {
                frame.is_key |= is_key && !matches!(frame.depends, Depends::Spatial { .. })
            }
            None => self.add_told(packet, &told, number, is_key),
        }
        if let Some(size) = told.size {
            self.set_size(0, size);
        }
        if let Some(layers) = told.layers {
            self.learn_structure(&layers);
        }
        if told.is_top {
            // A structure may name layers that are not sent now.
            self.set_spatial_layers(told.spatial + 1);
        }
        Some(Reading {
            frame: low_bits(number),
            marks: marks | Marks::FRAME,
            places: None,
            explains: false,
        })
    }

    fn add_told(&mut self, packet: &Packet<'_>, told: &Told, number: u64, is_key: bool) {
        let frame = Frame {
            number,
            timestamp: packet.timestamp,
            spatial: told.spatial,
            temporal: told.temporal,
            is_key,
            wire: told.wire,
            closes_picture_ids: packet.codec == Codec::Vp8,
            depends: told.depends,
        };
        let newest = self.newest().map(Frame::picture);
        let is_picture = newest.is_none_or(|newest| newest != frame.picture());
        if is_picture {
            self.count_spatial_layers();
        }
        self.in_picture = self.in_picture.max(told.spatial + 1);
        self.set_spatial_layers(self.spatial_layers.max(told.spatial + 1));
        self.add(packet.now, frame, told.number.map_or(0, |(wire, _)| wire), is_picture);
    }

    /// The number of the frame of a packet that names its picture.
    fn numbered(&mut self, packet: &Packet<'_>, told: &Told, wire: u16, bits: u32) -> Option<u64> {
        let step =
            if matches!(told.depends, Depends::Spatial { .. }) { Frame::SPATIAL_STEP } else { 1 };
        let mut picture = self.numbering.peek(wire, bits);
        let is_newest = self.newest_packet.is_none_or(|(newest, _)| packet.seq > newest);
        if told.begins_key_frame && is_newest && self.is_taken(picture * step, packet.timestamp) {
            picture = self.numbering.begin_anew(wire);
        }
        Some(picture * step + u64::from(told.spatial))
    }

    /// The number of the frame of a packet that has a timestamp only. `None`: it is of a frame of
    /// which nothing came in its time.
    fn by_timestamp(&self, packet: &Packet<'_>) -> Option<u64> {
        let Some(newest) = self.newest() else { return Some(self.numbering.peek(0, 16)) };
        if packet.timestamp.since(newest.timestamp) > 0 {
            // Where packets are missing in between, one number is left free for what may come late.
            let follows = self.newest_packet.is_some_and(|(seq, _)| seq.0 + 1 == packet.seq.0);
            return Some(newest.number + if follows { 1 } else { 2 });
        }
        let older = (0..REMEMBERED as u64 / 2).map(|back| newest.number.wrapping_sub(back));
        for number in older {
            let Some(frame) = self.get(low_bits(number)) else { continue };
            if frame.timestamp == packet.timestamp {
                return Some(number);
            }
            if packet.timestamp.since(frame.timestamp) > 0 {
                return (!self.is_known(number + 1)).then_some(number + 1);
            }
        }
        None
    }

    /// Parameter sets and slices of a key frame come in several packets: a receiver may begin with
    /// the first of them only.
    fn opens_its_picture(&self, packet: &Packet<'_>) -> bool {
        let Some((newest, _)) = self.newest_packet else { return true };
        let holds_parameters = match packet.codec {
            Codec::H264 => h264::has_parameter_set(packet.payload),
            Codec::H265 => h265::has_parameter_set(packet.payload),
            _ => true,
        };
        holds_parameters
            || (newest.0 + 1 == packet.seq.0 && self.newest_timestamp != packet.timestamp)
    }

    /// Where nothing tells, what comes after a request is taken for a key frame.
    fn guesses(&self, packet: &Packet<'_>) -> bool {
        let (times, at) = self.asked;
        let may_hide_them = match packet.codec {
            Codec::Vp8 => self.scrambled,
            Codec::Vp9 | Codec::Opus => false,
            Codec::Av1 | Codec::H264 | Codec::H265 => true,
        };
        !self.recognized
            && may_hide_them
            && times >= VAIN_REQUESTS
            && packet.now.wrapping_sub(at) >= SOONEST_ANSWER
            && self.newest_timestamp != packet.timestamp
    }

    /// Whether this number, or a later one, is already another frame's.
    fn is_taken(&self, number: u64, timestamp: RtpTime) -> bool {
        let Some(newest) = self.newest() else { return false };
        match self.get(low_bits(number)) {
            Some(frame) => frame.timestamp != timestamp,
            None => number <= newest.number,
        }
    }

    fn is_known(&self, number: u64) -> bool {
        self.get(low_bits(number)).is_some_and(|frame| frame.number == number)
    }

    fn frame_mut(&mut self, number: u64) -> Option<&mut Frame> {
        let place = place(number);
        self.ring.get_mut(place)?.as_mut().filter(|frame| frame.number == number)
    }

    fn add(&mut self, now: u32, frame: Frame, wire: u16, is_picture: bool) {
        let place = place(frame.number);
        // A frame so late that its place is a newer one's is not remembered.
        if self.ring.is_empty() {
            self.ring = vec![None; REMEMBERED].into_boxed_slice();
        }
        if self.ring[place].is_none_or(|held| held.number < frame.number) {
            self.ring[place] = Some(frame);
        }
        let steps = match frame.depends {
            Depends::Spatial { .. } => Frame::SPATIAL_STEP,
            _ => 1,
        };
        self.numbering.note(frame.number / steps, wire);
        self.newest = self.newest.max(Some(frame.number));
        self.frames += 1;
        if is_picture {
            self.pictures += 1;
            let layers = self.tally.layers();
            self.tally.count(now, frame.temporal);
            self.revision += u32::from(layers != self.tally.layers());
        }
    }
}

/// The numbers in the payload descriptor of a packet that has a dependency descriptor too.
fn vp_numbers(packet: &Packet<'_>) -> WireNumbers {
    match packet.codec {
        Codec::Vp8 | Codec::Vp9 => {
            told::read(packet, false).map_or_else(WireNumbers::default, |told| told.wire)
        }
        _ => WireNumbers::default(),
    }
}
