//! Statistics in the terms of W3C webrtc-stats: the same names, in snake case, the same units.

use std::net::SocketAddr;
use std::time::Duration;

use crate::base::{EndpointId, SourceId};
use crate::cc::CongestionStats;
use crate::forward::{Layer, LayerReason};
use crate::media::DropCounters;
use crate::params::{Codec, MediaKind, Mid, Rid};
use crate::srtp::{AeadBackend, Profile};

/// One endpoint's transport (`RTCTransportStats`, `RTCIceCandidatePairStats`).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct EndpointStats {
    /// Whether ICE and DTLS are done.
    pub connected: bool,
    /// Where media goes, once ICE has chosen.
    pub remote: Option<SocketAddr>,
    /// The DTLS version agreed on.
    pub dtls_version: Option<&'static str>,
    /// The SRTP profile agreed on.
    pub srtp_profile: Option<Profile>,
    /// What does AES-GCM for what is sent; `None` with AES-CM, and before there are keys.
    pub aead_backend: Option<AeadBackend>,
    /// Datagrams received from its address, of every kind.
    pub packets_received: u64,
    /// Their bytes, without IP and UDP headers.
    pub bytes_received: u64,
    /// Datagrams sent.
    pub packets_sent: u64,
    /// Their bytes, without IP and UDP headers.
    pub bytes_sent: u64,
    /// Newest round-trip time from RTCP (RFC 3550 §6.4.1), over all streams sent to it.
    pub current_round_trip_time: Option<Duration>,
    /// Smoothed rate of what it sends, bit/s.
    pub incoming_bitrate: u64,
    /// Smoothed rate of what is sent to it, bit/s.
    pub outgoing_bitrate: u64,
    /// Packets waiting to be sent to it now.
    pub queued_packets: usize,
    /// Congestion control towards it; `None` where it is off, or nothing tells how packets arrive.
    pub congestion: Option<CongestionStats>,
    /// Datagrams and packets dropped, by reason.
    pub drops: DropCounters,
}

/// One source (`RTCInboundRtpStreamStats`, one entry per encoding).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SourceStats {
    /// Who publishes it.
    pub endpoint: EndpointId,
    /// Audio or video.
    pub kind: MediaKind,
    /// How many subscriptions there are, paused ones included.
    pub subscriptions: usize,
    /// Low to high as signalled.
    pub encodings: Vec<EncodingStats>,
}

/// One encoding of a source (`RTCInboundRtpStreamStats`).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct EncodingStats {
    /// Its restriction id, if it is one of several.
    pub rid: Option<Rid>,
    /// Its SSRC, once known.
    pub ssrc: Option<u32>,
    /// Its codec, once a packet came.
    pub codec: Option<Codec>,
    /// Packets received, retransmitted ones included.
    pub packets_received: u64,
    /// Payload bytes received.
    pub bytes_received: u64,
    /// Expected less received (RFC 3550 §6.4.1); negative with duplicates.
    pub packets_lost: i64,
    /// Packets that came by retransmission.
    pub retransmitted_packets_received: u64,
    /// Interarrival jitter in seconds (RFC 3550 §6.4.1).
    pub jitter: f64,
    /// NACK packets sent to the publisher.
    pub nack_count: u64,
    /// PLI packets sent to the publisher.
    pub pli_count: u64,
    /// FIR packets sent to the publisher.
    pub fir_count: u64,
    /// Key frames received.
    pub key_frames_received: u64,
    /// Smoothed rate, bit/s.
    pub bitrate: u64,
    /// Whether the publisher sends it now.
    pub active: bool,
    /// Pixels, of its highest spatial layer, where they can be known.
    pub frame_width: Option<u16>,
    /// Pixels, of its highest spatial layer, where they can be known.
    pub frame_height: Option<u16>,
    /// Frames per second over the last second, of all temporal layers.
    pub frames_per_second: f64,
    /// How many spatial layers it has; 1 where nothing is known.
    pub spatial_layers: u8,
    /// How many temporal layers it has; 1 where nothing is known.
    pub temporal_layers: u8,
    /// Frames that began to come.
    pub frames_received: u64,
}

/// One subscription (`RTCOutboundRtpStreamStats` and `RTCRemoteInboundRtpStreamStats`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SubscriptionStats {
    /// Who receives.
    pub endpoint: EndpointId,
    /// What.
    pub source: SourceId,
    /// In which media section, once negotiated.
    pub mid: Option<Mid>,
    /// Under which SSRC, once negotiated.
    pub ssrc: Option<u32>,
    /// Whether the application paused it.
    pub paused: bool,
    /// What flows now; `None` while waiting for a key frame or paused.
    pub layer: Option<Layer>,
    /// What is wanted: the best the publisher sends within the constraints that the receiver's link
    /// carries.
    pub target: Layer,
    /// Nothing flows because the receiver's link carries no more.
    pub paused_by_bandwidth: bool,
    /// Less is wanted than the constraints allow because the receiver's link carries no more, or
    /// nothing (`RTCOutboundRtpStreamStats.qualityLimitationReason` is "bandwidth").
    pub limited_by_bandwidth: bool,
    /// Why the newest change of layer.
    pub reason: LayerReason,
    /// Packets sent, retransmissions included.
    pub packets_sent: u64,
    /// Payload bytes sent, retransmissions included.
    pub bytes_sent: u64,
    /// Retransmissions sent.
    pub retransmitted_packets_sent: u64,
    /// NACK packets received.
    pub nack_count: u64,
    /// PLI packets received.
    pub pli_count: u64,
    /// FIR packets received.
    pub fir_count: u64,
    /// Fraction lost, 0-1, from the newest receiver report.
    pub fraction_lost: f64,
    /// Cumulative loss from the newest receiver report.
    pub packets_lost: i64,
    /// The receiver's jitter in seconds.
    pub jitter: f64,
    /// Newest round-trip time.
    pub round_trip_time: Option<Duration>,
    /// Smoothed rate, bit/s.
    pub bitrate: u64,
}

/// What a source is (for signalling).
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SourceInfo {
    /// Who publishes it.
    pub endpoint: EndpointId,
    /// Audio or video.
    pub kind: MediaKind,
    /// The media section it is published in, on the publisher's transport.
    pub mid: Mid,
    /// `msid` identification (RFC 8830): sources with the same one belong together.
    pub stream_id: String,
    /// `msid` appdata.
    pub track_id: String,
    /// Restriction ids of its encodings; one `None` without simulcast.
    pub encodings: Vec<Option<Rid>>,
}

/// What a subscription is (for signalling).
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SubscriptionInfo {
    /// Who receives.
    pub endpoint: EndpointId,
    /// What.
    pub source: SourceId,
    /// The media section on the receiver's transport: known from
    /// [`Engine::create_offer`](crate::Engine::create_offer) on.
    pub mid: Option<Mid>,
    /// Whether the receiver has agreed, so that packets flow.
    pub negotiated: bool,
    /// Whether the application paused it.
    pub paused: bool,
}
