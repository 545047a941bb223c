//! Structs that may grow: the first field says how much of one the other side knows.
//!
//! A caller compiled against an older header passes a shorter struct: what it lacks is 0, which
//! always means the default. A caller compiled against a newer one passes a longer struct: what we
//! do not know must be 0, else it wants something this build cannot do. So structs never shrink,
//! and grow only at the end.

use std::mem::MaybeUninit;
use std::ptr;

use crate::result::{Failure, lahn_result_code::LAHN_ERR_UNSUPPORTED};

/// A struct of the header that starts with `struct_size`.
///
/// # Safety
/// The type is `repr(C)`, starts with `struct_size: u32`, has no padding, and any bytes make a
/// valid value of it.
pub(crate) unsafe trait Sized32: Copy {
    /// Its size in the first header that had it.
    const FIRST: usize;
}

/// Beyond this a `struct_size` is a mistake and not a later version.
const LARGEST: usize = 4096;

/// Reads a struct of any version.
///
/// # Safety
/// `ptr` is NULL, or aligned and readable for as many bytes as its `struct_size` says.
pub(crate) unsafe fn read<T: Sized32>(ptr: *const T, what: &str) -> Result<T, Failure> {
    // SAFETY: the caller's promise.
    let size = unsafe { size_of_struct(ptr, what)? };
    let known = size.min(size_of::<T>());
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: `known` bytes are readable at `ptr` (at most `struct_size`) and writable in `value`
    // (at most its size); the rest of `value` is zero, and any bytes make a valid `T`.
    let value = unsafe {
        ptr::copy_nonoverlapping(ptr.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), known);
        value.assume_init()
    };
    for offset in known..size {
        // SAFETY: below `struct_size`, so readable.
        if unsafe { ptr.cast::<u8>().add(offset).read() } != 0 {
            let text = format!("{what}: a field this library does not know is set");
            return Err(Failure::new(LAHN_ERR_UNSUPPORTED, text));
        }
    }
    Ok(value)
}

/// Where a struct of any version goes.
pub(crate) struct SizedOut<T> {
    ptr: *mut T,
    size: usize,
}

impl<T: Sized32> SizedOut<T> {
    /// # Safety
    /// `ptr` is NULL, or aligned and writable until the call returns for as many bytes as its
    /// `struct_size` says.
    pub(crate) unsafe fn new(ptr: *mut T, what: &str) -> Result<Self, Failure> {
        // SAFETY: the caller's promise.
        let size = unsafe { size_of_struct(ptr, what)? };
        Ok(Self { ptr, size })
    }

    /// Writes what the caller has room for, and 0 where it knows more than we do. `struct_size`
    /// stays as it is.
    pub(crate) fn set(self, value: &T) {
        let head = size_of::<u32>();
        let known = self.size.min(size_of::<T>());
        let (from, to) = (ptr::from_ref(value).cast::<u8>(), self.ptr.cast::<u8>());
        // SAFETY: `size` bytes are writable at `to`, promised by whoever called `new`; `known` is
        // at most that and at most what `value` holds; both are at least `head`.
        unsafe {
            ptr::copy_nonoverlapping(from.add(head), to.add(head), known - head);
            ptr::write_bytes(to.add(known), 0, self.size - known);
        }
    }
}

/// The stride of an array of structs: what the first one says, as all were compiled together.
///
/// # Safety
/// As for [`read`].
pub(crate) unsafe fn size_of_struct<T: Sized32>(
    ptr: *const T,
    what: &str,
) -> Result<usize, Failure> {
    if ptr.is_null() {
        return Err(Failure::null(what));
    }
    // SAFETY: not NULL, and the first field is readable by the caller's promise.
    let size = unsafe { ptr.cast::<u32>().read() } as usize;
    if !(T::FIRST..=LARGEST).contains(&size) {
        let text = format!("{what}: struct_size is {size}, at least {} expected", T::FIRST);
        return Err(Failure::argument(text));
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::lahn_result_code::LAHN_ERR_ARGUMENT;

    /// Grew by `second` in a later version.
    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Grown {
        struct_size: u32,
        first: u32,
        second: u64,
    }

    // SAFETY: repr(C), struct_size first, 4 + 4 + 8 bytes, integers only.
    unsafe impl Sized32 for Grown {
        const FIRST: usize = 8;
    }

    fn read_words(words: &[u64]) -> Result<Grown, Failure> {
        // SAFETY: each test lends as many words as its struct_size says, aligned for u64.
        unsafe { read(words.as_ptr().cast::<Grown>(), "grown") }
    }

    fn head(size: u64, first: u64) -> u64 {
        if cfg!(target_endian = "little") { first << 32 | size } else { size << 32 | first }
    }

    #[test]
    fn older_and_shorter_struct_is_filled_up_with_zeros() {
        let grown = read_words(&[head(8, 5)]).expect("the first version");
        assert_eq!(grown, Grown { struct_size: 8, first: 5, second: 0 });
    }

    #[test]
    fn newer_and_longer_struct_is_taken_while_the_unknown_is_zero() {
        assert_eq!(read_words(&[head(24, 5), 6, 0]).expect("nothing unknown set").second, 6);
        let refused = read_words(&[head(24, 5), 6, 1 << 40]).expect_err("something unknown set");
        assert_eq!(refused.code, LAHN_ERR_UNSUPPORTED);
    }

    #[test]
    fn struct_size_below_the_first_version_or_absurd_is_refused() {
        for size in [0, 4, 7, 4097, 0xffff_ffff] {
            let refused = read_words(&[head(size, 5), 6]).expect_err("bad size");
            assert_eq!(refused.code, LAHN_ERR_ARGUMENT, "{size}");
        }
    }

    #[test]
    fn output_fills_exactly_what_the_caller_has() {
        let value = Grown { struct_size: 16, first: 1, second: 2 };
        for (size, expected) in [
            (8, [head(8, 1), u64::MAX, u64::MAX]),
            (16, [head(16, 1), 2, u64::MAX]),
            (24, [head(24, 1), 2, 0]),
        ] {
            let mut words = [head(size, 0), u64::MAX, u64::MAX];
            // SAFETY: 24 bytes are writable, struct_size is at most that.
            let out = unsafe { SizedOut::new(words.as_mut_ptr().cast::<Grown>(), "grown") };
            out.expect("a good size").set(&value);
            assert_eq!(words, expected);
        }
    }
}
