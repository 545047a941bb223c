//! D: what comes out: datagrams endpoint by endpoint, events, the next deadline.

use std::collections::VecDeque;
use std::time::Instant;

use super::endpoint::Endpoint;
use super::{Engine, Event};
use crate::base::{Drained, EcnCodepoint, EgressSink, Path, SendTime, Slab, Transmit};
use crate::media::SideBySide;

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
            if self.drain_side_by_side(&time, sink) {
                continue;
            }
            if self.drain(&time, slot, sink) == Drained::SinkFull {
                return Drained::SinkFull;
            }
            self.leave_line(1);
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
            endpoint.media.on_other_transmitted(time, datagram.len());
            endpoint.outgoing.pop_front();
        }
        let deadline = endpoint.media.poll_timeout();
        let drained = endpoint.media.drain(time, &mut self.sources, sink);
        if endpoint.media.poll_timeout() != deadline {
            self.settle(time.at, slot);
        }
        drained
    }

    /// Serves several endpoints at once from the front of the line, as far as that is the better
    /// way for them and the sink has room. `false` if it was for none.
    fn drain_side_by_side<S: EgressSink>(&mut self, time: &SendTime, sink: &mut S) -> bool {
        let Self { line, endpoints, sources, paths, .. } = self;
        let most = sink.datagrams_per_slot();
        if most < 2 || side_by_side(line, endpoints, 0).is_none() {
            return false;
        }
        let mut rooms = (0..5).map(|halvings| SideBySide::ROOM >> halvings);
        let room = rooms.find(|room| sink.slot(*room).is_some());
        let Some(memory) = room.and_then(|room| sink.slot(room)) else { return false };
        let (mut outlet, mut served) = (SideBySide::new(memory, paths, most), 0);
        let mut alarms = 0;
        while let Some(endpoint) = side_by_side(line, endpoints, served) {
            if endpoint.media.drain_side_by_side(time, sources, &mut outlet) == Drained::SinkFull {
                break;
            }
            alarms += usize::from(endpoint.wants_earlier_alarm());
            served += 1;
        }
        let mut any = served > 0;
        for transmit in outlet.finish() {
            sink.commit(transmit);
            any = true;
        }
        if alarms > 0 {
            for place in 0..served {
                self.settle(time.at, self.line[place]);
            }
        }
        self.leave_line(served);
        any
    }

    /// So many in front have nothing to send any more.
    fn leave_line(&mut self, count: usize) {
        for slot in self.line.drain(..count) {
            if let Some(endpoint) = self.endpoints.at_mut(slot) {
                endpoint.in_line = false;
            }
        }
    }
}

/// The endpoint at `place` in the line, if it goes side by side.
fn side_by_side<'e>(
    line: &VecDeque<u32>,
    endpoints: &'e mut Slab<Endpoint>,
    place: usize,
) -> Option<&'e mut Endpoint> {
    let endpoint = endpoints.at_mut(*line.get(place)?)?;
    let ready = endpoint.outgoing.is_empty() && endpoint.media.goes_side_by_side();
    ready.then_some(endpoint)
}

/// Copies a datagram into the sink; `false` if it is full.
fn write<S: EgressSink>(path: Path, datagram: &[u8], sink: &mut S) -> bool {
    let Some(slot) = sink.slot(datagram.len()) else { return false };
    if let Some(slot) = slot.get_mut(..datagram.len()) {
        slot.copy_from_slice(datagram);
        sink.commit(Transmit { path, len: datagram.len(), ecn: EcnCodepoint::NotEct });
    }
    true
}
