//! What each receiver of a source is to get, and what all of them want together: worked out anew
//! when constraints change, and when the publisher sends other layers than before.

use std::time::{Duration, Instant};

use super::align::Moment;
use super::select::{ALL, Target};
use super::source::{Notice, Source};
use super::start::frames;
use super::subscription::Flags;
use super::target::{self, Allowance, Offer};
use super::{Constraints, Encoding, Layer, LayerReason};
use crate::base::Key;
use crate::params::MediaKind;

/// What is allowed within this after a wish is the answer to it.
const ANSWERED: Duration = Duration::from_millis(1_000);

impl Source {
    /// Bounds what a subscription gets.
    pub(crate) fn set_constraints(&mut self, now: Moment, key: Key, constraints: Constraints) {
        let Some(place) = self.place(key) else { return };
        let cold = &mut self.cold[place];
        let was_paused = cold.constraints.paused;
        let is_other = cold.constraints != constraints;
        cold.constraints = constraints;
        let is_paused = cold.is_paused();
        let reason = match (was_paused, constraints.paused) {
            (false, true) => LayerReason::Paused,
            (true, false) => LayerReason::Resumed,
            _ => LayerReason::Constraint,
        };
        if cold.layer.is_some() && is_other {
            cold.wished = Some((now.at, reason));
        }
        let subscription = &mut self.subscriptions[place];
        subscription.flags.set(Flags::PAUSED, is_paused);
        if constraints.paused {
            subscription.stop(cold, &self.encodings, now);
            self.tell(place, None, reason);
        }
        let offers = self.offers(now.millis);
        self.aim(now.at, place, &offers, reason);
        self.tell_demand(&offers);
    }

    /// What its link allows a subscription is not known: nothing, for a moment.
    pub(crate) fn suspend(&mut self, key: Key) {
        if self.kind() == MediaKind::Audio {
            return;
        }
        let Some(place) = self.place(key) else { return };
        self.cold[place].allowance = Allowance::Undecided;
        self.subscriptions[place].flags.set(Flags::PAUSED, true);
    }

    /// Bounds what a subscription gets by what its link carries. `at_once`: what is above stops,
    /// whether what is below can begin or not. Returns whether anything stopped.
    pub(crate) fn set_allowance(
        &mut self,
        now: Moment,
        key: Key,
        allowance: Allowance,
        at_once: bool,
    ) -> bool {
        let Some(place) = self.place(key) else { return false };
        let flowed = self.subscriptions[place].current().is_some();
        let cold = &mut self.cold[place];
        let before = std::mem::replace(&mut cold.allowance, allowance);
        // Who waited for the answer gets what it wanted before; and what is allowed because it is
        // wanted is no doing of the link's.
        let wished = cold.wished.filter(|(at, _)| now.at < *at + ANSWERED);
        let reason = match (before, wished) {
            (Allowance::Undecided, _) => cold.pending,
            (_, Some((_, reason))) => reason,
            _ => LayerReason::Bandwidth,
        };
        let (is_paused, is_told) = (cold.is_paused(), cold.layer.is_none());
        let subscription = &mut self.subscriptions[place];
        subscription.flags.set(Flags::PAUSED, is_paused);
        if allowance == Allowance::Nothing && before != allowance && !cold.constraints.paused {
            subscription.stop(cold, &self.encodings, now);
            self.tell(place, None, LayerReason::Bandwidth);
            if is_told {
                // Also who never got anything should know why.
                self.cold[place].reason = LayerReason::Bandwidth;
                let (layer, reason) = (None, LayerReason::Bandwidth);
                self.notices.push(Notice::Layer { subscription: key, layer, reason });
            }
        }
        let offers = self.offers(now.millis);
        self.aim(now.at, place, &offers, reason);
        let subscription = &mut self.subscriptions[place];
        if at_once && subscription.waits_for(subscription.target.encoding) {
            subscription.stop(&mut self.cold[place], &self.encodings, now);
        }
        flowed && subscription.current().is_none()
    }

