//! C: offers and answers, candidates and ICE restarts, or what the application negotiated itself.

use std::time::Instant;

use super::{Engine, Error, Event};
use crate::base::{EndpointId, Key, SourceId};
use crate::control::Control;
use crate::params::SessionParams;

impl Engine {
    /// The peer's SDP offer (RFC 8829); returns our answer. An offer that crosses one of ours
    /// wins: ours is dropped and [`Event::NegotiationNeeded`] comes again.
    ///
    /// # Errors
    /// [`Error::StaleId`], [`Error::State`] for a raw endpoint, [`Error::Sdp`] with the reason;
    /// what was negotiated before stays as it was.
    pub fn accept_offer(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        offer: &str,
    ) -> Result<String, Error> {
        let answer = self.control(endpoint)?.accept_offer(now, offer)?;
        self.negotiated(now, endpoint.key());
        Ok(answer)
    }

    /// Our SDP offer, after [`Event::NegotiationNeeded`]; `None` if there is nothing to tell.
    ///
    /// # Errors
    /// [`Error::StaleId`], [`Error::State`] for a raw endpoint, [`Error::Sdp`] if the limit of
    /// sections is reached.
    pub fn create_offer(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
    ) -> Result<Option<String>, Error> {
        let offer = self.control(endpoint)?.create_offer(now)?;
        if let Some(endpoint) = self.endpoints.get_mut(endpoint.key()) {
            endpoint.announced = false;
        }
        self.pump_control(now, endpoint.key());
        self.settle(now, endpoint.key().slot());
        Ok(offer)
    }

    /// The peer's answer to the newest offer of ours.
    ///
    /// # Errors
    /// [`Error::StaleId`], [`Error::State`] for a raw endpoint, [`Error::Sdp`] if no offer is
    /// outstanding or the answer does not fit it.
    pub fn accept_answer(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        answer: &str,
    ) -> Result<(), Error> {
        self.control(endpoint)?.accept_answer(now, answer)?;
        self.negotiated(now, endpoint.key());
        Ok(())
    }

    /// A candidate of the peer's, trickled (RFC 8838): the `candidate:…` attribute value. An empty
    /// one (end of candidates) is taken and ignored.
    ///
    /// # Errors
    /// [`Error::StaleId`], [`Error::State`] for a raw endpoint, [`Error::Sdp`] if it does not
    /// parse.
    pub fn add_remote_candidate(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        candidate: &str,
    ) -> Result<(), Error> {
        self.control(endpoint)?.add_remote_candidate(candidate)?;
        self.pump_control(now, endpoint.key());
        self.settle(now, endpoint.key().slot());
        Ok(())
    }

    /// Asks for an ICE restart (RFC 8445 §9): [`Event::NegotiationNeeded`] follows, and the next
    /// offer carries new credentials.
    ///
    /// # Errors
    /// [`Error::StaleId`], [`Error::State`] for a raw endpoint.
    pub fn restart_ice(&mut self, now: Instant, endpoint: EndpointId) -> Result<(), Error> {
        self.control(endpoint)?.restart_ice();
        self.announce(endpoint.key());
        self.settle(now, endpoint.key().slot());
        Ok(())
    }

    /// Tells what was negotiated with a raw endpoint. A section to send in serves the first
    /// subscription of its kind that none serves yet; [`subscription_info`] shows which.
    ///
    /// [`subscription_info`]: Self::subscription_info
    ///
    /// # Errors
    /// [`Error::StaleId`], [`Error::State`] for an endpoint that is negotiated by SDP,
    /// [`Error::Limit`] for too many sections, [`Error::Argument`] for an SSRC to send from that
    /// moves between sections, or is used again after it was given up.
    pub fn set_session(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        session: &SessionParams,
    ) -> Result<(), Error> {
        let held = self.endpoints.get(endpoint.key()).ok_or(Error::StaleId("endpoint"))?;
        if held.control.is_some() {
            return Err(Error::State("the endpoint is negotiated by SDP"));
        }
        if session.media.len() > self.config.limits.media_per_endpoint {
            return Err(Error::Limit("media sections"));
        }
        if let Some(objection) = held.media.objection(session) {
            return Err(Error::Argument(objection));
        }
        self.apply_session(now, endpoint.key(), session);
        self.settle(now, endpoint.key().slot());
        Ok(())
    }

    /// Says that an offer is needed, once.
    pub(super) fn announce(&mut self, key: Key) {
        let Some(endpoint) = self.endpoints.get_mut(key) else { return };
        let needed = endpoint.control.as_deref().is_some_and(Control::needs_negotiation);
        if needed && !endpoint.announced {
            endpoint.announced = true;
            self.events.push(Event::NegotiationNeeded { endpoint: endpoint.id });
        }
    }

    fn control(&mut self, endpoint: EndpointId) -> Result<&mut Control, Error> {
        let endpoint = self.endpoints.get_mut(endpoint.key()).ok_or(Error::StaleId("endpoint"))?;
        endpoint.control.as_deref_mut().ok_or(Error::State("the endpoint is raw: it has no SDP"))
    }

    /// An offer and an answer have met.
    fn negotiated(&mut self, now: Instant, key: Key) {
        let Some(endpoint) = self.endpoints.get_mut(key) else { return };
        endpoint.announced = false;
        if let Some(session) = endpoint.control.as_deref().map(Control::session) {
            self.apply_session(now, key, &session);
        }
        self.pump_control(now, key);
        self.announce(key);
        self.settle(now, key.slot());
    }

    fn apply_session(&mut self, now: Instant, key: Key, session: &SessionParams) {
        let Some(endpoint) = self.endpoints.get_mut(key) else { return };
        let changes = endpoint.media.renegotiate(now, session, &mut self.sources);
        for source in changes.removed {
            self.end_source(now, source);
        }
        for source in changes.added {
            if let Some(held) = self.sources.get(source) {
                self.events.push(Event::SourceAdded {
                    source: SourceId::new(source),
                    endpoint: EndpointId::new(key),
                    kind: held.kind(),
                });
            }
        }
        self.refresh_formats(key);
        self.bind_subscriptions(now, key);
    }

    /// The codecs of an endpoint may have other numbers now, those it sends and those it receives.
    fn refresh_formats(&mut self, key: Key) {
        let Self { endpoints, sources, subscriptions, .. } = self;
        let Some(endpoint) = endpoints.get_mut(key) else { return };
        for wish in endpoint.subscriptions.iter().filter_map(|held| subscriptions.get(*held)) {
            if let (Some(stream), Some(source)) = (wish.stream, sources.get(wish.source)) {
                endpoint.media.update_formats(stream, source.codecs());
            }
        }
        for slot in endpoint.media.sources().to_vec() {
            let Some(source) = sources.at(slot) else { continue };
            for (receiver, stream) in source.receivers() {
                if let Some(receiver) = endpoints.at_mut(receiver) {
                    receiver.media.update_formats(stream, source.codecs());
                }
            }
        }
    }
}
