//! What a packet is to its frame, in eight bits.

use std::ops::BitOr;

/// A set of marks.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks(u8);

impl Marks {
    /// None.
    pub(crate) const NONE: Self = Self(0);
    /// The RTP marker bit.
    pub(crate) const MARKER: Self = Self(1);
    /// A receiver may begin here: the first packet of a key frame.
    pub(crate) const KEY: Self = Self(2);
    /// First packet of its frame.
    pub(crate) const FIRST: Self = Self(4);
    /// Last packet of its frame.
    pub(crate) const LAST: Self = Self(8);
    /// What is known of its frame stands under [`Fields::frame`](super::Fields::frame).
    pub(crate) const FRAME: Self = Self(16);
    /// Its descriptor could not be read: it may become readable when a lost one comes.
    pub(crate) const UNREADABLE: Self = Self(32);

    /// `self` if `whether`, else none.
    #[must_use]
    pub(crate) const fn only_if(self, whether: bool) -> Self {
        if whether { self } else { Self::NONE }
    }

    /// Whether all of `marks` are set.
    pub(crate) const fn has(self, marks: Self) -> bool {
        self.0 & marks.0 == marks.0
    }
}

impl BitOr for Marks {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = ["MARKER", "KEY", "FIRST", "LAST", "FRAME", "UNREADABLE"];
        let set = (0..).zip(names).filter(|(bit, _)| self.0 >> bit & 1 == 1);
        f.debug_set().entries(set.map(|(_, name)| name)).finish()
    }
}
