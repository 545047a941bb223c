//! The ECN field of the IP header: how routers say "less" without dropping.

/// The two lowest bits of the traffic class, in the numbers of RFC 3168 §5.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(u8)]
pub enum EcnCodepoint {
    /// The sender does not know of marks: drop instead.
    #[default]
    NotEct = 0b00,
    /// Marks are welcome, and answered as L4S answers them (RFC 9331).
    Ect1 = 0b01,
    /// Marks are welcome, and answered like loss (RFC 3168).
    Ect0 = 0b10,
    /// Congestion experienced: a router's mark.
    Ce = 0b11,
}

impl EcnCodepoint {
    /// The codepoint in the two lowest bits; the others do not matter.
    pub const fn from_bits(bits: u8) -> Self {
        match bits & 0b11 {
            0b00 => Self::NotEct,
            0b01 => Self::Ect1,
            0b10 => Self::Ect0,
            _ => Self::Ce,
        }
    }

    /// The reverse of [`from_bits`](Self::from_bits): 0-3.
    pub const fn bits(self) -> u8 {
        self as u8
    }
}
