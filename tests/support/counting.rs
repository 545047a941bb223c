//! The system's allocator, counting what each thread asks of it and how much the thread holds. A
//! test or benchmark that includes this file has it for its global allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    CALLS.set(CALLS.get() + 1);
    LIVE.set(LIVE.get() + bytes);
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

// SAFETY: every call goes on to `System` unchanged; counting touches only `Cell`s of the thread,
// which neither allocate nor have destructors.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller's promises, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller's promises, passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(signed(new_size) - signed(layout.size()));
        // SAFETY: the caller's promises, passed on.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        // SAFETY: the caller's promises, passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `work` asked the allocator for anything: allocations, reallocations, deallocations.
pub fn allocations<R>(work: impl FnOnce() -> R) -> (u64, R) {
    let before = CALLS.get();
    let result = work();
    (CALLS.get() - before, result)
}

/// By how many bytes `work` made what this thread holds grow (or, negative, shrink).
pub fn growth<R>(work: impl FnOnce() -> R) -> (i64, R) {
    let before = LIVE.get();
    let result = work();
    (LIVE.get() - before, result)
}

/// How many bytes `value` holds on the heap: what dropping it gives back.
pub fn held<T>(value: T) -> i64 {
    -growth(|| drop(value)).0
}
