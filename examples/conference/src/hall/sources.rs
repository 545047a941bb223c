//! Who publishes what, and that everybody receives everything.

use lahn::params::MediaKind;
use lahn::{CloseReason, EndpointId, Event, SourceId};

use super::state::State;
use crate::message::{Label, Outgoing, ParticipantId, Source};

/// One published source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Published {
    pub(super) participant: ParticipantId,
    pub(super) kind: MediaKind,
    /// In which section of its publisher's session.
    pub(super) mid: String,
    pub(super) label: Label,
}

impl State {
    pub(super) fn notice(&mut self, event: Event) {
        match event {
            Event::SourceAdded { source, endpoint, kind } => self.publish(source, endpoint, kind),
            Event::SourceRemoved { source, .. } => {
                self.sources.remove(&source);
                self.views.forget(source);
            }
            Event::NegotiationNeeded { endpoint } => self.negotiate(endpoint),
            Event::LayerChanged { subscription, layer, reason } => {
                self.tell_layer(subscription, layer, reason);
            }
            Event::DemandChanged { source, layer } => self.tell_demand(source, layer),
            Event::EndpointClosed { endpoint, reason } => self.dismiss(endpoint, reason),
            Event::Overflow { .. } => self.catch_up(),
            _ => {}
        }
    }

    /// Events were lost: looks for what they would have told.
    fn catch_up(&mut self) {
        for conference in self.conferences.values().copied().collect::<Vec<_>>() {
            let published = self.engine(move |engine, _| {
                let sources = engine.sources(conference)?.into_iter();
                Ok(sources.map(|id| (id, engine.source_info(id))).collect::<Vec<_>>())
            });
            for (source, info) in published.unwrap_or_default() {
                if let (false, Ok(info)) = (self.sources.contains_key(&source), info) {
                    self.publish(source, info.endpoint, info.kind);
                }
            }
        }
        for endpoint in self.endpoints.keys().copied().collect::<Vec<_>>() {
            self.negotiate(endpoint);
        }
        self.demand_everything();
    }

    /// Subscribes `id` to all that is published by others, once.
    pub(super) fn start_receiving(&mut self, id: ParticipantId) {
        let Some(member) = self.members.get_mut(&id) else { return };
        if std::mem::replace(&mut member.receives, true) {
            return;
        }
        let (receiver, conference) = (member.endpoint, member.conference.clone());
        let others = self.others(&conference, Some(id));
        let theirs = self.sources.iter().filter(|(_, from)| others.contains(&from.participant));
        let mut sources: Vec<SourceId> = theirs.map(|(source, _)| *source).collect();
        sources.sort_unstable();
        for source in sources {
            self.subscribe(receiver, source);
        }
    }

    /// What each section of the endpoint's session brings.
    pub(super) fn sources_of(&self, endpoint: EndpointId) -> Vec<Source> {
        let subscriptions = self.engine(move |engine, _| {
            let ids = engine.subscriptions(endpoint)?;
            Ok(ids.into_iter().map(|id| engine.subscription_info(id)).collect::<Vec<_>>())
        });
        let known = subscriptions.unwrap_or_default().into_iter().flatten();
        known
            .filter_map(|subscription| {
                let published = self.sources.get(&subscription.source)?;
                Some(Source {
                    mid: subscription.mid?.as_str().to_owned(),
                    participant: published.participant,
                    kind: kind_name(published.kind),
                    label: published.label,
                })
            })
            .collect()
    }

    fn publish(&mut self, source: SourceId, endpoint: EndpointId, kind: MediaKind) {
        let Some(&participant) = self.endpoints.get(&endpoint) else { return };
        let Some(member) = self.members.get(&participant) else { return };
        let Ok(info) = self.engine(move |engine, _| engine.source_info(source)) else { return };
        let mid = info.mid.as_str().to_owned();
        let label = member.labels.get(&mid).copied().unwrap_or(match kind {
            MediaKind::Audio => Label::Microphone,
            MediaKind::Video => Label::Camera,
        });
        let conference = member.conference.clone();
        self.sources.insert(source, Published { participant, kind, mid, label });
        for other in self.others(&conference, Some(participant)) {
            let member = &self.members[&other];
            if member.receives {
                self.subscribe(member.endpoint, source);
            }
        }
    }

    fn subscribe(&self, receiver: EndpointId, source: SourceId) {
        // Either may have gone meanwhile; then there is nothing to receive.
        let _ = self.engine(move |engine, now| engine.subscribe(now, receiver, source));
    }

    /// The engine gave an endpoint up.
    fn dismiss(&mut self, endpoint: EndpointId, reason: CloseReason) {
        let Some(&id) = self.endpoints.get(&endpoint) else { return };
        let reason = match reason {
            CloseReason::PeerClosed => "the browser closed the connection",
            CloseReason::ConnectTimeout => "no media connection came about: is UDP blocked?",
            CloseReason::IdleTimeout => "the media connection was silent for too long",
            CloseReason::HandshakeFailed => "the media connection could not be secured",
            _ => "the media connection was closed",
        };
        self.tell(id, Outgoing::Left { reason });
        self.leave(id);
    }
}

fn kind_name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    }
}
