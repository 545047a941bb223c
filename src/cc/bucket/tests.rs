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
fn link_does_not_carry_far_more_from_one_moment_to_the_next_and_far_less_if_that_lasts() {
    let mut bucket = Bucket::default();
    let mut see = |millis, rate| {
        bucket.on_full(Micros::millis(millis), rate);
        bucket.carried(Micros::millis(millis)).expect("it was full")
    };
    assert_eq!(see(1_000, 500_000), 500_000);
    assert_eq!([see(1_100, 700_000), see(1_299, 700_000)], [500_000; 2]);
    assert_eq!(see(1_300, 700_000), 700_000);
    let dips = [see(1_350, 500_000), see(1_400, 500_000), see(1_450, 700_000)];
    assert_eq!(dips, [700_000; 3], "others sent a little");
    let less = [see(1_500, 300_000), see(1_550, 310_000), see(1_600, 300_000)];
    assert_eq!(less, [700_000, 700_000, 300_000]);
}

#[test]
fn estimate_grows_a_little_by_itself_until_more_than_a_bucket_holds_went_beyond() {
    let mut shaper = Shaper::new(1_500);
    assert_eq!(shaper.bucket.bound(Micros(shaper.at)), None);
    shaper.send(1_000_000, 500);
    shaper.send(300_000, 3_000);
    assert_eq!(shaper.bucket.bound(Micros(shaper.at)), Some(530_000));
    shaper.rate = 2_000_000;
    shaper.send(575_000, 500);
    assert!(shaper.bucket.bound(Micros(shaper.at)).is_some(), "not yet");
    shaper.send(575_000, 1_000);
    assert_eq!(shaper.bucket.bound(Micros(shaper.at)), None);
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
