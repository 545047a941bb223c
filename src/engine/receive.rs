//! B: what happened. A datagram finds its endpoint and its plane; time finds those who waited for
//! it.

use std::time::{Duration, Instant};

use super::{CloseReason, Engine, Event};
use crate::base::{Key, Path, SubscriptionId};
use crate::control::{Control, ControlEvent, ControlOutput, Failure};
use crate::forward::{FannedOut, Given, Noted, Notice};
use crate::media::DropReason;
use crate::wire::demux::{DatagramKind, datagram_kind};
use crate::wire::stun::StunMessage;

/// Deadlines nearer than this, one after the other, are one.
const SHORTEST_ALARM: Duration = Duration::from_millis(1);

impl Engine {
    /// A datagram arrived. It is decrypted in place: its bytes are unspecified afterwards.
    /// Whatever a peer gets wrong is counted, never returned.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        let Some(kind) = datagram_kind(datagram) else {
            return self.drops.count(DropReason::UnknownDatagram);
        };
        let endpoint = match kind {
            DatagramKind::Stun => self.endpoint_of_request(path, datagram),
            _ => self.addresses.at(path.remote).ok_or(DropReason::UnknownAddress),
        };
        let endpoint = match endpoint {
            Ok(endpoint) => endpoint,
            Err(reason) => return self.drops.count(reason),
        };
        let outcome = match kind {
            DatagramKind::Stun | DatagramKind::Dtls => {
                self.handle_control(now, endpoint, path, datagram)
            }
            DatagramKind::Rtp => self.handle_rtp(now, endpoint, datagram),
            DatagramKind::Rtcp => self.handle_rtcp(now, endpoint, datagram),
        };
        if let Some(held) = self.endpoints.get_mut(endpoint) {
            held.media.on_received(now, datagram.len());
            if let Err(reason) = outcome {
                held.media.count_drop(reason);
            }
        }
        self.settle(now, endpoint.slot());
    }

    /// Time passed; call at or after [`poll_timeout`](Self::poll_timeout). Idempotent.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, slot)) = self.timers.pop_due(now) {
            let Some(endpoint) = self.endpoints.at_mut(slot) else { continue };
            if endpoint.armed != Some(at) {
                continue;
            }
            endpoint.armed = None;
            let key = endpoint.id.key();
            if let Some(control) = &mut endpoint.control
                && control.poll_timeout().is_some_and(|deadline| deadline <= now)
            {
                control.handle_timeout(now);
                self.pump_control(now, key);
            }
            self.wake_media(now, slot);
            self.wake_asked(now, slot);
            self.note_bandwidth(now, slot);
            self.close_if_lost(now, key);
            // Who wants to be woken at once again waits a little: this loop must end.
            self.settle(now + SHORTEST_ALARM, slot);
        }
    }

    /// The endpoint's media plane looks at the time.
    pub(super) fn wake_media(&mut self, now: Instant, slot: u32) {
        if let Some(endpoint) = self.endpoints.at_mut(slot) {
            endpoint.media.handle_timeout(now, &mut self.sources);
        }
    }

    /// Publishers whose key frames the endpoint in `slot` needs, because what it was to be sent
    /// waited too long.
    fn wake_asked(&mut self, now: Instant, slot: u32) {
        while let Some(publisher) =
            self.endpoints.at_mut(slot).and_then(|endpoint| endpoint.media.take_asked())
        {
            self.wake_media(now, publisher);
            self.settle(now + SHORTEST_ALARM, publisher);
        }
    }

    /// What the control plane has to say: datagrams, keys, where media goes, the end.
    pub(super) fn pump_control(&mut self, now: Instant, key: Key) {
        while let Some(endpoint) = self.endpoints.get_mut(key) {
            let Some(control) = &mut endpoint.control else { return };
            let Some(output) = control.poll(now) else {
                let ufrags = control.local_ufrags();
                self.addresses.set_ufrags(key, &mut endpoint.names, ufrags);
                return;
            };
            match output {
                ControlOutput::Transmit { path, datagram } => {
                    if !endpoint.send(path, datagram) {
                        endpoint.media.count_drop(DropReason::QueueFull);
                    }
                }
                ControlOutput::Event(event) => self.on_control_event(now, key, event),
            }
        }
    }

    fn on_control_event(&mut self, now: Instant, key: Key, event: ControlEvent) {
        let Some(endpoint) = self.endpoints.get_mut(key) else { return };
        match event {
            ControlEvent::Connected { dtls_version, keys } => {
                endpoint.media.set_keys(now, &keys);
                endpoint.connected = true;
                endpoint.dtls_version = Some(dtls_version);
                self.events.push(Event::EndpointConnected {
                    endpoint: endpoint.id,
                    dtls_version,
                    srtp_profile: keys.profile,
                });
                self.bind_subscriptions(now, key);
            }
            ControlEvent::PathValidated(path) => {
                self.addresses.vouch(key, &mut endpoint.names, path.remote);
            }
            ControlEvent::PathChanged(path) => {
                self.addresses.vouch(key, &mut endpoint.names, path.remote);
                endpoint.media.set_path(path);
            }
            // It may come back; if it does not, the idle time-out ends it.
            ControlEvent::Disconnected => {}
            ControlEvent::Closed => self.close_endpoint(now, key, CloseReason::PeerClosed),
            ControlEvent::Failed(failure) => {
                let reason = match failure {
                    Failure::SrtpProfile => CloseReason::NoCommonSrtpProfile,
                    Failure::Dtls => CloseReason::HandshakeFailed,
                };
                self.close_endpoint(now, key, reason);
            }
        }
    }

    /// A STUN request names us; an answer or indication is known by where it comes from.
    fn endpoint_of_request(&self, path: Path, datagram: &[u8]) -> Result<Key, DropReason> {
        let message = StunMessage::parse(datagram).map_err(|_| DropReason::UnknownDatagram)?;
        match message.local_ufrag() {
            Some(ufrag) => self.addresses.of_ufrag(ufrag).ok_or(DropReason::UnknownUfrag),
            None => self.addresses.at(path.remote).ok_or(DropReason::UnknownAddress),
        }
    }

    fn handle_control(
        &mut self,
        now: Instant,
        key: Key,
        path: Path,
        datagram: &[u8],
    ) -> Result<(), DropReason> {
        let endpoint = self.endpoints.get_mut(key).ok_or(DropReason::UnknownAddress)?;
        let control = endpoint.control.as_mut().ok_or(DropReason::RefusedControl)?;
        let outcome = control.handle_datagram(now, path, datagram);
        self.pump_control(now, key);
        outcome.map_err(|_| DropReason::RefusedControl)
    }

    fn handle_rtp(
        &mut self,
        now: Instant,
        key: Key,
        datagram: &mut [u8],
    ) -> Result<(), DropReason> {
        let endpoint = self.endpoints.get_mut(key).ok_or(DropReason::UnknownAddress)?;
        let noted = endpoint.media.handle_rtp(now, &mut self.sources, datagram)?;
        let out = self.fan_out(now, &noted);
        if let Some(endpoint) = self.endpoints.get_mut(key) {
            endpoint.media.count_drops(DropReason::NotSelected, out.skipped);
            if out.wants_key_frame {
                endpoint.media.wake_at(now);
            }
        }
        if out.is_relaid {
            self.reallocate_receivers(now, noted.source);
        }
        self.tell_of(noted.source);
        Ok(())
    }

    fn handle_rtcp(
        &mut self,
        now: Instant,
        key: Key,
        datagram: &mut [u8],
    ) -> Result<(), DropReason> {
        let endpoint = self.endpoints.get_mut(key).ok_or(DropReason::UnknownAddress)?;
        let mut asked = std::mem::take(&mut self.asked);
        let outcome = endpoint.media.handle_rtcp(now, &mut self.sources, datagram, &mut asked);
        for publisher in asked.drain(..) {
            self.wake_media(now, publisher);
            self.settle(now, publisher);
        }
        self.asked = asked;
        self.note_bandwidth(now, key.slot());
        outcome
    }

    /// A reference to each receiver.
    fn fan_out(&mut self, now: Instant, packet: &Noted) -> FannedOut {
        let now = self.settings.moment(now);
        let Self { sources, endpoints, line, .. } = self;
        let Some(source) = sources.at_mut(packet.source) else { return FannedOut::default() };
        let kind = source.kind();
        source.fan_out(now, packet, |slot, given| {
            let Some(endpoint) = endpoints.at_mut(slot) else { return };
            let reference = match given {
                Given::Packet(reference) => reference,
                Given::Translation(stream, translation) => {
                    return endpoint.media.translate(stream, translation);
                }
            };
            endpoint.media.enqueue(now.millis, kind, reference);
            if !endpoint.in_line {
                endpoint.in_line = true;
                line.push_back(slot);
            }
        })
    }

    /// What a source has to tell the application.
    pub(super) fn tell_of(&mut self, slot: u32) {
        let Some(source) = self.sources.at_mut(slot) else { return };
        let id = source.id();
        for notice in source.take_notices() {
            self.events.push(match notice {
                Notice::Layer { subscription, layer, reason } => Event::LayerChanged {
                    subscription: SubscriptionId::new(subscription),
                    layer,
                    reason,
                },
                Notice::Demand { layer } => Event::DemandChanged { source: id, layer },
            });
        }
    }

    /// Puts an endpoint in line if it has something to send, and sets its alarm, `earliest` then.
    pub(super) fn settle(&mut self, earliest: Instant, slot: u32) {
        let Some(endpoint) = self.endpoints.at_mut(slot) else { return };
        if !endpoint.in_line && endpoint.has_due() {
            endpoint.in_line = true;
            self.line.push_back(slot);
        }
        let control = endpoint.control.as_deref().and_then(Control::poll_timeout);
        let patience = endpoint.patience(&self.config).map(|(until, _)| until);
        let media = endpoint.media.poll_timeout();
        let allocation = endpoint.allocation_deadline();
        let deadline = [control, media, patience, allocation].into_iter().flatten().min();
        if let Some(at) = deadline.map(|at| at.max(earliest))
            && endpoint.armed.is_none_or(|armed| at < armed)
        {
            endpoint.armed = Some(at);
            self.timers.enter(at, slot);
        }
    }

    /// Closes an endpoint that took too long to connect, fell silent, or used up its keys.
    fn close_if_lost(&mut self, now: Instant, key: Key) {
        let Some(endpoint) = self.endpoints.get(key) else { return };
        let reason = match endpoint.patience(&self.config) {
            _ if endpoint.media.is_exhausted() => CloseReason::KeysExhausted,
            Some((until, reason)) if until <= now => reason,
            _ => return,
        };
        self.close_endpoint(now, key, reason);
    }
}
