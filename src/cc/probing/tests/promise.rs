//! C7 as a property: 1,000 random lives of a link; at every instant of each the promise holds.
//! The judge below keeps its own books: it knows what it told, and nothing of the regulator.
use super::*;

const LIVES: u64 = 1_000;
const STEP: u64 = 10;
const LIFE: u64 = 60_000;

#[test]
fn probe_starts_in_time_at_every_instant_of_a_thousand_random_lives() {
    let mut probes = 0;
    for seed in 0..LIVES {
        probes += Life::new(seed).live();
    }
    assert!(probes > 5 * LIVES, "the lives are too quiet to say anything: {probes} probes");
}

/// PCG-XSH-RR 64/32.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        let old = self.0;
        self.0 =
            old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let shifted = u32::try_from((((old >> 18) ^ old) >> 27) & 0xffff_ffff).expect("32 bits");
        shifted.rotate_right(u32::try_from(old >> 59).expect("5 bits"))
    }

    fn below(&mut self, bound: u64) -> u64 {
        (u64::from(self.next()) * bound) >> 32
    }

    /// On the mean once in so many milliseconds.
    fn once_in(&mut self, millis: u64) -> bool {
        self.below(millis) < STEP
    }
}

struct Life {
    seed: u64,
    random: Random,
    probing: Probing,
    capacity: u64,
    demand: Demand,
    link: LinkView,
    hears: bool,
    /// When a probe's result comes, and what it is.
    results: Vec<(u64, ProbeId, Option<Measured>)>,
    /// What they said was to be proved.
    proofs: Vec<Proof>,
    judge: Judge,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let start = 30_000 << random.below(10);
        let limits = RateLimits { start, ..LIMITS };
        Self {
            seed,
            probing: Probing::new(at(0), limits),
            capacity: 50_000 << random.below(9),
            demand: Demand::default(),
            link: view(start),
            hears: true,
            results: Vec::new(),
            proofs: Vec::new(),
            judge: Judge::default(),
            random,
        }
    }

    fn live(mut self) -> u64 {
        let begins = self.random.below(2_000) / STEP * STEP;
        let mut probes = 0;
        for now in (0..LIFE).step_by(usize::try_from(STEP).expect("small")) {
            if now == begins {
                self.probing.on_sending(at(now));
                self.judge.soon(now);
            }
            self.change(now);
            self.tell(now);
            // Whoever drives it comes when it says so, however often that is.
            while self.probing.poll_timeout().is_some_and(|then| then <= at(now)) {
                let Some(probe) = self.probing.poll(at(now)) else { continue };
                probes += 1;
                self.send(now, probe);
            }
            let clear = now >= begins && self.conditions_hold(now);
            self.judge.see(self.seed, now, clear);
        }
        probes
    }

    /// Something happens to the link, or to those who use it.
    fn change(&mut self, now: u64) {
        let random = &mut self.random;
        if random.once_in(4_000) {
            self.capacity = (50_000 << random.below(9)) + random.below(100_000);
        }
        if random.once_in(3_000) || now == 0 {
            let desired = random.below(6) * random.below(3_000_000);
            let allocated = desired.min(self.link.estimate) * random.below(100) / 100;
            self.demand = Demand { desired, allocated, ..self.demand };
        }
        if random.once_in(if self.demand.in_burst { 200 } else { 1_000 }) {
            self.demand.in_burst = !self.demand.in_burst;
        }
        // One link in ten has a key frame in the pacer for ever.
        self.demand.in_burst |= self.seed.is_multiple_of(10);
        if random.once_in(if self.hears { 10_000 } else { 2_000 }) {
            self.hears = !self.hears;
        }
        if random.once_in(if self.link.draining { 500 } else { 15_000 }) {
            self.link.draining = !self.link.draining;
        }
        if random.once_in(if self.link.normal { 15_000 } else { 500 }) {
            self.link.normal = !self.link.normal;
        }
        if random.once_in(10_000) {
            self.link.loss_limited = !self.link.loss_limited;
        }
        if random.once_in(500) {
            let queue = if random.below(10) == 0 { 100 } else { 12 };
            self.link.queue_delay = Micros::millis(random.below(queue));
        }
        if random.once_in(15_000) {
            self.link.estimate = self.link.estimate * 85 / 100;
            self.probing.on_congestion(at(now));
            self.judge.congested = Some(now);
        }
    }

    fn tell(&mut self, now: u64) {
        self.probing.set_demand(at(now), self.demand);
        if !self.hears || !now.is_multiple_of(50) {
            return;
        }
        self.probing.on_feedback(at(now));
        self.judge.hears(now);
        for (when, id, measured) in std::mem::take(&mut self.results) {
            if when > now {
                self.results.push((when, id, measured));
            } else if let Some(estimate) = self.probing.on_result(at(now), id, measured) {
                if estimate > self.link.estimate * 11 / 10 {
                    self.judge.soon(now);
                }
                self.link.estimate = estimate;
            }
        }
        self.link.sent = self.demand.allocated;
        self.probing.on_link(at(now), self.link);
        if !self.link.normal || self.link.draining || self.link.queue_delay >= at(12) {
            self.judge.congested = Some(now);
        }
    }

    fn send(&mut self, now: u64, probe: Probe) {
        let estimate = self.link.estimate;
        assert!(!self.link.draining || self.judge.congested != Some(now));
        assert!(probe.rate <= (6 * estimate).max(900_000 * 6), "{probe:?} at {estimate}");
        assert!(probe.rate <= self.demand.desired.min(LIMITS.most) * 11 / 10);
        let proves = self.proofs.iter().any(|proof| proof.bytes == probe.bytes);
        assert!(proves || probe.bytes <= 1_500 || lasts(probe) <= 60_100, "{probe:?}");
        self.judge.starts(self.seed, now, self.demand.in_burst);
        self.judge.pays(self.seed, now, probe, self.link.sent, proves);
        let noise = 90 + self.random.below(15);
        let lost = self.random.below(6) as f64 / 100.0;
        let arrived = probe.rate.min(self.capacity) * noise / 100;
        let proof = (self.random.below(3) == 0).then(|| Proof {
            rate: probe.rate * (100 + self.random.below(100)) / 100,
            bytes: u32::try_from(1_500 + self.random.below(30_000)).expect("few"),
        });
        self.proofs.extend(proof);
        let measured =
            (self.random.below(20) != 0).then_some(Measured { rate: arrived, lost, proof });
        if self.random.below(20) != 0 {
            self.results.push((now + 30 + self.random.below(400), probe.id, measured));
        }
    }

    fn conditions_hold(&self, now: u64) -> bool {
        let desired = self.demand.desired.min(LIMITS.most);
        desired > of(self.link.estimate, 1_050)
            && self.judge.congested.is_none_or(|then| now - then >= 1_000)
            && self.judge.heard.is_none_or(|then| now - then <= 1_000)
    }
}

