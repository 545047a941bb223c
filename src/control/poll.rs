//! What comes out of one endpoint's control plane: str0m's datagrams, each by the right path, and
//! what its events mean to us.

use std::time::{Duration, Instant};

use str0m::{Event, IceConnectionState, Output};

use super::event::{ControlEvent, ControlOutput, Failure};
use super::{Control, Handshake};
use crate::base::Path;
use crate::srtp::TransportKeys;

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

    /// Over for good, unless it is over already.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.rtc.disconnect();
        if self.handshake != Handshake::Over {
            self.handshake = Handshake::Over;
            self.events.push_back(ControlEvent::Failed(failure));
        }
    }
}

/// How often one poll lets str0m take another turn at the same instant.
const MAX_ROUNDS: usize = 64;
/// str0m says "never" as an instant in a hundred years.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);
