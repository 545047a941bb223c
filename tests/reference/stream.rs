//! A stream from a publisher to a reference receiver, straight or as an honest selector would
//! forward it: one that knows the truth, and so needs no cleverness.

use std::time::{Duration, Instant};

use lahn::wire::ext::dependency_descriptor::{Places, Rewrite, Structure};

use super::publish::{Codec, FRAME_INTERVAL, Kind, Mode, PlainPacket, Publisher, TrueFrame, Truth};
use super::reference::{ForwardedPacket, Reference, Report};

/// A packet on its way to the receiver.
#[derive(Clone)]
pub struct Given {
    pub at: Instant,
    pub plain: PlainPacket,
    pub packet: ForwardedPacket,
}

#[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
pub fn beginning() -> Instant {
    Instant::now()
}

/// As it was published.
pub fn straight(at: Instant, plain: &PlainPacket) -> Given {
    let packet = ForwardedPacket {
        seq: plain.seq as u16,
        timestamp: plain.timestamp,
        marker: plain.marker,
        payload: plain.payload.clone(),
        descriptor: plain.descriptor.clone(),
    };
    Given { at, plain: plain.clone(), packet }
}

/// So many pictures; `before` each of them, the publisher may be told something.
pub fn publish(
    publisher: &mut Publisher,
    pictures: u32,
    mut before: impl FnMut(u32, &mut Publisher),
) -> Vec<(Instant, PlainPacket)> {
    let mut now = beginning();
    let mut packets = Vec::new();
    for picture in 0..pictures {
        before(picture, publisher);
        packets.extend(publisher.next_frame(now).into_iter().map(|packet| (now, packet)));
        now += FRAME_INTERVAL;
    }
    packets
}

pub fn receive<'a>(truth: &Truth, stream: impl IntoIterator<Item = &'a Given>) -> Report {
    let mut reference = Reference::new(truth.kind(), truth.clone());
    stream.into_iter().for_each(|given| reference.on_packet(given.at, &given.packet));
    reference.finish()
}

/// The frame a packet is of.
pub fn frame(truth: &Truth, plain: &PlainPacket) -> TrueFrame {
    truth.frame_of(plain.identity).expect("it was published").clone()
}

/// Selects what is wanted, and translates it as it must be: numbers are shifted by offsets, which
/// close what was dropped on purpose; what was lost before stays a hole. Packets come in order.
pub struct Honest {
    truth: Truth,
    /// Encoding, spatial layer, temporal layer.
    pub wanted: (u8, u8, u8),
    /// What the active decode targets say instead.
    pub told: Option<(u8, u8, u8)>,
    current: Option<(u8, u16)>,
    offsets: Numbers,
    last: Option<(TrueFrame, Numbers, bool)>,
    dropped: Option<u32>,
    structure: Option<Box<Structure>>,
}

/// Of a packet as forwarded, or what is added to the publisher's to get there.
#[derive(Clone, Copy)]
struct Numbers {
    seq: u16,
    timestamp: u32,
    picture_id: u16,
    tl0_pic_idx: u8,
    key_idx: u8,
    frame_number: u16,
}

impl Honest {
    pub fn new(truth: Truth, wanted: (u8, u8, u8)) -> Self {
        let offsets = Numbers {
            seq: 77,
            timestamp: 1 << 31,
            picture_id: 40,
            tl0_pic_idx: 250,
            key_idx: 30,
            frame_number: 5,
        };
        let (told, current, last, dropped, structure) = (None, None, None, None, None);
        Self { truth, wanted, told, current, offsets, last, dropped, structure }
    }

    /// `None`: the packet is not forwarded.
    pub fn forward(&mut self, at: Instant, plain: &PlainPacket) -> Option<Given> {
        let frame = frame(&self.truth, plain);
        let of = (frame.encoding, frame.incarnation);
        if self.current != Some(of) {
            let begins = frame.starts() && plain.identity.packet == 0 && self.selects(&frame);
            if frame.encoding != self.wanted.0 || !begins {
                return None;
            }
            self.current = Some(of);
            self.start(&frame);
        }
        if let Some(value) = &plain.descriptor
            && let Some(structure) = Structure::parse(value).expect("a good descriptor")
        {
            self.structure = Some(Box::new(structure));
        }
        if !self.can_read(plain) {
            self.current = None;
            return None;
        }
        if !self.selects(&frame) {
            self.offsets.seq = self.offsets.seq.wrapping_sub(1);
            let is_new = self.dropped.replace(frame.index) != Some(frame.index);
            if is_new && self.truth.kind().codec == Codec::Vp8 {
                self.offsets.picture_id = self.offsets.picture_id.wrapping_sub(1);
            }
            return None;
        }
        let mut given = straight(at, plain);
        let numbers = Numbers { seq: plain.seq as u16, ..published(&frame) }.plus(self.offsets);
        self.translate(&frame, plain.identity.packet, numbers, &mut given.packet);
        self.last = Some((frame, numbers, given.packet.marker));
        Some(given)
    }

    fn start(&mut self, frame: &TrueFrame) {
        let Some((before, last, marker)) = &self.last else { return };
        let captured = frame.captured.saturating_duration_since(before.captured);
        let ticks = (captured.as_micros() * 9 / 100) as u32;
        let next = Numbers {
            seq: last.seq.wrapping_add(if *marker { 1 } else { 2 }),
            timestamp: last.timestamp.wrapping_add(ticks.max(1)),
            picture_id: last.picture_id.wrapping_add(1),
            tl0_pic_idx: last.tl0_pic_idx.wrapping_add(1),
            key_idx: last.key_idx.wrapping_add(1),
            frame_number: last.frame_number.wrapping_add(1),
        };
        self.offsets = next.minus(published(frame));
    }

