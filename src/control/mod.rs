//! F5: the control plane of one endpoint: ICE, DTLS, data channels, offer and answer.
//!
//! One str0m `Rtc` per endpoint does ICE-lite, DTLS and SCTP, and sees only STUN and DTLS
//! datagrams; RTP and RTCP never enter it. The SRTP keys come out through the [`key_tap`], what
//! was negotiated through [`Control::session`], where media goes through
//! [`ControlEvent::PathChanged`]. Never names `media`: the two meet in `engine`.
//!
//! Read next: [`key_tap`], [`path`], [`dtls`] (which SRTP profile), [`negotiation`].

#![forbid(unsafe_code)]

mod client_hello;
mod dtls;
mod error;
mod event;
mod identity;
mod key_tap;
mod local_ice;
mod negotiation;
mod path;
mod sdp;
mod signalling;

pub use dtls::{DtlsConfig, DtlsVersions};
pub use error::ControlError;
pub(crate) use event::{ControlEvent, ControlOutput, Failure, Refused};
pub(crate) use identity::Identity;

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};

use crate::base::Path;
use crate::srtp::TransportKeys;
use key_tap::Tap;
use local_ice::LocalIce;
use negotiation::Negotiation;
use path::PathWatch;
use signalling::Remote;

/// Names a thing we want to send, chosen by the engine (a subscription's number).
pub(crate) type SendKey = u64;

/// The control plane of one endpoint.
pub(crate) struct Control {
    identity: Identity,
    rtc: Rtc,
    tap: Arc<Tap>,
    local: Vec<SocketAddr>,
    ice: LocalIce,
    paths: PathWatch,
    negotiation: Negotiation,
    remote: Option<Remote>,
    /// Numeric id and version in `o=` (RFC 8866 §5.2).
    session: (u64, u64),
    events: VecDeque<ControlEvent>,
    handshake: Handshake,
    timeout: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Handshake {
    /// Not yet.
    Pending,
    /// DTLS is done, the keys are still to come.
    AwaitsKeys,
    /// Keys are out.
    Connected,
    /// Said so; nothing more to come.
    Over,
}

/// B. What happened.
impl Control {
    /// An endpoint that can be reached at `local`, best first.
    pub(crate) fn new(
        now: Instant,
        identity: &Identity,
        local: &[SocketAddr],
    ) -> Result<Self, ControlError> {
        let (mut rtc, tap) = identity.build_rtc(now);
        for address in local {
            let candidate = Candidate::host(*address, Protocol::Udp);
            rtc.add_local_candidate(candidate.map_err(|_| ControlError::BadLocalAddress)?);
        }
        if local.is_empty() {
            return Err(ControlError::BadLocalAddress);
        }
        let mut direct = rtc.direct_api();
        direct.set_ice_controlling(false);
        let ice = LocalIce::new(direct.local_ice_credentials());
        let session = (u64::from(*direct.new_ssrc()), 0);
        Ok(Self {
            identity: identity.clone(),
            rtc,
            tap,
            local: local.to_vec(),
            ice,
            paths: PathWatch::default(),
            negotiation: Negotiation::default(),
            remote: None,
            session,
            events: VecDeque::new(),
            handshake: Handshake::Pending,
            timeout: Some(now),
        })
    }

    /// A STUN or DTLS datagram arrived. DTLS is taken only by paths that a check has come by.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
    ) -> Result<(), Refused> {
        if !self.is_alive() {
            return Err(Refused::Closed);
        }
        match datagram.first() {
            Some(0..=1) if !self.paths.on_receive(path, datagram) => {
                return Err(Refused::TooManyPaths);
            }
            Some(20..=63) if !self.paths.is_validated(path) => return Err(Refused::UnknownPath),
            Some(0..=1 | 20..=63) => {}
            _ => return Err(Refused::NotControl),
        }
        let receive = Receive::new(Protocol::Udp, path.remote, path.local, datagram);
        let receive = receive.map_err(|_| Refused::Malformed)?;
        // An error here is about this datagram; should it be about more, the next poll tells.
        self.rtc.handle_input(Input::Receive(now, receive)).map_err(|_| Refused::Rejected)
    }

    /// Time passed; call at or after [`poll_timeout`](Self::poll_timeout). Idempotent.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.rtc.handle_input(Input::Timeout(now)).is_err() {
            self.fail(Failure::Dtls);
        }
    }

    /// Says goodbye: a DTLS close_notify is due, if the handshake got that far.
    pub(crate) fn close(&mut self, now: Instant) {
        self.handle_timeout(now);
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
        self.handshake = Handshake::Over;
    }
}

