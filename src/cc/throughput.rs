//! What comes through: the rate at which packets arrived, robust against spikes of delay.
//!
//! The window holds at least 20 packets and a second, at most 500 packets and 5 s. The longest gap
//! between two arrivals counts only as much as the second longest, so that a link that paused and
//! then let everything go at once does not look slow; and since that errs upwards, the result is
//! never above the rate of sending. libwebrtc's `RobustThroughputEstimator`, M138.
//!
//! Knows no estimate of the link. Read next: [`super::delay`], which is given the result.

use std::collections::VecDeque;

use super::packet::PacketResult;
use crate::base::Micros;

/// Packets kept at least, even if they are older than the window is to be,
const LEAST_PACKETS: usize = 20;
/// and at most.
const MOST_PACKETS: usize = 500;
/// Packets before there is a rate.
const ENOUGH_PACKETS: usize = 10;
/// Span of arrivals kept, microseconds: this,
const SPAN: i64 = 1_000_000;
/// and for few packets at most this.
const LONGEST_SPAN: i64 = 5_000_000;
/// A packet that arrived so long before the last: the far end's clock was set back, microseconds.
const MOST_REORDERING: i64 = 1_000_000;
/// Rates are not taken over less than this, microseconds.
const SHORTEST: u64 = 1_000;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Throughput {
    /// In the order of arrival.
    window: VecDeque<Arrival>,
    /// When the last sent of all that left the window was sent.
    left: Option<Micros>,
    span: i64,
}

#[derive(Clone, Copy, Debug)]
struct Arrival {
    sent: Micros,
    arrived: i64,
    bytes: u32,
}

impl Throughput {
    /// Nothing arrived yet.
    pub(crate) const fn new() -> Self {
        Self::with_span(SPAN)
    }

    const fn with_span(span: i64) -> Self {
        Self { window: VecDeque::new(), left: None, span }
    }

    /// Packets were told of.
    pub(crate) fn on_feedback(&mut self, results: &[PacketResult]) {
        for result in results {
            if let Some(arrived) = result.arrived {
                let bytes = result.sent.wire_bytes.into();
                self.add(Arrival { sent: result.sent.at, arrived, bytes });
            }
        }
    }

    /// Wire rate at which packets arrive, bit/s; `None` if too few did.
    pub(crate) fn rate(&self) -> Option<u64> {
        if self.window.len() < ENOUGH_PACKETS {
            return None;
        }
        let received = self.receive_rate()?;
        Some(self.send_rate().map_or(received, |sent| sent.min(received)))
    }

    fn add(&mut self, packet: Arrival) {
        // Nearly always at the end.
        let mut place = self.window.len();
        while place > 0 && packet.arrived < self.window[place - 1].arrived {
            place -= 1;
        }
        self.window.insert(place, packet);
        let last = self.window.back().map_or(packet.arrived, |last| last.arrived);
        if last.saturating_sub(packet.arrived) > MOST_REORDERING {
            self.window.clear();
            self.left = None;
        }
        while self.first_is_outside() {
            let first = self.window.pop_front().map(|first| first.sent);
            self.left = self.left.max(first);
        }
    }

    fn first_is_outside(&self) -> bool {
        let (Some(first), Some(last)) = (self.window.front(), self.window.back()) else {
            return false;
        };
        let span = last.arrived.saturating_sub(first.arrived);
        self.window.len() > MOST_PACKETS
            || span > LONGEST_SPAN
            || self.window.len() > LEAST_PACKETS && span > self.span
    }

    /// Without the first packet, of which it is not known how long it took, and without the
    /// longest gap.
    fn receive_rate(&self) -> Option<u64> {
        let (first, last) = (self.window.front()?, self.window.back()?);
        let (mut longest, mut second) = (0, 0);
        let mut bytes = 0;
        let mut before = first.arrived;
        for packet in self.window.iter().skip(1) {
            let gap = packet.arrived.saturating_sub(before);
            if gap > longest {
                (longest, second) = (gap, longest);
            } else if gap > second {
                second = gap;
            }
            bytes += u64::from(packet.bytes);
            before = packet.arrived;
        }
        let span = last.arrived.saturating_sub(first.arrived).saturating_sub(longest);
        Some(rate(bytes, span.saturating_add(second).max(0).cast_unsigned()))
    }

    /// Without the last packet, after which the sender may have waited. Packets that were sent
    /// before one that left the window came out of order and would stretch the time; `None` if
    /// too few are left.
    fn send_rate(&self) -> Option<u64> {
        let (mut first, mut last) = (Micros(u64::MAX), None);
        let (mut bytes, mut last_bytes, mut count) = (0, 0, 0);
        for packet in self.window.iter().filter(|packet| Some(packet.sent) >= self.left) {
            if last < Some(packet.sent) {
                last = Some(packet.sent);
                last_bytes = u64::from(packet.bytes);
            }
            first = first.min(packet.sent);
            bytes += u64::from(packet.bytes);
            count += 1;
        }
        let span = last?.since(first);
        (count >= ENOUGH_PACKETS).then(|| rate(bytes - last_bytes, span.0))
    }
}

/// Bit/s.
const fn rate(bytes: u64, micros: u64) -> u64 {
    bytes * 8_000_000 / if micros > SHORTEST { micros } else { SHORTEST }
}

#[cfg(test)]
mod tests;