/// What the promise says now.
#[derive(Default)]
struct Judge {
    /// The last start of a probe, success or start of all; and how soon the next has to be.
    from: u64,
    within: u64,
    clear_since: Option<u64>,
    congested: Option<u64>,
    heard: Option<u64>,
    bytes: u64,
    added: u64,
    first: Option<u64>,
    opening: u32,
}

impl Judge {
    fn soon(&mut self, now: u64) {
        (self.from, self.within) = (now, 2_000);
    }

    fn hears(&mut self, now: u64) {
        if self.heard.is_none_or(|then| now - then > 1_000) {
            self.clear_since = None;
        }
        self.heard = Some(now);
    }

    fn starts(&mut self, seed: u64, now: u64, in_burst: bool) {
        self.opening += 1;
        let late = self.clear_since.is_some_and(|since| now >= since.max(self.from) + self.within);
        assert!(!in_burst || late || self.opening <= 2, "life {seed}: probe in a burst at {now}");
        (self.from, self.within) = (now, 8_000);
    }

    /// C8. Of long probes counts what they add to what is sent anyway; they may come on top at once,
    /// but not for long.
    fn pays(&mut self, seed: u64, now: u64, probe: Probe, sent: u64, proves: bool) {
        let bytes = u64::from(probe.bytes);
        self.bytes += if proves { 0 } else { bytes };
        self.added += bytes * probe.rate.saturating_sub(sent) / probe.rate;
        let first = *self.first.get_or_insert(now);
        for (bytes, at_once) in [(self.bytes, 30_000), (self.added, 60_000)] {
            let spent = bytes.saturating_sub(at_once) * 8_000;
            assert!(spent <= 26_000 * (now - first), "life {seed}: {bytes} bytes at {now}");
        }
    }

    fn see(&mut self, seed: u64, now: u64, clear: bool) {
        if !clear {
            self.clear_since = None;
            return;
        }
        let since = *self.clear_since.get_or_insert(now);
        let deadline = since.max(self.from) + self.within;
        assert!(now <= deadline + STEP, "life {seed}: no probe at {now}, promised at {deadline}");
    }
}
