//! Shapers that save up: a token bucket lets through at once what fits into it, and only then at the
//! rate that it is filled at. A short probe, or a picture, that fits shows nothing of the link but
//! its bucket.
//!
//! What the link carried when it was last full says how long a queue should be by now. Bytes that
//! should stand in it and do not came out of a bucket, or the link carries more: which of the two is
//! known once they are more than a bucket holds. How much that is shows when a queue begins after
//! all.

use super::probing::Proof;
use crate::base::Micros;

/// A claim beyond this, in percent of what the link carried, needs to be shown,
const CLAIM: u64 = 125;
/// by so many bytes, if no larger bucket was seen, that went beyond it and had not to wait:
const USUAL: u64 = 4_500;
/// or by what it carries in so many milliseconds, if that is less,
const USUAL_MILLIS: u64 = 75;
/// so much more than the bucket that was seen, in percent, and by so many bytes.
const BEYOND: u64 = 110;
const SURPLUS: u64 = 600;
/// Fewer bytes than this are what the times are wrong by.
const LEAST: u64 = 3_000;
/// No bucket holds so many bytes, or the link is one that carries more for as long as it matters.
const MOST: u64 = 64_000;
/// That is shown at so much of what it carried, in percent: the slower, the longer it takes.
const PROOF: u64 = 160;
/// What the link carried is held for so much more, in percent: else what is sent at just this rate
/// adds up.
const SLACK: u64 = 105;
/// Nor does it add up for longer than this.
const LONGEST: Micros = Micros::millis(3_000);
/// Full again at about the same rate, in percent apart: it is the same link.
const SAME: u64 = 20;
/// Others stay for so long.
const SHARED: Micros = Micros::millis(20_000);
/// What a link carried, and how much its bucket held, is forgotten after so long.
const FORGOTTEN: Micros = Micros::millis(60_000);
const HELD_FORGOTTEN: Micros = Micros::millis(300_000);

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    /// What the link carried when it was full, bit/s, and when.
    carried: Option<(u64, Micros)>,
    /// The largest bucket seen, bytes, and when.
    held: Option<(u64, Micros)>,
    /// When others were last found to fill the link.
    shared: Option<Micros>,
    /// What should stand in the queue, in millionths of a bit, since when, and as of when.
    due: u64,
    since: Micros,
    at: Micros,
    /// Most bytes that did not, since then.
    missing: u64,
}

/// Bit/s: no link carries more, whatever a far end's clock makes of it.
const HIGHEST: u64 = 1 << 50;
const MICROBITS: u64 = 8 * 1_000_000;

impl Bucket {
    /// A packet that left at `sent` arrived; in the order of sending.
    pub(super) fn on_packet(&mut self, sent: Micros, queue: Micros, bytes: u32) {
        let Some((carried, _)) = self.carried else { return };
        let rate = carried * SLACK / 100;
        let left = sent.since(self.at).0.saturating_mul(rate);
        self.due = self.due.saturating_sub(left);
        self.at = sent;
        if self.due == 0 || sent.since(self.since) > LONGEST {
            (self.due, self.since, self.missing) = (0, sent, 0);
        }
        let stands = queue.0.saturating_mul(rate);
        self.missing = self.missing.max(self.due.saturating_sub(stands) / MICROBITS);
        self.due = self.due.saturating_add(u64::from(bytes) * MICROBITS);
        if self.missing > MOST {
            *self = Self { held: self.held, shared: self.shared, ..Self::default() };
        }
    }

    /// The link was full and carried so much, bit/s.
    pub(super) fn on_full(&mut self, now: Micros, rate: u64) {
        if self.shared.is_some_and(|at| now.since(at) < SHARED) {
            return;
        }
        let rate = rate.min(HIGHEST);
        if let Some((carried, _)) = self.carried
            && carried.abs_diff(rate) * 100 <= carried * SAME
        {
            if self.missing > LEAST {
                self.held = Some((self.missing.max(self.held(now) / 10 * 8), now));
            }
            // As of when nothing is missing any more.
            self.carried = Some(((carried * 7 + rate) / 8, now));
            return;
        }
        self.carried = Some((rate, now));
        (self.due, self.since, self.at, self.missing) = (0, now, now, 0);
    }

