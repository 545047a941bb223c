//! D: what comes out: datagrams endpoint by endpoint, events, the next deadline.

use std::time::Instant;

use super::{Engine, Event};
use crate::base::{Drained, EgressSink, Path, SendTime, Transmit};

impl Engine {
    /// Writes due datagrams into the driver's memory, endpoint by endpoint, so that those for one
    /// destination come in a run. May have more after any call that takes `&mut self`.
    pub fn poll_transmit<S: EgressSink>(&mut self, now: Instant, sink: &mut S) -> Drained {
        while let Some((path, datagram)) = self.farewells.front() {
            if !write(*path, datagram, sink) {
                return Drained::SinkFull;
            }
            self.farewells.pop_front();
        }
        let time = self.settings.wall.stamp(now);
        while let Some(&slot) = self.line.front() {
            if self.drain(&time, slot, sink) == Drained::SinkFull {
                return Drained::SinkFull;
            }
            self.line.pop_front();
            if let Some(endpoint) = self.endpoints.at_mut(slot) {
                endpoint.in_line = false;
            }
        }
        Drained::Empty
    }

    /// The next thing that happened. May have more after any call that takes `&mut self`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next. May change with any
    /// call that takes `&mut self`.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn drain<S: EgressSink>(&mut self, time: &SendTime, slot: u32, sink: &mut S) -> Drained {
        let Some(endpoint) = self.endpoints.at_mut(slot) else { return Drained::Empty };
        while let Some((path, datagram)) = endpoint.outgoing.front() {
            if !write(*path, datagram, sink) {
                return Drained::SinkFull;
            }
            endpoint.media.on_transmitted(time.millis, 1, datagram.len());
            endpoint.outgoing.pop_front();
        }
        endpoint.media.drain(time, &mut self.sources, sink)
    }
}

/// Copies a datagram into the sink; `false` if it is full.
fn write<S: EgressSink>(path: Path, datagram: &[u8], sink: &mut S) -> bool {
    let Some(slot) = sink.slot(datagram.len()) else { return false };
    if let Some(slot) = slot.get_mut(..datagram.len()) {
        slot.copy_from_slice(datagram);
        sink.commit(Transmit { path, len: datagram.len() });
    }
    true
}
