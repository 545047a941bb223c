//! Video frame marking (RFC 9626, `urn:ietf:params:rtp-hdrext:framemarking`): where frames begin
//! and end, which may be dropped, and in which layer they are, told outside of the payload.

/// What a packet says of its frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FrameMarking {
    /// S: first packet of a frame of its layer.
    pub start: bool,
    /// E: last packet of a frame of its layer.
    pub end: bool,
    /// I: decodable without any frame before it in time.
    pub independent: bool,
    /// D: no other frame refers to it.
    pub discardable: bool,
    /// B: refers, besides to its own spatial layers, to frames of temporal layer 0 only. Always
    /// unset in the short form.
    pub base_layer_sync: bool,
    /// TID: temporal layer, 0-7, 0 the lowest. Always 0 in the short form.
    pub temporal: u8,
    /// LID: spatial or quality layer, in the numbers of the codec (RFC 9626 §3.3); long form only.
    pub layer_id: Option<u8>,
    /// TL0PICIDX: counts frames of temporal layer 0, wraps; in the whole long form only.
    pub tl0_picture_index: Option<u8>,
}

impl FrameMarking {
    /// Reads `SEIDBTTT`, and LID and TL0PICIDX as far as they are there (§3.1). The short form
    /// (§3.2) is that of one byte, with zeros in place of B and TID.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (flags, layer_id, tl0_picture_index) = match *value {
            [flags] => (flags, None, None),
            [flags, layer] => (flags, Some(layer), None),
            [flags, layer, index] => (flags, Some(layer), Some(index)),
            _ => return None,
        };
        Some(Self {
            start: flags & 0x80 != 0,
            end: flags & 0x40 != 0,
            independent: flags & 0x20 != 0,
            discardable: flags & 0x10 != 0,
            base_layer_sync: flags & 0x08 != 0,
            temporal: flags & 0x07,
            layer_id,
            tl0_picture_index,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_has_its_bit() {
        let marking = |flags| FrameMarking::parse(&[flags]).unwrap();
        let none = FrameMarking::default();
        assert_eq!(marking(0), none);
        assert_eq!(marking(0x80), FrameMarking { start: true, ..none });
        assert_eq!(marking(0x40), FrameMarking { end: true, ..none });
        assert_eq!(marking(0x20), FrameMarking { independent: true, ..none });
        assert_eq!(marking(0x10), FrameMarking { discardable: true, ..none });
        assert_eq!(marking(0x08), FrameMarking { base_layer_sync: true, ..none });
        assert_eq!(marking(0x07), FrameMarking { temporal: 7, ..none });
    }

    #[test]
    fn long_form_may_leave_out_its_last_byte_or_two() {
        let marking = |value| FrameMarking::parse(value).unwrap();
        assert_eq!(marking(&[0xa2]).layer_id, None);
        assert_eq!(marking(&[0xa2, 9]).layer_id, Some(9));
        assert_eq!(marking(&[0xa2, 9]).tl0_picture_index, None);
        assert_eq!(marking(&[0xa2, 9, 200]).tl0_picture_index, Some(200));
    }

    #[test]
    fn other_lengths_are_no_frame_marking() {
        assert_eq!(FrameMarking::parse(&[]), None);
        assert_eq!(FrameMarking::parse(&[0x80, 0, 0, 0]), None);
    }
}
