//! Answers what a scenario asks of a run. Read next: [`super::links`], [`super::estimates`],
//! [`super::pictures`], where the answers come from.

use super::accounts::{LinkAccount, ReceiverAccount, Run, SubscriptionAccount};
use super::numbers::{jain, percentile};
use super::pictures;
use super::window::Window;
use crate::net::Time;
use crate::scenario::{Ask, Measure};

impl Run {
    /// The answer, in the unit of the measure; NaN if there is none.
    pub fn measure(&self, ask: &Ask) -> f64 {
        use Measure as M;
        let window = Window::of(self, ask);
        let (link, receivers) = (self.link(ask), self.meant(ask));
        let rate = ask.rate.map_or(0, |rate| rate.0);
        let most = ask.most.map(|most| most.0);
        // Over all that are meant: the worst of it, or all together.
        let largest = |of: &dyn Fn(&ReceiverAccount) -> f64| {
            receivers.iter().map(|receiver| of(receiver)).fold(f64::NAN, f64::max)
        };
        let least = |of: &dyn Fn(&ReceiverAccount) -> f64| {
            receivers.iter().map(|receiver| of(receiver)).fold(f64::NAN, f64::min)
        };
        let sum = |of: &dyn Fn(&ReceiverAccount) -> f64| -> f64 {
            receivers.iter().map(|receiver| of(receiver)).sum()
        };
        let kilo = 1e-3;
        match ask.measure {
            M::Utilisation => 100.0 * link.utilisation(window, most),
            M::QueueP50 => link.queue(window, 0.5),
            M::QueueP95 => link.queue(window, 0.95),
            M::AudioQueueP95 => link.audio_queue(window, 0.95),
            M::Loss => 100.0 * link.loss(window),
            M::LossBurst => link.loss_burst(window) as f64,
            M::Settle => largest(&|held| held.settle(window, &self.links, most)),
            M::Jain => {
                let there = receivers.iter().filter(|held| held.joined <= window.from);
                let rates = there.map(|held| held.arrived.rate(window.from, window.until));
                jain(&rates.collect::<Vec<_>>())
            }
            M::Rate => sum(&|held| held.arrived.rate(window.from, window.until) * 8.0 * kilo),
            M::Share => self.shares(ask, link, window),
            M::RateReach => largest(&|held| rate_reach(held, window, rate)),
            M::EstimateReach => largest(&|held| held.estimate_reach(window, rate)),
            M::EstimateFall => largest(&|held| held.estimate_fall(window, rate)),
            M::EstimateLeast => least(&|held| held.estimate_least(window) * kilo),
            M::EstimateMost => largest(&|held| held.estimate_most(window) * kilo),
            M::EstimateKept => least(&|held| 100.0 * held.estimate_kept(window)),
            M::EstimateRise => largest(&|held| 100.0 * held.estimate_rise(window)),
            M::EstimateMean => least(&|held| 100.0 * held.estimate_mean(window)),
            M::EstimateAfter => least(&|held| 100.0 * held.estimate_after(window)),
            M::Recover => largest(&|held| held.recover(window)),
            M::UpgradeKept => least(&|held| 100.0 * held.upgrade_kept(window)),
            M::ProbeKept => least(&|held| 100.0 * held.probe_kept(window, &self.links)),
            M::ReportedLoss => largest(&|held| 100.0 * held.reported_loss(window)),
            M::SentVideo => sum(&|held| held.sent_video(window) * kilo),
            M::BaseFirst => largest(&|held| held.base_first(&self.publishers, window)),
            M::OverEstimate => largest(&|held| held.over_estimate(window, &self.links)),
            M::AboveRemb => largest(&|held| held.above_remb(window)),
            M::Padding => largest(&|held| held.padding(window) * kilo),
            M::Resent => largest(&|held| 100.0 * held.resent(window)),
            M::Allocated => sum(&|held| held.allocated_mean(window) * kilo),
            M::AllocatedReach => largest(&|held| held.allocated_reach(window, rate)),
            M::AllocatedFall => largest(&|held| held.allocated_fall(window, rate)),
            M::AllocatedChange => sum(&|held| held.allocated_change(window) as f64),
            M::PendingUpgrades => largest(&|held| f64::from(held.pending(window))),
            M::AudioDelayP99 => largest(&|held| waits(held, 0, window, 0.99)),
            M::AudioDelayMost => largest(&|held| waits(held, 0, window, 1.0)),
            M::VideoDelayMost => largest(&|held| waits(held, 1, window, 1.0)),
            M::OneWayP50 => largest(&|held| one_way(held, window, 0.5)),
            M::OneWayP99 => largest(&|held| one_way(held, window, 0.99)),
            M::OneWayP95 => largest(&|held| one_way(held, window, 0.95)),
            M::KeyRequests => {
                self.requests.iter().filter(|request| window.contains(request.at)).count() as f64
            }
            M::KeyRequestGap => self.request_gap(window),
            _ => self.of_subscriptions(ask, window),
        }
    }

