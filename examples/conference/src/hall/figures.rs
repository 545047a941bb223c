//! Once a second: what the engine counts, for the page; and which encoding of a simulcast source
//! is worth forwarding: the best that its publisher is really sending.

use std::collections::HashMap;
use std::time::Duration;

use lahn::{EndpointId, EndpointStats, Engine, SourceId, SourceStats};

use super::state::State;
use crate::message::{
    EncodingStats, Outgoing, ParticipantId, Stats, SubscriptionStats, TransportStats,
};

/// What each simulcast source sent until the last look.
#[derive(Debug, Default)]
pub(super) struct Activity {
    seen: HashMap<SourceId, Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    packets: Vec<u64>,
    chosen: Option<usize>,
}

/// What was asked of the engine in one command.
#[derive(Debug, Default)]
struct Answers {
    sources: HashMap<SourceId, SourceStats>,
    endpoints: HashMap<EndpointId, (EndpointStats, Vec<lahn::SubscriptionStats>)>,
}

impl State {
    pub(super) fn tell_figures(&mut self) {
        let sources: Vec<SourceId> = self.sources.keys().copied().collect();
        let endpoints: Vec<EndpointId> = self.endpoints.keys().copied().collect();
        let asked = self.engine(move |engine, now| Ok(ask(engine, now, &sources, &endpoints)));
        let Ok(answers) = asked else { return };
        self.choose_encodings(&answers);
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
            .filter_map(|stats| Some((stats.mid?.as_str().to_owned(), subscription(stats))))
            .collect();
        let own = self.sources.iter().filter(|(_, published)| published.participant == id);
        let published = own
            .filter_map(|(source, published)| {
                let encodings = &answers.sources.get(source)?.encodings;
                Some((published.mid.clone(), encodings.iter().map(encoding).collect()))
            })
            .collect();
        Some(Stats { transport: transport_figures(transport), received, published })
    }

    fn choose_encodings(&mut self, answers: &Answers) {
        for (source, stats) in &answers.sources {
            let packets = stats.encodings.iter().map(|encoding| encoding.packets_received);
            let Some(chosen) = self.activity.look(*source, packets.collect()) else { continue };
            let receivers = answers.endpoints.keys().copied().collect::<Vec<_>>();
            let source = *source;
            // A subscription that ends meanwhile needs no encoding.
            let _ = self.engine(move |engine, now| {
                for receiver in receivers {
                    for subscription in engine.subscriptions(receiver)? {
                        if engine.subscription_info(subscription)?.source == source {
                            engine.set_encoding(now, subscription, chosen)?;
                        }
                    }
                }
                Ok(())
            });
        }
    }
}

impl Activity {
    /// The encoding to subscribe to, where it is known already.
    pub(super) fn chosen(&self, source: SourceId) -> Option<usize> {
        self.seen.get(&source)?.chosen
    }

    pub(super) fn forget(&mut self, source: SourceId) {
        self.seen.remove(&source);
    }

    /// The best encoding that sent something since the last look, if that is a change.
    fn look(&mut self, source: SourceId, packets: Vec<u64>) -> Option<usize> {
        if packets.len() < 2 {
            return None;
        }
        let seen = self.seen.entry(source).or_default();
        let before = std::mem::replace(&mut seen.packets, packets);
        let sent =
            |place: &usize| seen.packets[*place] > before.get(*place).copied().unwrap_or_default();
        let best = (0..seen.packets.len()).rev().find(sent)?;
        (seen.chosen.replace(best) != Some(best)).then_some(best)
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
            ids.into_iter().filter_map(|id| engine.subscription_stats(now, id).ok());
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

fn subscription(stats: &lahn::SubscriptionStats) -> SubscriptionStats {
    SubscriptionStats {
        bitrate: stats.bitrate,
        fraction_lost: stats.fraction_lost,
        round_trip_time: stats.round_trip_time.as_ref().map(Duration::as_secs_f64),
        encoding: stats.encoding,
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_encoding_that_is_sent_is_chosen_and_told_once() {
        let (mut activity, source) = (Activity::default(), SourceId::from_u64(1 << 32 | 1));
        assert_eq!(activity.look(source, vec![10, 0, 0]), Some(0));
        assert_eq!(activity.look(source, vec![20, 5, 0]), Some(1));
        assert_eq!(activity.look(source, vec![30, 9, 0]), None);
        assert_eq!(activity.look(source, vec![30, 9, 0]), None, "a pause changes nothing");
        assert_eq!(activity.look(source, vec![40, 9, 7]), Some(2));
        assert_eq!(activity.look(source, vec![50, 9, 7]), Some(0));
        assert_eq!(activity.chosen(source), Some(0));
        activity.forget(source);
        assert_eq!(activity.chosen(source), None);
    }

    #[test]
    fn source_without_simulcast_needs_no_choice() {
        let (mut activity, source) = (Activity::default(), SourceId::from_u64(1 << 32 | 1));
        assert_eq!(activity.look(source, vec![10]), None);
        assert_eq!(activity.chosen(source), None);
    }
}
