//! The header extensions that belong to the media and travel on, as a history keeps them: number
//! of the extension, length, bytes, one after the other. Identifiers differ from one endpoint to
//! the next; this form knows none.

use crate::params::Extension;

/// Adds one.
pub(crate) fn push(out: &mut Vec<u8>, extension: Extension, value: &[u8]) {
    // An element is at most 255 bytes long (RFC 8285 §4.3).
    if let Ok(len) = u8::try_from(value.len()) {
        out.extend_from_slice(&[extension as u8, len]);
        out.extend_from_slice(value);
    }
}

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
