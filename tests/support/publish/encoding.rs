//! One encoding of a source: its pictures, their frames, their packets.

use std::time::{Duration, Instant};

use super::descriptor::{Descriptors, Part};
use super::identity::checksum;
use super::numbers::Numbers;
use super::pattern::{Pattern, Planned};
use super::payload::Context;
use super::truth::TruePacket;
use super::{Codec, Dice, Fate, IDENTITY_LEN, Identity, Kind, PlainPacket, TrueFrame, Truth};

pub struct Encoding {
    pub wants_key: bool,
    kind: Kind,
    place: u8,
    numbers: Numbers,
    wide_picture_id: bool,
    pattern: Pattern,
    descriptors: Descriptors,
    /// NTP time of the publisher's first moment.
    ntp: u64,
    truth: Truth,
    dice: Dice,
    is_active: bool,
    incarnation: u16,
    picture: u32,
    next_index: u32,
    /// Pictures that still tell the active decode targets.
    left_to_tell: u8,
}

impl Encoding {
    pub fn new(
        kind: Kind,
        place: u8,
        ntp: u64,
        wide_picture_id: bool,
        truth: Truth,
        mut dice: Dice,
    ) -> Self {
        Self {
            wants_key: true,
            kind,
            place,
            numbers: Numbers::anywhere(if wide_picture_id { 15 } else { 7 }, &mut dice),
            wide_picture_id,
            pattern: Pattern::new(kind.mode),
            descriptors: Descriptors::new(kind.mode),
            ntp,
            truth,
            dice,
            is_active: true,
            incarnation: 0,
            picture: 0,
            next_index: 0,
            left_to_tell: 0,
        }
    }

    pub fn next_picture(&mut self, captured: Instant, since: Duration) -> Vec<PlainPacket> {
        if !self.is_active {
            return Vec::new();
        }
        let is_key = std::mem::take(&mut self.wants_key);
        let planned = self.pattern.next_picture(self.next_index, is_key);
        let temporal = planned.first().map_or(0, |frame| frame.temporal);
        self.count(temporal, is_key);
        let last = planned.len() - 1;
        let mut packets = Vec::new();
        for (place, frame) in planned.iter().enumerate() {
            packets.extend(self.send(frame, is_key, place == last, captured, since));
        }
        if self.truth.tells_capture_time && (is_key || self.picture.is_multiple_of(32)) {
            packets[0].capture_time = Some(self.ntp_at(since));
        }
        self.picture += 1;
        self.left_to_tell = self.left_to_tell.saturating_sub(1);
        packets
    }

    pub fn set_active(&mut self, active: bool) {
        self.wants_key |= active && !self.is_active;
        self.is_active = active;
    }

    pub fn set_spatial_layers(&mut self, layers: u8) {
        if layers != self.pattern.spatial_layers() {
            self.wants_key |= self.pattern.set_spatial_layers(layers);
            self.descriptors.end_chains(layers);
            self.left_to_tell = 4;
        }
    }

    pub fn restart(&mut self) {
        let id_bits = if self.wide_picture_id { 15 } else { 7 };
        let ppm = self.numbers.ppm;
        self.numbers = Numbers { ppm, ..Numbers::anywhere(id_bits, &mut self.dice) };
        self.incarnation += 1;
        self.wants_key = true;
    }

    pub fn clock(&self, since: Duration) -> (u64, u32) {
        (self.ntp_at(since), self.numbers.timestamp(since.as_micros() as u64))
    }

    pub const fn ssrc(&self) -> u32 {
        self.numbers.ssrc
    }

    fn ntp_at(&self, since: Duration) -> u64 {
        self.ntp.wrapping_add(((since.as_nanos() << 32) / 1_000_000_000) as u64)
    }

    fn count(&mut self, temporal: u8, is_key: bool) {
        let numbers = &mut self.numbers;
        let id_mask = if self.wide_picture_id { 0x7fff } else { 0x7f };
        numbers.picture_id = numbers.picture_id.wrapping_add(1) & id_mask;
        numbers.tl0_pic_idx = numbers.tl0_pic_idx.wrapping_add(u8::from(temporal == 0));
        numbers.key_idx = (numbers.key_idx + u8::from(is_key)) & 0x1f;
        if is_key && self.dice.chance(0.25) {
            // Ids of a new structure may not be those of the one before (§A.8.4 of the AV1 RTP
            // specification): none has more than twenty templates.
            numbers.template_id_offset = (numbers.template_id_offset + 20) % 64;
        }
    }

