//! Dependency descriptor (AV1 RTP payload specification, appendix A): what a frame depends on,
//! told by any codec. Opaque but for its mandatory part, which has no state; the rest needs the
//! template structure of an earlier packet.

/// The part every descriptor begins with (§A.8.3), and whether a structure follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MandatoryFields {
    /// First packet of a frame.
    pub start_of_frame: bool,
    /// Last packet of a frame.
    pub end_of_frame: bool,
    /// Which template of the structure the frame follows, 0-63.
    pub template_id: u8,
    /// Counts frames in decoding order; wraps.
    pub frame_number: u16,
    /// Carries a new template structure, as the first packet of a key frame does.
    pub has_structure: bool,
}

/// Reads the first 3 bytes, and of the fourth, if any, whether a template structure is present.
pub fn mandatory_fields(value: &[u8]) -> Option<MandatoryFields> {
    let (&[flags, n0, n1], rest) = value.split_first_chunk()?;
    Some(MandatoryFields {
        start_of_frame: flags & 0x80 != 0,
        end_of_frame: flags & 0x40 != 0,
        template_id: flags & 0x3f,
        frame_number: u16::from_be_bytes([n0, n1]),
        has_structure: rest.first().is_some_and(|flags| flags & 0x80 != 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mandatory_fields_are_read_bit_by_bit() {
        let fields = mandatory_fields(&[0x80 | 5, 0x12, 0x34]).unwrap();
        assert!(fields.start_of_frame && !fields.end_of_frame && !fields.has_structure);
        assert_eq!((fields.template_id, fields.frame_number), (5, 0x1234));
        assert!(mandatory_fields(&[0x40, 0, 0]).unwrap().end_of_frame);
        assert!(mandatory_fields(&[0x80, 0, 1, 0x80]).unwrap().has_structure);
        assert!(!mandatory_fields(&[0x80, 0, 1, 0x7f]).unwrap().has_structure);
        assert_eq!(mandatory_fields(&[0x80, 0]), None);
    }
}
