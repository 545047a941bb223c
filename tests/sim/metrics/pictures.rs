//! What a receiver saw and heard: goodput, freezes, switches of layers, gaps in sound.

use super::accounts::{Decoded, PublisherAccount, ReceiverAccount, SubscriptionAccount};
use super::numbers::{mean, percentile};
use super::window::Window;
use crate::net::{MS, SECOND, Time};

/// Without a picture for longer is a freeze,
const FREEZE: Time = 200 * MS;
/// if one was allotted for so long.
const ALLOTTED: Time = 1_500 * MS;
/// There and back within so long is once too often.
const FLAP: Time = 8 * SECOND;
/// Grid on which allotments are looked at.
const GRID: usize = 20 * MS as usize;
/// Frame numbers of tags wrap there.
const NUMBERS: usize = crate::world::FRAMES as usize;

impl ReceiverAccount {
    /// Of pictures.
    pub fn videos(&self) -> impl Iterator<Item = &SubscriptionAccount> {
        self.subscriptions.iter().filter(|held| !held.is_audio)
    }

    pub fn sounds(&self) -> impl Iterator<Item = &SubscriptionAccount> {
        self.subscriptions.iter().filter(|held| held.is_audio)
    }

    /// Nominal rate of all layers that flow, bit/s.
    pub fn allocated(&self, at: Time) -> u64 {
        self.videos().map(|held| held.rate_at(at)).sum()
    }

    pub fn allocated_reach(&self, window: Window, rate: u64) -> f64 {
        let mut grid = (window.from..window.until).step_by(GRID);
        window.until(grid.find(|at| self.allocated(*at) >= rate))
    }

    pub fn allocated_fall(&self, window: Window, rate: u64) -> f64 {
        let mut grid = (window.from..window.until).step_by(GRID);
        window.until(grid.find(|at| self.allocated(*at) <= rate))
    }

    pub fn allocated_mean(&self, window: Window) -> f64 {
        let grid = (window.from..window.until).step_by(GRID);
        mean(grid.map(|at| self.allocated(at) as f64))
    }

    /// Longest time for which one had more than the lowest layer and another, that was sent,
    /// nothing; seconds.
    pub fn base_first(&self, publishers: &[PublisherAccount], window: Window) -> f64 {
        let (mut longest, mut since) = (0, None);
        for at in (window.from..window.until).step_by(GRID) {
            let has_more = self.videos().any(|held| held.layer_at(at) > Some(0));
            let lacks = self
                .videos()
                .any(|held| held.layer_at(at).is_none() && publishers[held.publisher].sends(at));
            if has_more && lacks {
                longest = longest.max(at - *since.get_or_insert(at));
            } else {
                since = None;
            }
        }
        longest as f64 / SECOND as f64
    }

    /// How many differ.
    pub fn allocated_change(&self, window: Window) -> usize {
        let differs =
            |held: &&SubscriptionAccount| held.layer_at(window.from) != held.layer_at(window.until);
        self.videos().filter(differs).count()
    }
}

impl SubscriptionAccount {
    fn pictures(&self, window: Window) -> impl Iterator<Item = &Decoded> {
        self.decoded.iter().filter(move |picture| window.contains(picture.at))
    }

    /// Payload of pictures, bit/s.
    pub fn goodput(&self, window: Window) -> f64 {
        let bytes: u64 = self.pictures(window).map(|picture| u64::from(picture.bytes)).sum();
        bytes as f64 * 8.0 / window.seconds()
    }

    /// When each freeze begins to be one, and how long there was no picture.
    pub fn freezes(&self, publisher: &PublisherAccount, window: Window) -> Vec<(Time, Time)> {
        let mut shown: Vec<_> = self.decoded.iter().map(|picture| picture.at).collect();
        shown.sort_unstable();
        let ends = shown.iter().copied().skip(1).chain([Time::MAX]);
        let gaps = shown.iter().copied().zip(ends).filter(|(from, to)| to - from > FREEZE);
        let freezes = gaps.filter_map(|(from, to)| {
            let at = from + FREEZE;
            let since = self.allotted_since(at)?;
            // What is not sent cannot freeze; and it has to begin with a key frame afterwards.
            let muted =
                |(begin, end): &(Time, Time)| *begin <= at && at < end.saturating_add(FREEZE);
            let is = at - since >= ALLOTTED && !publisher.mutes.iter().any(muted);
            let last = publisher.times.last().copied().unwrap_or(0);
            let end = to.min(self.allotted_until(at)).min(last);
            (is && end > at).then(|| (at, end - from))
        });
        freezes.filter(|(at, _)| window.contains(*at)).collect()
    }

