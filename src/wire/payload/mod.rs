//! What forwarding must know of a payload: does this packet start a key frame, which layer is it
//! of, how large is the picture; and where numbers of its descriptor must be shifted for a
//! receiver, how.
//!
//! Payloads come decrypted, without padding, and not wrapped as a retransmission. What stands
//! behind the descriptor may still be encrypted end to end, so each answer is about these bytes
//! alone, and bytes that make no sense get none. Must not know of frames, streams or receivers.
//!
//! Read next: [`vp8`] and [`vp9`], whose descriptors tell layers; [`h264`], [`h265`] and [`av1`],
//! which show little without the dependency descriptor.

pub mod av1;
mod bits;
pub mod h264;
pub mod h265;
mod picture_id;
pub mod vp8;
pub mod vp9;

pub use picture_id::PictureId;

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

/// Copies the front of a payload, as much as there is room for: a descriptor about to be shifted.
/// Eight bytes at once where the payload has them, which any but the smallest has.
fn copy_front(payload: &[u8], out: &mut [u8; 8]) {
    if let Some(front) = payload.first_chunk() {
        *out = *front;
    } else if let Some(out) = out.get_mut(..payload.len()) {
        out.copy_from_slice(payload);
    }
}

/// A picture's width and height in pixels, if that is what they can be.
fn picture(width: u32, height: u32) -> Option<(u16, u16)> {
    let (width, height) = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
    (width != 0 && height != 0).then_some((width, height))
}

#[cfg(test)]
mod tests;
