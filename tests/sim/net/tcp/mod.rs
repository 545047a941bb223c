//! Cross traffic of TCPs: NewReno (RFC 5681) and CUBIC (RFC 9438), both with selective
//! acknowledgements (RFC 6675).
//!
//! Both ends live in the network and are fed by it; the world outside only adds them. There is no
//! handshake: a connection begins with its first window of data (RFC 6928).
//!
//! Read next: [`flow`], [`sender`], [`receiver`], [`window`].

mod cubic;
mod flow;
mod receiver;
mod rtt;
mod scoreboard;
mod sender;
mod window;

use super::network::RouteId;
use super::{SECOND, Time};

pub(super) use flow::{Act, Alarm, Flow, Segment};

/// Bytes of data in a segment.
pub const MSS: u64 = 1_460;
/// Bytes of the IP and TCP headers.
pub const HEADERS: u32 = 40;

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
    /// RFC 8868 §6: files of 30-50 kB, idle 10 s in the mean. Of the ten of RFC 8867 §5.7, two begin
    /// with a file. These are the sizes of Cisco's ns-3 suite.
    pub fn short(begins_idle: bool) -> Self {
        Self::on_off(30_000, 50_000, begins_idle)
    }

    /// The same with files of 100 kB to 1 MB: ten of them fill 2 Mbit/s on their own.
    pub fn files(begins_idle: bool) -> Self {
        Self::on_off(100_000, 1_000_000, begins_idle)
    }

    fn on_off(smallest: u64, largest: u64, begins_idle: bool) -> Self {
        Self::OnOff { smallest, largest, mean_idle: 10 * SECOND, begins_idle }
    }
}

impl TcpConfig {
    /// A long flow from the start to the end, acknowledging every second segment.
    pub fn long(flow: u32, route: RouteId, back: RouteId, algorithm: Algorithm) -> Self {
        let (load, delayed_acks, from, until) = (Load::Long, true, 0, Time::MAX);
        Self { flow, route, back, algorithm, load, delayed_acks, from, until }
    }
}
