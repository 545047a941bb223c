//! What a probe showed: the rate at which its packets arrived, beside that at which they were sent.
//!
//! A probe that came through as fast as it was sent shows that the link carries as much; one that
//! came slower shows what the link carries. libwebrtc's `ProbeBitrateEstimator`, M138. Does not
//! decide when to probe, nor what to make of the result.

use super::packet::{PacketResult, ProbeId};

/// What of a probe must have arrived, of its packets and of its bytes.
const ENOUGH: f64 = 0.8;
/// If it came so many times faster than it was sent, something held it up: it shows nothing.
const MOST_FASTER: f64 = 2.0;
/// If it came slower than this share of the rate of sending, the link was full.
const FULL_BELOW: f64 = 0.9;
/// Of a full link this is used, so that it does not stay full.
const SHARE_OF_FULL: f64 = 0.95;
/// A probe is shorter than this, and forgotten after it, microseconds.
const LONGEST: u64 = 1_000_000;
/// Probes under way at once; the oldest is given up for another.
const MOST_PROBES: usize = 4;

/// What the packets of a probe showed so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Probed {
    pub(crate) probe: ProbeId,
    /// What the link carries at least, or carries if the probe filled it, bit/s.
    pub(crate) rate: u64,
    /// Whether it filled the link.
    pub(crate) is_full: bool,
    /// The rates at which it was sent and at which it came, bit/s.
    pub(crate) sent_rate: u64,
    pub(crate) received_rate: u64,
    /// Packets of it that arrived, and that are known to be lost.
    pub(crate) arrived: u32,
    pub(crate) lost: u32,
}

/// The probes whose packets are being told of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProbeRates {
    probes: [Option<UnderWay>; MOST_PROBES],
    /// Where the next goes.
    next: usize,
}

impl ProbeRates {
    /// A probe begins, that will have at least so many packets and wire bytes.
    pub(crate) fn start(&mut self, probe: ProbeId, packets: u32, bytes: u32) {
        let enough = |whole: u32| ENOUGH * f64::from(whole);
        let wanted = Wanted { packets: enough(packets).floor(), bytes: enough(bytes).floor() };
        self.forget(probe);
        self.probes[self.next] = Some(UnderWay { id: probe, wanted, lost: 0, seen: None });
        self.next = (self.next + 1) % MOST_PROBES;
    }

    /// Packets were told of, of probes or not. What they showed of the last probe that enough is
    /// known of; the same probe may show more with the next feedback.
    pub(crate) fn on_feedback(&mut self, results: &[PacketResult]) -> Option<Probed> {
        let mut probed = None;
        for result in results {
            let Some(probe) = result.sent.probe else { continue };
            if let Some(arrived) = result.arrived {
                self.forget_old(arrived);
            }
            let Some(probe) = self.probes.iter_mut().flatten().find(|of| of.id == probe) else {
                continue;
            };
            probe.add(result);
            if result.arrived.is_some() {
                probed = probe.judge().or(probed);
            }
        }
        probed
    }

    fn forget(&mut self, probe: ProbeId) {
        for place in &mut self.probes {
            place.take_if(|of| of.id == probe);
        }
    }

    /// A probe of which nothing came for so long shows nothing any more.
    fn forget_old(&mut self, arrived: i64) {
        for place in &mut self.probes {
            place.take_if(|of| {
                of.seen.is_some_and(|seen| {
                    arrived > seen.last_arrived && arrived.abs_diff(seen.last_arrived) > LONGEST
                })
            });
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Wanted {
    packets: f64,
    bytes: f64,
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    id: ProbeId,
    wanted: Wanted,
    lost: u32,
    /// What of it arrived.
    seen: Option<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    packets: u32,
    bytes: u64,
    first_sent: u64,
    last_sent: u64,
    /// Size of the packet that was sent last.
    last_sent_bytes: u64,
    first_arrived: i64,
    /// Size of the packet that arrived first.
    first_arrived_bytes: u64,
    last_arrived: i64,
}

impl UnderWay {
    fn add(&mut self, result: &PacketResult) {
        let Some(arrived) = result.arrived else {
            self.lost += 1;
            return;
        };
        let (sent, bytes) = (result.sent.at.0, u64::from(result.sent.wire_bytes));
        let seen = self.seen.get_or_insert(Seen {
            packets: 0,
            bytes: 0,
            first_sent: sent,
            last_sent: sent,
            last_sent_bytes: bytes,
            first_arrived: arrived,
            first_arrived_bytes: bytes,
            last_arrived: arrived,
        });
        seen.packets += 1;
        seen.bytes += bytes;
        seen.first_sent = seen.first_sent.min(sent);
        if sent > seen.last_sent {
            (seen.last_sent, seen.last_sent_bytes) = (sent, bytes);
        }
        if arrived < seen.first_arrived {
            (seen.first_arrived, seen.first_arrived_bytes) = (arrived, bytes);
        }
        seen.last_arrived = seen.last_arrived.max(arrived);
    }

    #[expect(clippy::cast_precision_loss, reason = "a probe is small")]
    fn judge(&self) -> Option<Probed> {
        let seen = self.seen?;
        if f64::from(seen.packets) < self.wanted.packets || (seen.bytes as f64) < self.wanted.bytes
        {
            return None;
        }
        // The last packet was still to be sent, the first still to arrive, as the time began.
        let sent_for = seen.last_sent - seen.first_sent;
        let received_for = seen.last_arrived.abs_diff(seen.first_arrived);
        let sent = rate(seen.bytes - seen.last_sent_bytes, sent_for)?;
        let received = rate(seen.bytes - seen.first_arrived_bytes, received_for)?;
        if sent == 0.0 || received > MOST_FASTER * sent {
            return None;
        }
        let is_full = received < FULL_BELOW * sent;
        let rate = if is_full { SHARE_OF_FULL * received } else { sent.min(received) };
        Some(Probed {
            probe: self.id,
            rate: whole(rate),
            is_full,
            sent_rate: whole(sent),
            received_rate: whole(received),
            arrived: seen.packets,
            lost: self.lost,
        })
    }
}

/// Bit/s; `None` if the time is none a probe can have taken.
#[expect(clippy::cast_precision_loss, reason = "a probe is small")]
fn rate(bytes: u64, micros: u64) -> Option<f64> {
    (1..=LONGEST).contains(&micros).then(|| bytes as f64 * 8e6 / micros as f64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn whole(rate: f64) -> u64 {
    rate.round() as u64
}

#[cfg(test)]
mod tests;
