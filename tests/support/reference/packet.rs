//! What arrives, and what it is to break a rule.

use std::fmt;
use std::time::Instant;

use super::Identity;

/// A packet as the engine forwarded it, opened and without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct ForwardedPacket {
    pub seq: u16,
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Vec<u8>,
    /// The dependency descriptor, if there is one.
    pub descriptor: Option<Vec<u8>>,
}

impl fmt::Debug for ForwardedPacket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, timestamp, marker, payload, descriptor } = self;
        let begins = payload.get(..12).unwrap_or(payload);
        write!(out, "#{seq} ts {timestamp}{}", if *marker { " M" } else { "" })?;
        write!(out, " {begins:02x?}+{}", payload.len() - begins.len())?;
        descriptor.as_ref().map_or(Ok(()), |bytes| write!(out, " dd {bytes:02x?}"))
    }
}

#[derive(Debug)]
pub struct Arrived {
    pub at: Instant,
    pub seq: u64,
    pub id: Identity,
    pub packet: ForwardedPacket,
}

pub type Checked<T = ()> = Result<T, Violation>;

/// A broken rule of tests/rules/README.md.
#[derive(Debug)]
pub struct Violation {
    rule: &'static str,
    text: String,
}

impl Violation {
    pub fn new(rule: &'static str, text: impl Into<String>) -> Self {
        Self { rule, text: text.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "rule {} broken: {}", self.rule, self.text)
    }
}

/// `Err` with the text if it does not hold.
pub fn ensure(holds: bool, rule: &'static str, text: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Violation::new(rule, text())) }
}
