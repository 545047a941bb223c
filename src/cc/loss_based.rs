//! A bitrate for publishers that negotiated REMB and not transport-cc: from loss alone, by the
//! rule of draft-ietf-rmcat-gcc-02 §6.

use crate::base::Bitrate;

/// Where the estimate starts.
const START: Bitrate = Bitrate::kbps(1_000);
/// Below this a video call is no call.
const LEAST: Bitrate = Bitrate::kbps(100);
/// Above this nothing is gained.
const MOST: Bitrate = Bitrate::kbps(20_000);

/// What the publisher's way to us seems to carry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LossBasedEstimate(Bitrate);

impl LossBasedEstimate {
    /// At its start value.
    pub(crate) const fn new() -> Self {
        Self(START)
    }

    /// One report interval (about 1 s) went by in which `fraction_lost` (of 256) of the packets
    /// did not come and `received` came. Up by 8 % below 2 % loss, down by half the loss above
    /// 10 %, never above twice what really came, so that an idle publisher proves nothing.
    pub(crate) fn update(&mut self, fraction_lost: u8, received: Bitrate) -> Bitrate {
        let now = self.0.as_bps();
        let lost = u64::from(fraction_lost);
        let next = if lost * 100 < 2 * 256 {
            now + now * 8 / 100
        } else if lost * 100 > 10 * 256 {
            now - now * lost / 512
        } else {
            now
        };
        let proven = (received.as_bps() * 2).max(START.as_bps());
        self.0 = Bitrate::bps(next.min(proven).clamp(LEAST.as_bps(), MOST.as_bps()));
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_grows_without_loss_up_to_twice_what_came_and_falls_by_half_the_loss() {
        let mut estimate = LossBasedEstimate::new();
        let grown = (0..60).map(|_| estimate.update(0, Bitrate::kbps(2_000))).last();
        assert_eq!(grown, Some(Bitrate::kbps(4_000)));
        assert_eq!(estimate.update(128, Bitrate::kbps(2_000)), Bitrate::kbps(3_000));
        assert_eq!(estimate.update(13, Bitrate::kbps(2_000)), Bitrate::kbps(3_000));
    }

    #[test]
    fn rate_never_leaves_its_bounds() {
        let mut estimate = LossBasedEstimate::new();
        for _ in 0..100 {
            estimate.update(255, Bitrate::bps(0));
        }
        assert_eq!(estimate.update(255, Bitrate::bps(0)), LEAST);
        for _ in 0..200 {
            estimate.update(0, Bitrate::kbps(100_000));
        }
        assert_eq!(estimate.update(0, Bitrate::kbps(100_000)), MOST);
    }
}
