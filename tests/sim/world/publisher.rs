//! One publisher: a camera with simulcast, a screen, a microphone, or an encoder that follows the
//! estimate. Seals packets as participants do; what the engine asks of it, it does.
//!
//! Read next: [`super::encoder`] (how large frames are), [`super::packets`] (their bytes).

use lahn::params::MediaKind;
use lahn::srtp::{Protector, Unprotector};
use lahn::wire::rtcp::{self, Compound};
use lahn::{EndpointId, NtpTime, RtpTime, SourceId, Ssrc};

use super::encoder::{self, Frame};
use super::packets;
use super::session;
use super::tag::{FRAMES, Tag};
use crate::net::rng::Pcg;
use crate::net::{MS, SECOND, Time};
use crate::scenario;

/// From a request until the key frame can come: with the wait for the next frame 80 ms in the mean.
const KEY_FRAME: Time = 64 * MS;
/// Between two packets of sound.
pub const VOICE: Time = 20 * MS;

pub struct Publisher {
    pub words: scenario::Publisher,
    pub number: u16,
    pub endpoint: EndpointId,
    pub source: SourceId,
    pub layers: Vec<Layer>,
    pub muted: bool,
    /// What the encoder of an elastic one is told, wire bit/s.
    pub target: u64,
    /// When each frame, or packet of sound, came to the engine. A tag has the lowest bits of its
    /// place here.
    pub times: Vec<Time>,
    /// Of the next frame, whatever the rate: wire bytes.
    pub forced: Option<u64>,
    begun: Time,
    rng: Pcg,
    seals: Protector,
    opens: Unprotector,
    clock: u32,
}

/// One encoding.
#[derive(Clone, Debug)]
pub struct Layer {
    pub ssrc: Ssrc,
    pub is_on: bool,
    seq: u64,
    timestamp: u32,
    packets: u32,
    bytes: u32,
    since_key: u64,
    /// When a key frame is due.
    key_at: Option<Time>,
    pictures: u16,
    tl0: u8,
}

impl Publisher {
    pub fn new(
        words: scenario::Publisher,
        number: u16,
        (endpoint, source): (EndpointId, SourceId),
        now: Time,
        mut rng: Pcg,
    ) -> Self {
        let (_, keys) = session::keys(number);
        let count = words.encodings();
        let layers = (0..count).map(|place| Layer::new(number, place, now, &mut rng)).collect();
        Self {
            number,
            endpoint,
            source,
            layers,
            muted: false,
            target: words.elastic.map_or(0, |elastic| elastic.least.0),
            times: Vec::new(),
            forced: None,
            begun: now,
            seals: Protector::new(&keys),
            opens: Unprotector::new(&keys),
            clock: rng.next_u32(),
            rng,
            words,
        }
    }

    pub fn kind(&self) -> MediaKind {
        self.words.kind()
    }

    /// Frames come from `at` on.
    pub fn begin_at(&mut self, at: Time) {
        self.begun = at;
    }

    /// For how long a frame with these lowest bits has been there.
    pub fn since(&self, now: Time, frame: u16) -> Option<Time> {
        let newest = self.times.len().checked_sub(1)?;
        let back = (newest as u16 % FRAMES).wrapping_sub(frame) % FRAMES;
        let at = self.times.get(newest.checked_sub(usize::from(back))?)?;
        Some(now - at)
    }

    /// When the frame after those that were is to come.
    pub fn next_at(&self) -> Time {
        let count = self.times.len() as u64;
        self.begun
            + match self.kind() {
                MediaKind::Audio => count * VOICE,
                MediaKind::Video => count * SECOND / self.words.frames_per_second.max(1),
            }
    }

    /// The packets of the next frame, of all encodings; each is passed on sealed.
    pub fn encode(&mut self, now: Time, mut pass: impl FnMut(&mut [u8])) {
        let number = (self.times.len() % usize::from(FRAMES)) as u16;
        self.times.push(now);
        let lossy = now >= self.words.uplink_loss_from.0;
        let loss = if lossy { self.words.uplink_loss } else { 0.0 };
        let mut datagram = [0; 1_500];
        for place in 0..self.layers.len() {
            let Some((tag, frame)) = self.picture(now, place, number) else { continue };
            let layer = &mut self.layers[place];
            layer.timestamp = self.clock.wrapping_add(layer.ticks(now, self.words.kind()));
            for index in 0..frame.packets {
                let tag = Tag { index: index as u8, count: frame.packets as u8, ..tag };
                let header = packets::Header {
                    kind: self.words.kind(),
                    ssrc: layer.ssrc,
                    index: layer.seq,
                    timestamp: layer.timestamp,
                    picture: layer.pictures,
                    tl0: layer.tl0,
                    tag,
                };
                layer.seq += 1;
                let payload = frame.payload_of(index) as usize;
                layer.packets = layer.packets.wrapping_add(1);
                layer.bytes = layer.bytes.wrapping_add(payload as u32);
                let len = header.seal(&self.seals, payload, &mut datagram);
                let is_lost =
                    loss > 0.0 && f64::from(self.rng.next_u32()) < loss * f64::from(u32::MAX);
                if !is_lost {
                    pass(&mut datagram[..len]);
                }
            }
        }
    }

