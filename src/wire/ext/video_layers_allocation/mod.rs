//! Video layers allocation
//! (`http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00`): what a publisher
//! sends of a source just now, over all of its encodings: which layers, at which bitrate, how
//! large. Names of sections are those of the extension's description in libwebrtc.

use crate::base::Bitrate;

/// RTP streams that an allocation can tell of.
pub const MOST_STREAMS: usize = 4;
/// Spatial layers of a stream.
pub const MOST_SPATIAL_LAYERS: usize = 4;
/// Temporal layers of a spatial layer.
pub const MOST_TEMPORAL_LAYERS: usize = 4;

/// What a publisher sends of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VideoLayersAllocation {
    stream: u8,
    streams: u8,
    layers: [[Option<AllocatedLayer>; MOST_SPATIAL_LAYERS]; MOST_STREAMS],
}

/// A spatial layer that is being sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AllocatedLayer {
    bitrates: [Bitrate; MOST_TEMPORAL_LAYERS],
    temporal_layers: u8,
    /// Size and frame rate, if told.
    pub picture: Option<AllocatedPicture>,
}

/// How large, and how often at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AllocatedPicture {
    /// In pixels. (65,536, which could be told, is 65,535 here; so for the height.)
    pub width: u16,
    /// In pixels.
    pub height: u16,
    /// Frames per second.
    pub max_frame_rate: u8,
}

impl AllocatedLayer {
    /// What it takes to receive the layer up to each temporal layer, 1-4 of them, lowest first:
    /// with the lower temporal layers, and with the spatial ones that it needs.
    pub fn bitrates(&self) -> &[Bitrate] {
        self.bitrates.get(..usize::from(self.temporal_layers)).unwrap_or_default()
    }
}

impl VideoLayersAllocation {
    /// Reads an allocation. A single zero says that nothing is sent at all.
    pub fn parse(value: &[u8]) -> Option<Self> {
        if value == [0] {
            return Some(Self::default());
        }
        let mut reader = Reader { rest: value };
        let head = reader.byte()?;
        let mut allocation =
            Self { stream: head >> 6, streams: (head >> 4 & 3) + 1, ..Self::default() };
        allocation.read_layers(head & 0x0f, &mut reader)?;
        allocation.read_temporal_layers(&mut reader)?;
        for layer in allocation.active_mut() {
            for bitrate in layer.bitrates.iter_mut().take(layer.temporal_layers.into()) {
                *bitrate = Bitrate::kbps(reader.leb128()?.into());
            }
        }
        // Whether sizes are told, only the length says.
        if !reader.rest.is_empty() {
            for layer in allocation.active_mut() {
                layer.picture = Some(reader.picture()?);
            }
        }
        Some(allocation)
    }

    /// Which of the source's RTP streams carried this, from 0 (RID). With nothing sent, always 0.
    pub const fn stream(&self) -> u8 {
        self.stream
    }

    /// How many RTP streams the source has, 1-4; 0 if nothing is sent.
    pub const fn streams(&self) -> u8 {
        self.streams
    }

    /// A spatial layer of a stream. `None` if it is not being sent, or there is none.
    pub fn layer(&self, stream: u8, spatial: u8) -> Option<&AllocatedLayer> {
        self.layers.get(usize::from(stream))?.get(usize::from(spatial))?.as_ref()
    }

    /// The layers being sent, as (stream, spatial layer, layer), in order.
    pub fn layers(&self) -> impl Iterator<Item = (u8, u8, &AllocatedLayer)> {
        (0..).zip(&self.layers).flat_map(|(stream, layers)| {
            (0..)
                .zip(layers)
                .filter_map(move |(spatial, layer)| Some((stream, spatial, layer.as_ref()?)))
        })
    }

    /// Spatial layer bitmasks: one for all (`sl_bm`), or, if that is 0, 4 bits for each stream.
    fn read_layers(&mut self, for_all: u8, reader: &mut Reader<'_>) -> Option<()> {
        let mut masks = [for_all; MOST_STREAMS];
        if for_all == 0 {
            let first = reader.byte()?;
            let second = if self.streams > 2 { reader.byte()? } else { 0 };
            masks = [first >> 4, first & 0x0f, second >> 4, second & 0x0f];
        }
        for (layers, mask) in self.layers.iter_mut().zip(masks).take(self.streams.into()) {
            for (spatial, layer) in layers.iter_mut().enumerate() {
                *layer = (mask >> spatial & 1 != 0).then(AllocatedLayer::default);
            }
        }
        Some(())
    }

    /// `#tl`: 2 bits for each active layer, four to a byte.
    fn read_temporal_layers(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let mut byte = 0;
        for (index, layer) in self.active_mut().enumerate() {
            if index % 4 == 0 {
                byte = reader.byte()?;
            }
            layer.temporal_layers = (byte >> 6) + 1;
            byte <<= 2;
        }
        Some(())
    }

    /// In order of stream and spatial layer.
    fn active_mut(&mut self) -> impl Iterator<Item = &mut AllocatedLayer> {
        self.layers.iter_mut().flatten().flatten()
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    /// 7 bits a byte, the lowest first; the highest bit says that there are more.
    fn leb128(&mut self) -> Option<u32> {
        let mut number: u32 = 0;
        for place in 0..5 {
            let byte = self.byte()?;
            let bits = u32::from(byte & 0x7f);
            number |= bits.checked_mul(1 << (7 * place))?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn picture(&mut self) -> Option<AllocatedPicture> {
        let (&[w0, w1, h0, h1, max_frame_rate], rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(AllocatedPicture {
            width: u16::from_be_bytes([w0, w1]).saturating_add(1),
            height: u16::from_be_bytes([h0, h1]).saturating_add(1),
            max_frame_rate,
        })
    }
}

#[cfg(test)]
mod tests;
