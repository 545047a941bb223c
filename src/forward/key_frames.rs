//! Asking a publisher for key frames: many want one, few requests go out.
//!
//! ```text
//!            want                  due & sent
//!   Idle ───────────▶ Wanted ───────────────────▶ Asked
//!    ▲                  │  ▲                        │ no key frame for REPEAT,
//!    │   key frame      │  └────────────────────────┘ or somebody asks anew
//!    └──────────────────┴─────────────(key frame)───┘
//! ```

use std::time::{Duration, Instant};

/// Asked and nothing came: ask again.
const REPEAT: Duration = Duration::from_millis(500);

/// The requests for one encoding.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyFrameRequests {
    /// Since when somebody wants one that was not asked for yet.
    wanted: Option<Instant>,
    /// When the newest request went out, while no key frame has come since.
    asked: Option<Instant>,
    /// When the newest request went out, answered or not.
    last: Option<Instant>,
    sent: u64,
}

impl KeyFrameRequests {
    /// Somebody needs a key frame.
    pub(crate) const fn want(&mut self, now: Instant) {
        if self.wanted.is_none() {
            self.wanted = Some(now);
        }
    }

    /// A key frame came.
    pub(crate) const fn on_key_frame(&mut self) {
        self.wanted = None;
        self.asked = None;
    }

    /// Whether a request is to be sent now; it then counts as sent. `waiting`: whether anybody
    /// still cannot be served without a key frame.
    pub(crate) fn take_due(&mut self, now: Instant, interval: Duration, waiting: bool) -> bool {
        if self.deadline(interval, waiting).is_none_or(|deadline| deadline > now) {
            return false;
        }
        self.wanted = None;
        self.asked = Some(now);
        self.last = Some(now);
        self.sent += 1;
        true
    }

    /// When the next request is to be sent: at once, but `interval` after the one before.
    pub(crate) fn deadline(&self, interval: Duration, waiting: bool) -> Option<Instant> {
        let spaced = self.last.map(|last| last + interval);
        if let Some(wanted) = self.wanted {
            return Some(spaced.map_or(wanted, |spaced| spaced.max(wanted)));
        }
        let asked = self.asked.filter(|_| waiting)?;
        Some(asked + REPEAT.max(interval))
    }

    /// Requests sent.
    pub(crate) const fn sent(&self) -> u64 {
        self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(200);

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[expect(clippy::disallowed_methods, reason = "tests need some instant to start from")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn many_wishes_within_the_interval_are_one_request() {
        let (now, mut requests) = (start(), KeyFrameRequests::default());
        let mut sent = 0;
        for at in 0..400 {
            requests.want(now + millis(at));
            sent += u32::from(requests.take_due(now + millis(at), INTERVAL, true));
        }
        assert_eq!(sent, 2);
    }

    #[test]
    fn unanswered_request_is_repeated_while_somebody_waits() {
        let (now, mut requests) = (start(), KeyFrameRequests::default());
        requests.want(now);
        assert!(requests.take_due(now, INTERVAL, true));
        assert_eq!(requests.deadline(INTERVAL, false), None);
        assert!(!requests.take_due(now + millis(499), INTERVAL, true));
        assert!(requests.take_due(now + millis(500), INTERVAL, true));
        requests.on_key_frame();
        assert_eq!(requests.deadline(INTERVAL, true), None);
    }

    #[test]
    fn wish_right_after_a_key_frame_still_keeps_the_interval() {
        let (now, mut requests) = (start(), KeyFrameRequests::default());
        requests.want(now);
        assert!(requests.take_due(now, INTERVAL, true));
        requests.on_key_frame();
        requests.want(now + millis(50));
        assert_eq!(requests.deadline(INTERVAL, true), Some(now + INTERVAL));
    }
}
