//! Once a second: what the engine counts, for the page; and how large the layers are now, for
//! `views`.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use lahn::params::Rid;
use lahn::{EndpointId, EndpointStats, Engine, SourceId, SourceStats, SubscriptionId};

use super::state::State;
use crate::message::{
    EncodingStats, LayerName, LinkStats, Outgoing, ParticipantId, Stats, SubscriptionStats,
    TransportStats, reason_name,
};

/// What was asked of the engine in one command.
#[derive(Debug, Default)]
struct Answers {
    sources: HashMap<SourceId, SourceStats>,
    endpoints: HashMap<EndpointId, (EndpointStats, Vec<(SubscriptionId, lahn::SubscriptionStats)>)>,
}

impl State {
    pub(super) fn tell_figures(&mut self) {
        let sources: Vec<SourceId> = self.sources.keys().copied().collect();
        let endpoints: Vec<EndpointId> = self.endpoints.keys().copied().collect();
        let asked = self.engine(move |engine, now| Ok(ask(engine, now, &sources, &endpoints)));
        let Ok(answers) = asked else { return };
        let live = answers.endpoints.values().flat_map(|(_, subscriptions)| subscriptions);
        self.views.keep(live.map(|(id, _)| *id));
        for (source, stats) in &answers.sources {
            self.views.learn(*source, stats);
        }
        self.limit();
        self.members.values_mut().for_each(|member| member.views = 0);
        for id in self.members.keys().copied().collect::<Vec<_>>() {
            if let Some(stats) = self.figures(id, &answers) {
                self.tell(id, Outgoing::Stats(stats));
            }
        }
    }

    fn figures(&self, id: ParticipantId, answers: &Answers) -> Option<Stats> {
        let (transport, subscriptions) = answers.endpoints.get(&self.members[&id].endpoint)?;
        let received = subscriptions
            .iter()
            .filter_map(|(_, stats)| {
                let rids = answers.sources.get(&stats.source).map(rids).unwrap_or_default();
                Some((stats.mid?.as_str().to_owned(), subscription(stats, &rids)))
            })
            .collect();
        let own = self.sources.iter().filter(|(_, published)| published.participant == id);
        let published = own
            .filter_map(|(source, published)| {
                let encodings = &answers.sources.get(source)?.encodings;
                Some((published.mid.clone(), encodings.iter().map(encoding).collect()))
            })
            .collect();
        let (transport, links) = (transport_figures(transport), self.links(id, answers));
        Some(Stats { transport, links, received, published })
    }

    /// Of everybody whom `id` shares a conference with.
    fn links(
        &self,
        id: ParticipantId,
        answers: &Answers,
    ) -> BTreeMap<ParticipantId, Option<LinkStats>> {
        let conference = &self.members[&id].conference;
        let viewers = self.members.iter().filter(|(_, member)| member.conference == *conference);
        viewers
            .filter_map(|(viewer, member)| {
                let (stats, _) = answers.endpoints.get(&member.endpoint)?;
                Some((*viewer, stats.congestion.as_ref().map(LinkStats::from)))
            })
            .collect()
    }
}

fn ask(
    engine: &Engine,
    now: std::time::Instant,
    sources: &[SourceId],
    endpoints: &[EndpointId],
) -> Answers {
    let mut answers = Answers::default();
    for &source in sources {
        if let Ok(stats) = engine.source_stats(now, source) {
            answers.sources.insert(source, stats);
        }
    }
    for &endpoint in endpoints {
        let Ok(stats) = engine.endpoint_stats(now, endpoint) else { continue };
        let ids = engine.subscriptions(endpoint).unwrap_or_default();
        let subscriptions =
            ids.into_iter().filter_map(|id| Some((id, engine.subscription_stats(now, id).ok()?)));
        answers.endpoints.insert(endpoint, (stats, subscriptions.collect()));
    }
    answers
}

fn transport_figures(stats: &EndpointStats) -> TransportStats {
    TransportStats {
        dtls_version: stats.dtls_version,
        srtp_profile: stats.srtp_profile.map(|profile| profile.name().to_owned()),
        round_trip_time: stats.current_round_trip_time.as_ref().map(Duration::as_secs_f64),
        incoming_bitrate: stats.incoming_bitrate,
        outgoing_bitrate: stats.outgoing_bitrate,
    }
}

fn rids(stats: &SourceStats) -> Vec<Option<Rid>> {
    stats.encodings.iter().map(|encoding| encoding.rid).collect()
}

fn subscription(stats: &lahn::SubscriptionStats, rids: &[Option<Rid>]) -> SubscriptionStats {
    SubscriptionStats {
        bitrate: stats.bitrate,
        fraction_lost: stats.fraction_lost,
        round_trip_time: stats.round_trip_time.as_ref().map(Duration::as_secs_f64),
        layer: stats.layer.map(|layer| LayerName::new(layer, rids)),
        target: LayerName::new(stats.target, rids),
        paused: stats.paused,
        paused_by_bandwidth: stats.paused_by_bandwidth,
        limited_by_bandwidth: stats.limited_by_bandwidth,
        reason: reason_name(stats.reason),
        retransmitted: stats.retransmitted_packets_sent,
        nacks: stats.nack_count,
        plis: stats.pli_count,
    }
}

fn encoding(stats: &lahn::EncodingStats) -> EncodingStats {
    EncodingStats {
        rid: stats.rid.map(|rid| rid.as_str().to_owned()),
        codec: stats.codec.map(lahn::params::Codec::mime_type),
        bitrate: stats.bitrate,
        packets_received: stats.packets_received,
        packets_lost: stats.packets_lost,
        jitter: stats.jitter,
        active: stats.active,
        width: stats.frame_width,
        height: stats.frame_height,
        frames_per_second: stats.frames_per_second,
        spatial_layers: stats.spatial_layers,
        temporal_layers: stats.temporal_layers,
    }
}
