//! Traces in the format of Mahimahi: each line is a millisecond at which 1500 bytes may leave.

/// A trace, looped at its last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Milliseconds, sorted; the last is the period.
    pub opportunities: Vec<u64>,
}

impl Trace {
    /// Reads a trace.
    ///
    /// # Errors
    /// Says which line is wrong: not a number, or smaller than the one before; or that the trace
    /// has no length.
    pub fn parse(text: &str) -> Result<Self, String> {
        let _ = text;
        todo!("follows at once")
    }
}
