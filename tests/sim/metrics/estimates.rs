//! What the engine said of the way to one receiver, against what it was.

use super::accounts::{Class, LinkAccount, ReceiverAccount, Sample};
use super::numbers::mean;
use super::window::Window;
use crate::net::{MS, SECOND, Time};

/// For so long an estimate has to stay where it settled,
const SETTLED: Time = 2 * SECOND;
/// or fell to.
const FALLEN: Time = 500 * MS;
/// What is left of it where an estimate is back again.
const RECOVERED: f64 = 0.8;
/// As samples say it.
const PROBING: &str = "probing";
/// So long after a REMB it has to be kept.
const REMB: Time = 200 * MS;

impl ReceiverAccount {
    fn within(&self, window: Window) -> &[Sample] {
        let place = |at: Time| self.samples.partition_point(|sample| sample.at < at);
        &self.samples[place(window.from)..place(window.until)]
    }

    /// The newest before `at`.
    fn before(&self, at: Time) -> f64 {
        let place = self.samples.partition_point(|sample| sample.at <= at);
        self.samples[..place].last().map_or(f64::NAN, |sample| sample.estimate as f64)
    }

    /// The first moment from which on all samples are right for `span`; within the window.
    fn first_lasting(
        &self,
        window: Window,
        span: Time,
        is: impl Fn(&Sample) -> bool,
    ) -> Option<Time> {
        let mut begun: Option<Time> = None;
        for sample in self.samples.iter().filter(|sample| sample.at >= window.from) {
            let since = *begun.get_or_insert(sample.at);
            if !is(sample) {
                begun = None;
            } else if since >= window.until {
                return None;
            } else if sample.at - since >= span {
                return Some(since);
            }
        }
        // It stayed so until the run was over.
        begun.filter(|since| *since < window.until && span == 0)
    }

    /// See [`Settle`](crate::scenario::Measure::Settle).
    pub fn settle(&self, window: Window, links: &[LinkAccount], most: Option<u64>) -> f64 {
        let most = most.unwrap_or(u64::MAX);
        let is_settled = |sample: &Sample| {
            let capacity = self.capacity_at(links, sample.at);
            let (least, capacity) = (0.75 * capacity.min(most) as f64, 1.1 * capacity as f64);
            (least..=capacity).contains(&(sample.estimate as f64))
        };
        window.until(self.first_lasting(window, SETTLED, is_settled))
    }

    pub fn estimate_reach(&self, window: Window, rate: u64) -> f64 {
        window.until(self.first_lasting(window, 0, |sample| sample.estimate >= rate))
    }

    pub fn estimate_fall(&self, window: Window, rate: u64) -> f64 {
        window.until(self.first_lasting(window, FALLEN, |sample| sample.estimate <= rate))
    }

    pub fn estimate_least(&self, window: Window) -> f64 {
        self.within(window).iter().map(|sample| sample.estimate as f64).fold(f64::NAN, f64::min)
    }

    pub fn estimate_most(&self, window: Window) -> f64 {
        self.within(window).iter().map(|sample| sample.estimate as f64).fold(f64::NAN, f64::max)
    }

    pub fn estimate_kept(&self, window: Window) -> f64 {
        self.estimate_least(window) / self.before(window.from)
    }

    pub fn estimate_rise(&self, window: Window) -> f64 {
        self.estimate_most(window) / self.before(window.from)
    }

    pub fn estimate_mean(&self, window: Window) -> f64 {
        let of = |window| mean(self.within(window).iter().map(|sample| sample.estimate as f64));
        let span = window.until - window.from;
        of(window) / of(Window { from: window.from.saturating_sub(span), until: window.from })
    }

    pub fn estimate_after(&self, window: Window) -> f64 {
        self.before(window.until) / self.before(window.from)
    }

    pub fn recover(&self, window: Window) -> f64 {
        let bound = RECOVERED * self.before(window.from);
        let low = self.within(window).iter().rev().find(|sample| (sample.estimate as f64) < bound);
        low.map_or(0.0, |sample| window.until(Some(sample.at)))
    }

