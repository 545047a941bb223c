//! One endpoint as the engine holds it: its control plane and its media plane side by side, which
//! do not know each other.

use std::collections::VecDeque;
use std::time::Instant;

use super::addresses::Names;
use super::allocation::Allocation;
use super::{BitrateLimits, CloseReason, Config};
use crate::base::{EndpointId, Key, Path};
use crate::control::Control;
use crate::media::Media;

/// Control datagrams that wait: a DTLS flight and a few STUN answers are far below.
const MOST_OUTGOING: usize = 256;

/// See the module.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) id: EndpointId,
    pub(super) conference: Key,
    /// `None`: the application negotiates itself. Boxed: three times as large as all the rest, and
    /// not on the packet path.
    pub(super) control: Option<Box<Control>>,
    pub(super) media: Media,
    /// STUN and DTLS on their way out.
    pub(super) outgoing: VecDeque<(Path, Vec<u8>)>,
    pub(super) names: Names,
    /// What it receives, or wants to.
    pub(super) subscriptions: Vec<Key>,
    pub(super) connected: bool,
    pub(super) dtls_version: Option<&'static str>,
    /// When it was added.
    pub(super) since: Instant,
    /// `Event::NegotiationNeeded` is out and was not acted on yet.
    pub(super) announced: bool,
    /// When the timers will wake it.
    pub(super) armed: Option<Instant>,
    /// Whether it stands in the line of those with something to send.
    pub(super) in_line: bool,
    /// Where congestion control towards it is on.
    pub(super) allocation: Option<Box<Allocation>>,
    /// Most applications say nothing.
    pub(super) bitrate_limits: Option<Box<BitrateLimits>>,
}

impl Endpoint {
    /// One that has just been added.
    pub(super) fn new(
        key: Key,
        conference: Key,
        control: Option<Box<Control>>,
        media: Media,
        now: Instant,
    ) -> Self {
        Self {
            id: EndpointId::new(key),
            conference,
            control,
            media,
            outgoing: VecDeque::new(),
            names: Names::default(),
            subscriptions: Vec::new(),
            connected: false,
            dtls_version: None,
            since: now,
            announced: false,
            armed: None,
            in_line: false,
            allocation: None,
            bitrate_limits: None,
        }
    }

    /// A control datagram is to be sent. Returns whether there was room.
    pub(super) fn send(&mut self, path: Path, datagram: Vec<u8>) -> bool {
        let room = self.outgoing.len() < MOST_OUTGOING;
        if room {
            self.outgoing.push_back((path, datagram));
        }
        room
    }

    /// How long it is waited for, and what its end will be called then: until it has connected,
    /// or until its consent runs out (RFC 7675 §5.1). An application that does ICE itself decides
    /// itself.
    pub(super) fn patience(&self, config: &Config) -> Option<(Instant, CloseReason)> {
        let control = self.control.as_ref()?;
        Some(if self.connected {
            let consent = control.last_consent().unwrap_or(self.since);
            (consent + config.idle_timeout, CloseReason::IdleTimeout)
        } else {
            (self.since + config.connect_timeout, CloseReason::ConnectTimeout)
        })
    }

    /// Whether its media plane wants to be woken before the timers will.
    pub(super) fn wants_earlier_alarm(&self) -> bool {
        self.media.poll_timeout().is_some_and(|at| self.armed.is_none_or(|armed| at < armed))
    }

    /// Whether it has anything to write into a sink.
    pub(super) fn has_due(&self) -> bool {
        !self.outgoing.is_empty() || self.media.has_due()
    }
}
