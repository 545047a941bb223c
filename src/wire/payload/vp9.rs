//! VP9 (RFC 9628).

/// Whether the payload starts a key frame (§4.2): the first packet (B=1) of a frame that is not
/// predicted from another picture (P=0) and of the lowest spatial layer (SID=0, or no layers).
pub fn is_key_frame_start(payload: &[u8]) -> bool {
    starts_key_frame(payload).unwrap_or(false)
}

fn starts_key_frame(payload: &[u8]) -> Option<bool> {
    let (&required, mut rest) = payload.split_first()?;
    if required & B == 0 || required & P != 0 {
        return Some(false);
    }
    if required & I != 0 {
        let is_long = rest.first()? & M != 0;
        rest = rest.get(if is_long { 2 } else { 1 }..)?;
    }
    if required & L != 0 {
        return Some(rest.first()? & SID == 0);
    }
    Some(true)
}

// First byte of the payload descriptor: PictureID present, inter-picture predicted, layer indices
// present, beginning of a frame.
const I: u8 = 0x80;
const P: u8 = 0x40;
const L: u8 = 0x20;
const B: u8 = 0x08;
// PictureID has 15 bits.
const M: u8 = 0x80;
// Spatial layer id among the layer indices.
const SID: u8 = 0x0e;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginning_of_an_unpredicted_frame_is_one() {
        assert!(is_key_frame_start(&[0x08, 0x82]), "no optional fields");
        assert!(is_key_frame_start(&[0x8a, 0x01, 0x00]), "7-bit PictureID, scalability structure");
        assert!(is_key_frame_start(&[0xa8, 0x80 | 0x7f, 0xff, 0x01, 0x00]), "15-bit, SID 0");
    }

    #[test]
    fn predicted_frame_and_continuation_are_none() {
        assert!(!is_key_frame_start(&[0x48, 0x82]));
        assert!(!is_key_frame_start(&[0x00, 0x82]));
        assert!(!is_key_frame_start(&[0xc8, 0x01, 0x00]));
    }

    #[test]
    fn upper_spatial_layer_of_a_key_picture_is_none() {
        assert!(!is_key_frame_start(&[0xa8, 0x01, 0x02, 0x00]));
        for sid in 1..8 {
            assert!(!is_key_frame_start(&[0x28, sid << 1, 0x00]), "SID {sid}");
        }
        assert!(is_key_frame_start(&[0x28, 0xf1, 0x00]), "TID, U and D do not matter");
    }

    #[test]
    fn descriptor_cut_short_is_none() {
        for payload in [[].as_slice(), &[0x88], &[0xa8, 0x01], &[0xa8, 0x80, 0x01], &[0x28]] {
            assert!(!is_key_frame_start(payload), "{payload:02x?}");
        }
    }
}