    /// What is asked of single subscriptions.
    fn of_subscriptions(&self, ask: &Ask, window: Window) -> f64 {
        use Measure as M;
        let meant = self.subscriptions(ask);
        let publisher = |held: &SubscriptionAccount| &self.publishers[held.publisher];
        let videos = || meant.iter().filter(|held| !held.is_audio);
        let sounds = || meant.iter().filter(|held| held.is_audio);
        let per_minute = |count: usize| count as f64 * 60.0 / window.seconds();
        let lost = |(sent, came): (usize, usize)| {
            100.0 * sent.saturating_sub(came) as f64 / sent.max(1) as f64
        };
        let both = |(a, b): (usize, usize), (c, d): (usize, usize)| (a + c, b + d);
        match ask.measure {
            M::Goodput => videos().map(|held| held.goodput(window)).sum::<f64>() * 1e-3,
            M::GoodputShare => {
                let all = self.meant(ask).into_iter().flat_map(ReceiverAccount::videos);
                let all: f64 = all.map(|held| held.goodput(window)).sum();
                videos().map(|held| held.goodput(window)).sum::<f64>() * 100.0 / all
            }
            M::Freezes => videos()
                .map(|held| held.freezes(publisher(held), window).len())
                .sum::<usize>() as f64,
            M::FreezeLongest => {
                let all = videos().flat_map(|held| held.freezes(publisher(held), window));
                all.map(|freeze| freeze.1).max().unwrap_or(0) as f64 / 1e3
            }
            M::Switches => per_minute(videos().map(|held| held.switches(window)).sum()),
            M::Flaps => videos().map(|held| held.flaps(window)).sum::<usize>() as f64,
            M::AllPictures => {
                let firsts = videos().map(|held| window.until(held.first_picture(window)));
                firsts.fold(f64::NAN, f64::max)
            }
            M::LostFrames => {
                lost(videos().map(|held| held.frames(publisher(held), window)).fold((0, 0), both))
            }
            M::FrameDelayP95 => {
                let all = videos().flat_map(|held| held.delays(publisher(held), window));
                pictures::delay_p95(all.collect())
            }
            M::FrameJitter => {
                let each =
                    videos().map(|held| pictures::jitter(&held.delays(publisher(held), window)));
                each.filter(|jitter| jitter.is_finite()).fold(0.0, f64::max)
            }
            M::AudioLoss => {
                lost(sounds().map(|held| held.sound(publisher(held), window)).fold((0, 0), both))
            }
            M::AudioGap => {
                sounds().map(|held| held.gap(publisher(held), window)).fold(0.0, f64::max)
            }
            other => unreachable!("{other:?} is measured elsewhere"),
        }
    }

    /// The link that is asked about: the first on the way of the first receiver if none is named.
    fn link(&self, ask: &Ask) -> &LinkAccount {
        let named = ask.of.as_ref();
        let named = named.and_then(|name| self.links.iter().find(|link| link.name == *name));
        let first = || &self.links[self.receivers.first().map_or(0, |held| held.links[0])];
        named.unwrap_or_else(first)
    }

    /// The receivers that are asked about: all if none is named.
    fn meant(&self, ask: &Ask) -> Vec<&ReceiverAccount> {
        let name = ask.of.as_ref().map(|name| name.split('/').next().unwrap_or(name));
        let named = self.receivers.iter().filter(|held| Some(held.name.as_str()) == name);
        let named: Vec<_> = named.collect();
        if named.is_empty() { self.receivers.iter().collect() } else { named }
    }

    /// Their subscriptions, to one publisher or a group if that is named behind a slash.
    fn subscriptions(&self, ask: &Ask) -> Vec<&SubscriptionAccount> {
        let of = ask.of.as_ref().and_then(|name| name.split_once('/')).map(|(_, of)| of);
        let places = of.map(|of| self.scenario.matching(of));
        let is_meant = |held: &&SubscriptionAccount| {
            places.as_ref().is_none_or(|places| places.contains(&held.publisher))
        };
        let all = self.meant(ask).into_iter().flat_map(|held| &held.subscriptions);
        all.filter(is_meant).collect()
    }

    fn shares(&self, ask: &Ask, link: &LinkAccount, window: Window) -> f64 {
        let meant = self.meant(ask);
        let is_meant = |held: &ReceiverAccount| meant.iter().any(|meant| meant.name == held.name);
        let places = (0..).zip(&self.receivers).filter(|(_, held)| is_meant(held));
        100.0 * places.map(|(flow, _)| link.share(window, flow)).sum::<f64>()
    }

    /// Shortest time between two moments at which one publisher was asked, milliseconds.
    fn request_gap(&self, window: Window) -> f64 {
        let mut least = f64::INFINITY;
        for publisher in 0..self.publishers.len() {
            let asked = self.requests.iter().filter(|asked| asked.publisher == publisher);
            let mut times: Vec<Time> =
                asked.map(|asked| asked.at).filter(|at| window.contains(*at)).collect();
            times.dedup();
            let gaps = times.windows(2).map(|two| (two[1] - two[0]) as f64 / 1e3);
            least = gaps.fold(least, f64::min);
        }
        least
    }
}

/// From the window's begin until `rate` arrived over 500 ms.
fn rate_reach(held: &ReceiverAccount, window: Window, rate: u64) -> f64 {
    let (bin, five) = (super::bins::BIN, 5 * super::bins::BIN);
    let mut ends = (window.from + five..=window.until).step_by(bin as usize);
    let reached = ends.find(|end| held.arrived.rate(end - five, *end) * 8.0 >= rate as f64);
    window.until(reached)
}

fn waits(held: &ReceiverAccount, of: usize, window: Window, share: f64) -> f64 {
    share_of(&held.waits[of], window, share)
}

fn one_way(held: &ReceiverAccount, window: Window, share: f64) -> f64 {
    share_of(&held.one_way, window, share)
}

fn share_of(samples: &[(Time, u32)], window: Window, share: f64) -> f64 {
    let within = samples.iter().filter(|(at, _)| window.contains(*at));
    let mut values: Vec<_> = within.map(|(_, value)| u64::from(*value)).collect();
    percentile(&mut values, share) / 1e3
}
