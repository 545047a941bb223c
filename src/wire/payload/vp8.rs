//! VP8 (RFC 7741).

/// Whether the payload starts a key frame: the start of partition 0 (S=1, PID=0, §4.2) of a frame
/// with P=0 (§4.3).
pub fn is_key_frame_start(payload: &[u8]) -> bool {
    starts_key_frame(payload).unwrap_or(false)
}

fn starts_key_frame(payload: &[u8]) -> Option<bool> {
    let (&required, rest) = payload.split_first()?;
    let frame = if required & X != 0 { skip_extension(rest)? } else { rest };
    let is_start = required & S != 0 && required & PID == 0;
    Some(is_start && frame.first()? & P == 0)
}

/// Skips the optional part of the payload descriptor (§4.2).
fn skip_extension(bytes: &[u8]) -> Option<&[u8]> {
    let (&present, mut rest) = bytes.split_first()?;
    if present & I != 0 {
        let is_long = rest.first()? & M != 0;
        rest = rest.get(if is_long { 2 } else { 1 }..)?;
    }
    if present & L != 0 {
        rest = rest.get(1..)?;
    }
    if present & (T | K) != 0 {
        rest = rest.get(1..)?;
    }
    Some(rest)
}

// First byte of the payload descriptor: extension present, start of partition, partition index.
const X: u8 = 0x80;
const S: u8 = 0x10;
const PID: u8 = 0x07;
// Second byte: PictureID, TL0PICIDX, TID and KEYIDX present.
const I: u8 = 0x80;
const L: u8 = 0x40;
const T: u8 = 0x20;
const K: u8 = 0x10;
// PictureID has 15 bits.
const M: u8 = 0x80;
// First byte of the payload header: 0 on a key frame.
const P: u8 = 0x01;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_of_partition_0_of_a_key_frame_is_one() {
        assert!(is_key_frame_start(&[0x10, 0x00, 0x9d, 0x01, 0x2a]));
        assert!(is_key_frame_start(&[0x30, 0x10]), "N=1, and other bits of the frame tag");
    }

    #[test]
    fn interframe_later_partition_and_continuation_are_none() {
        assert!(!is_key_frame_start(&[0x10, 0x01]));
        assert!(!is_key_frame_start(&[0x11, 0x00]));
        assert!(!is_key_frame_start(&[0x00, 0x00]));
    }

    #[test]
    fn every_optional_field_of_the_descriptor_is_skipped() {
        for key in [true, false] {
            let frame = u8::from(!key);
            // What is skipped has its low bit against the frame's, so a wrong offset shows.
            let skipped = u8::from(key);
            let descriptors: [&[u8]; 6] = [
                &[0x90, 0x00],
                &[0x90, 0x80, 0x10 | skipped],
                &[0x90, 0x80, 0x90, skipped],
                &[0x90, 0x40, skipped],
                &[0x90, 0x20, skipped],
                &[0x90, 0xf0, 0x90, skipped, skipped, skipped],
            ];
            for descriptor in descriptors {
                let payload = [descriptor, &[frame]].concat();
                assert_eq!(is_key_frame_start(&payload), key, "{payload:02x?}");
                assert!(!is_key_frame_start(descriptor), "no frame behind {descriptor:02x?}");
            }
        }
    }
}