    /// What the next frame of an encoding is; none: it is off.
    fn picture(&mut self, now: Time, place: usize, number: u16) -> Option<(Tag, Frame)> {
        let tag = Tag { layer: place as u8, frame: number, ..Tag::default() };
        if let Some(rate) = self.words.audio {
            let wire = rate.0 / 8 / (SECOND / VOICE);
            return Some((tag, Frame::of_wire(wire)));
        }
        if self.muted || !self.layers[place].is_on {
            return None;
        }
        let rate = self.rate(now, place);
        let layer = &mut self.layers[place];
        let is_key = layer.key_at.is_some_and(|at| at <= now) || self.forced.is_some();
        if is_key {
            layer.key_at = None;
            layer.since_key = 0;
        }
        let temporal = encoder::temporal(self.words.temporal, layer.since_key);
        layer.since_key += 1;
        layer.pictures = layer.pictures.wrapping_add(1);
        layer.tl0 = layer.tl0.wrapping_add(u8::from(temporal == 0));
        let frame = encoder::frame(&mut self.rng, rate, self.words.frames_per_second, is_key);
        let frame = self.forced.take().map_or(frame, Frame::of_wire);
        Some((Tag { temporal, is_key, ..tag }, frame))
    }

    /// Wire rate of an encoding now.
    pub fn rate(&self, now: Time, place: usize) -> u64 {
        if self.words.elastic.is_some() {
            return self.target;
        }
        if let Some(rate) = &self.words.rate {
            return rate.at(now).0;
        }
        let nominal = self.words.layers.as_ref().map_or(0, |layers| layers[place].0);
        let is_at_its_end = |last: Time, every: Time| {
            // Not at the very beginning.
            (now - self.begun) % every >= every - last
        };
        match (self.words.bursts, self.words.lulls) {
            (Some(bursts), _) if place == 0 && is_at_its_end(bursts.last.0, bursts.every.0) => {
                bursts.rate.0
            }
            (_, Some(lulls)) if is_at_its_end(lulls.last.0, lulls.every.0) => {
                (nominal as f64 * lulls.share) as u64
            }
            _ => nominal,
        }
    }

    /// Begins again after it was mute, or an encoding after it was off: with a key frame.
    pub fn restart(&mut self, now: Time, place: Option<usize>) {
        for (at, layer) in self.layers.iter_mut().enumerate() {
            if place.is_none_or(|place| place == at) {
                layer.key_at = Some(now);
            }
        }
    }

    /// RTCP from the engine; the encodings that it wants key frames of.
    pub fn on_rtcp(&mut self, now: Time, datagram: &mut [u8]) -> Vec<usize> {
        let compound = self.opens.rtcp(datagram).expect("authentic");
        let mut asked = Vec::new();
        for packet in rtcp::parse(compound).expect("it parses") {
            if let rtcp::Packet::PictureLossIndication { media, .. } = packet {
                let place = self.layers.iter().position(|layer| layer.ssrc == media);
                asked.extend(place);
            }
        }
        for place in &asked {
            let key_at = &mut self.layers[*place].key_at;
            *key_at = Some(key_at.unwrap_or(now + KEY_FRAME));
        }
        asked
    }

    /// Sender reports of all encodings (RFC 3550 §6.4.1).
    pub fn report(&mut self, now: Time, mut pass: impl FnMut(&mut [u8])) {
        let kind = self.words.kind();
        let ntp = NtpTime(
            (1_000 << 32) + (u64::try_from((u128::from(now) << 32) / 1_000_000).expect("small")),
        );
        for layer in self.layers.iter().filter(|layer| layer.packets > 0) {
            let mut datagram = [0; 200];
            let mut compound = Compound::new(&mut datagram);
            let time = RtpTime(self.clock.wrapping_add(layer.ticks(now, kind)));
            compound.sender_report(layer.ssrc, ntp, time, layer.packets, layer.bytes, &[]);
            let len = compound.len();
            let len = self.seals.rtcp(&mut datagram, len).expect("room").len();
            pass(&mut datagram[..len]);
        }
    }
}

impl Layer {
    fn new(number: u16, place: usize, now: Time, rng: &mut Pcg) -> Self {
        Self {
            ssrc: session::published(number, place),
            is_on: true,
            seq: u64::from(rng.next_u32() % (1 << 15)),
            timestamp: 0,
            packets: 0,
            bytes: 0,
            since_key: 0,
            key_at: Some(now),
            pictures: 0,
            tl0: 0,
        }
    }

    /// RTP time since the beginning of the run; encodings differ by their place.
    fn ticks(&self, now: Time, kind: MediaKind) -> u32 {
        let per_second = match kind {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        };
        let apart = self.ssrc.0.wrapping_mul(0x9e37_79b1);
        ((now * per_second / SECOND) as u32).wrapping_add(apart)
    }
}

impl scenario::Publisher {
    pub fn kind(&self) -> MediaKind {
        if self.audio.is_some() { MediaKind::Audio } else { MediaKind::Video }
    }

    pub fn encodings(&self) -> usize {
        self.layers.as_ref().map_or(1, Vec::len)
    }
}
