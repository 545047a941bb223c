//! F5: the control plane of one endpoint: ICE, DTLS, data channels, offer and answer.
//!
//! One str0m `Rtc` per endpoint does ICE-lite, DTLS and SCTP, and sees only STUN and DTLS
//! datagrams; RTP and RTCP never enter it. The SRTP keys come out through the [`key_tap`], what
//! was negotiated through [`Control::session`], where media goes through
//! [`ControlEvent::PathChanged`]. Never names `media`: the two meet in `engine`.
//!
//! Read next: [`poll`] (what comes out), [`key_tap`], [`path`], [`dtls`] (which SRTP profile),
//! [`signalling`] and [`negotiation`].

#![forbid(unsafe_code)]

mod dtls;
mod error;
mod event;
mod hello;
mod identity;
mod key_tap;
mod local_ice;
mod negotiation;
mod path;
mod poll;
mod sdp;
mod signalling;

pub use dtls::{DtlsConfig, DtlsVersions};
pub use error::ControlError;
pub(crate) use event::{ControlEvent, ControlOutput, Failure, Refused};
pub(crate) use identity::Identity;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Input, Rtc};

use crate::base::{Path, Ssrc};
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
    /// Every SSRC of ours that was ever offered.
    ssrcs: HashSet<Ssrc>,
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
            ssrcs: HashSet::new(),
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

/// A. Getters.
impl Control {
    /// Whether anything can still come of it.
    pub(crate) fn is_alive(&self) -> bool {
        self.rtc.is_alive() && self.handshake != Handshake::Over
    }

    /// The ICE user name fragment that descriptions of ours carry now.
    #[cfg(test)]
    fn local_ufrag(&self) -> String {
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

#[cfg(test)]
mod tests;
