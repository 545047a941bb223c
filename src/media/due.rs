//! What RTCP is due, and when: noted as time passes, written by [`super::rtcp_out`] when the driver
//! drains.

use std::time::{Duration, Instant};

use super::Media;
use super::rtcp_out::received;
use crate::base::Slab;
use crate::forward::Source;
use crate::stream::recv::ReceiveStream;

/// Mean time between reports; each is 0.5 to 1.5 times that (RFC 3550 §6.2).
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// What is to be written at the next drain.
#[derive(Debug)]
pub(crate) struct Due {
    feedback_at: Option<Instant>,
    pub(super) feedback: bool,
    pub(super) lost: bool,
    pub(super) key_frames: bool,
    reports_at: Instant,
    pub(super) reports: Option<ReportCursor>,
    pub(super) reduced_size: bool,
}

/// How far the reports are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReportCursor {
    /// Streams received: blocks written.
    pub(super) received: usize,
    /// Streams sent: reports written.
    pub(super) sent: usize,
    pub(super) bitrate: bool,
}

impl Due {
    /// Nothing is due; the first reports soon.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            feedback_at: None,
            feedback: false,
            lost: false,
            key_frames: false,
            reports_at: now + REPORT_INTERVAL / 2,
            reports: None,
            reduced_size: false,
        }
    }

    /// Whether feedback may go out without a report in front (RFC 5506).
    pub(crate) const fn set_reduced_size(&mut self, reduced_size: bool) {
        self.reduced_size = reduced_size;
    }

    /// Something arrived: feedback is due `interval` later, unless it is already to come. Returns
    /// the new deadline.
    pub(crate) fn feedback_after(&mut self, now: Instant, interval: Duration) -> Option<Instant> {
        if self.feedback_at.is_some() {
            return None;
        }
        self.feedback_at = Some(now + interval);
        self.feedback_at
    }

    /// Nothing is to be written now.
    pub(super) const fn clear(&mut self) {
        self.feedback = false;
        self.lost = false;
        self.key_frames = false;
        self.reports = None;
    }

    /// Whether anything is to be written now.
    pub(crate) const fn any(&self) -> bool {
        self.feedback || self.lost || self.key_frames || self.reports.is_some()
    }
}

impl Media {
    /// Notes what has become due by `now`.
    pub(super) fn note_due(&mut self, now: Instant, sources: &mut Slab<Source>) {
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if passed(self.due.feedback_at) {
            self.due.feedback_at = None;
            self.due.feedback = true;
        }
        self.due.lost |= passed(self.lost_deadline(sources));
        self.due.key_frames |= passed(self.key_frame_deadline(sources));
        if self.due.reports_at <= now {
            let spread = u32::from(self.rng.next_u32() as u16);
            self.due.reports_at = now + REPORT_INTERVAL / 2 + REPORT_INTERVAL * spread / 65_536;
            self.due.reports = Some(ReportCursor::default());
            for &source in &self.sources {
                let moment = self.settings.moment(now);
                sources.at_mut(source).into_iter().for_each(|source| source.tend(moment));
            }
        }
    }

    /// When something becomes due next.
    pub(super) fn next_deadline(&self, sources: &Slab<Source>) -> Option<Instant> {
        let lost = if self.due.lost { None } else { self.lost_deadline(sources) };
        let key_frames = if self.due.key_frames { None } else { self.key_frame_deadline(sources) };
        let paced = self.paced_deadline();
        [self.due.feedback_at, lost, key_frames, paced, Some(self.due.reports_at)]
            .into_iter()
            .flatten()
            .min()
    }

    fn lost_deadline(&self, sources: &Slab<Source>) -> Option<Instant> {
        received(&self.sources, sources).filter_map(ReceiveStream::lost_deadline).min()
    }

    pub(super) fn key_frame_deadline(&self, sources: &Slab<Source>) -> Option<Instant> {
        let interval = self.settings.key_frame_request_interval;
        let published = self.sources.iter().filter_map(|&slot| sources.at(slot));
        published.filter_map(|source| source.key_frame_deadline(interval)).min()
    }
}
