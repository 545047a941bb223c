//! The estimate for those who tell of no single packets: what the far end estimates itself (REMB,
//! draft-alvestrand-rmcat-remb-03) is an upper bound, and loss in receiver reports bounds it further
//! by the rule of draft-ietf-rmcat-gcc-02 §6. More is found by sending more for a moment: then the
//! far end's estimate grows.

use super::controller::{Demand, LinkReport, Probe};
use super::packet::ProbeId;
use crate::base::Micros;

/// Reports are put together until they speak of so many packets.
const LEAST_PACKETS: u32 = 20;
/// Below this loss the bound grows, above that it falls.
const LOW_LOSS: f64 = 0.02;
const HIGH_LOSS: f64 = 0.10;
/// From one step up or down to the next.
const STEP: Micros = Micros::millis(300);
/// A bound so far above the estimate bounds nothing, in percent.
const LIFTED: u64 = 125;
/// Padding goes at so much of the estimate, in percent, for so long, so often (C15).
const PROBE: u64 = 125;
const PROBE_LASTS: Micros = Micros::millis(300);
const PROBE_INTERVAL: Micros = Micros::millis(8_000);
/// and if there was no reason to, it is looked for again after this.
const LOOK_INTERVAL: Micros = Micros::millis(1_000);

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported {
    remb: Option<u64>,
    /// What loss allows; `None`: it bounds nothing.
    bound: Option<u64>,
    stepped: Micros,
    /// Of the reports since the last step.
    expected: u32,
    lost: u32,
    loss: f64,
    /// When it sees whether there is reason to probe.
    looks: Micros,
    next: ProbeId,
}

impl Reported {
    /// Nothing was reported.
    pub(super) const fn new(now: Micros) -> Self {
        Self {
            remb: None,
            bound: None,
            stepped: now,
            expected: 0,
            lost: 0,
            loss: 0.0,
            looks: now.plus(PROBE_INTERVAL),
            next: 0,
        }
    }

    /// The far end's estimate, bit/s.
    pub(super) const fn on_remb(&mut self, bitrate: u64) {
        self.remb = Some(bitrate);
    }

    /// A report about packets sent at `estimate`.
    pub(super) fn on_report(&mut self, now: Micros, report: &LinkReport, estimate: u64) {
        self.expected = self.expected.saturating_add(report.expected);
        self.lost = self.lost.saturating_add(report.lost).min(self.expected);
        if self.expected < LEAST_PACKETS || now.since(self.stepped) < STEP {
            return;
        }
        let passed = now.since(self.stepped).seconds().min(2.0);
        self.loss = f64::from(self.lost) / f64::from(self.expected);
        (self.stepped, self.expected, self.lost) = (now, 0, 0);
        if self.loss > HIGH_LOSS {
            self.bound = Some(scaled(estimate, 1.0 - 0.5 * self.loss));
        } else if self.loss < LOW_LOSS {
            let grown = self.bound.map(|bound| scaled(bound, 1.0 + 0.08 * passed));
            self.bound = grown.filter(|bound| *bound < estimate.saturating_mul(LIFTED) / 100);
        }
    }

    /// The far end's bound.
    pub(super) const fn remb(&self) -> Option<u64> {
        self.remb
    }

    /// What loss allows, if it bounds.
    pub(super) const fn bound(&self) -> Option<u64> {
        self.bound
    }

    /// Loss at the last step, 0-1.
    pub(super) const fn loss(&self) -> f64 {
        self.loss
    }

    /// Padding that is to go now, so that the far end's estimate grows.
    pub(super) fn poll_probe(
        &mut self,
        now: Micros,
        demand: &Demand,
        estimate: u64,
    ) -> Option<Probe> {
        self.remb?;
        let wants_more = demand.desired.saturating_mul(100) > estimate.saturating_mul(105);
        if now < self.looks {
            return None;
        }
        if !wants_more || self.bound.is_some() || demand.in_burst {
            self.looks = now.plus(LOOK_INTERVAL);
            return None;
        }
        self.looks = now.plus(PROBE_INTERVAL);
        self.next = self.next.wrapping_add(1);
        let rate = estimate.saturating_mul(PROBE) / 100;
        let bytes = rate.saturating_mul(PROBE_LASTS.0) / 8_000_000;
        Some(Probe { id: self.next, rate, bytes: u32::try_from(bytes).unwrap_or(u32::MAX) })
    }

    /// When [`poll_probe`](Self::poll_probe) may have one.
    pub(super) fn poll_timeout(&self) -> Option<Micros> {
        self.remb.map(|_| self.looks)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no rate comes near 2^52 bit/s")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn scaled(rate: u64, factor: f64) -> u64 {
    (rate as f64 * factor) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(lost: u32) -> LinkReport {
        LinkReport { expected: 100, lost, round_trip: None }
    }

    #[test]
    fn loss_bounds_by_half_of_it_and_is_lifted_when_it_is_over() {
        let mut reported = Reported::new(Micros(0));
        reported.on_report(Micros::millis(1_000), &report(5), 3_000_000);
        assert_eq!(reported.bound(), None, "neither much nor little");
        reported.on_report(Micros::millis(2_000), &report(20), 3_000_000);
        assert_eq!(reported.bound(), Some(2_700_000));
        for second in 3..6 {
            let estimate = reported.bound().unwrap_or(3_000_000).min(3_000_000);
            reported.on_report(Micros::millis(second * 1_000), &report(0), estimate);
        }
        assert_eq!(reported.bound(), Some(2_700_000 * 108 / 100 * 108 / 100 * 108 / 100));
        reported.on_report(Micros::millis(6_000), &report(0), 2_400_000);
        assert_eq!(reported.bound(), None);
    }

    #[test]
    fn few_packets_say_nothing_until_there_are_more() {
        let mut reported = Reported::new(Micros(0));
        let few = LinkReport { expected: 8, lost: 4, round_trip: None };
        reported.on_report(Micros::millis(1_000), &few, 1_000_000);
        reported.on_report(Micros::millis(2_000), &few, 1_000_000);
        assert_eq!(reported.bound(), None);
        reported.on_report(Micros::millis(3_000), &few, 1_000_000);
        assert_eq!(reported.bound(), Some(750_000));
    }

    #[test]
    fn far_end_is_shown_more_for_a_moment_every_eight_seconds() {
        let mut reported = Reported::new(Micros(0));
        let wanting = Demand { desired: 3_000_000, allocated: 500_000, ..Demand::default() };
        let poll = |reported: &mut Reported, millis| {
            reported.poll_probe(Micros::millis(millis), &wanting, 500_000)
        };
        assert_eq!(poll(&mut reported, 9_000), None, "it tells no estimate");
        reported.on_remb(500_000);
        let probe = poll(&mut reported, 9_000).expect("it is time");
        assert_eq!((probe.rate, probe.bytes), (625_000, 23_437));
        assert_eq!(poll(&mut reported, 16_999), None);
        assert!(poll(&mut reported, 17_000).is_some());
        reported.on_report(Micros::millis(20_000), &report(30), 500_000);
        assert_eq!(poll(&mut reported, 30_000), None, "not while packets get lost");
    }
}
