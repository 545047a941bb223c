//! What congestion control knows of the link to one viewer, as the pages are told; and the names of
//! its states and reasons, for which `page/links.js` has words.

use lahn::{CongestionReason, CongestionState, CongestionStats};
use serde::Serialize;

/// The link to one viewer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkStats {
    /// The estimate: what the link is taken to carry, bit/s.
    target_bitrate: u64,
    /// What arrives, bit/s.
    acked_bitrate: u64,
    /// What is sent, bit/s.
    sent_bitrate: u64,
    /// What would be sent if the link were endless, bit/s.
    desired_bitrate: u64,
    /// What is allotted to what the viewer receives, bit/s.
    allocated_bitrate: u64,
    /// What congestion control is doing,
    state: &'static str,
    /// and what bounds the estimate.
    reason: &'static str,
    /// Standing queue on the link, in seconds.
    queue_delay: f64,
    /// 0-1.
    loss: f64,
    /// Padding and probes since the beginning.
    padding_bytes_sent: u64,
}

impl From<&CongestionStats> for LinkStats {
    fn from(stats: &CongestionStats) -> Self {
        Self {
            target_bitrate: stats.target_bitrate,
            acked_bitrate: stats.acked_bitrate,
            sent_bitrate: stats.sent_bitrate,
            desired_bitrate: stats.desired_bitrate,
            allocated_bitrate: stats.allocated_bitrate,
            state: state_name(stats.state),
            reason: reason_name(stats.reason),
            queue_delay: stats.queue_delay.as_secs_f64(),
            loss: stats.loss,
            padding_bytes_sent: stats.padding_bytes_sent,
        }
    }
}

const fn state_name(state: CongestionState) -> &'static str {
    match state {
        CongestionState::Hold => "hold",
        CongestionState::Increase => "increase",
        CongestionState::Decrease => "decrease",
        CongestionState::Drain => "drain",
        CongestionState::Probing => "probing",
        CongestionState::NoFeedback => "no-feedback",
        _ => "other",
    }
}

const fn reason_name(reason: CongestionReason) -> &'static str {
    match reason {
        CongestionReason::Start => "start",
        CongestionReason::Delay => "delay",
        CongestionReason::Loss => "loss",
        CongestionReason::RoundTripTime => "round-trip-time",
        CongestionReason::Remb => "remb",
        CongestionReason::Ecn => "ecn",
        CongestionReason::Limit => "limit",
        CongestionReason::Measured => "measured",
        CongestionReason::NoFeedback => "no-feedback",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::named_in;

    #[test]
    fn link_is_written_as_documented() {
        let mut stats = CongestionStats::default();
        stats.target_bitrate = 2_500_000;
        stats.acked_bitrate = 1_900_000;
        stats.sent_bitrate = 2_000_000;
        stats.desired_bitrate = 4_000_000;
        stats.allocated_bitrate = 2_100_000;
        stats.state = CongestionState::Drain;
        stats.reason = CongestionReason::RoundTripTime;
        stats.queue_delay = Duration::from_millis(250);
        stats.loss = 0.125;
        stats.padding_bytes_sent = 12_000;
        assert_eq!(
            serde_json::to_string(&LinkStats::from(&stats)).unwrap(),
            r#"{"targetBitrate":2500000,"ackedBitrate":1900000,"sentBitrate":2000000,"desiredBitrate":4000000,"allocatedBitrate":2100000,"state":"drain","reason":"round-trip-time","queueDelay":0.25,"loss":0.125,"paddingBytesSent":12000}"#
        );
    }

    #[test]
    fn page_has_words_for_every_state_and_reason_of_a_link() {
        let states = [
            CongestionState::Hold,
            CongestionState::Increase,
            CongestionState::Decrease,
            CongestionState::Drain,
            CongestionState::Probing,
            CongestionState::NoFeedback,
        ]
        .map(state_name);
        let reasons = [
            CongestionReason::Start,
            CongestionReason::Delay,
            CongestionReason::Loss,
            CongestionReason::RoundTripTime,
            CongestionReason::Remb,
            CongestionReason::Ecn,
            CongestionReason::Limit,
            CongestionReason::Measured,
            CongestionReason::NoFeedback,
        ]
        .map(reason_name);
        let page = include_str!("../../page/links.js");
        assert_eq!(named_in(page, "STATES"), states.into_iter().collect());
        assert_eq!(named_in(page, "REASONS"), reasons.into_iter().collect());
    }
}
