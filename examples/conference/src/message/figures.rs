//! What the engine measures, as the page is told; and the names of layers and reasons.

use std::collections::{BTreeMap, HashMap};

use lahn::params::Rid;
use lahn::{Layer, LayerReason};
use serde::Serialize;

use super::ParticipantId;
use super::link::LinkStats;

/// The engine's figures, once a second.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stats {
    pub(crate) transport: TransportStats,
    /// The links to everybody in the conference, this participant included; `None` where nothing
    /// is sent, or nobody tells how it arrives.
    pub(crate) links: BTreeMap<ParticipantId, Option<LinkStats>>,
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
    /// The viewer does not want it at present.
    pub(crate) paused: bool,
    /// Nothing flows because the link carries no more.
    pub(crate) paused_by_bandwidth: bool,
    /// `target` is less than the viewer wants because the link carries no more.
    pub(crate) limited_by_bandwidth: bool,
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

#[cfg(test)]
mod tests {
    use lahn::CongestionStats;

    use super::*;
    use crate::message::{Outgoing, named_in};

    #[test]
    fn figures_are_written_as_documented() {
        let link = LinkStats::from(&CongestionStats::default());
        let layer = LayerName { encoding: 2, rid: None, spatial: 0, temporal: 1 };
        let received = SubscriptionStats {
            bitrate: 0,
            fraction_lost: 0.0,
            round_trip_time: None,
            layer: None,
            target: layer,
            paused: false,
            paused_by_bandwidth: true,
            limited_by_bandwidth: true,
            reason: reason_name(LayerReason::Bandwidth),
            retransmitted: 0,
            nacks: 0,
            plis: 0,
        };
        let transport = TransportStats {
            dtls_version: None,
            srtp_profile: None,
            round_trip_time: None,
            incoming_bitrate: 0,
            outgoing_bitrate: 0,
        };
        let told = Outgoing::Stats(Stats {
            transport,
            links: BTreeMap::from([(ParticipantId(1), Some(link)), (ParticipantId(20), None)]),
            received: HashMap::from([("3".to_owned(), received)]),
            published: HashMap::new(),
        });
        let told = serde_json::to_value(&told).unwrap();
        assert_eq!(told["type"], "stats");
        assert_eq!(told["links"]["1"]["state"], "hold");
        assert_eq!(told["links"]["1"]["reason"], "start");
        assert_eq!(told["links"].as_object().unwrap().len(), 2);
        assert!(told["links"]["20"].is_null());
        let received = &told["received"]["3"];
        assert!(received["layer"].is_null());
        assert_eq!(received["target"]["temporal"], 1);
        assert_eq!(received["reason"], "bandwidth");
        assert_eq!(received["paused"], false);
        assert_eq!(received["pausedByBandwidth"], true);
        assert_eq!(received["limitedByBandwidth"], true);
    }

    #[test]
    fn page_has_words_for_every_reason_of_a_layer() {
        let reasons = [
            LayerReason::Started,
            LayerReason::Constraint,
            LayerReason::Paused,
            LayerReason::Resumed,
            LayerReason::Missing,
            LayerReason::Available,
            LayerReason::Restarted,
            LayerReason::Loss,
            LayerReason::Bandwidth,
        ]
        .map(reason_name);
        let page = include_str!("../../page/layers.js");
        assert_eq!(named_in(page, "REASONS"), reasons.into_iter().collect());
    }
}
