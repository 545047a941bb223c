//! Keeps panics in: none may unwind into C, and the library never prints.
//!
//! The panic hook installed here speaks up only for panics inside [`contain`] on the same thread
//! (it keeps their text); every other goes to the hook that was there before, which matters when
//! the host program is itself written in Rust.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// Runs `body`; its panic becomes an error text with file and line.
pub(crate) fn contain<R>(body: impl FnOnce() -> R) -> Result<R, String> {
    install_hook();
    let outer = INSIDE.replace(true);
    // Unwind safety: what `body` left half done is never looked at again, the handle is poisoned.
    let outcome = panic::catch_unwind(AssertUnwindSafe(body));
    INSIDE.set(outer);
    outcome.map_err(|payload| {
        // A payload's own drop may panic; leaking it costs less than that risk.
        std::mem::forget(payload);
        TEXT.take().unwrap_or_else(|| "panic".to_owned())
    })
}

fn install_hook() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if INSIDE.get() { TEXT.set(Some(info.to_string())) } else { before(info) }
        }));
    });
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static TEXT: RefCell<Option<String>> = const { RefCell::new(None) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_becomes_a_text_that_names_the_place() {
        let text = contain(|| panic!("the roof is on fire")).expect_err("it panicked");
        assert!(text.contains("the roof is on fire"), "{text}");
        assert!(text.contains("unwind.rs:"), "{text}");
    }

    #[test]
    fn value_comes_through_where_nothing_panics() {
        assert_eq!(contain(|| 7), Ok(7));
    }
}
