//! C: who gets what. A subscription is a wish until a section to send it in is negotiated; then
//! the source serves it.

use std::time::Instant;

use super::{BitrateLimits, Engine, Error, Event, Wish};
use crate::base::{EndpointId, Key, SourceId, SubscriptionId};
use crate::forward::{Constraints, Subscription};
use crate::stream::send::Carried;

impl Engine {
    /// Subscribes an endpoint to a source of its conference. Packets flow once the section for it
    /// is negotiated ([`Event::NegotiationNeeded`]); video starts with a key frame, which is asked
    /// for.
    ///
    /// # Errors
    /// [`Error::StaleId`], [`Error::Argument`] for a source of another conference or its own,
    /// [`Error::State`] if it is subscribed already.
    pub fn subscribe(
        &mut self,
        now: Instant,
        receiver: EndpointId,
        source: SourceId,
    ) -> Result<SubscriptionId, Error> {
        let (receiver, source) = (receiver.key(), source.key());
        let endpoint = self.endpoints.get(receiver).ok_or(Error::StaleId("endpoint"))?;
        let held = self.sources.get(source).ok_or(Error::StaleId("source"))?;
        let publisher = held.endpoint_key();
        if publisher == receiver {
            return Err(Error::Argument("an endpoint cannot subscribe to itself"));
        }
        if self.endpoints.get(publisher).map(|held| held.conference) != Some(endpoint.conference) {
            return Err(Error::Argument("the source is in another conference"));
        }
        let is_known =
            |key: &Key| self.subscriptions.get(*key).map(|wish| wish.source) == Some(source);
        if endpoint.subscriptions.iter().any(is_known) {
            return Err(Error::State("the endpoint is subscribed to this source already"));
        }
        let kind = held.kind();
        let (stream_id, track_id) = (held.stream_id().to_owned(), held.track_id().to_owned());
        let key = self.subscriptions.insert(Wish {
            receiver,
            source,
            constraints: Constraints::default(),
            stream: None,
        });
        if let Some(source) = self.sources.get_mut(source) {
            source.follow(key);
        }
        if let Some(endpoint) = self.endpoints.get_mut(receiver) {
            endpoint.subscriptions.push(key);
            if let Some(control) = &mut endpoint.control {
                control.add_send(key.as_u64(), kind, &stream_id, &track_id);
            }
        }
        self.bind_subscriptions(now, receiver);
        self.announce(receiver);
        self.settle(now, receiver.slot());
        Ok(SubscriptionId::new(key))
    }

