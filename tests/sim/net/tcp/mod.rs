//! Cross traffic of TCPs: NewReno (RFC 5681, 6582, 6675) and CUBIC (RFC 9438).
//!
//! Both ends live in the network and are fed by it; the world outside only adds them.

use super::Time;
use super::network::RouteId;

/// How the window grows and shrinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    NewReno,
    Cubic,
}

/// What there is to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Without end.
    Long,
    /// Files of uniformly drawn bytes, each on a new connection, with exponential pauses (RFC 8867
    /// §5.7).
    OnOff { smallest: u64, largest: u64, mean_idle: Time, begins_idle: bool },
}

/// One sender and its receiver.
#[derive(Clone, Copy, Debug)]
pub struct TcpConfig {
    /// The number its packets carry (segments and acknowledgements alike).
    pub flow: u32,
    /// The way of segments.
    pub route: RouteId,
    /// The way of acknowledgements.
    pub back: RouteId,
    /// Of which kind.
    pub algorithm: Algorithm,
    /// What there is to send.
    pub load: Load,
    /// Whether every second segment is acknowledged, or each (RFC 1122 §4.2.3.2).
    pub delayed_acks: bool,
    /// From when.
    pub from: Time,
    /// Until when new data is sent, exclusive.
    pub until: Time,
}

/// What a flow has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcpStats {
    /// Bytes of data that the receiver has in order.
    pub delivered: u64,
    /// Segments sent again.
    pub retransmitted: u64,
    /// Times the retransmission timer fired.
    pub timeouts: u64,
    /// Congestion window now, in bytes.
    pub window: u64,
    /// Smoothed round-trip time now.
    pub smoothed_rtt: Time,
    /// Files finished: (begun, finished, bytes).
    pub files: Vec<(Time, Time, u64)>,
}

impl Load {
    /// RFC 8867 §5.7: 100 kB to 1 MB, idle 10 s in the mean; two of ten begin with a file.
    pub fn short(begins_idle: bool) -> Self {
        let (smallest, largest) = (100_000, 1_000_000);
        Self::OnOff { smallest, largest, mean_idle: 10_000_000, begins_idle }
    }
}

impl TcpConfig {
    /// A long flow from the start to the end, acknowledging every second segment.
    pub fn long(flow: u32, route: RouteId, back: RouteId, algorithm: Algorithm) -> Self {
        let (load, delayed_acks, from, until) = (Load::Long, true, 0, Time::MAX);
        Self { flow, route, back, algorithm, load, delayed_acks, from, until }
    }
}
