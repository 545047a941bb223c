//! What the engine measures, as the page is told; and the names of layers and reasons.

use std::collections::HashMap;

use lahn::params::Rid;
use lahn::{Layer, LayerReason};
use serde::Serialize;

/// The engine's figures, once a second.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stats {
    pub(crate) transport: TransportStats,
    /// What is sent to this participant, by `mid`.
    pub(crate) received: HashMap<String, SubscriptionStats>,
    /// What this participant sends, by `mid`.
    pub(crate) published: HashMap<String, Vec<EncodingStats>>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransportStats {
    pub(crate) dtls_version: Option<&'static str>,
    pub(crate) srtp_profile: Option<String>,
    /// Seconds.
    pub(crate) round_trip_time: Option<f64>,
    /// bit/s.
    pub(crate) incoming_bitrate: u64,
    /// bit/s.
    pub(crate) outgoing_bitrate: u64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionStats {
    /// bit/s.
    pub(crate) bitrate: u64,
    /// 0-1.
    pub(crate) fraction_lost: f64,
    /// Seconds.
    pub(crate) round_trip_time: Option<f64>,
    /// What flows now.
    pub(crate) layer: Option<LayerName>,
    /// What should.
    pub(crate) target: LayerName,
    /// Why the layer changed last.
    pub(crate) reason: &'static str,
    pub(crate) retransmitted: u64,
    pub(crate) nacks: u64,
    pub(crate) plis: u64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EncodingStats {
    pub(crate) rid: Option<String>,
    pub(crate) codec: Option<&'static str>,
    /// bit/s.
    pub(crate) bitrate: u64,
    pub(crate) packets_received: u64,
    pub(crate) packets_lost: i64,
    /// Seconds.
    pub(crate) jitter: f64,
    /// Whether it comes at present.
    pub(crate) active: bool,
    /// Pixels.
    pub(crate) width: Option<u16>,
    /// Pixels.
    pub(crate) height: Option<u16>,
    pub(crate) frames_per_second: f64,
    pub(crate) spatial_layers: u8,
    pub(crate) temporal_layers: u8,
}

/// A layer by index, and by name where its encoding has one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LayerName {
    pub(crate) encoding: u8,
    pub(crate) rid: Option<String>,
    pub(crate) spatial: u8,
    pub(crate) temporal: u8,
}

impl LayerName {
    /// `layer` of a source that has these encodings.
    pub(crate) fn new(layer: Layer, encodings: &[Option<Rid>]) -> Self {
        let rid = encodings.get(usize::from(layer.encoding)).copied().flatten();
        Self {
            encoding: layer.encoding,
            rid: rid.map(|rid| rid.as_str().to_owned()),
            spatial: layer.spatial,
            temporal: layer.temporal,
        }
    }
}

/// The word for a reason; the page has a sentence for each.
pub(crate) const fn reason_name(reason: LayerReason) -> &'static str {
    match reason {
        LayerReason::Started => "started",
        LayerReason::Constraint => "constraint",
        LayerReason::Paused => "paused",
        LayerReason::Resumed => "resumed",
        LayerReason::Missing => "missing",
        LayerReason::Available => "available",
        LayerReason::Restarted => "restarted",
        LayerReason::Loss => "loss",
        LayerReason::Bandwidth => "bandwidth",
        _ => "other",
    }
}
