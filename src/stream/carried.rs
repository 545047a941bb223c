//! The header extensions that belong to the media and travel on, as a history keeps them: number
//! of the extension, length, bytes, one after the other. Identifiers differ from one endpoint to
//! the next; this form knows none.

use crate::params::Extension;
use crate::wire::ext::dependency_descriptor::Places;

/// Adds one.
pub(crate) fn push(out: &mut Vec<u8>, extension: Extension, value: &[u8]) {
    // An element is at most 255 bytes long (RFC 8285 §4.3).
    if let Ok(len) = u8::try_from(value.len()) {
        out.extend_from_slice(&[extension as u8, len]);
        out.extend_from_slice(value);
    }
}

/// Adds a dependency descriptor, with the places where it is rewritten in front; unknown places
/// are of a descriptor that could not be read yet.
pub(crate) fn push_descriptor(out: &mut Vec<u8>, places: Option<Places>, value: &[u8]) {
    let Ok(len) = u8::try_from(value.len() + PLACES) else { return };
    let places = places.map_or([0; PLACES], Places::to_bytes);
    out.extend_from_slice(&[Extension::DependencyDescriptor as u8, len]);
    out.extend_from_slice(&places);
    out.extend_from_slice(value);
}

/// Takes apart what [`push_descriptor`] put together.
pub(crate) fn split_descriptor(kept: &[u8]) -> Option<(Places, &[u8])> {
    let (places, value) = kept.split_first_chunk::<PLACES>()?;
    Some((Places::from_bytes(*places), value))
}

/// Writes down the places of the descriptor among `kept` elements.
pub(crate) fn set_places(kept: &mut [u8], places: [u8; PLACES]) {
    let mut rest = kept;
    while let Some((&mut [number, len], behind)) = rest.split_first_chunk_mut() {
        let Some((value, behind)) = behind.split_at_mut_checked(usize::from(len)) else { return };
        if number == Extension::DependencyDescriptor as u8
            && let Some(held) = value.first_chunk_mut()
        {
            *held = places;
            return;
        }
        rest = behind;
    }
}

/// Bytes in front of a descriptor.
pub(crate) const PLACES: usize = 4;

/// What was pushed, in order.
pub(crate) fn elements(mut bytes: &[u8]) -> impl Iterator<Item = (Extension, &[u8])> {
    std::iter::from_fn(move || {
        let (&[number, len], rest) = bytes.split_first_chunk()?;
        let (value, rest) = rest.split_at_checked(usize::from(len))?;
        bytes = rest;
        Some((*Extension::ALL.get(usize::from(number))?, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_comes_out_again_and_a_cut_tail_is_left_out() {
        let mut bytes = Vec::new();
        push(&mut bytes, Extension::AudioLevel, &[0x85]);
        push(&mut bytes, Extension::DependencyDescriptor, &[7; 200]);
        let out: Vec<_> = elements(&bytes).collect();
        assert_eq!(out[0], (Extension::AudioLevel, &[0x85][..]));
        assert_eq!(out[1], (Extension::DependencyDescriptor, &[7; 200][..]));
        assert_eq!(elements(&bytes[..bytes.len() - 1]).count(), 1);
    }
}
