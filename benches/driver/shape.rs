//! How the packets come that are forwarded.

/// Bytes of a datagram, SRTP included.
const DATAGRAM: usize = 1_200;

/// What arrives at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// One packet, and the next when it has long been sent.
    Isolated,
    /// Five of one length.
    Frame,
    /// Five as libwebrtc cuts a frame: two, and three that are longer by one byte.
    UnevenFrame,
}

impl Shape {
    pub(crate) const ALL: [Self; 3] = [Self::Isolated, Self::Frame, Self::UnevenFrame];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Isolated => "isolated packets",
            Self::Frame => "5-packet frames",
            Self::UnevenFrame => "5-packet frames, uneven",
        }
    }

    /// The lengths of its datagrams.
    pub(crate) const fn lens(self) -> &'static [usize] {
        match self {
            Self::Isolated => &[DATAGRAM],
            Self::Frame => &[DATAGRAM; 5],
            Self::UnevenFrame => &[DATAGRAM - 1, DATAGRAM - 1, DATAGRAM, DATAGRAM, DATAGRAM],
        }
    }

    /// Its datagrams in runs of one length: (length, how many).
    pub(crate) fn runs(self) -> impl Iterator<Item = (usize, usize)> {
        self.lens().chunk_by(|one, next| one == next).map(|run| (run[0], run.len()))
    }

    pub(crate) fn packets(self) -> u32 {
        u32::try_from(self.lens().len()).expect("few")
    }
}