    fn selects(&self, frame: &TrueFrame) -> bool {
        let (_, spatial, temporal) = self.wanted;
        let in_spatial = match self.truth.kind().mode {
            Mode::L3T3 => frame.spatial <= spatial,
            Mode::L3T3Key if frame.in_key_picture => frame.spatial <= spatial,
            _ => frame.spatial == spatial,
        };
        in_spatial && frame.temporal <= temporal
    }

    /// Its structure came (D1).
    fn can_read(&self, plain: &PlainPacket) -> bool {
        let Some(value) = &plain.descriptor else { return true };
        let structure = self.structure.as_ref().expect("it began with one");
        Places::find(value, structure).is_ok()
    }

    fn translate(&self, frame: &TrueFrame, place: u8, to: Numbers, packet: &mut ForwardedPacket) {
        let kind = self.truth.kind();
        (packet.seq, packet.timestamp) = (to.seq, to.timestamp);
        let is_top = frame.spatial == self.wanted.1;
        packet.marker = is_top && usize::from(place) + 1 == frame.packets.len();
        if matches!(kind.codec, Codec::Vp8 | Codec::Vp9) {
            to.write(kind, &mut packet.payload);
        }
        if let Some(value) = &mut packet.descriptor {
            let structure = self.structure.as_ref().expect("it began with one");
            let active_decode_targets = (place == 0).then(|| self.active(structure, frame));
            let rewrite = Rewrite {
                frame_number_offset: self.offsets.frame_number,
                template_id_offset: 9,
                active_decode_targets,
            };
            let mut out = [0; 255];
            let places = Places::find(value, structure).expect("it can be read");
            let len = rewrite.apply(value, places, &mut out).expect("room");
            *value = out[..len].to_vec();
        }
    }

    /// The decode targets whose frames all come.
    fn active(&self, structure: &Structure, frame: &TrueFrame) -> u32 {
        let (_, spatial, temporal) = self.told.unwrap_or(self.wanted);
        let wanted = (0..structure.decode_targets())
            .find(|target| structure.layer_of(*target) == Some((spatial, temporal)));
        let sent = frame.descriptor.as_ref().expect("it is described").active;
        structure.included_in(wanted.expect("there is such a target")) & sent
    }
}

const fn published(frame: &TrueFrame) -> Numbers {
    Numbers {
        seq: frame.first_seq as u16,
        timestamp: frame.timestamp,
        picture_id: frame.picture_id,
        tl0_pic_idx: frame.tl0_pic_idx,
        key_idx: frame.key_idx,
        frame_number: match &frame.descriptor {
            Some(says) => says.frame_number,
            None => 0,
        },
    }
}

impl Numbers {
    const fn plus(self, other: Self) -> Self {
        Self {
            seq: self.seq.wrapping_add(other.seq),
            timestamp: self.timestamp.wrapping_add(other.timestamp),
            picture_id: self.picture_id.wrapping_add(other.picture_id),
            tl0_pic_idx: self.tl0_pic_idx.wrapping_add(other.tl0_pic_idx),
            key_idx: self.key_idx.wrapping_add(other.key_idx),
            frame_number: self.frame_number.wrapping_add(other.frame_number),
        }
    }

    const fn minus(self, other: Self) -> Self {
        Self {
            seq: self.seq.wrapping_sub(other.seq),
            timestamp: self.timestamp.wrapping_sub(other.timestamp),
            picture_id: self.picture_id.wrapping_sub(other.picture_id),
            tl0_pic_idx: self.tl0_pic_idx.wrapping_sub(other.tl0_pic_idx),
            key_idx: self.key_idx.wrapping_sub(other.key_idx),
            frame_number: self.frame_number.wrapping_sub(other.frame_number),
        }
    }

    /// Into a VP8 or VP9 descriptor.
    fn write(self, kind: Kind, payload: &mut [u8]) {
        let is_vp8 = kind.codec == Codec::Vp8;
        let at = if is_vp8 { 2 } else { 1 };
        let behind = if payload[at] & 0x80 != 0 {
            payload[at..at + 2].copy_from_slice(&(self.picture_id | 0x8000).to_be_bytes());
            at + 2
        } else {
            payload[at] = self.picture_id as u8 & 0x7f;
            at + 1
        };
        match (is_vp8, kind.flexible) {
            (true, _) => {
                payload[behind] = self.tl0_pic_idx;
                payload[behind + 1] = payload[behind + 1] & 0xe0 | self.key_idx & 0x1f;
            }
            (false, false) => payload[behind + 1] = self.tl0_pic_idx,
            (false, true) => {}
        }
    }
}

/// Everything of one encoding, as it was published; a key frame every 40 pictures.
pub fn straight_stream(kind: Kind, seed: u64, pictures: u32) -> (Truth, Vec<Given>) {
    let mut publisher = Publisher::new(kind, seed);
    let top = kind.encodings - 1;
    let packets = publish(&mut publisher, pictures, |picture, publisher| {
        if picture % 40 == 39 {
            publisher.key_frame_wanted(top);
        }
    });
    let of_top = packets.iter().filter(|(_, plain)| plain.encoding == top);
    // S3T3: straight is nothing a receiver could use, the highest layer alone is.
    let mut honest = Honest::new(publisher.truth(), (top, 2, 2));
    let stream = match kind.mode {
        Mode::S3T3 | Mode::L3T3Key => {
            of_top.filter_map(|(at, plain)| honest.forward(*at, plain)).collect()
        }
        _ => of_top.map(|(at, plain)| straight(*at, plain)).collect(),
    };
    (publisher.truth(), stream)
}

/// A little later.
pub fn later(at: Instant, ms: u64) -> Instant {
    at + Duration::from_millis(ms)
}
