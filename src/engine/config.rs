//! What an application may set once, when the engine is made.

use std::time::Duration;

use crate::control::DtlsConfig;
use crate::params::Codec;
use crate::srtp::AeadBackend;

/// Settings of an [`Engine`](crate::Engine). [`Config::default`] is right for most; only `seed`
/// and `unix_time` should be given always.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where SSRCs and first sequence numbers come from: give random bytes in production, fixed
    /// ones in tests. Keys, certificates and ICE passwords never come from it.
    pub seed: [u8; 32],
    /// What the wall clock shows (time since 1970) at the `now` given to
    /// [`Engine::new`](crate::Engine::new): sender reports carry it (RFC 3550 §6.4.1).
    pub unix_time: Duration,
    /// DTLS versions and SRTP profiles offered to peers.
    pub dtls: DtlsConfig,
    /// What does AES-GCM; `None`: the faster library on this CPU. What is in use for sending is in
    /// [`EndpointStats::aead_backend`](crate::EndpointStats::aead_backend).
    pub aead_backend: Option<AeadBackend>,
    /// Codecs to negotiate, favourite first.
    pub codecs: Vec<Codec>,
    /// Least time between two key-frame requests to one source, however many ask.
    pub key_frame_request_interval: Duration,
    /// Time between two transport-cc feedback packets to a publisher: 50-100 ms.
    pub transport_cc_interval: Duration,
    /// How long an endpoint may take to connect before it is closed.
    pub connect_timeout: Duration,
    /// How long an endpoint may stay silent before it is closed (RFC 7675 asks for 30 s at most).
    pub idle_timeout: Duration,
    /// How the rate towards receivers is controlled.
    pub congestion: CongestionConfig,
    /// Bounds on what peers can make the engine hold.
    pub limits: Limits,
}

/// Congestion control towards receivers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CongestionConfig {
    /// Off: everything is sent at once, whatever the link carries. For benchmarks, and for links
    /// that cannot be the bottleneck.
    pub enabled: bool,
    /// What a link is taken to carry before anything is known of it, bit/s.
    pub start_bitrate: u64,
    /// No estimate is lower, bit/s.
    pub min_bitrate: u64,
    /// No estimate is higher, bit/s.
    pub max_bitrate: u64,
    /// Send as ECT(1) (RFC 9331) to receivers that report marks (RFC 8888), as long as the path
    /// carries them honestly.
    pub ecn: bool,
}

impl CongestionConfig {
    /// Everything is sent at once.
    pub const OFF: Self = Self { enabled: false, ..Self::ON };
    const ON: Self = Self {
        enabled: true,
        start_bitrate: 300_000,
        min_bitrate: 30_000,
        max_bitrate: 20_000_000,
        ecn: false,
    };
}

impl Default for CongestionConfig {
    fn default() -> Self {
        Self::ON
    }
}

/// What the application knows of the rate towards one endpoint, besides what there is to send.
/// See [`Engine::set_bitrate_limits`](crate::Engine::set_bitrate_limits).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct BitrateLimits {
    /// No more than this is sent, IP headers included, bit/s, whatever the link carries.
    pub max: Option<u64>,
    /// So much could be made use of, bit/s, also where the layers that are sent now take less: by
    /// encoders that adapt to what links carry. It is probed for.
    pub desired: Option<u64>,
}

/// Bounds; what would go beyond is refused with an error or a counted drop.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Conferences open at a time.
    pub conferences: usize,
    /// Endpoints alive at a time, over all conferences.
    pub endpoints: usize,
    /// Media sections (m-lines) of one endpoint, both directions.
    pub media_per_endpoint: usize,
    /// SSRCs one endpoint may send from.
    pub ssrcs_per_endpoint: usize,
    /// Packets waiting to be sent to one endpoint; the oldest go first beyond.
    pub queue_per_endpoint: usize,
    /// Bytes of one SDP text.
    pub sdp_bytes: usize,
    /// Events waiting for [`Engine::poll_event`](crate::Engine::poll_event).
    pub events: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: [0; 32],
            unix_time: Duration::ZERO,
            dtls: DtlsConfig::default(),
            aead_backend: None,
            codecs: Codec::ALL.to_vec(),
            key_frame_request_interval: Duration::from_millis(200),
            transport_cc_interval: Duration::from_millis(50),
            connect_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(30),
            congestion: CongestionConfig::default(),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            conferences: 10_000,
            endpoints: 20_000,
            media_per_endpoint: 512,
            ssrcs_per_endpoint: 64,
            queue_per_endpoint: 4_096,
            sdp_bytes: 512 * 1024,
            events: 65_536,
        }
    }
}
