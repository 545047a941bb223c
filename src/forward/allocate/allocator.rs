//! The allocation as it goes on in time: from what is granted to what should be.
//!
//! Down at once, as far as the budget says (A4). Up: bases all at once, what is above one at a time
//! (A5), not soon after congestion (A7) or after it was there last (M1). What is granted is taken
//! for something else only if that comes before it; ties are settled only after somebody changed
//! what is wanted, when that has been over for a while: noise moves nobody.

use super::entry::Entry;
use super::exchange::Exchange;
use super::fill::{Limits, fill};
use super::holds::Hold;
use super::lows::Lows;
use super::order::{Order, Turn};
use super::{Budget, Grant, Summary, Wishes};
use crate::base::Micros;

/// Between two upgrades, and two looks.
const SPACING: Micros = Micros::millis(300);
/// What is above a base is granted by the lowest estimate of so long,
const UPPER_SPAN: Micros = Micros::millis(2_800);
/// a base, without which there is no picture at all, of so long.
const BASE_SPAN: Micros = Micros::millis(1_000);
/// Ties are settled when nobody has changed what is wanted for so long,
const SETTLING: Micros = Micros::millis(5_000);
/// and not after this.
const SETTLED: Micros = Micros::millis(40_000);
/// What is too much goes on until what is below begins, but no longer (A6),
const GRACE: Micros = Micros::millis(500);
/// and not at all if the estimate is less than so many percent of what is granted.
const FAR_TOO_MUCH: u64 = 80;
/// What adds up to more than so many percent of what was too much is not tried.
const NEARLY_AS_MUCH: u64 = 97;
/// A key frame is under way for about so long.
const BURST: Micros = Micros::millis(500);
/// So often in one look it is tried to take from one for another.
const MOST_EXCHANGES: u8 = 4;

/// See the module. One for each receiver.
#[derive(Debug)]
pub(crate) struct Allocator {
    order: Order,
    lows: Lows,
    was_deaf: bool,
    /// In the order of the wishes, as are the levels below.
    entries: Vec<Entry>,
    /// Of the receiver as a whole.
    hold: Hold,
    /// The newest upgrade.
    raised: Option<Micros>,
    /// When somebody changed what is wanted or sent, and whether ties may be open since.
    relaid: Micros,
    is_unsettled: bool,
    levels: Vec<u8>,
    targets: Vec<u8>,
    scratch: Vec<u8>,
}

