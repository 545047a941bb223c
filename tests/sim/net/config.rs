//! What a link is like; [`super::build`] writes the usual ones down shortly.
//!
//! Probabilities are floats only here: each becomes an integer before anything is drawn.

use std::sync::Arc;

use super::capacity::Steps;
use super::mahimahi::Trace;
use super::packet::{Head, Kind};
use super::wifi::WifiConfig;
use super::{MS, Time};

/// A link: capacity, queue, then what the wire does to what was served.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// How fast it serves (T2, T7).
    pub rate: Rate,
    /// Where packets wait (T3).
    pub queue: QueueConfig,
    /// Propagation delay: (from when, how much), the first from 0 (T5 "delay steps").
    pub delay: Vec<(Time, Time)>,
    /// What is added to the delay, packet by packet (T5).
    pub jitter: Jitter,
    /// What is lost after service; a packet is lost if any rule says so (T4).
    pub loss: Vec<LossRule>,
    /// Probability 0-1 that a packet arrives twice.
    pub duplicates: f64,
    /// Congestion marks instead of drops (T6).
    pub marking: Marking,
    /// Whether somebody wipes the ECN field.
    pub bleach: Bleach,
}

/// How fast a link serves.
#[derive(Clone, Debug)]
pub enum Rate {
    /// Everything leaves at once.
    Unlimited,
    /// Piecewise constant, 0 allowed.
    Steps(Steps),
    /// A recorded trace of delivery opportunities, looped.
    Trace(Trace),
    /// A token bucket that these steps fill, up to `burst` bytes. With a drop-tail queue of some ms
    /// this is a policer with its small buffer.
    Bucket { steps: Steps, burst: u32 },
    /// An aggregating MAC.
    Wifi(WifiConfig),
}

/// Where packets wait.
#[derive(Clone, Copy, Debug)]
pub enum QueueConfig {
    /// Drops what would wait longer than this at the capacity of the moment.
    DropTailTime(Time),
    /// Drops what does not fit into these bytes.
    DropTailBytes(u64),
    /// Drops what is beyond this number of waiting packets.
    DropTailPackets(usize),
    /// RFC 8289. With `marks`, ECN-capable packets are marked where others are dropped.
    Codel { target: Time, interval: Time, marks: bool },
    /// RFC 8290, flows told apart by `Head::flow`.
    FqCodel { target: Time, interval: Time, marks: bool },
}

/// Delay that differs from packet to packet: Gaussian, cut at ±3 sigma (RFC 8868 §4.1).
///
/// A delay cannot be negative: give the link a propagation delay of at least 3 sigma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// None; packets keep their order, also over a step of the delay.
    None,
    /// Packets keep their order.
    Ordered { sigma: Time },
    /// A packet overtakes no packet sent more than `max` before it.
    Reordered { sigma: Time, max: usize },
}

/// Loss for some kinds of packets during some time.
#[derive(Clone, Debug)]
pub struct LossRule {
    /// Which packets it sees.
    pub kinds: Kinds,
    /// From when.
    pub from: Time,
    /// Until when, exclusive.
    pub until: Time,
    /// How it chooses.
    pub how: Loss,
}

/// Which kinds of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    All,
    Only(Kind),
}

/// How a rule chooses. Probabilities are 0-1.
#[derive(Clone)]
pub enum Loss {
    /// Each for itself.
    Iid(f64),
    /// Gilbert-Elliott: good to bad and bad to good per packet, loss in the bad state.
    GilbertElliott { good_to_bad: f64, bad_to_good: f64, loss_in_bad: f64 },
    /// By the head and its number among the packets that the rule saw, from 0.
    Scripted(Script),
}

/// Says whether a packet is lost.
pub type Script = Arc<dyn Fn(&Head, u64) -> bool + Send + Sync>;

/// Congestion marks by time in the queue, on leaving it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marking {
    None,
    /// Marks every ECN-capable packet that waited longer than this.
    Step(Time),
    /// Marks only ECT(1) so; the rest is left to the queue (CoDel: "CoDel-L4S").
    L4sStep(Time),
}

/// Who wipes the ECN field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bleach {
    Nobody,
    /// Before the queue: nothing can be marked.
    Before,
    /// After the queue: marks do not arrive.
    After,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self {
            rate: Rate::Unlimited,
            queue: QueueConfig::DropTailTime(300 * MS),
            delay: vec![(0, 0)],
            jitter: Jitter::None,
            loss: Vec::new(),
            duplicates: 0.0,
            marking: Marking::None,
            bleach: Bleach::Nobody,
        }
    }
}

impl QueueConfig {
    /// CoDel with the RFC's 5 ms and 100 ms, dropping (RFC 8289 §4).
    pub const CODEL: Self = Self::Codel { target: 5 * MS, interval: 100 * MS, marks: false };
    /// CoDel that marks what can be marked; with [`Marking::L4sStep`] of 1 ms it is CoDel-L4S.
    pub const CODEL_ECN: Self = Self::Codel { target: 5 * MS, interval: 100 * MS, marks: true };
    /// FQ-CoDel with the same, dropping (RFC 8290 §5.2).
    pub const FQ_CODEL: Self = Self::FqCodel { target: 5 * MS, interval: 100 * MS, marks: false };
}

impl Kinds {
    /// Whether this kind is one of them.
    pub fn contains(self, kind: Kind) -> bool {
        match self {
            Self::All => true,
            Self::Only(only) => only == kind,
        }
    }
}

impl std::fmt::Debug for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Iid(p) => write!(f, "Iid({p})"),
            Self::GilbertElliott { good_to_bad, bad_to_good, loss_in_bad } => {
                write!(f, "GilbertElliott({good_to_bad}, {bad_to_good}, {loss_in_bad})")
            }
            Self::Scripted(_) => write!(f, "Scripted"),
        }
    }
}
