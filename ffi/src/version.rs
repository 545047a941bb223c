//! Which library this is, for a program that was compiled against a header.

use std::ffi::{CStr, c_char};

/// Grows when a program compiled against an older header would no longer work.
pub const LAHN_ABI_VERSION: u32 = 3;
/// Of the header.
pub const LAHN_VERSION_MAJOR: u32 = 0;
/// Of the header.
pub const LAHN_VERSION_MINOR: u32 = 1;
/// Of the header.
pub const LAHN_VERSION_PATCH: u32 = 0;

/// LAHN_ABI_VERSION as the library was built with. Differs from the header's: do not go on.
#[unsafe(no_mangle)]
pub extern "C" fn lahn_abi_version() -> u32 {
    LAHN_ABI_VERSION
}

/// "0.1.0", NUL-terminated, in static storage.
#[unsafe(no_mangle)]
pub extern "C" fn lahn_version() -> *const c_char {
    VERSION.as_ptr()
}

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version has no NUL in it"),
    };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_of_the_header_is_that_of_the_crate() {
        let header = format!("{LAHN_VERSION_MAJOR}.{LAHN_VERSION_MINOR}.{LAHN_VERSION_PATCH}");
        assert_eq!(VERSION.to_str().expect("ASCII"), header);
    }
}