    /// Whether a subscription gets nothing because its link carries no more, and whether it gets
    /// less than the application allows.
    pub(crate) fn held_back(&self, now: Moment, key: Key) -> Option<(bool, bool)> {
        let place = self.place(key)?;
        let cold = &self.cold[place];
        if cold.constraints.paused || cold.allowance == Allowance::All {
            return Some((false, false));
        }
        let is_paused = cold.allowance == Allowance::Nothing;
        let offers = self.offers(now.millis);
        let is_any_sent = offers.iter().any(|offer| offer.is_sent);
        let usable = offers.iter().filter(|offer| offer.is_sent || !is_any_sent);
        let best = target::choose(&cold.constraints, usable).map(|(best, _)| best);
        let frames = best.and_then(|best| frames(&self.encodings, best.encoding));
        let target = self.subscriptions[place].target.layer(frames);
        Some((is_paused, is_paused || best.is_some_and(|best| best != target)))
    }

    /// The publisher sends other layers than before.
    pub(super) fn aim_all(&mut self, now: Moment, reason: LayerReason) {
        if let Some(ladder) = &mut self.ladder {
            ladder.forget();
        }
        self.is_relaid = true;
        let offers = self.offers(now.millis);
        for place in 0..self.subscriptions.len() {
            self.aim(now.at, place, &offers, reason);
        }
        self.tell_demand(&offers);
    }

    /// Frame rates are measured, and bounds on them are kept: now and then.
    pub(super) fn aim_at_frame_rates(&mut self, now: Moment) {
        if self.cold.iter().any(|cold| cold.constraints.max_frame_rate.is_some()) {
            self.aim_all(now, LayerReason::Constraint);
        }
    }

    /// Receivers came or went.
    pub(super) fn update_demand(&mut self, now: Moment) {
        let offers = self.offers(now.millis);
        self.tell_demand(&offers);
    }

    /// A packet came that begins a picture, or whatever shows that an encoding is sent.
    pub(super) fn on_presence(&mut self, now: Moment, encoding: u8) {
        let pictures = self.pictures();
        let Some(held) = self.encodings.get_mut(usize::from(encoding)) else { return };
        let revision = held.frames.as_ref().map_or(0, |frames| frames.revision());
        let mut reason = None;
        let is_new = std::mem::replace(&mut held.revision, revision) != revision;
        if held.on_presence(now.at, pictures) || is_new {
            reason = Some(LayerReason::Available);
        }
        let lowest = self.lowest();
        for (index, other) in (0..).zip(&mut self.encodings) {
            if index != encoding && other.check_presence(now.at, pictures, index == lowest) {
                reason = Some(LayerReason::Missing);
            }
        }
        if let Some(reason) = reason {
            self.aim_all(now, reason);
        }
        if is_new {
            self.tell_whole(encoding);
        }
    }

    /// Who gets all temporal layers, and now there are others: where nothing says so beforehand,
    /// they are known once they come.
    fn tell_whole(&mut self, encoding: u8) {
        for place in 0..self.subscriptions.len() {
            let held = &self.subscriptions[place];
            let is_whole = held.level.temporal >= ALL && held.target.temporal >= ALL;
            if held.current() == Some(encoding) && is_whole {
                let layer = held.level.layer(encoding, frames(&self.encodings, encoding));
                self.tell(place, Some(layer), LayerReason::Available);
            }
        }
    }

    /// The layer that a subscription gets, if it is not what the application was told.
    pub(super) fn tell(&mut self, place: usize, layer: Option<Layer>, reason: LayerReason) {
        let cold = &mut self.cold[place];
        if cold.layer == layer {
            return;
        }
        // A first layer is a first layer, whatever made it possible.
        let is_first = cold.layer.is_none() && reason == LayerReason::Available;
        cold.reason = if is_first { LayerReason::Started } else { reason };
        cold.layer = layer;
        self.notices.push(Notice::Layer { subscription: cold.key, layer, reason: cold.reason });
    }

    /// What a subscription is to get, in the application's terms.
    pub(crate) fn target_of(&self, key: Key) -> Option<Layer> {
        let target = self.subscriptions.get(self.place(key)?)?.target;
        Some(target.layer(frames(&self.encodings, target.encoding)))
    }

