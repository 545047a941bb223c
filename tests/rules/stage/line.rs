//! One encoding's stream, written by hand: pictures of whatever layers a test wants, whose numbers
//! begin where it says.

use lahn::wire::payload::{vp8, vp9};

use super::super::descriptor::LayerFrame;
use super::{Got, Packet};

/// The packets that come next.
#[derive(Clone, Debug)]
pub struct Line {
    pub encoding: u8,
    pub ssrc: u32,
    pub seq: u64,
    pub timestamp: u32,
    /// Between two pictures.
    pub step: u32,
    pub picture: u16,
    /// Picture ids have 15 bits, not 7.
    pub wide: bool,
    pub tl0: u8,
    pub key_index: u8,
    /// The last four bytes of the next packet.
    pub tag: u32,
    /// VP9: upper spatial layers use the ones below in every picture, not in key pictures alone.
    pub full: bool,
}

/// What a picture is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    Key,
    /// Its temporal layer may be taken up here (Y, U).
    Sync,
    Plain,
}

impl Line {
    pub fn new(encoding: u8) -> Self {
        let place = u32::from(encoding) + 1;
        Self {
            encoding,
            ssrc: 0x1000_0000 + place,
            seq: u64::from(place) * 1_000,
            timestamp: place * 0x1111_1111,
            step: 3_000,
            picture: encoding as u16 * 1_000 + 500,
            wide: true,
            tl0: encoding * 40 + 11,
            key_index: encoding * 7 + 3,
            tag: place << 24,
            full: true,
        }
    }

    /// The next packet; all but `head` of its payload is invented.
    pub fn packet(&mut self, head: &[u8], marker: bool) -> Packet {
        let mut payload = head.to_vec();
        payload.extend([0xa5; 20]);
        payload.extend(self.tag.to_be_bytes());
        let packet = Packet {
            encoding: self.encoding,
            ssrc: self.ssrc,
            seq: self.seq,
            timestamp: self.timestamp,
            marker,
            payload,
            ..Packet::default()
        };
        self.seq += 1;
        self.tag += 1;
        packet
    }

    /// A packet of padding alone.
    pub fn padding(&mut self) -> Packet {
        let packet = self.packet(&[], false);
        Packet { payload: Vec::new(), padding: 200, timestamp: self.last(), ..packet }
    }

    /// The timestamp of the picture before.
    pub fn last(&self) -> u32 {
        self.timestamp.wrapping_sub(self.step)
    }

    /// The next picture has another timestamp.
    pub fn tick(&mut self) {
        self.timestamp = self.timestamp.wrapping_add(self.step);
    }

    /// A picture of VP8 (RFC 7741).
    pub fn vp8(&mut self, temporal: u8, look: Look, count: usize) -> Vec<Packet> {
        let is_key = look == Look::Key;
        self.picture = self.picture.wrapping_add(1) & if self.wide { 0x7fff } else { 0x7f };
        self.tl0 = self.tl0.wrapping_add(u8::from(temporal == 0));
        self.key_index = (self.key_index + u8::from(is_key)) & 0x1f;
        let sync = u8::from(look != Look::Plain) << 5;
        let mut packets = Vec::new();
        for place in 0..count {
            let mut head = vec![0x80 | u8::from(place == 0) << 4, 0xf0];
            let [high, low] = self.picture.to_be_bytes();
            head.extend(self.wide.then_some(0x80 | high).into_iter().chain([low]));
            head.extend([self.tl0, temporal << 6 | sync | self.key_index]);
            match (place, is_key) {
                (0, true) => head.extend([0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1]),
                (0, false) => head.extend([0x11, 2, 0]),
                _ => {}
            }
            packets.push(self.packet(&head, place + 1 == count));
        }
        self.tick();
        packets
    }

    /// A picture of VP9 (RFC 9628), non-flexible, with so many spatial layers of two packets each.
    pub fn vp9(&mut self, temporal: u8, look: Look, layers: u8) -> Vec<Packet> {
        let is_key = look == Look::Key;
        self.picture = self.picture.wrapping_add(1) & 0x7fff;
        self.tl0 = self.tl0.wrapping_add(u8::from(temporal == 0));
        let mut packets = Vec::new();
        for spatial in 0..layers {
            let is_top = spatial + 1 == layers;
            let uses_below = spatial > 0 && (is_key || self.full);
            let not_for_above = is_top || !(is_key || self.full);
            for first in [true, false] {
                let tells = is_key && first && spatial == 0;
                let flags = [true, !is_key, true, false, first, !first, tells, not_for_above];
                let byte = flags.into_iter().fold(0, |byte, flag| byte << 1 | u8::from(flag));
                let [high, low] = self.picture.to_be_bytes();
                let up = u8::from(look != Look::Plain) << 4;
                let layer = temporal << 5 | up | spatial << 1 | u8::from(uses_below);
                let mut head = vec![byte, 0x80 | high, low, layer, self.tl0];
                if tells {
                    head.push((layers - 1) << 5 | 0x10);
                    for spatial in 0..layers {
                        head.extend((320_u16 << spatial).to_be_bytes());
                        head.extend((180_u16 << spatial).to_be_bytes());
                    }
                }
                packets.push(self.packet(&head, is_top && !first));
            }
        }
        self.tick();
        packets
    }

    /// A picture whose frames are described (AV1, or a codec nobody can read): for each frame its
    /// packets, so many.
    pub fn described(&mut self, frames: &[LayerFrame], count: usize) -> Vec<Vec<Packet>> {
        let mut out = Vec::new();
        for (place, frame) in frames.iter().enumerate() {
            let mut packets = Vec::new();
            for nth in 0..count {
                let is_last = nth + 1 == count;
                let marker = is_last && place + 1 == frames.len();
                let mut packet = self.packet(&[0x10], marker);
                packet.descriptor = Some(frame.descriptor(nth == 0, is_last));
                packets.push(packet);
            }
            out.push(packets);
        }
        self.tick();
        out
    }
}

/// Picture id, TL0PICIDX, KEYIDX as a receiver of VP8 sees them.
pub fn vp8_numbers(got: &Got) -> (u16, u8, u8) {
    let descriptor = vp8::Descriptor::parse(&got.payload).expect("VP8");
    let id = descriptor.picture_id.expect("it is numbered");
    let tl0 = descriptor.tl0_picture_index.expect("it has layers");
    (id.value, tl0, descriptor.key_index.expect("it has a key index"))
}

/// Picture id, TL0PICIDX, spatial layer as a receiver of VP9 sees them.
pub fn vp9_numbers(got: &Got) -> (u16, u8, u8) {
    let descriptor = vp9::Descriptor::parse(&got.payload).expect("VP9");
    let id = descriptor.picture_id.expect("it is numbered");
    let tl0 = descriptor.tl0_picture_index.expect("it has layers");
    (id.value, tl0, descriptor.layer.expect("it has layers").spatial)
}
