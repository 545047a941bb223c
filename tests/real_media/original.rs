//! What a recording truly is, packet by packet: of which encoding, frame and layers, when it was
//! captured; and what a decoder makes of each layer if nothing is ever left out. Layers are read
//! from the dependency descriptors, which every recorded video packet has.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lahn::Layer;
use lahn::params::Extension;
use lahn::wire::ext::dependency_descriptor::{FrameDescriptor, Indication, Structure};

use super::decode::{Codec, Rtp, decode, reassemble};
use super::recording::Recording;
use super::wire;

/// A packet of the recording.
pub struct Original {
    /// Place among the recording's packets.
    pub place: usize,
    pub at_millis: u64,
    pub encoding: u8,
    pub rtp: Rtp,
    /// Unwrapped.
    pub seq: u64,
    /// Seconds on the publisher's clock.
    pub captured: f64,
    pub layers: Option<Layers>,
}

/// What its descriptor says.
#[derive(Clone)]
pub struct Layers {
    pub frame: FrameDescriptor,
    pub structure: Arc<Structure>,
}

impl Original {
    /// Whether it belongs to what a receiver of `layer` gets.
    pub fn is_part_of(&self, layer: Layer) -> bool {
        let Some(Layers { frame, structure }) = &self.layers else { return true };
        if layer.encoding != self.encoding {
            return false;
        }
        let is = |target: &u8| structure.layer_of(*target) == Some((layer.spatial, layer.temporal));
        let target = (0..structure.decode_targets()).find(is).expect("a layer that there is");
        frame.indications.get(target) != Indication::NotPresent
    }

    /// Encoding, and number in the descriptor.
    pub fn frame(&self) -> (u8, u16) {
        let number = self.layers.as_ref().map_or(0, |it| it.frame.mandatory.frame_number);
        (self.encoding, number)
    }

    pub fn is_key(&self) -> bool {
        self.layers.as_ref().is_some_and(|layers| layers.frame.mandatory.has_structure)
    }
}

/// By timestamp of the encoding, size and checksum.
pub type Pictures = HashMap<u32, ((u16, u16), u32)>;

pub struct Truth {
    pub recording: Recording,
    pub codec: Option<Codec>,
    /// In order of arrival, without sender reports.
    pub packets: Vec<Original>,
    /// Of each encoding and spatial layer; `None` without ffmpeg.
    pictures: Option<HashMap<(u8, u8), Pictures>>,
}

impl Truth {
    /// Whether a packet belongs to what a receiver of `layer` gets. Without descriptors, nothing
    /// tells the layers of VP8 (Chromium leaves them out of its payload descriptor when it sends
    /// the other), and of H.264 only that nothing refers to the highest of the three (H1).
    pub fn is_part(&self, original: &Original, layer: Layer, undescribed: bool) -> bool {
        let temporal = original.layers.as_ref().map_or(0, |layers| layers.frame.temporal);
        let is_own = layer.encoding == original.encoding;
        match self.codec {
            Some(Codec::Vp8) if undescribed => is_own,
            Some(Codec::H264) if undescribed => is_own && (layer.temporal > 0 || temporal < 2),
            _ => original.is_part_of(layer),
        }
    }

    /// Which frames a decoder can decode that gets these packets: encoding and number.
    pub fn decodable(&self, forwarded: &HashSet<usize>) -> HashSet<(u8, u16)> {
        let mut parts: HashMap<(u8, u16), bool> = HashMap::new();
        let media = self.packets.iter().enumerate().filter(|(_, it)| !it.rtp.payload.is_empty());
        for (place, original) in media.clone() {
            let is_there = parts.entry(original.frame()).or_insert(true);
            *is_there &= forwarded.contains(&place);
        }
        let mut decodable = HashSet::new();
        for (_, original) in media {
            let (encoding, number) = original.frame();
            let diffs = original.layers.iter().flat_map(|it| it.frame.dependencies.frame_diffs());
            let mut references = diffs.map(|diff| (encoding, number.wrapping_sub(*diff)));
            if parts[&(encoding, number)] && references.all(|it| decodable.contains(&it)) {
                decodable.insert((encoding, number));
            }
        }
        decodable
    }

    /// Of the recording of this name; decoded once, however many ask.
    pub fn read(name: &'static str) -> Arc<Self> {
        static ALL: Mutex<BTreeMap<&str, Arc<OnceLock<Arc<Truth>>>>> = Mutex::new(BTreeMap::new());
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        let own = Arc::clone(all.entry(name).or_default());
        drop(all);
        let decoded = || {
            let mut truth = Self::unseen(name);
            truth.pictures = truth.codec.and_then(|codec| truth.decode_all(codec));
            Arc::new(truth)
        };
        Arc::clone(own.get_or_init(decoded))
    }

