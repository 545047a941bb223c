//! Strings across the border: pointer + length, UTF-8, no NUL needed. In: borrowed for the call.
//! Out: copied into the caller's buffer.

use std::ffi::c_char;
use std::str;

use crate::pointer::{Out, array, array_mut};
use crate::result::Failure;

/// UTF-8, not NUL-terminated. (NULL, 0) is an empty string.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_str {
    /// The first byte.
    pub ptr: *const c_char,
    /// How many bytes.
    pub len: usize,
}

impl lahn_str {
    /// # Safety
    /// `ptr` is NULL, or readable for `len` bytes that nobody changes until the call returns.
    pub(crate) unsafe fn read<'a>(self, what: &str) -> Result<&'a str, Failure> {
        // SAFETY: the caller's promise.
        let bytes = unsafe { array(self.ptr.cast::<u8>(), self.len, what)? };
        str::from_utf8(bytes).map_err(|bad| {
            Failure::argument(format!("{what} is not UTF-8 at byte {}", bad.valid_up_to()))
        })
    }
}

/// A buffer for a text, with the place where its length goes.
pub(crate) struct TextOut<'a> {
    buf: &'a mut [u8],
    len: Out<usize>,
}

impl<'a> TextOut<'a> {
    /// # Safety
    /// `buf` is NULL or writable for `cap` bytes, `len` is NULL or writable, and nobody else
    /// touches either until the call returns.
    pub(crate) unsafe fn new(
        buf: *mut c_char,
        cap: usize,
        len: *mut usize,
    ) -> Result<Self, Failure> {
        // SAFETY: the caller's promise.
        let buf = unsafe { array_mut(buf.cast::<u8>(), cap, "the buffer")? };
        // SAFETY: the caller's promise.
        let len = unsafe { Out::new(len, "the length")? };
        Ok(Self { buf, len })
    }

    /// Copies `text` if it fits. Its length is told either way.
    pub(crate) fn set(self, text: &str) -> Result<(), Failure> {
        self.len.set(text.len());
        let cap = self.buf.len();
        let Some(buf) = self.buf.get_mut(..text.len()) else {
            return Err(Failure::too_small(text.len(), cap));
        };
        buf.copy_from_slice(text.as_bytes());
        Ok(())
    }
}

/// A name of at most 16 bytes as the structs hold it: padded with NUL, without one when full.
pub(crate) fn padded(name: &[u8]) -> [c_char; 16] {
    let mut padded = [0; 16];
    for (to, &from) in padded.iter_mut().zip(name) {
        *to = from.cast_signed() as c_char;
    }
    padded
}

/// The reverse of [`padded`]: up to the first NUL.
pub(crate) fn unpadded(name: &[c_char; 16]) -> Vec<u8> {
    name.iter().map(|&c| c as u8).take_while(|&byte| byte != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::lahn_result_code::*;

    #[test]
    fn text_that_does_not_fit_leaves_the_buffer_alone_and_tells_its_length() {
        let (mut buf, mut len) = ([7; 4], 99);
        // SAFETY: both are writable for what they are.
        let out = unsafe { TextOut::new(buf.as_mut_ptr(), buf.len(), &raw mut len) };
        let refused = out.expect("no NULL").set("12345").expect_err("too long");
        assert_eq!((refused.code, buf, len), (LAHN_ERR_TOO_SMALL, [7; 4], 5));
    }

    #[test]
    fn text_that_just_fits_is_copied_without_a_nul() {
        let (mut buf, mut len) = ([7; 5], 99);
        // SAFETY: 4 bytes of 5 are lent.
        let out = unsafe { TextOut::new(buf.as_mut_ptr(), 4, &raw mut len) };
        out.expect("no NULL").set("1234").expect("it fits");
        assert_eq!((buf.map(|c| c as u8), len), (*b"1234\x07", 4));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        let bytes = [b'a', 0xff];
        let text = lahn_str { ptr: bytes.as_ptr().cast(), len: 2 };
        // SAFETY: two readable bytes.
        let refused = unsafe { text.read("offer") }.expect_err("not UTF-8");
        assert_eq!(refused.code, LAHN_ERR_ARGUMENT);
        assert!(refused.text.contains("at byte 1"), "{}", refused.text);
    }

    #[test]
    fn name_of_sixteen_bytes_has_no_nul_and_survives() {
        assert_eq!(unpadded(&padded(b"0123456789abcdef")), b"0123456789abcdef");
        assert_eq!(unpadded(&padded(b"hi")), b"hi");
    }
}
