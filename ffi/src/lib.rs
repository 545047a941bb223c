//! C ABI of lahn.