    /// Without pictures.
    pub fn unseen(name: &str) -> Self {
        let recording = Recording::read(name);
        let codec = match recording.codec.as_str() {
            "VP8" => Some(Codec::Vp8),
            "VP9" => Some(Codec::Vp9),
            "AV1" => Some(Codec::Av1),
            "H264" => Some(Codec::H264),
            _ => None,
        };
        let packets = packets(&recording);
        Self { recording, codec, packets, pictures: None }
    }

    /// What a decoder that misses nothing of this layer shows; `None` without ffmpeg.
    pub fn pictures(&self, layer: Layer) -> Option<&Pictures> {
        let key = (layer.encoding, layer.spatial);
        Some(self.pictures.as_ref()?.get(&key).expect("a layer that there is"))
    }

    pub fn spatial_layers(&self) -> u8 {
        let spatial = |packet: &Original| packet.layers.as_ref().map_or(0, |it| it.frame.spatial);
        1 + self.packets.iter().map(spatial).max().unwrap_or(0)
    }

    fn decode_all(&self, codec: Codec) -> Option<HashMap<(u8, u8), Pictures>> {
        let mut all = HashMap::new();
        for encoding in 0..self.recording.encodings.len() as u8 {
            for spatial in 0..self.spatial_layers() {
                all.insert((encoding, spatial), self.decode(codec, encoding, spatial)?);
            }
        }
        Some(all)
    }

    /// Decodes an encoding up to a spatial layer.
    fn decode(&self, codec: Codec, encoding: u8, spatial: u8) -> Option<Pictures> {
        let is_within = |packet: &&Original| {
            packet.encoding == encoding
                && packet.layers.as_ref().is_none_or(|layers| layers.frame.spatial <= spatial)
        };
        let within: Vec<_> = self.packets.iter().filter(is_within).collect();
        let mut packets: Vec<Rtp> = within.iter().map(|packet| packet.rtp.clone()).collect();
        packets.retain(|packet| !packet.payload.is_empty());
        for place in 0..packets.len() {
            let next = packets.get(place + 1);
            packets[place].marker =
                next.is_none_or(|next| next.timestamp != packets[place].timestamp);
            packets[place].seq = place as u16;
        }
        let frames = reassemble(codec, &packets);
        let decoded = decode(codec, &frames)?;
        assert_eq!((decoded.errors.as_str(), decoded.sizes.len()), ("", frames.len()));
        let shown = decoded.sizes.iter().copied().zip(decoded.checksums.iter().copied());
        Some(frames.iter().map(|frame| frame.timestamp).zip(shown).collect())
    }
}

fn packets(recording: &Recording) -> Vec<Original> {
    let descriptor = wire::id_of(recording, Extension::DependencyDescriptor);
    let mut structures: HashMap<u32, Arc<Structure>> = HashMap::new();
    let mut newest: HashMap<u32, u64> = HashMap::new();
    let mut packets = Vec::new();
    for (place, packet) in recording.packets.iter().enumerate().filter(|(_, it)| !it.rtcp) {
        let rtp = Rtp::parse(&packet.bytes).expect("RTP");
        let newest = newest.entry(rtp.ssrc).or_insert_with(|| u64::from(rtp.seq));
        let ahead = rtp.seq.wrapping_sub(*newest as u16) as i16;
        let seq = newest.checked_add_signed(ahead.into()).expect("they begin above 0");
        *newest = seq.max(*newest);
        let is = |encoding: &super::recording::Encoding| encoding.ssrc == rtp.ssrc;
        let encoding = recording.encodings.iter().position(is).expect("a noted SSRC") as u8;
        let value = descriptor.and_then(|id| wire::extension(&packet.bytes, id));
        let layers = value.map(|value| {
            if let Some(structure) = Structure::parse(&value).expect("well-formed") {
                structures.insert(rtp.ssrc, structure.into());
            }
            let structure = structures.get(&rtp.ssrc).expect("a key frame is first");
            let frame = FrameDescriptor::parse(&value, structure).expect("well-formed");
            Layers { frame, structure: structure.clone() }
        });
        packets.push(Original {
            place,
            at_millis: packet.at.as_millis() as u64,
            encoding,
            captured: captured(recording, &rtp),
            rtp,
            seq,
            layers,
        });
    }
    packets
}

/// By the first sender report about its SSRC (RFC 3550 §6.4.1).
fn captured(recording: &Recording, rtp: &Rtp) -> f64 {
    let mut reports = recording.packets.iter().filter(|packet| packet.rtcp).map(|it| &it.bytes);
    let ssrc = rtp.ssrc.to_be_bytes();
    let report = reports.find(|it| it[1] == 200 && it[4..8] == ssrc).expect("there are reports");
    let word = |at: usize| u32::from_be_bytes(*report[at..].first_chunk().expect("it is long"));
    let clock = if recording.encodings[0].size.is_some() { 90_000.0 } else { 48_000.0 };
    let ahead = f64::from(rtp.timestamp.wrapping_sub(word(16)) as i32) / clock;
    f64::from(word(8)) + f64::from(word(12)) / 4_294_967_296.0 + ahead
}
