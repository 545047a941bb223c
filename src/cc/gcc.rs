//! A controller that keeps its start value, whatever its two first probes show: stands in until the
//! real one is there.

use super::controller::{Controller, Demand, LinkReport, Output, Outstanding, Probe, RateLimits};
use super::packet::Feedback;
use super::state::{CongestionReason, CongestionState};
use crate::base::Micros;

/// See the module.
#[derive(Debug)]
pub(crate) struct Gcc {
    output: Output,
    probes: u16,
}

impl Controller for Gcc {
    fn new(_now: Micros, limits: RateLimits) -> Self {
        Self {
            probes: 0,
            output: Output {
                target: limits.start,
                pacing_rate: limits.start * 5 / 2,
                audio_only: false,
                state: CongestionState::Hold,
                reason: CongestionReason::Start,
                queue_delay: Micros(0),
                loss: 0.0,
                acked: 0,
                capacity: None,
            },
        }
    }

    fn on_feedback(&mut self, _now: Micros, _feedback: &Feedback<'_>) {}
    fn on_report(&mut self, _now: Micros, _report: &LinkReport) {}
    fn on_remb(&mut self, _now: Micros, _bitrate: u64) {}
    fn set_demand(&mut self, _now: Micros, _demand: Demand) {}
    fn set_limits(&mut self, _now: Micros, _limits: RateLimits) {}
    fn handle_timeout(&mut self, _now: Micros, _outstanding: &Outstanding) {}

    fn poll_timeout(&self) -> Option<Micros> {
        None
    }

    fn poll_probe(&mut self, _now: Micros) -> Option<Probe> {
        self.probes = self.probes.saturating_add(1);
        let id = self.probes;
        let rate = self.output.target * if id == 1 { 3 } else { 6 };
        let bytes = u32::try_from(rate / 8 / 30).unwrap_or(0);
        (id <= 2).then_some(Probe { id, rate, bytes })
    }

    fn output(&self) -> &Output {
        &self.output
    }
}
