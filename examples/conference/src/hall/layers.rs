//! What the engine made of the constraints, told on: to a viewer which layer flows and why, to a
//! publisher which layers nobody wants.

use lahn::params::MediaKind;
use lahn::{Layer, LayerReason, SourceId, SubscriptionId};

use super::state::State;
use crate::message::{LayerName, Outgoing, reason_name};

impl State {
    pub(super) fn tell_layer(
        &mut self,
        subscription: SubscriptionId,
        layer: Option<Layer>,
        reason: LayerReason,
    ) {
        // It may have ended meanwhile.
        let known = self.engine(move |engine, _| {
            let info = engine.subscription_info(subscription)?;
            Ok((info.endpoint, info.mid, engine.source_info(info.source)?))
        });
        let Ok((endpoint, Some(mid), source)) = known else { return };
        let Some(&id) = self.endpoints.get(&endpoint) else { return };
        if source.kind == MediaKind::Video {
            let layer = layer.map(|layer| LayerName::new(layer, &source.encodings));
            let (mid, reason) = (mid.as_str().to_owned(), reason_name(reason));
            self.tell(id, Outgoing::Layer { mid, layer, reason });
        }
    }

    /// A microphone that nobody hears goes on: what is said first would be lost otherwise.
    pub(super) fn tell_demand(&mut self, source: SourceId, layer: Option<Layer>) {
        let Some(published) = self.sources.get(&source) else { return };
        if published.kind != MediaKind::Video {
            return;
        }
        let (id, mid) = (published.participant, published.mid.clone());
        let Ok(info) = self.engine(move |engine, _| engine.source_info(source)) else { return };
        let count = layer.map_or(0, |layer| usize::from(layer.encoding) + 1);
        let wanted = info.encodings.iter().take(count).flatten();
        let rids = wanted.map(|rid| rid.as_str().to_owned()).collect();
        let layer = layer.map(|layer| LayerName::new(layer, &info.encodings));
        self.tell(id, Outgoing::Demand { mid, layer, rids });
    }

    /// Demands may have been lost: until they are told again, everything is wanted.
    pub(super) fn demand_everything(&mut self) {
        for source in self.sources.keys().copied().collect::<Vec<_>>() {
            let info = self.engine(move |engine, _| engine.source_info(source));
            let last = info.map_or(0, |info| info.encodings.len().saturating_sub(1));
            let encoding = u8::try_from(last).unwrap_or(u8::MAX);
            self.tell_demand(source, Some(Layer { encoding, ..Layer::default() }));
        }
    }
}
