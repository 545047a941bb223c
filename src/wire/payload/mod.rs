//! What forwarding must know of a payload: does this packet start a key frame?
//!
//! Each answer is about the *first* packet of a key frame, where a receiver may begin to decode;
//! payloads come decrypted, without padding, and not wrapped as a retransmission. Bytes that make
//! no sense start no key frame.

pub mod av1;
pub mod h264;
pub mod h265;
pub mod vp8;
pub mod vp9;

/// The units of an aggregation packet, each behind a length of 16 bits (H.264 STAP-A, RFC 6184
/// §5.7.1; H.265 AP without DONL, RFC 7798 §4.4.2). Ends at one that is cut short.
fn aggregated(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, behind) = rest.split_first_chunk()?;
        let (unit, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        rest = behind;
        Some(unit)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(payload in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = av1::is_key_frame_start(&payload);
            let _ = h264::is_key_frame_start(&payload);
            let _ = h265::is_key_frame_start(&payload);
            let _ = vp8::is_key_frame_start(&payload);
            let _ = vp9::is_key_frame_start(&payload);
        }
    }
}
