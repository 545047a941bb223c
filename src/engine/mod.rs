//! F6: what an application holds. Here `control` and `media` meet, and nowhere else.
//!
//! Read next: [`crate::media`].

mod config;
mod error;
mod event;
mod stats;

pub use config::{Config, Limits};
pub use error::Error;
pub use event::{CloseReason, Event};
pub use stats::{
    EncodingStats, EndpointStats, SourceInfo, SourceStats, SubscriptionInfo, SubscriptionStats,
};

use std::net::SocketAddr;
use std::time::Instant;

use crate::base::{
    ConferenceId, Drained, EgressSink, EndpointId, Path, SourceId, SubscriptionId,
};
use crate::media::DropCounters;
use crate::params::SessionParams;
use crate::srtp::TransportKeys;

/// A media engine: conferences, endpoints, sources, subscriptions. Sans-IO: no socket, no thread,
/// no clock. The crate's front page has the loop.
#[derive(Debug)]
pub struct Engine {}

/// B. What happened.
impl Engine {
    /// An engine; `now` is the moment `config.unix_time` belongs to.
    pub fn new(config: Config, now: Instant) -> Self { todo!() }

    /// A datagram arrived. It is decrypted in place: its bytes are unspecified afterwards.
    /// Whatever a peer gets wrong is counted, never returned.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) { todo!() }

    /// Time passed; call at or after [`poll_timeout`](Self::poll_timeout). Idempotent.
    pub fn handle_timeout(&mut self, now: Instant) { todo!() }
}

/// C. What the application wants.
impl Engine {
    /// Opens a conference.
    pub fn open_conference(&mut self) -> Result<ConferenceId, Error> { todo!() }
    /// Closes a conference and every endpoint in it.
    pub fn close_conference(&mut self, now: Instant, conference: ConferenceId) -> Result<(), Error> { todo!() }

    /// Adds an endpoint that will be negotiated by SDP. `local` are the addresses its peer may
    /// reach us at: they become host candidates (RFC 8445 §5.1.1.1), best first.
    pub fn add_endpoint(&mut self, now: Instant, conference: ConferenceId, local: &[SocketAddr]) -> Result<EndpointId, Error> { todo!() }
    /// Adds an endpoint whose ICE, DTLS and signalling the application did itself: it is connected
    /// at once. Tell what was negotiated with [`set_session`](Self::set_session).
    pub fn add_raw_endpoint(&mut self, now: Instant, conference: ConferenceId, path: Path, keys: TransportKeys) -> Result<EndpointId, Error> { todo!() }
    /// Tells what was negotiated with a raw endpoint. A `send` section serves the subscription
    /// that [`subscription_info`](Self::subscription_info) shows its `mid` for.
    pub fn set_session(&mut self, now: Instant, endpoint: EndpointId, session: &SessionParams) -> Result<(), Error> { todo!() }
    /// Closes an endpoint: its peer is told (DTLS close_notify) if it is connected.
    pub fn remove_endpoint(&mut self, now: Instant, endpoint: EndpointId) -> Result<(), Error> { todo!() }

    /// The peer's SDP offer (RFC 8829); returns our answer. An offer that crosses one of ours
    /// wins: ours is dropped and [`Event::NegotiationNeeded`] comes again.
    pub fn accept_offer(&mut self, now: Instant, endpoint: EndpointId, offer: &str) -> Result<String, Error> { todo!() }
    /// Our SDP offer, after [`Event::NegotiationNeeded`]; `None` if there is nothing to tell.
    pub fn create_offer(&mut self, now: Instant, endpoint: EndpointId) -> Result<Option<String>, Error> { todo!() }
    /// The peer's answer to the newest offer of ours.
    pub fn accept_answer(&mut self, now: Instant, endpoint: EndpointId, answer: &str) -> Result<(), Error> { todo!() }
    /// A candidate of the peer's, trickled (RFC 8838): the `candidate:…` attribute value. An empty
    /// one (end of candidates) is taken and ignored.
    pub fn add_remote_candidate(&mut self, now: Instant, endpoint: EndpointId, candidate: &str) -> Result<(), Error> { todo!() }
    /// Asks for an ICE restart (RFC 8445 §9): the next offer carries new credentials.
    pub fn restart_ice(&mut self, now: Instant, endpoint: EndpointId) -> Result<(), Error> { todo!() }

    /// Subscribes an endpoint to a source of its conference.
    pub fn subscribe(&mut self, now: Instant, receiver: EndpointId, source: SourceId) -> Result<SubscriptionId, Error> { todo!() }
    /// Ends a subscription.
    pub fn unsubscribe(&mut self, now: Instant, subscription: SubscriptionId) -> Result<(), Error> { todo!() }
    /// Pauses or resumes a subscription, without negotiation. Video resumes at a key frame.
    pub fn set_paused(&mut self, now: Instant, subscription: SubscriptionId, paused: bool) -> Result<(), Error> { todo!() }
    /// Chooses the encoding to forward, an index into the source's encodings; taken at its next
    /// key frame. The default is the last, which by custom is the best.
    pub fn set_encoding(&mut self, now: Instant, subscription: SubscriptionId, encoding: usize) -> Result<(), Error> { todo!() }
    /// Asks a source's publisher for a key frame of every encoding that is forwarded to anybody.
    pub fn request_key_frame(&mut self, now: Instant, source: SourceId) -> Result<(), Error> { todo!() }
}

/// D. What comes out; poll all three after any call of kind B or C.
impl Engine {
    /// Writes due datagrams into the driver's memory, endpoint by endpoint.
    pub fn poll_transmit<S: EgressSink>(&mut self, now: Instant, sink: &mut S) -> Drained { todo!() }
    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> { todo!() }
    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> { todo!() }
}

/// A. Getters.
impl Engine {
    /// The sources published in a conference, in order of appearance.
    pub fn sources(&self, conference: ConferenceId) -> Result<Vec<SourceId>, Error> { todo!() }
    /// What a source is.
    pub fn source_info(&self, source: SourceId) -> Result<SourceInfo, Error> { todo!() }
    /// The subscriptions of an endpoint, in order of appearance.
    pub fn subscriptions(&self, endpoint: EndpointId) -> Result<Vec<SubscriptionId>, Error> { todo!() }
    /// What a subscription is.
    pub fn subscription_info(&self, subscription: SubscriptionId) -> Result<SubscriptionInfo, Error> { todo!() }
    /// Statistics of an endpoint's transport.
    pub fn endpoint_stats(&self, now: Instant, endpoint: EndpointId) -> Result<EndpointStats, Error> { todo!() }
    /// Statistics of a source.
    pub fn source_stats(&self, now: Instant, source: SourceId) -> Result<SourceStats, Error> { todo!() }
    /// Statistics of a subscription.
    pub fn subscription_stats(&self, now: Instant, subscription: SubscriptionId) -> Result<SubscriptionStats, Error> { todo!() }
    /// Datagrams dropped that could not be laid at any endpoint's door, by reason.
    pub fn drops(&self) -> &DropCounters { todo!() }
}
