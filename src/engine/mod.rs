//! F6: what an application holds. Here `control` and `media` meet, and nowhere else.
//!
//! [`receive`] is where a datagram comes in, [`transmit`] where one goes out, [`negotiate`] and
//! [`subscribe`] are what the application wants, [`allocation`] what links carry of it, [`getters`]
//! what it may ask. Read next: [`crate::media`].
#![forbid(unsafe_code)]

mod addresses;
mod allocation;
mod conferences;
mod config;
mod endpoint;
mod error;
mod event;
mod events;
mod getters;
mod negotiate;
mod receive;
mod stats;
mod subscribe;
mod timers;
mod transmit;

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

pub use config::{BitrateLimits, Config, CongestionConfig, Limits};
pub use error::Error;
pub use event::{CloseReason, Event};
pub use stats::{
    EncodingStats, EndpointStats, SourceInfo, SourceStats, SubscriptionInfo, SubscriptionStats,
};

use crate::base::{EcnCodepoint, Key, Path, Rng, Slab, WallClock};
use crate::cc::RateLimits;
use crate::control::Identity;
use crate::forward::{Constraints, Grant, Source, Wishes};
use crate::media::{DropCounters, Settings};
use crate::srtp::AeadBackend;
use addresses::Addresses;
use endpoint::Endpoint;
use events::Events;
use timers::Timers;

/// A media engine: conferences, endpoints, sources, subscriptions. Sans-IO: no socket, no thread,
/// no clock. The crate's front page shows the loop.
pub struct Engine {
    config: Config,
    settings: Settings,
    identity: Identity,
    rng: Rng,
    conferences: Slab<Conference>,
    endpoints: Slab<Endpoint>,
    sources: Slab<Source>,
    subscriptions: Slab<Wish>,
    addresses: Addresses,
    timers: Timers,
    /// Slots of endpoints with something to send, the longest waiting first.
    line: VecDeque<u32>,
    /// Memory for [`SideBySide`](crate::media::SideBySide), used again.
    paths: Vec<(Path, EcnCodepoint)>,
    /// Last words of endpoints that are gone.
    farewells: VecDeque<(Path, Vec<u8>)>,
    events: Events,
    drops: DropCounters,
    /// Publishers asked for a key frame by the datagram at hand.
    asked: Vec<u32>,
    /// Memory for [`allocation`], used again.
    wishes: Wishes,
    grants: Vec<Grant>,
}

/// A set of endpoints.
#[derive(Debug, Default)]
struct Conference {
    endpoints: Vec<Key>,
}

/// A subscription as the application sees it; what serves it stands with the source.
#[derive(Debug)]
struct Wish {
    receiver: Key,
    source: Key,
    constraints: Constraints,
    /// The sent stream that serves it, once negotiated.
    stream: Option<u32>,
}

impl Engine {
    /// An engine; `now` is the moment `config.unix_time` belongs to.
    pub fn new(config: Config, now: Instant) -> Self {
        let settings = Settings {
            epoch: now,
            wall: WallClock::new(now, config.unix_time),
            key_frame_request_interval: config.key_frame_request_interval,
            transport_cc_interval: config.transport_cc_interval,
            aead_backend: config.aead_backend.unwrap_or_else(AeadBackend::fastest),
            congestion: config.congestion.enabled.then_some(RateLimits {
                start: config.congestion.start_bitrate,
                least: config.congestion.min_bitrate,
                most: config.congestion.max_bitrate,
            }),
            ecn: config.congestion.ecn,
            most_ssrcs: config.limits.ssrcs_per_endpoint,
            most_queued: config.limits.queue_per_endpoint,
        };
        let limits = &config.limits;
        Self {
            settings,
            identity: Identity::new(
                &config.dtls,
                &config.codecs,
                limits.media_per_endpoint,
                limits.sdp_bytes,
            ),
            rng: Rng::new(config.seed),
            conferences: Slab::new(),
            endpoints: Slab::new(),
            sources: Slab::new(),
            subscriptions: Slab::new(),
            addresses: Addresses::default(),
            timers: Timers::default(),
            line: VecDeque::new(),
            paths: Vec::new(),
            farewells: VecDeque::new(),
            events: Events::new(limits.events),
            drops: DropCounters::default(),
            asked: Vec::new(),
            wishes: Wishes::default(),
            grants: Vec::new(),
            config,
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("conferences", &self.conferences.len())
            .field("endpoints", &self.endpoints.len())
            .field("sources", &self.sources.len())
            .field("subscriptions", &self.subscriptions.len())
            .finish_non_exhaustive()
    }
}
