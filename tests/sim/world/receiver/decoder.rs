//! Which pictures can be decoded: whole ones whose reference was decoded, key frames whatever was
//! before. Frames of all encodings have one numbering; pictures refer within their encoding.

use super::super::encoder;
use super::super::tag::{Tag, after, ahead, before};

/// How many frames of each encoding are kept.
const KEPT: usize = 64;

pub struct Decoder {
    temporal_layers: u8,
    frames: [Vec<Frame>; 4],
}

#[derive(Clone, Copy, Default)]
struct Frame {
    number: u16,
    is_known: bool,
    count: u8,
    /// A bit for each packet.
    got: u128,
    bytes: u32,
    is_key: bool,
    temporal: u8,
    is_decoded: bool,
}

/// A picture that was decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Picture {
    pub layer: u8,
    pub frame: u16,
    pub is_key: bool,
    /// Payload.
    pub bytes: u32,
}

impl Decoder {
    pub fn new(temporal_layers: u8) -> Self {
        let frames = || vec![Frame::default(); KEPT];
        Self { temporal_layers, frames: [frames(), frames(), frames(), frames()] }
    }

    /// A packet came; each picture that can be decoded now is shown.
    pub fn on_packet(&mut self, tag: Tag, bytes: u32, mut show: impl FnMut(Picture)) {
        let frame = &mut self.frames[usize::from(tag.layer)][usize::from(tag.frame) % KEPT];
        if !frame.is_known || frame.number != tag.frame {
            // An older one than is kept.
            if frame.is_known && ahead(tag.frame, frame.number) < 0 {
                return;
            }
            *frame = Frame {
                number: tag.frame,
                is_known: true,
                count: tag.count,
                is_key: tag.is_key,
                temporal: tag.temporal,
                ..Frame::default()
            };
        }
        let bit = 1 << tag.index;
        if frame.got & bit != 0 {
            return;
        }
        frame.got |= bit;
        frame.bytes += bytes;
        let mut number = tag.frame;
        // It may be what others waited for.
        for _ in 0..KEPT {
            if let Some(picture) = self.try_decode(tag.layer, number) {
                show(picture);
            } else if number != tag.frame && !self.waits(tag.layer, number) {
                return;
            }
            number = after(number, 1);
        }
    }

    fn try_decode(&mut self, layer: u8, number: u16) -> Option<Picture> {
        let frame = *self.at(layer, number)?;
        let is_whole = frame.got.count_ones() >= u32::from(frame.count);
        if frame.is_decoded || !is_whole {
            return None;
        }
        let back = encoder::reference(self.temporal_layers, frame.temporal);
        let has_reference = || self.at(layer, before(number, back)).is_some_and(|of| of.is_decoded);
        if !frame.is_key && !has_reference() {
            return None;
        }
        self.frames[usize::from(layer)][usize::from(number) % KEPT].is_decoded = true;
        let Frame { is_key, bytes, .. } = frame;
        Some(Picture { layer, frame: number, is_key, bytes })
    }

    /// Whether there is something of this frame, or of one soon behind it.
    fn waits(&self, layer: u8, number: u16) -> bool {
        (0..4).any(|later| self.at(layer, after(number, later)).is_some())
    }

    fn at(&self, layer: u8, number: u16) -> Option<&Frame> {
        let frame = &self.frames[usize::from(layer)][usize::from(number) % KEPT];
        (frame.is_known && frame.number == number).then_some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames are (number, is it a key frame, which of two packets).
    fn decoded(temporal: u8, packets: &[(u16, bool, u8, u8)]) -> Vec<u16> {
        let mut decoder = Decoder::new(temporal);
        let mut shown = Vec::new();
        for &(frame, is_key, index, temporal) in packets {
            let tag = Tag { frame, is_key, index, count: 2, temporal, layer: 0 };
            decoder.on_packet(tag, 100, |picture| {
                assert_eq!(picture.bytes, 200);
                shown.push(picture.frame);
            });
        }
        shown
    }

    #[test]
    fn picture_is_decoded_when_it_is_whole_and_its_reference_was() {
        let whole = |frame, is_key| [(frame, is_key, 0, 0), (frame, is_key, 1, 0)];
        let packets = [whole(8_190, true), whole(8_191, false), whole(0, false)].concat();
        assert_eq!(decoded(1, &packets), [8_190, 8_191, 0]);
        assert!(decoded(1, &packets[2..]).is_empty(), "no key frame");
    }

    #[test]
    fn repaired_picture_brings_those_that_waited_for_it() {
        let packets = [
            (5, true, 0, 0),
            (5, true, 1, 0),
            (6, false, 0, 0),
            (7, false, 0, 0),
            (7, false, 1, 0),
            (8, false, 0, 0),
            (8, false, 1, 0),
            (6, false, 1, 0),
        ];
        assert_eq!(decoded(1, &packets), [5, 6, 7, 8]);
        assert_eq!(decoded(1, &packets[..7]), [5]);
        let twice = [packets[0], packets[1], packets[1]];
        assert_eq!(decoded(1, &twice), [5], "a packet that comes twice counts once");
    }

    #[test]
    fn upper_temporal_layer_may_be_missing() {
        let whole =
            |frame, temporal| [(frame, frame == 0, 0, temporal), (frame, frame == 0, 1, temporal)];
        let packets = [whole(0, 0), whole(2, 1), whole(4, 0), whole(6, 1)].concat();
        assert_eq!(decoded(3, &packets), [0, 2, 4, 6]);
    }

    #[test]
    fn key_frame_of_another_encoding_is_decoded_by_itself() {
        let mut decoder = Decoder::new(1);
        let mut shown = Vec::new();
        for (layer, frame, is_key) in [(0, 1, true), (2, 2, false), (2, 3, true), (2, 4, false)] {
            let tag = Tag { frame, is_key, index: 0, count: 1, temporal: 0, layer };
            decoder.on_packet(tag, 1, |picture| shown.push((picture.layer, picture.frame)));
        }
        assert_eq!(shown, [(0, 1), (2, 3), (2, 4)]);
    }
}