    /// Others fill the link, too: what it carried was our share of it.
    pub(super) fn on_others(&mut self, now: Micros) {
        *self = Self { shared: Some(now), held: self.held, ..Self::default() };
    }

    /// What has to be sent to find out whether a bucket is all that made the link seem to carry
    /// `rate`, bit/s; `None` if that is out of the question. Nobody wants more than `most`.
    pub(super) fn doubt(&self, now: Micros, rate: u64, most: u64) -> Option<Proof> {
        let carried = self.carried(now)?;
        let needed = self.needed(now, carried);
        if rate.min(most) <= carried * CLAIM / 100 || self.missing >= needed {
            return None;
        }
        let rate = rate.max(carried * PROOF / 100).min(most);
        let beyond = rate.saturating_sub(carried * SLACK / 100).max(1);
        let bytes = (needed + SURPLUS).saturating_mul(rate) / beyond;
        Some(Proof { rate, bytes: u32::try_from(bytes).unwrap_or(u32::MAX) })
    }

    fn needed(&self, now: Micros, carried: u64) -> u64 {
        let usual = (carried * USUAL_MILLIS / 8_000).min(USUAL);
        match self.held(now) {
            0 => usual,
            held => usual.max(held * BEYOND / 100 + SURPLUS),
        }
    }

    fn held(&self, now: Micros) -> u64 {
        let held = self.held.filter(|(_, at)| now.since(*at) < HELD_FORGOTTEN);
        held.map_or(0, |(bytes, _)| bytes)
    }

