//! What the network carries: a head that links may read, and a body that they may not.

/// Of which family a packet is; losses tell them apart (T4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RTP of ours.
    Media,
    /// RTCP of ours.
    Rtcp,
    /// Cross traffic of a TCP.
    Tcp,
    /// Whatever else: constant bit rate, STUN.
    Other,
}

/// The ECN field of the IP header (RFC 3168 §5, RFC 9331 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ecn {
    /// Not capable.
    #[default]
    NotEct,
    /// Capable, classic.
    Ect0,
    /// Capable, L4S.
    Ect1,
    /// Congestion experienced.
    Ce,
}

/// What links read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose packet it is: FQ-CoDel keeps flows apart, records name them.
    pub flow: u32,
    /// Bytes on the wire, IP and UDP headers included.
    pub bytes: u32,
    /// Of which family it is.
    pub kind: Kind,
    /// The ECN field; links change it.
    pub ecn: Ecn,
    /// Whatever the sender wants to find again in records and in scripted losses.
    pub tag: u64,
}

/// A packet as the world outside sends and receives it.
#[derive(Clone, Debug)]
pub struct Packet<B> {
    /// What links read.
    pub head: Head,
    /// What they do not.
    pub body: B,
}

impl Head {
    /// Not ECN-capable, with tag 0.
    pub fn new(flow: u32, bytes: u32, kind: Kind) -> Self {
        Self { flow, bytes, kind, ecn: Ecn::NotEct, tag: 0 }
    }
}

impl<B> Packet<B> {
    /// Not ECN-capable, with tag 0.
    pub fn new(flow: u32, bytes: u32, kind: Kind, body: B) -> Self {
        Self { head: Head::new(flow, bytes, kind), body }
    }

    /// With this ECN field.
    pub fn with_ecn(mut self, ecn: Ecn) -> Self {
        self.head.ecn = ecn;
        self
    }

    /// With this tag.
    pub fn with_tag(mut self, tag: u64) -> Self {
        self.head.tag = tag;
        self
    }
}
