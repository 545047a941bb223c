//! Round-trip time and the retransmission timeout (RFC 6298).

use super::super::{MS, SECOND, Time};

/// Shortest timeout (RFC 6298 says 1 s; this is what systems do).
const SHORTEST: Time = 200 * MS;
const LONGEST: Time = 60 * SECOND;

#[derive(Debug, Default)]
pub(super) struct Rtt {
    smoothed: Option<Time>,
    variation: Time,
    /// How often the timer fired in a row.
    backoff: u32,
}

impl Rtt {
    pub(super) fn measure(&mut self, sample: Time) {
        self.backoff = 0;
        match self.smoothed {
            None => (self.smoothed, self.variation) = (Some(sample), sample / 2),
            Some(smoothed) => {
                self.variation = (3 * self.variation + smoothed.abs_diff(sample)) / 4;
                self.smoothed = Some((7 * smoothed + sample) / 8);
            }
        }
    }

    pub(super) fn back_off(&mut self) {
        self.backoff = (self.backoff + 1).min(8);
    }

    pub(super) fn timeout(&self) -> Time {
        let plain = match self.smoothed {
            None => SECOND,
            Some(smoothed) => (smoothed + (4 * self.variation).max(MS)).max(SHORTEST),
        };
        (plain << self.backoff).min(LONGEST)
    }

    pub(super) fn smoothed(&self) -> Option<Time> {
        self.smoothed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeout_doubles_until_something_is_measured() {
        let mut rtt = Rtt::default();
        assert_eq!(rtt.timeout(), SECOND);
        rtt.measure(100 * MS);
        assert_eq!(rtt.timeout(), 300 * MS); // RFC 6298 §2.2: 100 + 4 * 50
        rtt.back_off();
        rtt.back_off();
        assert_eq!(rtt.timeout(), 1_200 * MS);
        rtt.measure(100 * MS);
        assert_eq!(rtt.timeout(), 250 * MS); // 100 + 4 * 37.5
        (0..50).for_each(|_| rtt.measure(100 * MS));
        assert_eq!(rtt.timeout(), SHORTEST);
        (0..20).for_each(|_| rtt.back_off());
        assert_eq!(rtt.timeout(), 51_200 * MS);
    }
}
