//! A controller that keeps its start value: stands in until the real one is there.

use super::controller::{Controller, Demand, LinkReport, Output, Outstanding, Probe, RateLimits};
use super::packet::Feedback;
use super::state::{CongestionReason, CongestionState};
use crate::base::Micros;

/// See the module.
#[derive(Debug)]
pub(crate) struct Gcc {
    output: Output,
}

impl Controller for Gcc {
    fn new(_now: Micros, limits: RateLimits) -> Self {
        Self {
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
        None
    }

    fn output(&self) -> &Output {
        &self.output
    }
}
