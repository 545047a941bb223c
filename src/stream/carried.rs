//! The header extensions that belong to the media and travel on, as a history keeps them: number
//! of the extension, length, bytes, one after the other. Identifiers differ from one endpoint to
//! the next; this form knows none.

use crate::params::{Extension, ExtensionIds, Mid};
use crate::wire::ext::Format;

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

/// The form of the extension block (RFC 8285 §4.1.2) that fits all we may write into it: one-byte
/// unless an identifier or a value is too long for that.
pub(crate) fn format(ids: &ExtensionIds, carried: &[u8], mid: Option<&Mid>) -> Format {
    let fits = |extension: Extension, len: usize| {
        ids.id(extension).is_none_or(|id| Format::OneByte.fits(id, len))
    };
    let own_fit = mid.is_none_or(|mid| fits(Extension::Mid, mid.as_bytes().len()))
        && fits(Extension::TransportCc, 2)
        && fits(Extension::AbsSendTime, 3);
    let carried_fit = elements(carried).all(|(extension, value)| fits(extension, value.len()));
    if own_fit && carried_fit { Format::OneByte } else { Format::TwoByte }
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

    #[test]
    fn block_takes_the_two_byte_form_only_where_it_must() {
        let mut ids = ExtensionIds::new();
        ids.set(Extension::DependencyDescriptor, 9);
        let mut carried = Vec::new();
        push(&mut carried, Extension::DependencyDescriptor, &[0; 16]);
        assert_eq!(format(&ids, &carried, None), Format::OneByte);
        push(&mut carried, Extension::DependencyDescriptor, &[0; 17]);
        assert_eq!(format(&ids, &carried, None), Format::TwoByte);
        let mut ids = ExtensionIds::new();
        ids.set(Extension::TransportCc, 15);
        assert_eq!(format(&ids, &carried, None), Format::TwoByte);
    }
}