impl Allocator {
    /// Of the receiver that is named `salt`, which gets nothing yet.
    pub(crate) fn new(salt: u64) -> Self {
        Self {
            order: Order::new(salt),
            lows: Lows::new(),
            was_deaf: false,
            entries: Vec::new(),
            hold: Hold::default(),
            raised: None,
            relaid: Micros(0),
            is_unsettled: false,
            levels: Vec::new(),
            targets: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// What each subscription gets from now on: those for which it is something else than before
    /// go to `grants`.
    pub(crate) fn allocate(
        &mut self,
        now: Micros,
        budget: &Budget,
        wishes: &mut Wishes,
        grants: &mut Vec<Grant>,
    ) -> Summary {
        if std::mem::replace(&mut self.was_deaf, budget.is_deaf) || budget.is_deaf {
            self.lows.forget();
        }
        self.lows.note(now, budget.estimate);
        self.adopt(now, wishes);
        for (place, level) in self.levels.iter().enumerate() {
            wishes.set_level(place, *level);
        }
        let wishes = &*wishes;
        let granted = self.sum(wishes);
        if granted > budget.keep() {
            self.lower(now, budget, wishes, granted);
        }
        self.raise(now, budget, wishes);
        let is_far_too_much = budget.estimate * 100 < (granted + budget.audio) * FAR_TOO_MUCH;
        self.tell(now, wishes, is_far_too_much, grants);
        self.summary(now, budget, wishes)
    }

    /// The same subscriptions as the wishes, at the levels where they are; others are new, or
    /// forgotten.
    fn adopt(&mut self, now: Micros, wishes: &Wishes) {
        let mut is_relaid = self.entries.len() != wishes.len();
        self.levels.clear();
        for (place, (wish, steps)) in wishes.iter().enumerate() {
            let ahead = self.entries.iter().skip(place).position(|held| held.id == wish.id);
            is_relaid |= ahead != Some(0);
            match ahead {
                Some(ahead) => self.entries.swap(place, place + ahead),
                None => self.entries.insert(place, Entry::new(wish.id)),
            }
            let (level, is_other) = self.entries[place].adopt(wish, steps);
            is_relaid |= is_other;
            self.levels.push(level);
        }
        self.entries.truncate(wishes.len());
        if is_relaid {
            self.relaid = now;
            self.is_unsettled = true;
            self.order.arrange(wishes);
        }
    }

    /// There is less than is granted (A4).
    fn lower(&mut self, now: Micros, budget: &Budget, wishes: &Wishes, granted: u64) {
        let limits = Limits::all(budget.keep());
        fill(self.order.turns(), wishes, limits, Some(&self.levels), &mut self.scratch);
        std::mem::swap(&mut self.levels, &mut self.scratch);
        // Where nothing is heard, nothing is learned.
        if budget.is_deaf {
            self.entries.iter_mut().for_each(Entry::forget_switch);
            return;
        }
        let mut any = false;
        for (place, entry) in self.entries.iter_mut().enumerate() {
            let level = self.levels[place];
            if level < self.scratch[place] {
                any = true;
                entry.hold.on_congestion(now, entry.raised, granted);
                entry.note_switch(now, wishes.layer(place, level));
            }
        }
        if any && Hold::is_on_probation(now, self.raised) {
            self.hold.on_congestion(now, self.raised, granted);
        }
    }

    /// There may be more than is granted (A5).
    fn raise(&mut self, now: Micros, budget: &Budget, wishes: &Wishes) {
        let granted = self.sum(wishes);
        let floor = granted.min(budget.keep());
        let limits = self.limits(now, budget);
        self.aim(budget, wishes, limits.at_least(floor), floor);
        let is_pending = |(entry, (wish, _)): (&Entry, _)| entry.is_pending(now, wish);
        let is_soon = self.raised.is_some_and(|at| now.since(at) < SPACING);
        let mut may_go_up = !is_soon && !self.entries.iter().zip(wishes.iter()).any(is_pending);
        let (mut sum, mut exchanges) = (granted, MOST_EXCHANGES);
        for number in 0..self.order.turns().len() {
            let turn = self.order.turns()[number];
            let place = usize::from(turn.wish);
            if !turn.is_base && !may_go_up {
                break;
            }
            if self.levels[place] != turn.level || self.targets[place] <= turn.level {
                continue;
            }
            let free = budget.free(self.low(&turn));
            if self.entries[place].hold.until(now, free).is_some() {
                continue;
            }
            // Bases go step by step, as all of them are raised in their order.
            let top = if turn.is_base { turn.level + 1 } else { self.targets[place] };
            for level in (turn.level + 1..=top).rev() {
                let Some(layer) = wishes.layer(place, level) else { continue };
                if !self.entries[place].may_get(now, layer, self.relaid) {
                    continue;
                }
                let after = sum + wishes.rate(place, level) - wishes.rate(place, turn.level);
                let limit = limits.of(&turn);
                let taken = if after <= limit {
                    Some(0)
                } else if exchanges > 0 {
                    exchanges -= 1;
                    self.exchange(now, wishes, &turn, after - limit.max(floor).min(after))
                } else {
                    None
                };
                let Some(taken) = taken else { continue };
                sum = after - taken;
                self.levels[place] = level;
                self.raised = Some(now);
                let entry = &mut self.entries[place];
                entry.raised = Some(now);
                entry.note_switch(now, Some(layer));
                may_go_up = false;
                break;
            }
        }
        self.is_unsettled &= self.levels != self.targets && now.since(self.relaid) < SETTLED;
    }

    /// What should be granted in the end, if the link stays as it is. What may only be had until an
    /// estimate that has risen already is believed is not taken up.
    fn aim(&mut self, budget: &Budget, wishes: &Wishes, limits: Limits, floor: u64) {
        let turns = self.order.turns();
        let ahead = Limits::all(budget.raise(budget.estimate)).at_least(floor);
        fill(turns, wishes, limits, None, &mut self.targets);
        fill(turns, wishes, ahead, None, &mut self.scratch);
        for (target, ahead) in self.targets.iter_mut().zip(&self.scratch) {
            *target = (*ahead).min(*target);
        }
    }

    /// Takes at least `needed` from others for the sake of `turn`; returns how much.
    fn exchange(&mut self, now: Micros, wishes: &Wishes, turn: &Turn, needed: u64) -> Option<u64> {
        self.scratch.clone_from(&self.levels);
        let open = self.is_unsettled && now.since(self.relaid) >= SETTLING;
        let exchange = Exchange {
            now,
            turns: self.order.turns(),
            wishes,
            entries: &self.entries,
            targets: &self.targets,
            relaid: self.relaid,
            settles: open,
        };
        let taken = exchange.take(turn, needed, &mut self.scratch)?;
        for (place, entry) in self.entries.iter_mut().enumerate() {
            if self.scratch[place] != self.levels[place] {
                entry.note_switch(now, wishes.layer(place, self.scratch[place]));
            }
        }
        std::mem::swap(&mut self.levels, &mut self.scratch);
        Some(taken)
    }

    /// Who gets something else than before?
    fn tell(&mut self, now: Micros, wishes: &Wishes, at_once: bool, grants: &mut Vec<Grant>) {
        for (place, (wish, steps)) in wishes.iter().enumerate() {
            if steps.is_empty() {
                continue;
            }
            let (entry, level) = (&mut self.entries[place], self.levels[place]);
            let layer = wishes.layer(place, level);
            let is_overdue = entry.lowered.is_some_and(|at| now.since(at) >= GRACE);
            if entry.lowered.is_some_and(|at| at < now) && !wish.awaits_key_frame {
                entry.lowered = None;
            }
            let is_news = entry.grant(now, layer, wishes.rate(place, level));
            let stops = (at_once || is_overdue) && entry.lowered.take().is_some();
            if is_news || stops {
                grants.push(Grant { id: wish.id, layer, at_once: stops });
            }
        }
    }

    fn summary(&self, now: Micros, budget: &Budget, wishes: &Wishes) -> Summary {
        let tops = (0..wishes.len()).map(|place| (place, wishes.top(place)));
        let is_all = tops.clone().all(|(place, top)| self.levels[place] == top);
        let ideal = tops.map(|(place, top)| wishes.rate(place, top)).sum();
        let in_burst = |(entry, (wish, _)): (&Entry, _)| entry.is_pending_within(now, wish, BURST);
        let graces = self.entries.iter().filter_map(|entry| Some(entry.lowered?.plus(GRACE)));
        let spaced = self.raised.map(|at| at.plus(SPACING)).filter(|at| *at > now);
        let looks = graces.chain(spaced).chain([now.plus(SPACING)]);
        Summary {
            allocated: self.sum(wishes) + budget.audio,
            desired: if is_all { 0 } else { budget.needed(ideal) },
            in_burst: self.entries.iter().zip(wishes.iter()).any(in_burst),
            next_check: looks.min().unwrap_or(now),
        }
    }

    /// Up to where more may be granted, by the lowest estimates of late.
    fn limits(&self, now: Micros, budget: &Budget) -> Limits {
        let limit = |span| {
            let low = self.lows.lowest(span);
            let limit = budget.raise(low);
            match self.hold.until(now, budget.free(low)) {
                Some(_) => limit.min(self.hold.too_much() * NEARLY_AS_MUCH / 100),
                None => limit,
            }
        };
        Limits { base: limit(BASE_SPAN), upper: limit(UPPER_SPAN) }
    }

    fn low(&self, turn: &Turn) -> u64 {
        self.lows.lowest(if turn.is_base { BASE_SPAN } else { UPPER_SPAN })
    }

    fn sum(&self, wishes: &Wishes) -> u64 {
        self.levels.iter().enumerate().map(|(place, level)| wishes.rate(place, *level)).sum()
    }
}
