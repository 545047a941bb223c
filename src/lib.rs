//! lahn: a media engine for Selective Forwarding Units.
mod base;
pub mod params;
pub mod wire;
pub mod srtp;
mod control;
mod media;
mod engine;
#[cfg(feature = "mio")]
pub mod driver;

pub use base::{
    Bitrate, ConferenceId, Drained, EgressSink, EndpointId, ExtSeq, Path, Seq, SourceId, Ssrc,
    SubscriptionId, Transmit,
};
pub use control::{ControlError, DtlsConfig, DtlsVersions};
pub use engine::{
    CloseReason, Config, EncodingStats, EndpointStats, Engine, Error, Event, Limits, SourceInfo,
    SourceStats, SubscriptionInfo, SubscriptionStats,
};
pub use media::{DropCounters, DropReason};