    fn carried(&self, now: Micros) -> Option<u64> {
        let carried = self.carried.filter(|(_, at)| now.since(*at) < FORGOTTEN);
        carried.map(|(rate, _)| rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u64 = 10_000_000;

    /// A shaper of 500 kbit/s behind which nothing else happens.
    struct Shaper {
        bucket: Bucket,
        /// Bytes that it holds; bytes saved, times 8 million; queue in microseconds; as of when.
        holds: u64,
        saved: u64,
        queue: u64,
        at: u64,
        rate: u64,
    }

    impl Shaper {
        fn new(holds: u64) -> Self {
            let bucket = Bucket::default();
            Self { bucket, holds, saved: holds * MICROBITS, queue: 0, at: 0, rate: 500_000 }
        }

        /// Packets of 1,000 bytes at `rate`, bit/s, for so many milliseconds; as they arrive.
        fn send(&mut self, rate: u64, millis: u64) {
            let (gap, until) = (8_000_000_000 / rate, self.at + millis * 1_000);
            while self.at + gap <= until {
                self.at += gap;
                let drained = self.queue.min(gap);
                self.queue -= drained;
                self.saved += (gap - drained) * self.rate;
                self.saved = self.saved.min(self.holds * MICROBITS);
                let missing = (1_000 * MICROBITS).saturating_sub(self.saved);
                self.saved = self.saved.saturating_sub(1_000 * MICROBITS);
                self.queue += missing / self.rate;
                self.bucket.on_packet(Micros(self.at), Micros(self.queue), 1_000);
                if self.queue > 30_000 {
                    self.bucket.on_full(Micros(self.at), self.rate);
                }
            }
            self.at = until;
        }

        fn doubts(&self, rate: u64) -> Option<Proof> {
            self.bucket.doubt(Micros(self.at), rate, MOST)
        }
    }

    #[test]
    fn nothing_is_doubted_of_a_link_that_was_never_full_or_by_little_more() {
        let mut shaper = Shaper::new(4_000);
        shaper.send(450_000, 2_000);
        assert_eq!(shaper.doubts(1_000_000), None);
        shaper.send(1_000_000, 500);
        shaper.send(300_000, 2_000);
        assert!(shaper.doubts(1_000_000).is_some());
        assert_eq!(shaper.doubts(600_000), None);
    }

    #[test]
    fn short_probe_out_of_the_bucket_is_doubted_and_a_long_one_proves_nothing_either() {
        for holds in [1_500, 4_000] {
            let mut shaper = Shaper::new(holds);
            shaper.send(1_000_000, 500);
            shaper.send(300_000, 3_000);
            shaper.send(1_000_000, 40);
            let proof = shaper.doubts(1_000_000).expect("40 ms are 2.5 kB more than it carries");
            assert_eq!(proof.rate, 1_000_000);
            shaper.send(300_000, 3_000);
            shaper.send(proof.rate, u64::from(proof.bytes) * 8_000 / proof.rate);
            assert!(shaper.doubts(1_000_000).is_some(), "{holds}");
        }
    }

    #[test]
    fn long_probe_proves_that_the_link_carries_more() {
        let mut shaper = Shaper::new(4_000);
        shaper.send(1_000_000, 500);
        shaper.send(300_000, 3_000);
        shaper.rate = 2_000_000;
        shaper.send(1_000_000, 40);
        let proof = shaper.doubts(1_000_000).expect("not yet");
        shaper.send(proof.rate, u64::from(proof.bytes) * 8_000 / proof.rate);
        assert_eq!(shaper.doubts(1_000_000), None);
        shaper.send(1_000_000, 3_000);
        assert_eq!(shaper.bucket.carried(Micros(shaper.at)), None, "no bucket holds so much");
    }

    #[test]
    fn larger_bucket_is_seen_once_and_remembered() {
        let mut shaper = Shaper::new(12_000);
        shaper.send(1_000_000, 1_000);
        shaper.send(300_000, 3_000);
        let before = shaper.doubts(1_000_000).expect("a usual one").bytes;
        shaper.send(1_000_000, 250);
        shaper.send(300_000, 3_000);
        let after = shaper.doubts(1_000_000).expect("a larger one");
        assert!(u64::from(after.bytes) > 2 * 12_000 && after.bytes > 2 * before, "{after:?}");
        shaper.send(300_000, 3_000);
        shaper.send(after.rate, u64::from(after.bytes) * 8_000 / after.rate);
        assert!(shaper.doubts(1_000_000).is_some(), "it is not even fooled by what fits in twice");
        shaper.at += HELD_FORGOTTEN.0;
        assert_eq!(shaper.doubts(1_000_000), None);
    }

    #[test]
    fn share_of_a_link_among_others_says_nothing() {
        let mut shaper = Shaper::new(1_500);
        shaper.send(1_000_000, 500);
        shaper.bucket.on_others(Micros(shaper.at));
        shaper.send(1_000_000, 500);
        assert_eq!(shaper.doubts(1_000_000), None);
    }

    #[test]
    fn slow_proof_is_longer_and_never_faster_than_is_wanted() {
        let mut shaper = Shaper::new(1_500);
        shaper.send(1_000_000, 500);
        let now = Micros(shaper.at);
        let [fast, slow] = [2_000_000, 700_000]
            .map(|rate| shaper.bucket.doubt(now, rate, MOST).expect("far more than it carries"));
        assert!(fast.bytes < slow.bytes && slow.rate == 800_000, "{fast:?} {slow:?}");
        let bounded = shaper.bucket.doubt(now, 2_000_000, 660_000).expect("more than it carries");
        assert_eq!(bounded.rate, 660_000);
        assert_eq!(shaper.bucket.doubt(now, 2_000_000, 600_000), None);
    }

    #[test]
    fn times_and_rates_of_any_size_do_no_harm() {
        let mut bucket = Bucket::default();
        for value in [0, 1, 5_000, u64::MAX / 9, u64::MAX] {
            bucket.on_full(Micros(value), value);
            for sent in [0, u64::MAX, 7] {
                bucket.on_packet(Micros(sent), Micros(value), u32::MAX);
                bucket.doubt(Micros(sent), value, value);
            }
        }
    }
}