    /// The packets of one frame; the truth about it is noted.
    fn send(
        &mut self,
        planned: &Planned,
        in_key_picture: bool,
        ends_picture: bool,
        captured: Instant,
        since: Duration,
    ) -> Vec<PlainPacket> {
        let index = self.next_index;
        let count = match planned.refs.is_empty() {
            true => 3 + self.dice.below(6),
            false => 1 + self.dice.below(4),
        };
        let mut refs = planned.refs.clone();
        refs.extend(planned.inter_layer.then(|| index - 1));
        let packet = TruePacket { fate: Fate::Delivered, head: Vec::new(), body: 0 };
        let mut frame = TrueFrame {
            encoding: self.place,
            index,
            incarnation: self.incarnation,
            picture: self.picture,
            spatial: planned.spatial,
            temporal: planned.temporal,
            refs,
            in_key_picture,
            ends_picture,
            captured,
            timestamp: self.numbers.timestamp(since.as_micros() as u64),
            first_seq: self.numbers.seq,
            picture_id: self.numbers.picture_id,
            tl0_pic_idx: self.numbers.tl0_pic_idx,
            key_idx: self.numbers.key_idx,
            descriptor: None,
            packets: vec![packet; count as usize],
        };
        if self.kind.descriptor {
            let mut says = self.descriptors.describe(planned, index, in_key_picture);
            says.frame_number = self.numbers.frame_number;
            says.active = self.descriptors.targets(self.pattern.spatial_layers());
            let all = self.descriptors.targets(self.kind.mode.spatial_layers());
            says.tells_active = self.left_to_tell > 0 || (frame.starts() && says.active != all);
            frame.descriptor = Some(says);
        }
        let packets = self.packetize(planned, &mut frame);
        self.numbers.seq += count;
        self.numbers.frame_number = self.numbers.frame_number.wrapping_add(1);
        self.next_index += 1;
        self.truth.add(frame);
        packets
    }

    fn packetize(&mut self, planned: &Planned, frame: &mut TrueFrame) -> Vec<PlainPacket> {
        let refs: Vec<TrueFrame> = {
            let frames = self.truth.frames(self.place);
            frame.refs.iter().map(|index| frames[*index as usize].clone()).collect()
        };
        let count = frame.packets.len();
        let mut packets = Vec::with_capacity(count);
        for place in 0..count {
            let (kind, layers) = (self.kind, self.pattern.spatial_layers());
            let wide_picture_id = self.wide_picture_id;
            let context =
                Context { kind, frame, refs: &refs, wide_picture_id, layers, packet: place };
            let beginning = context.beginning();
            let mut payload = beginning.head.clone();
            if !kind.opaque || beginning.stays_clear {
                payload.extend(&beginning.codec);
            }
            let identity =
                Identity { encoding: self.place, frame: frame.index, packet: place as u8 };
            let rest = 20 + self.dice.below(60) as usize;
            self.fill(&mut payload, identity, rest, in_unit(kind, frame, place));
            let body = checksum(0, &payload[beginning.head.len()..]);
            let part = Part {
                is_first: place == 0,
                is_last: place + 1 == count,
                with_structure: place == 0 && frame.starts(),
                template_id_offset: self.numbers.template_id_offset,
            };
            let says = frame.descriptor.as_ref();
            let descriptor = says.map(|says| self.descriptors.write(planned, says, part));
            frame.packets[place] = TruePacket { fate: Fate::Delivered, head: beginning.head, body };
            packets.push(PlainPacket {
                encoding: self.place,
                ssrc: self.numbers.ssrc,
                seq: frame.first_seq + place as u64,
                timestamp: frame.timestamp,
                marker: frame.ends_picture && place + 1 == count,
                payload,
                descriptor,
                capture_time: None,
                captured: frame.captured,
                identity,
            });
        }
        packets
    }

    /// Random bytes, then the identity; `in_unit`: all of it one more unit of a STAP-A.
    fn fill(&self, payload: &mut Vec<u8>, identity: Identity, rest: usize, in_unit: bool) {
        let mut dice = Dice::new(checksum(self.truth.publisher, &identity.to_bytes(0)));
        let mut random: Vec<u8> = (0..rest).map(|_| dice.next() as u8).collect();
        if in_unit {
            let unit_len = (1 + rest + IDENTITY_LEN) as u16;
            payload.extend(unit_len.to_be_bytes());
            payload.push(6);
        }
        payload.append(&mut random);
        payload.extend(identity.to_bytes(self.truth.publisher));
    }
}

const fn in_unit(kind: Kind, frame: &TrueFrame, place: usize) -> bool {
    matches!(kind.codec, Codec::H264) && !kind.opaque && frame.starts() && place == 0
}