    /// From when on something flows that does at `at`.
    fn allotted_since(&self, at: Time) -> Option<Time> {
        let place = self.layers.partition_point(|change| change.0 <= at);
        let run = self.layers[..place].iter().rev().take_while(|change| change.1.is_some());
        run.last().map(|change| change.0)
    }

    fn allotted_until(&self, at: Time) -> Time {
        let place = self.layers.partition_point(|change| change.0 <= at);
        let end = self.layers[place..].iter().find(|change| change.1.is_none());
        end.map_or(Time::MAX, |change| change.0)
    }

    /// Changes of layer, pauses and resumptions; the first picture is none.
    pub fn switches(&self, window: Window) -> usize {
        self.layers.iter().skip(1).filter(|change| window.contains(change.0)).count()
    }

    /// Times that it went to another layer and back within 8 s.
    pub fn flaps(&self, window: Window) -> usize {
        let is = |three: &&[(Time, Option<u8>)]| {
            three[0].1 == three[2].1
                && three[2].0 - three[1].0 < FLAP
                && window.contains(three[2].0)
        };
        self.layers.windows(3).filter(is).count()
    }

    /// When the first picture since the window's begin was decoded.
    pub fn first_picture(&self, window: Window) -> Option<Time> {
        self.pictures(window).map(|picture| picture.at).min()
    }

    /// Pictures that were sent while a layer flowed, and those of them that were decoded.
    pub fn frames(&self, publisher: &PublisherAccount, window: Window) -> (usize, usize) {
        let flows = |at: &&Time| {
            window.contains(**at) && self.layer_at(**at).is_some() && !publisher.is_mute(**at)
        };
        (publisher.times.iter().filter(flows).count(), self.pictures(window).count())
    }

    /// From when each picture came to the engine until it was decoded, in its order.
    pub fn delays(&self, publisher: &PublisherAccount, window: Window) -> Vec<u64> {
        let delay = |picture: &Decoded| {
            let newest = publisher.times.partition_point(|at| *at <= picture.at).checked_sub(1)?;
            let back = (newest + NUMBERS - usize::from(picture.frame)) % NUMBERS;
            Some(picture.at - publisher.times.get(newest.checked_sub(back)?)?)
        };
        self.pictures(window).filter_map(delay).collect()
    }

    /// Longest time between two packets of sound while it was sent, milliseconds.
    pub fn gap(&self, publisher: &PublisherAccount, window: Window) -> f64 {
        // What is still on its way at the end is no gap.
        let last = publisher.times.last().copied().unwrap_or(0).saturating_sub(SECOND);
        let end = window.until.min(last);
        let begin = window.from.max(publisher.times.first().copied().unwrap_or(Time::MAX));
        let came = self.voices.iter().copied().filter(|at| (begin..end).contains(at));
        let (mut longest, mut before) = (0, begin);
        for at in came.chain([end]) {
            longest = longest.max(at.saturating_sub(before));
            before = at;
        }
        longest as f64 / 1e3
    }

    /// Packets of sound that were sent, and those that came.
    pub fn sound(&self, publisher: &PublisherAccount, window: Window) -> (usize, usize) {
        let within = |times: &[Time]| times.iter().filter(|at| window.contains(**at)).count();
        (within(&publisher.times), within(&self.voices))
    }
}

impl PublisherAccount {
    pub fn is_mute(&self, at: Time) -> bool {
        self.mutes.iter().any(|(from, to)| *from <= at && at < *to)
    }

    /// Whether there is anything of it at `at`.
    fn sends(&self, at: Time) -> bool {
        let (Some(first), Some(last)) = (self.times.first(), self.times.last()) else {
            return false;
        };
        (*first..=*last).contains(&at) && !self.is_mute(at)
    }
}

/// 95th percentile, milliseconds.
pub fn delay_p95(mut delays: Vec<u64>) -> f64 {
    percentile(&mut delays, 0.95) / 1e3
}

/// Mean difference between one and the next, milliseconds.
pub fn jitter(delays: &[u64]) -> f64 {
    mean(delays.windows(2).map(|two| two[1].abs_diff(two[0]) as f64)) / 1e3
}