    /// What is left of the estimate in `span` after each of `moments`, at the least.
    fn kept(&self, moments: impl Iterator<Item = Time>, span: Time) -> f64 {
        let kept = moments.map(|at| self.estimate_kept(Window { from: at, until: at + span }));
        kept.fold(f64::INFINITY, f64::min)
    }

    pub fn upgrade_kept(&self, window: Window) -> f64 {
        let upgrades = self.videos().flat_map(|held| held.layers.windows(2));
        let upgrades = upgrades.filter(|two| two[1].1 > two[0].1 && window.contains(two[1].0));
        self.kept(upgrades.map(|two| two[1].0), 2 * SECOND)
    }

    pub fn probe_kept(&self, window: Window, links: &[LinkAccount]) -> f64 {
        let begins = self.within(window).windows(2);
        let begins = begins.filter(|two| two[0].state != PROBING && two[1].state == PROBING);
        let is_lossless = |at: &Time| {
            let window = Window { from: *at, until: at + SECOND };
            self.links.iter().all(|link| links[*link].loss(window) == 0.0)
        };
        let kept = self.kept(begins.map(|two| two[0].at).filter(is_lossless), 800 * MS);
        // Where nothing was probed nothing is shown.
        if kept.is_finite() { kept } else { 0.0 }
    }

    pub fn reported_loss(&self, window: Window) -> f64 {
        self.within(window).iter().map(|sample| sample.loss).fold(0.0, f64::max)
    }

    /// Bit/s.
    pub fn sent_video(&self, window: Window) -> f64 {
        let of = |class: Class| self.sent[class as usize].rate(window.from, window.until) * 8.0;
        of(Class::Video) + of(Class::Resent)
    }

    pub fn over_estimate(&self, window: Window, links: &[LinkAccount]) -> f64 {
        self.longest(window, |sample| {
            sample.estimate as f64 > 1.5 * self.capacity_at(links, sample.at) as f64
        })
    }

    pub fn above_remb(&self, window: Window) -> f64 {
        self.longest(window, |sample| {
            let place = |at: Time| self.told.partition_point(|told| told.0 <= at);
            let old = place(sample.at.saturating_sub(REMB)).saturating_sub(1);
            let bound = self.told[old..place(sample.at)].iter().map(|told| told.1).max();
            bound.is_some_and(|bound| sample.estimate > bound)
        })
    }

    /// Longest time over which all samples are so, seconds.
    fn longest(&self, window: Window, is: impl Fn(&Sample) -> bool) -> f64 {
        let (mut longest, mut since) = (0, None);
        for sample in self.within(window) {
            if is(sample) {
                longest = longest.max(sample.at - *since.get_or_insert(sample.at));
            } else {
                since = None;
            }
        }
        longest as f64 / SECOND as f64
    }

    /// Padding and probes, bit/s.
    pub fn padding(&self, window: Window) -> f64 {
        let samples = self.within(window);
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return 0.0 };
        (last.padding - first.padding) as f64 * 8.0 / window.seconds()
    }

    /// Retransmissions, of the estimate, in the second in which they were most: 0-1.
    pub fn resent(&self, window: Window) -> f64 {
        let second = |from| Window { from, until: from + SECOND };
        let of = |window: Window| {
            let resent = &self.sent[Class::Resent as usize];
            // What was within bounds stays so when the estimate falls afterwards.
            let estimate = self.estimate_most(window);
            resent.rate(window.from, window.until) * 8.0 / estimate
        };
        let seconds = (window.from..window.until.saturating_sub(SECOND)).step_by(SECOND as usize);
        seconds.map(|from| of(second(from))).filter(|share| share.is_finite()).fold(0.0, f64::max)
    }

    pub fn pending(&self, window: Window) -> u32 {
        self.within(window).iter().map(|sample| sample.pending).max().unwrap_or(0)
    }

    /// What the narrowest link on the way carries.
    pub fn capacity_at(&self, links: &[LinkAccount], at: Time) -> u64 {
        let on_way = self.links.iter().filter_map(|place| links[*place].capacity_at(at));
        on_way.min().unwrap_or(u64::MAX)
    }
}