    /// Ends a subscription; its section goes silent with the next negotiation.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn unsubscribe(&mut self, now: Instant, subscription: SubscriptionId) -> Result<(), Error> {
        self.wish(subscription)?;
        self.end_subscription(now, subscription.key());
        Ok(())
    }

    /// Pauses or resumes a subscription, without negotiation. Video resumes at a key frame.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn set_paused(
        &mut self,
        now: Instant,
        subscription: SubscriptionId,
        paused: bool,
    ) -> Result<(), Error> {
        let constraints = self.constraints(subscription)?;
        self.set_constraints(now, subscription, Constraints { paused, ..constraints })
    }

    /// Bounds what a subscription gets, without negotiation: it gets the best layer that the
    /// publisher sends within. A lower temporal layer is taken up at once, another encoding or
    /// spatial layer at a key frame, which is asked for; until then the old one goes on.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn set_constraints(
        &mut self,
        now: Instant,
        subscription: SubscriptionId,
        constraints: Constraints,
    ) -> Result<(), Error> {
        let key = subscription.key();
        let wish = self.subscriptions.get_mut(key).ok_or(Error::StaleId("subscription"))?;
        let before = std::mem::replace(&mut wish.constraints, constraints);
        let (wish_source, receiver) = (wish.source.slot(), wish.receiver);
        let is_divided =
            self.endpoints.get(receiver).is_some_and(|endpoint| endpoint.allocation.is_some());
        if let Some(source) = self.sources.get_mut(wish.source) {
            if is_divided && constraints.paused && !before.paused {
                // Once it resumes, the link may carry something else.
                source.suspend(key);
            }
            source.set_constraints(self.settings.moment(now), key, constraints);
            let publisher = source.endpoint();
            self.tell_of(wish_source);
            self.wake_media(now, publisher);
            self.settle(now, publisher);
            self.reallocate(now, receiver.slot(), false);
            self.settle(now, receiver.slot());
        }
        Ok(())
    }

    /// Tells what the application knows of the rate towards an endpoint.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn set_bitrate_limits(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        limits: BitrateLimits,
    ) -> Result<(), Error> {
        let held = self.endpoints.get_mut(endpoint.key()).ok_or(Error::StaleId("endpoint"))?;
        let is_any = limits != BitrateLimits::default();
        held.bitrate_limits = is_any.then(|| Box::new(limits));
        held.limit_rate(now, self.settings.congestion);
        self.reallocate(now, endpoint.key().slot(), true);
        self.settle(now, endpoint.key().slot());
        Ok(())
    }

    /// What a subscription may get at most.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn constraints(&self, subscription: SubscriptionId) -> Result<Constraints, Error> {
        Ok(self.wish(subscription)?.constraints)
    }

    /// Asks a source's publisher for a key frame of every encoding that is forwarded to anybody.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn request_key_frame(&mut self, now: Instant, source: SourceId) -> Result<(), Error> {
        let source = self.sources.get_mut(source.key()).ok_or(Error::StaleId("source"))?;
        source.want_key_frame_for_all(now);
        let publisher = source.endpoint();
        self.wake_media(now, publisher);
        self.settle(now, publisher);
        Ok(())
    }

    /// Serves the subscriptions of an endpoint that have a section now, and no longer those whose
    /// section the peer has turned down.
    pub(super) fn bind_subscriptions(&mut self, now: Instant, receiver: Key) {
        let Some(endpoint) = self.endpoints.get(receiver) else { return };
        for key in endpoint.subscriptions.clone() {
            let Some(wish) = self.subscriptions.get(key) else { continue };
            match wish.stream {
                None => self.bind(now, receiver, key),
                Some(stream) => {
                    let is_live = self.endpoints.get(receiver).is_some_and(|endpoint| {
                        let held = endpoint.media.send_streams().get(stream as usize);
                        held.is_some_and(|stream| stream.active)
                    });
                    if !is_live {
                        self.unbind(now, key);
                    }
                }
            }
        }
        self.reallocate(now, receiver.slot(), true);
        self.settle(now, receiver.slot());
    }

    /// The end of a subscription, whoever wants it.
    pub(super) fn end_subscription(&mut self, now: Instant, key: Key) {
        self.unbind(now, key);
        let Some(wish) = self.subscriptions.remove(key) else { return };
        if let Some(source) = self.sources.get_mut(wish.source) {
            source.unfollow(key);
        }
        if let Some(endpoint) = self.endpoints.get_mut(wish.receiver) {
            endpoint.subscriptions.retain(|held| *held != key);
            if let Some(control) = &mut endpoint.control {
                control.remove_send(key.as_u64());
            }
        }
        self.announce(wish.receiver);
        self.reallocate(now, wish.receiver.slot(), false);
        self.settle(now, wish.receiver.slot());
    }

    /// The end of a source: of the subscriptions to it first.
    pub(super) fn end_source(&mut self, now: Instant, key: Key) {
        let Some(source) = self.sources.get(key) else { return };
        for subscription in source.followers().to_vec() {
            self.end_subscription(now, subscription);
        }
        if let Some(source) = self.sources.remove(key) {
            self.events.push(Event::SourceRemoved {
                source: source.id(),
                endpoint: EndpointId::new(source.endpoint_key()),
            });
        }
    }

    pub(super) fn wish(&self, subscription: SubscriptionId) -> Result<&Wish, Error> {
        self.subscriptions.get(subscription.key()).ok_or(Error::StaleId("subscription"))
    }

    fn bind(&mut self, now: Instant, receiver: Key, key: Key) {
        let Self { endpoints, sources, subscriptions, .. } = self;
        let Some(wish) = subscriptions.get_mut(key) else { return };
        let (Some(endpoint), Some(source)) =
            (endpoints.get_mut(receiver), sources.get_mut(wish.source))
        else {
            return;
        };
        // Before it has connected, what waits for it would only grow old.
        if !endpoint.connected {
            return;
        }
        let mid = match &endpoint.control {
            Some(control) => control.send_mid(key.as_u64()),
            None => endpoint.media.free_section(source.kind()),
        };
        let carries = Carried { source: wish.source.slot(), subscription: key };
        let bound = mid.and_then(|mid| endpoint.media.attach(mid, carries, source.codecs()));
        let Some((stream, tail)) = bound else { return };
        wish.stream = Some(stream);
        let slot = receiver.slot();
        let Ok(index) = u16::try_from(stream) else { return };
        source.subscribe(key, Subscription::new(slot, index, tail));
        if endpoint.bandwidth().is_some() {
            source.suspend(key);
        }
        source.set_constraints(self.settings.moment(now), key, wish.constraints);
        let source_slot = wish.source.slot();
        let publisher = source.endpoint();
        self.tell_of(source_slot);
        self.wake_media(now, publisher);
        self.settle(now, publisher);
    }

    fn unbind(&mut self, now: Instant, key: Key) {
        let moment = self.settings.moment(now);
        let Some(wish) = self.subscriptions.get_mut(key) else { return };
        let Some(stream) = wish.stream.take() else { return };
        let served = self.sources.get_mut(wish.source);
        let source_slot = wish.source.slot();
        let served = served.and_then(|source| source.unsubscribe(moment, key));
        if let Some(served) = served
            && let Some(endpoint) = self.endpoints.get_mut(wish.receiver)
        {
            endpoint.media.detach(stream, served.tail());
        }
        self.tell_of(source_slot);
    }
}