/// D. What comes out.
impl Control {
    /// The next thing to send or to know. Poll until `None` after every call that takes `now`
    /// and after offers and answers.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<ControlOutput> {
        let mut rounds = 0;
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(ControlOutput::Event(event));
            }
            match self.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) => {
                    let path = Path { local: transmit.source, remote: transmit.destination };
                    let datagram = Vec::from(transmit.contents);
                    if let Some(output) = self.on_transmit(now, path, datagram) {
                        return Some(output);
                    }
                }
                Ok(Output::Event(event)) => self.on_event(&event),
                Ok(Output::Timeout(due)) if due <= now && rounds < MAX_ROUNDS => {
                    rounds += 1;
                    self.handle_timeout(now);
                }
                Ok(Output::Timeout(due)) => {
                    self.tell_connected();
                    if self.events.is_empty() {
                        let is_soon = due.saturating_duration_since(now) < NEVER;
                        self.timeout = Some(due).filter(|_| is_soon);
                        return None;
                    }
                }
                Err(_) => self.fail(Failure::Dtls),
            }
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; changes with
    /// [`poll`](Self::poll).
    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        self.timeout
    }

    fn on_transmit(
        &mut self,
        now: Instant,
        path: Path,
        datagram: Vec<u8>,
    ) -> Option<ControlOutput> {
        let path = match datagram.first() {
            Some(0..=1) => {
                if let Some(answered) = self.paths.on_transmit(now, path, &datagram) {
                    self.events
                        .extend(answered.is_new_path.then_some(ControlEvent::PathValidated(path)));
                    self.events
                        .extend(answered.is_nominated.then_some(ControlEvent::PathChanged(path)));
                }
                path
            }
            Some(20..=63) => self.paths.nominated().unwrap_or(path),
            // RTP and RTCP: str0m has no keys and nothing to send. Were it ever otherwise, two
            // senders would share one key; such a datagram must not leave.
            _ => {
                debug_assert!(false, "str0m sent neither STUN nor DTLS");
                return None;
            }
        };
        Some(ControlOutput::Transmit { path, datagram })
    }

    fn on_event(&mut self, event: &Event) {
        match event {
            Event::Connected if self.handshake == Handshake::Pending => {
                self.handshake = Handshake::AwaitsKeys;
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected)
                if self.handshake != Handshake::Over =>
            {
                self.events.push_back(ControlEvent::Disconnected);
            }
            Event::Closed if self.handshake != Handshake::Over => {
                self.handshake = Handshake::Over;
                self.events.push_back(ControlEvent::Closed);
            }
            _ => {}
        }
    }

    /// str0m has nothing more to do at present: keys that are not there now never come, as the
    /// handshake ended without an SRTP profile.
    fn tell_connected(&mut self) {
        if self.handshake != Handshake::AwaitsKeys {
            return;
        }
        let Some(keys) = self.tap.take_keys() else { return self.fail(Failure::SrtpProfile) };
        let allowed = self.tap.allows(keys.profile);
        let made = TransportKeys::from_dtls(keys.profile, &keys.material, keys.is_client);
        match (made, self.tap.version()) {
            (Ok(keys), Some(dtls_version)) if allowed => {
                self.handshake = Handshake::Connected;
                self.events.push_back(ControlEvent::Connected { dtls_version, keys });
            }
            _ => self.fail(Failure::SrtpProfile),
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.rtc.disconnect();
        if self.handshake != Handshake::Over {
            self.handshake = Handshake::Over;
            self.events.push_back(ControlEvent::Failed(failure));
        }
    }
}

/// A. Getters.
impl Control {
    /// Whether anything can still come of it.
    pub(crate) fn is_alive(&self) -> bool {
        self.rtc.is_alive() && self.handshake != Handshake::Over
    }

    /// The ICE user name fragment that descriptions of ours carry now.
    pub(crate) fn local_ufrag(&self) -> String {
        self.ice.current().ufrag.clone()
    }

    /// All fragments that checks may come for: of an offer that is outstanding, the present one,
    /// and the one before an ICE restart.
    pub(crate) fn local_ufrags(&self) -> impl Iterator<Item = &str> {
        self.ice.ufrags()
    }

    /// When the peer last proved that it still wants our datagrams (RFC 7675 §5.1).
    pub(crate) const fn last_consent(&self) -> Option<Instant> {
        self.paths.consent()
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("handshake", &self.handshake).finish_non_exhaustive()
    }
}

/// How often one poll lets str0m take another turn at the same instant.
const MAX_ROUNDS: usize = 64;
/// str0m says "never" as an instant in a hundred years.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

#[cfg(test)]
mod tests;
