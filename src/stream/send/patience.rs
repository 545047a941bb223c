//! How much a receiver may ask for: a broken or hostile one must not cost the publisher, or its own
//! link, more than repairs are worth.

/// Key frames it may ask for,
const MOST_KEY_FRAMES: usize = 3;
/// within so many milliseconds (R1).
const KEY_FRAME_WINDOW: u32 = 10_000;
/// Of the rate that is sent, so much may be retransmissions: 1/2.
const RESEND_SHARE: u64 = 2;
/// What is always allowed, in bytes per second.
const LEAST_RESEND_RATE: u64 = 16_000;
/// What may be sent again at once, in bytes: a key frame.
const RESEND_BURST: u64 = 96_000;

/// The newest requests for key frames that were passed on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyFrameWishes {
    passed_on: [Option<u32>; MOST_KEY_FRAMES],
    next: u8,
}

impl KeyFrameWishes {
    /// Whether one more is passed on, at `now` in milliseconds.
    pub(super) fn take(&mut self, now: u32) -> bool {
        let place = &mut self.passed_on[usize::from(self.next)];
        if place.is_some_and(|then| now.wrapping_sub(then) < KEY_FRAME_WINDOW) {
            return false;
        }
        *place = Some(now);
        self.next = (self.next + 1) % MOST_KEY_FRAMES as u8;
        true
    }
}

/// Bytes that may be sent again now; grows with time.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResendBudget {
    bytes: u64,
    at: u32,
}

impl ResendBudget {
    /// A full one.
    pub(super) const fn new() -> Self {
        Self { bytes: RESEND_BURST, at: 0 }
    }

    /// Whether `len` bytes may be sent again at `now` (milliseconds), while `sent` bits per second
    /// are; counts them if so.
    pub(super) fn take(&mut self, now: u32, sent: u64, len: usize) -> bool {
        let rate = (sent / 8 / RESEND_SHARE).max(LEAST_RESEND_RATE);
        let passed = u64::from(now.wrapping_sub(self.at));
        let earned = rate.saturating_mul(passed) / 1_000;
        if earned > 0 {
            self.bytes = self.bytes.saturating_add(earned).min(RESEND_BURST);
            self.at = now;
        }
        let len = len as u64;
        let is_enough = self.bytes >= len;
        self.bytes -= if is_enough { len } else { 0 };
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_key_frames_in_ten_seconds_are_passed_on_and_no_more() {
        let mut wishes = KeyFrameWishes::default();
        let taken: Vec<u32> = (0..30_000).step_by(500).filter(|now| wishes.take(*now)).collect();
        assert_eq!(taken, [0, 500, 1_000, 10_000, 10_500, 11_000, 20_000, 20_500, 21_000]);
    }

    #[test]
    fn half_of_what_is_sent_may_be_sent_again_and_a_key_frame_at_once() {
        let mut budget = ResendBudget::new();
        let mut resend = |now, sent| (0..10_000).filter(|_| budget.take(now, sent, 1_000)).count();
        assert_eq!(resend(0, 0), 96, "at once");
        assert_eq!(resend(500, 0), 8, "the least there is");
        assert_eq!(resend(1_000, 1_600_000), 50, "100 kB/s of 200");
        assert_eq!(resend(60_000, 100_000_000), 96);
    }
}