    /// Chooses anew for one subscription, and asks for the key frame that it takes.
    fn aim(&mut self, now: Instant, place: usize, offers: &[Offer], reason: LayerReason) {
        let is_video = self.kind() == MediaKind::Video;
        let (subscription, cold) = (&mut self.subscriptions[place], &mut self.cold[place]);
        let nothing_is_sent = !offers.iter().any(|offer| offer.is_sent);
        let usable = offers.iter().filter(|offer| offer.is_sent || nothing_is_sent);
        let (constraints, allowance) = (&cold.constraints, cold.allowance);
        let layer = target::choose_allowed(constraints, allowance, usable, offers);
        let Some(layer) = layer else { return };
        let aimed = without_needless_bounds(layer, offers);
        let before = std::mem::replace(&mut subscription.target, aimed);
        let starts = subscription.current() != Some(aimed.encoding);
        if before == aimed && !starts {
            return;
        }
        cold.pending = reason;
        if !aimed.is_whole() && !starts && !subscription.flags.has(Flags::FILTERING) {
            // What was left out before the encoding flowed whole has nothing to do with it now.
            subscription.filter.iter_mut().for_each(|filter| filter.retire());
            subscription.flags.set(Flags::FILTERING, is_video);
        }
        if (starts || before.spatial != aimed.spatial) && !subscription.flags.has(Flags::PAUSED) {
            self.want_key_frame(now, usize::from(aimed.encoding));
        }
    }

    /// What all receivers together want, sent or not, is told when it changes.
    fn tell_demand(&mut self, offers: &[Offer]) {
        if self.kind() == MediaKind::Audio {
            return;
        }
        let wanting = self.cold.iter().filter(|cold| !cold.constraints.paused);
        let wanted =
            wanting.filter_map(|cold| Some(target::choose(&cold.constraints, offers.iter())?.0));
        let rank = |layer: &Layer| {
            let is =
                |offer: &&Offer| (offer.encoding, offer.spatial) == (layer.encoding, layer.spatial);
            (offers.iter().find(is).map(|offer| offer.rank), layer.temporal)
        };
        let demand = wanted.max_by_key(rank);
        if self.demand != Some(demand) {
            self.demand = Some(demand);
            self.notices.push(Notice::Demand { layer: demand });
        }
    }

    /// All that there is to choose from, ranked.
    pub(super) fn offers(&self, now: u32) -> Vec<Offer> {
        let mut offers = Vec::with_capacity(self.encodings.len());
        for (index, encoding) in (0..).zip(&self.encodings) {
            let frames = encoding.frames.as_ref();
            for spatial in 0..frames.map_or(1, |frames| frames.spatial_layers()) {
                let mut rates = [0.0; 8];
                for (temporal, rate) in (0..).zip(&mut rates) {
                    *rate = frames.map_or(0.0, |frames| frames.rate(now, temporal));
                }
                offers.push(Offer {
                    encoding: index,
                    spatial,
                    rank: 0,
                    size: frames.and_then(|frames| frames.size(spatial)),
                    temporal_layers: frames.map_or(1, |frames| frames.temporal_layers()),
                    rates,
                    is_sent: encoding.is_present(),
                });
            }
        }
        target::rank(&mut offers);
        offers
    }

    /// The encoding with the smallest picture, as far as is known.
    fn lowest(&self) -> u8 {
        let area = |encoding: &Encoding| {
            let (width, height) = encoding.frames.as_ref()?.size(0)?;
            Some(u32::from(width) * u32::from(height))
        };
        let sized =
            (0..).zip(&self.encodings).filter_map(|(index, held)| Some((area(held)?, index)));
        sized.min().map_or(0, |(_, index)| index)
    }

    fn pictures(&self) -> u64 {
        let frames = self.encodings.iter().filter_map(|encoding| encoding.frames.as_ref());
        frames.map(|frames| frames.pictures()).sum()
    }
}

/// Bounds that bound nothing are none: then no packet needs to be looked at closely.
fn without_needless_bounds(layer: Layer, offers: &[Offer]) -> Target {
    let own = offers.iter().filter(|offer| offer.encoding == layer.encoding);
    let is_top = own.clone().all(|offer| offer.spatial <= layer.spatial);
    let is_all = own.clone().all(|offer| offer.temporal_layers <= layer.temporal + 1);
    Target {
        encoding: layer.encoding,
        spatial: if is_top { ALL } else { layer.spatial },
        temporal: if is_all { ALL } else { layer.temporal },
    }
}
