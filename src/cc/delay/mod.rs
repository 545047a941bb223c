//! What the delay says the link carries: packet groups ([`groups`]), the slope of their delay
//! ([`trendline`]), whether it means overuse ([`overuse`]), and the rate that follows ([`aimd`],
//! [`capacity`]). libwebrtc's `DelayBasedBwe`, with the constants of M138.
//!
//! One of several estimates: does not know of loss, probing or the far end's own estimate but by
//! what it is given. Read next: [`groups`].

mod aimd;
mod capacity;
mod groups;
mod overuse;
mod trendline;

pub(crate) use overuse::Usage;

use super::packet::PacketResult;
use crate::base::Micros;
use aimd::Aimd;
use groups::Groups;
use overuse::Overuse;
use trendline::Trendline;

/// After so long without feedback what the delay was says nothing.
const SILENCE: Micros = Micros::millis(2_000);
/// Packets that are put into the order of their arrival at a time.
const TOGETHER: usize = 128;

/// What one feedback changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Update {
    /// What the link is taken to carry, bit/s; see [`DelayBased::is_valid`].
    pub(crate) target: u64,
    pub(crate) usage: Usage,
    /// Whether `target` was looked at anew.
    pub(crate) updated: bool,
    /// Whether it is what a probe showed.
    pub(crate) probe: bool,
    /// A queue was emptying, and is empty now: a good moment for a probe.
    pub(crate) recovered: bool,
}

/// The estimate from delay. Rates in bit/s.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DelayBased {
    groups: Groups,
    trendline: Trendline,
    overuse: Overuse,
    aimd: Aimd,
    /// When feedback last came.
    heard: Option<Micros>,
}

impl DelayBased {
    /// With no estimate yet: [`set_start`](Self::set_start) gives one, else the first overuse does,
    /// or 5 s of throughput.
    pub(crate) fn new(least: u64, most: u64) -> Self {
        Self {
            groups: Groups::default(),
            trendline: Trendline::default(),
            overuse: Overuse::new(),
            aimd: Aimd::new(least, most),
            heard: None,
        }
    }

    /// Packets were told of. `acked`: what comes through, if that is known; `in_alr`: what is sent
    /// is limited by the application, so that the estimate is not to grow by itself;
    /// `probe_rate`: what a probe showed just now.
    pub(crate) fn on_feedback(
        &mut self,
        now: Micros,
        results: &[PacketResult],
        acked: Option<u64>,
        in_alr: bool,
        probe_rate: Option<u64>,
    ) -> Update {
        if results.iter().all(|result| result.arrived.is_none()) {
            return self.unchanged();
        }
        if self.heard.is_none_or(|heard| now.since(heard) > SILENCE) {
            self.forget_delay();
        }
        self.heard = Some(now);
        let mut recovered = false;
        for_each_arrival(results, |sent, arrived| recovered |= self.add(now, sent, arrived));
        let usage = self.usage();
        let (updated, probe) = match (usage, probe_rate) {
            (Usage::Over, _) => (self.decrease(now, acked), false),
            (_, Some(rate)) => {
                self.aimd.set_estimate(now, rate);
                (true, true)
            }
            (_, None) => {
                self.aimd.update(now, usage, acked, in_alr);
                (self.aimd.is_valid(), false)
            }
        };
        let recovered = recovered && usage != Usage::Over && !probe;
        Update { target: self.aimd.rate(), usage, updated, probe, recovered }
    }

    /// Where to start from.
    pub(crate) fn set_start(&mut self, rate: u64) {
        self.aimd.set_start(rate);
    }

    /// New bounds; the estimate moves into them.
    pub(crate) fn set_limits(&mut self, least: u64, most: u64) {
        self.aimd.set_limits(least, most);
    }

    /// Another knows better. Counts as a change: for a round trip the estimate is not lowered, so
    /// this is not to be called without need.
    pub(crate) fn set_estimate(&mut self, now: Micros, rate: u64) {
        self.aimd.set_estimate(now, rate);
    }

    /// The round trip: how fast the estimate grows near the capacity, and how soon it is lowered
    /// again.
    pub(crate) const fn set_round_trip(&mut self, round_trip: Micros) {
        self.aimd.set_round_trip(round_trip);
    }

    /// The delay begins anew: after a change of path, or when what was measured was not ours. The
    /// estimate stays.
    pub(crate) fn forget_delay(&mut self) {
        self.groups = Groups::default();
        self.trendline = Trendline::default();
        self.overuse = Overuse::new();
    }

    /// What the link is taken to carry; the upper bound as long as it is not
    /// [valid](Self::is_valid).
    #[cfg(test)]
    pub(crate) const fn estimate(&self) -> u64 {
        self.aimd.rate()
    }

    /// Whether the estimate comes from anything.
    #[cfg(test)]
    pub(crate) const fn is_valid(&self) -> bool {
        self.aimd.is_valid()
    }

    /// What the detector last saw.
    pub(crate) const fn usage(&self) -> Usage {
        self.overuse.usage()
    }

    /// Slope of the delay: seconds a second, about (rate - capacity) / capacity.
    #[cfg(test)]
    pub(crate) const fn trend(&self) -> f64 {
        self.trendline.slope()
    }

    /// Expected growth near the capacity, bit/s in a second.
    #[cfg(test)]
    pub(crate) fn growth(&self) -> f64 {
        self.aimd.growth()
    }

    /// Expected time between two decreases.
    #[cfg(test)]
    pub(crate) fn period(&self) -> Micros {
        self.aimd.period()
    }

    /// What came through when the link was full, as long as nothing speaks against it.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> Option<u64> {
        self.aimd.capacity()
    }

    /// One packet that arrived. `true` if with it a queue that was emptying is empty.
    #[expect(clippy::cast_precision_loss, reason = "estimates")]
    fn add(&mut self, now: Micros, sent: Micros, arrived: i64) -> bool {
        let Some(delta) = self.groups.add(now, sent, arrived) else {
            return false;
        };
        let before = self.usage();
        let slope = self.trendline.add(delta, arrived);
        let sent = delta.sent as f64 / 1e3;
        let usage = self.overuse.on_slope(slope, self.trendline.count(), sent, arrived);
        before == Usage::Under && usage == Usage::Normal
    }

    /// Overuse: lowers the estimate unless that was done just now.
    fn decrease(&mut self, now: Micros, acked: Option<u64>) -> bool {
        let Some(throughput) = acked else {
            return self.aimd.halve(now);
        };
        let is_time = self.aimd.may_decrease(now, throughput);
        if is_time {
            self.aimd.update(now, Usage::Over, acked, false);
        }
        is_time
    }

    const fn unchanged(&self) -> Update {
        Update {
            target: self.aimd.rate(),
            usage: self.usage(),
            updated: false,
            probe: false,
            recovered: false,
        }
    }
}

/// All that arrived, in the order of arrival but for what is out of it by more than 100 packets.
fn for_each_arrival(results: &[PacketResult], mut each: impl FnMut(Micros, i64)) {
    for some in results.chunks(TOGETHER) {
        let mut arrivals = [(0, Micros(0)); TOGETHER];
        let mut count = 0;
        for (arrived, sent) in some.iter().filter_map(|of| Some((of.arrived?, of.sent.at))) {
            arrivals[count] = (arrived, sent);
            count += 1;
        }
        arrivals[..count].sort_unstable();
        for (arrived, sent) in &arrivals[..count] {
            each(*sent, *arrived);
        }
    }
}

#[cfg(test)]
mod tests;
