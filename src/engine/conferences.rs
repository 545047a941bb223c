//! C: conferences and endpoints come and go.

use std::net::SocketAddr;
use std::time::Instant;

use super::endpoint::Endpoint;
use super::{CloseReason, Conference, Engine, Error, Event};
use crate::base::{ConferenceId, EndpointId, Key, Path, Rng};
use crate::control::{Control, ControlOutput};
use crate::media::Media;
use crate::srtp::TransportKeys;

/// Datagrams of endpoints that are gone; a thousand leaving at once say two each.
const MOST_FAREWELLS: usize = 4_096;
/// A goodbye for 31 SSRCs, sealed, is below.
const FAREWELL_BYTES: usize = 256;

impl Engine {
    /// Opens a conference.
    ///
    /// # Errors
    /// [`Error::Limit`].
    pub fn open_conference(&mut self) -> Result<ConferenceId, Error> {
        if self.conferences.len() >= self.config.limits.conferences {
            return Err(Error::Limit("conferences"));
        }
        Ok(ConferenceId::new(self.conferences.insert(Conference::default())))
    }

    /// Closes a conference and every endpoint in it.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn close_conference(
        &mut self,
        now: Instant,
        conference: ConferenceId,
    ) -> Result<(), Error> {
        let held = self.conferences.get(conference.key()).ok_or(Error::StaleId("conference"))?;
        let endpoints = held.endpoints.clone();
        endpoints.iter().for_each(|endpoint| self.hush(*endpoint));
        for endpoint in endpoints {
            self.close_endpoint(now, endpoint, CloseReason::Removed);
        }
        self.conferences.remove(conference.key());
        Ok(())
    }

    /// Closes every conference: every endpoint is told. What an orderly end begins with.
    pub fn close_all(&mut self, now: Instant) {
        let open: Vec<Key> = self.conferences.keys().collect();
        for conference in open {
            self.close_conference(now, ConferenceId::new(conference)).expect("it is open");
        }
    }

    /// Adds an endpoint that will be negotiated by SDP. `local` are the addresses its peer may
    /// reach us at: they become host candidates (RFC 8445 §5.1.1.1), best first.
    ///
    /// # Errors
    /// [`Error::StaleId`], [`Error::Limit`], and [`Error::Sdp`] for an address that cannot be a
    /// candidate.
    pub fn add_endpoint(
        &mut self,
        now: Instant,
        conference: ConferenceId,
        local: &[SocketAddr],
    ) -> Result<EndpointId, Error> {
        let control = Control::new(now, &self.identity, local)?;
        let key = self.insert_endpoint(now, conference, Some(Box::new(control)))?;
        self.pump_control(now, key);
        self.settle(now, key.slot());
        Ok(EndpointId::new(key))
    }

    /// Adds an endpoint whose ICE, DTLS and signalling the application did itself: it is connected
    /// at once. Tell what was negotiated with [`set_session`](Self::set_session).
    ///
    /// # Errors
    /// [`Error::StaleId`], [`Error::Limit`].
    pub fn add_raw_endpoint(
        &mut self,
        now: Instant,
        conference: ConferenceId,
        path: Path,
        keys: TransportKeys,
    ) -> Result<EndpointId, Error> {
        let key = self.insert_endpoint(now, conference, None)?;
        let endpoint = self.endpoints.get_mut(key).expect("it was just inserted");
        endpoint.connected = true;
        endpoint.media.set_path(path);
        endpoint.media.set_keys(now, &keys);
        self.addresses.vouch(key, &mut endpoint.names, path.remote);
        self.settle(now, key.slot());
        Ok(EndpointId::new(key))
    }

    /// Closes an endpoint: its peer is told (RTCP BYE, DTLS close_notify) if it is connected.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn remove_endpoint(&mut self, now: Instant, endpoint: EndpointId) -> Result<(), Error> {
        self.endpoints.get(endpoint.key()).ok_or(Error::StaleId("endpoint"))?;
        self.close_endpoint(now, endpoint.key(), CloseReason::Removed);
        Ok(())
    }

    /// The end of an endpoint, whoever wants it: its subscriptions, its sources, its last words,
    /// in this order; nothing of it stays.
    pub(super) fn close_endpoint(&mut self, now: Instant, key: Key, reason: CloseReason) {
        self.hush(key);
        let Some(endpoint) = self.endpoints.get(key) else { return };
        for subscription in endpoint.subscriptions.clone() {
            self.end_subscription(now, subscription);
        }
        let Some(endpoint) = self.endpoints.get(key) else { return };
        for slot in endpoint.media.sources().to_vec() {
            if let Some(source) = self.sources.at(slot).map(|source| source.id().key()) {
                self.end_source(now, source);
            }
        }
        let Some(mut endpoint) = self.endpoints.remove(key) else { return };
        self.say_farewell(now, &mut endpoint, reason);
        self.addresses.forget(key, &endpoint.names);
        if let Some(conference) = self.conferences.get_mut(endpoint.conference) {
            conference.endpoints.retain(|held| *held != key);
        }
        self.events.push(Event::EndpointClosed { endpoint: EndpointId::new(key), reason });
    }

    /// Negotiates no more with an endpoint that is about to go.
    fn hush(&mut self, key: Key) {
        if let Some(endpoint) = self.endpoints.get_mut(key) {
            endpoint.announced = true;
        }
    }

    fn insert_endpoint(
        &mut self,
        now: Instant,
        conference: ConferenceId,
        control: Option<Box<Control>>,
    ) -> Result<Key, Error> {
        if self.endpoints.len() >= self.config.limits.endpoints {
            return Err(Error::Limit("endpoints"));
        }
        let conference_key = conference.key();
        let conference =
            self.conferences.get_mut(conference_key).ok_or(Error::StaleId("conference"))?;
        let mut seed = [0; 32];
        for bytes in seed.chunks_exact_mut(8) {
            bytes.copy_from_slice(&self.rng.next_u64().to_le_bytes());
        }
        let settings = self.settings;
        let key = self.endpoints.insert_with(|key| {
            let media = Media::new(settings, key, Rng::new(seed), now);
            Endpoint::new(key, conference_key, control, media, now)
        });
        conference.endpoints.push(key);
        Ok(key)
    }

    /// A peer that left first is only answered (RFC 8446 §6.1), not told what it knows.
    fn say_farewell(&mut self, now: Instant, endpoint: &mut Endpoint, reason: CloseReason) {
        let mut slot = [0; FAREWELL_BYTES];
        if reason != CloseReason::PeerClosed
            && let Some(path) = endpoint.media.path()
            && let Some(len) = endpoint.media.write_goodbye(&mut slot)
        {
            endpoint.send(path, slot[..len].to_vec());
        }
        if let Some(control) = &mut endpoint.control {
            if reason != CloseReason::PeerClosed {
                control.close(now);
            }
            while let Some(output) = control.poll(now) {
                if let ControlOutput::Transmit { path, datagram } = output {
                    endpoint.outgoing.push_back((path, datagram));
                }
            }
        }
        let room = MOST_FAREWELLS.saturating_sub(self.farewells.len());
        self.farewells.extend(endpoint.outgoing.drain(..).take(room));
    }
}
