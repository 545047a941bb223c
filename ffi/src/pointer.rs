//! What is believed of a pointer from C: that it is NULL, or what the header says it is.

use std::ptr::NonNull;
use std::slice;

use crate::result::Failure;

/// Where a result goes: checked at the start of a call, written at its end if all went well.
pub(crate) struct Out<T>(NonNull<T>);

impl<T: Copy> Out<T> {
    /// # Safety
    /// `ptr` is NULL, or aligned and writable for one `T` until the call returns.
    pub(crate) unsafe fn new(ptr: *mut T, what: &str) -> Result<Self, Failure> {
        NonNull::new(ptr).map(Self).ok_or_else(|| Failure::null(what))
    }

    pub(crate) const fn set(self, value: T) {
        // SAFETY: writable for one `T`, promised by whoever called `new`.
        unsafe { self.0.write(value) }
    }
}

/// An array that the caller lends. NULL is as good as any pointer for an empty one.
///
/// # Safety
/// `ptr` is NULL, or aligned and readable for `n` values that nobody changes until the call
/// returns.
pub(crate) unsafe fn array<'a, T>(ptr: *const T, n: usize, what: &str) -> Result<&'a [T], Failure> {
    match n {
        0 => Ok(&[]),
        _ if ptr.is_null() => Err(Failure::null(what)),
        n if !fits::<T>(n) => Err(Failure::argument(format!("{what}: too long"))),
        // SAFETY: not NULL, no longer than an object can be; the rest is the caller's promise.
        n => Ok(unsafe { slice::from_raw_parts(ptr, n) }),
    }
}

/// An array that the caller lends for writing. Its memory may be fresh from malloc: what it holds
/// is never read.
///
/// # Safety
/// `ptr` is NULL, or aligned and writable for `n` values that nobody else touches until the call
/// returns.
pub(crate) unsafe fn array_mut<'a, T>(
    ptr: *mut T,
    n: usize,
    what: &str,
) -> Result<&'a mut [T], Failure> {
    match n {
        0 => Ok(&mut []),
        _ if ptr.is_null() => Err(Failure::null(what)),
        n if !fits::<T>(n) => Err(Failure::argument(format!("{what}: too long"))),
        // SAFETY: not NULL, no longer than an object can be; the rest is the caller's promise.
        // Memory that comes from outside of Rust has some bytes in it, and `T` bears any.
        n => Ok(unsafe { slice::from_raw_parts_mut(ptr, n) }),
    }
}

/// No Rust slice is longer than `isize::MAX` bytes.
const fn fits<T>(n: usize) -> bool {
    match n.checked_mul(size_of::<T>()) {
        Some(bytes) => bytes <= isize::MAX.cast_unsigned(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::result::lahn_result_code::*;

    #[test]
    fn null_is_an_empty_array_but_no_other() {
        // SAFETY: NULL is allowed.
        let (empty, full) =
            unsafe { (array::<u64>(ptr::null(), 0, "ids"), array::<u64>(ptr::null(), 1, "ids")) };
        assert!(empty.expect("empty").is_empty());
        assert_eq!(full.expect_err("NULL").code, LAHN_ERR_NULL);
    }

    #[test]
    fn array_longer_than_memory_is_refused() {
        let one = 7_u64;
        // SAFETY: refused by its length before it is read.
        let array = unsafe { array(&raw const one, usize::MAX / 8, "ids") };
        assert_eq!(array.expect_err("too long").code, LAHN_ERR_ARGUMENT);
    }
}
