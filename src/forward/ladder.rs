//! What there is of a source, with what it takes: the steps that a receiver's
//! [allocator](super::allocate) may grant. Worked out a few times a second, whoever asks.
//!
//! Read next: [`super::targets`], where what was granted takes effect.

use std::time::Instant;

use super::align::Moment;
use super::allocate::{Step, Wish, Wishes};
use super::select::ALL;
use super::source::Source;
use super::target::{self, Offer};
use super::{Constraints, Layer};
use crate::base::Key;
use crate::params::MediaKind;

/// Rates are added up anew after so many milliseconds.
const FRESH: u32 = 250;
/// For so many milliseconds after its first packet not all encodings may have shown themselves.
const SETTLING: u32 = 500;
/// A source from which nothing came for so many milliseconds is silent;
const SILENCE: u32 = 1_000;
/// if it had fewer frames a second than this, as screens have, for so many.
const SLOW: f32 = 8.0;
const SLOW_SILENCE: u32 = 3_000;
/// Above the base so many temporal layers may be left out: a picture that jerks is no better than
/// a smaller one.
const MOST_LEFT_OUT: u8 = 1;

/// See the module. Time is in the milliseconds of [`WallClock`](crate::base::WallClock).
#[derive(Debug, Default)]
pub(super) struct Ladder {
    /// When it was made.
    at: Option<u32>,
    rungs: Vec<Rung>,
    /// When the first packet came after silence, and the newest.
    heard: Option<(u32, u32)>,
    /// It is silent only after a while.
    is_slow: bool,
    /// When the publisher was last asked for key frames.
    pub(super) asked: Option<Instant>,
}

/// A spatial layer, ranked low to high.
#[derive(Clone, Copy, Debug)]
struct Rung {
    offer: Offer,
    /// Up to each temporal layer, bit/s: now, and at most within the last while.
    rates: [(u64, u64); 8],
}

impl Ladder {
    /// Other layers are sent than before.
    pub(super) const fn forget(&mut self) {
        self.at = None;
    }

    /// A packet came. Whether it is the first after silence.
    #[inline]
    pub(super) fn hear(&mut self, now: u32) -> bool {
        let silence = self.silence();
        match &mut self.heard {
            Some((_, newest)) if now.wrapping_sub(*newest) < silence => {
                *newest = now;
                false
            }
            heard => {
                *heard = Some((now, now));
                true
            }
        }
    }

    const fn silence(&self) -> u32 {
        if self.is_slow { SLOW_SILENCE } else { SILENCE }
    }

    fn is_silent(&self, now: u32) -> bool {
        self.heard.is_some_and(|(_, newest)| now.wrapping_sub(newest) >= self.silence())
    }

    fn is_settling(&self, now: u32) -> bool {
        self.heard.is_none_or(|(first, _)| now.wrapping_sub(first) < SETTLING)
    }

    /// The steps within `constraints`.
    fn steps(&self, now: u32, constraints: &Constraints) -> impl Iterator<Item = Step> {
        let count = match self.is_settling(now) {
            true => 1,
            false => self.rungs.len(),
        };
        let is_any_sent = self.rungs.iter().take(count).any(|rung| rung.offer.is_sent);
        let usable = self.rungs.iter().take(count);
        let usable = usable.filter(move |rung| rung.offer.is_sent || !is_any_sent);
        let best = target::choose(constraints, usable.clone().map(|rung| &rung.offer));
        let is_within = move |rung: &&Rung| {
            best.is_some_and(|(_, rank)| rung.offer.rank <= rank) && !self.is_silent(now)
        };
        let within = (0_u16..).zip(usable.filter(is_within));
        let mut least = (0, 0);
        let constraints = *constraints;
        within.flat_map(move |(number, rung)| rung.steps(number, &constraints)).map(move |step| {
            least = (step.rate.max(least.0), step.peak.max(least.1));
            Step { rate: least.0, peak: least.1, ..step }
        })
    }
}

impl Rung {
    fn steps(self, number: u16, constraints: &Constraints) -> impl Iterator<Item = Step> + use<> {
        let Offer { encoding, spatial, temporal_layers, .. } = self.offer;
        let top = target::temporal(constraints, &self.offer);
        let first = if number == 0 { 0 } else { top.saturating_sub(MOST_LEFT_OUT) };
        let count = u16::from(top - first) + 1;
        (first..=top).map(move |temporal| {
            let share = 256 * (u16::from(temporal - first) + 1) / count;
            let is_whole = temporal + 1 >= temporal_layers;
            let (rate, peak) = self.rates.get(usize::from(temporal)).copied().unwrap_or_default();
            Step {
                layer: Layer { encoding, spatial, temporal: if is_whole { ALL } else { temporal } },
                rate,
                peak,
                round: number.checked_sub(1).map_or(0, |above| above * 256 + share),
            }
        })
    }
}

impl Source {
    /// Adds what a subscription is to get to `wishes`, if it may get anything. Returns what it
    /// takes in any case: sound, bit/s.
    pub(crate) fn wish(&mut self, now: Moment, key: Key, wishes: &mut Wishes) -> u64 {
        let Some(place) = self.place(key) else { return 0 };
        if self.cold[place].constraints.paused {
            return 0;
        }
        if self.kind() == MediaKind::Audio {
            return self.encodings.iter_mut().map(|held| held.bitrate(now.millis, 0, 0)).sum();
        }
        self.refresh(now.millis);
        let (cold, subscription) = (&self.cold[place], &self.subscriptions[place]);
        let Constraints { priority, on_stage, pausable, .. } = cold.constraints;
        let wish = Wish {
            id: key.as_u64(),
            source: self.id().as_u64(),
            priority,
            on_stage,
            pausable,
            awaits_key_frame: subscription.waits_for(subscription.target.encoding),
        };
        let ladder = self.ladder.as_ref();
        let steps = ladder.map(|ladder| ladder.steps(now.millis, &cold.constraints));
        wishes.push(wish, steps.into_iter().flatten());
        0
    }

    fn refresh(&mut self, now: u32) {
        let held = self.ladder.get_or_insert_default();
        if held.at.is_some_and(|at| now.wrapping_sub(at) < FRESH) {
            return;
        }
        held.at = Some(now);
        let was_slow = held.is_slow;
        let mut rungs = std::mem::take(&mut held.rungs);
        rungs.clear();
        let offers = self.offers(now);
        let rate = |offer: &Offer| offer.rates[usize::from(ALL)];
        let sent = offers.iter().filter(|offer| offer.is_sent);
        let fastest = sent.map(rate).reduce(f32::max).filter(|rate| *rate > 0.0);
        let is_slow = fastest.map_or(was_slow, |rate| rate < SLOW);
        for offer in offers {
            let mut rates = [(0, 0); 8];
            if let Some(encoding) = self.encodings.get_mut(usize::from(offer.encoding)) {
                for (temporal, rates) in (0..offer.temporal_layers).zip(&mut rates) {
                    let rate = encoding.bitrate(now, offer.spatial, temporal);
                    // A screen that stands again is one to read, and may stand for long.
                    let peak = match is_slow {
                        true => rate,
                        false => encoding.peak_bitrate(now, offer.spatial, temporal),
                    };
                    *rates = (rate, peak);
                }
            }
            rungs.push(Rung { offer, rates });
        }
        if let Some(held) = &mut self.ladder {
            (held.rungs, held.is_slow) = (rungs, is_slow);
        }
    }
}
