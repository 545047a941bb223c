//! What a receiver's link carries, divided: when (A9), among whom, and what becomes of it.
//!
//! The dividing is [`Allocator`]'s, what it means for packets the sources'.

use std::time::{Duration, Instant};

use super::endpoint::Endpoint;
use super::{BitrateLimits, Engine, Event};
use crate::base::{Key, Micros};
use crate::cc::{CongestionReason, CongestionState, CongestionStats, Demand, Output, RateLimits};
use crate::forward::{Allocator, Allowance, Budget, Moment};

/// Changes of what is wanted or sent, within this, are one.
const COALESCED: Duration = Duration::from_millis(20);
/// An estimate that differs by more than so many percent of what is allotted is another.
const NEWS: u64 = 3;
/// One that differs by more than so many percent is told,
const TOLD: u64 = 10;
/// not sooner than this after the one before.
const TOLD_AGAIN: Duration = Duration::from_millis(200);

/// One endpoint's allocator, and what it was run with.
#[derive(Debug)]
pub(super) struct Allocation {
    allocator: Allocator,
    /// When it is to be run next.
    due: Instant,
    estimate: u64,
    allocated: u64,
    state: CongestionState,
    told: Option<(Instant, u64, CongestionState)>,
}

impl Allocation {
    fn new(endpoint: Key, now: Instant) -> Self {
        Self {
            allocator: Allocator::new(endpoint.as_u64()),
            due: now,
            estimate: 0,
            allocated: 0,
            state: CongestionState::default(),
            told: None,
        }
    }

    /// What congestion control says now.
    fn note(&mut self, now: Instant, output: &Output) {
        let change = output.target.abs_diff(self.estimate);
        if change * 100 > self.allocated * NEWS || output.state != self.state {
            self.due = self.due.min(now);
        }
    }

    /// Whether the application is to be told.
    fn is_to_be_told(&mut self, now: Instant, output: &Output) -> bool {
        if let Some((at, target, state)) = self.told {
            let is_other =
                output.target.abs_diff(target) * 100 > target * TOLD || output.state != state;
            if !is_other || now < at + TOLD_AGAIN {
                return false;
            }
        }
        self.told = Some((now, output.target, output.state));
        true
    }
}

impl Endpoint {
    /// What congestion control towards it says, within what the application allows (C17).
    pub(super) fn bandwidth(&self) -> Option<Output> {
        let mut output = self.media.bandwidth()?;
        if let Some(most) = self.bitrate_limits().max.filter(|most| *most <= output.target) {
            output.target = most;
            output.reason = CongestionReason::Limit;
        }
        Some(output)
    }

    fn bitrate_limits(&self) -> BitrateLimits {
        self.bitrate_limits.as_deref().copied().unwrap_or_default()
    }

    /// The same, to be shown.
    pub(super) fn congestion_stats(&self, now: Instant) -> Option<CongestionStats> {
        let output = self.bandwidth()?;
        let stats = self.media.congestion_stats(now)?;
        Some(CongestionStats { target_bitrate: output.target, reason: output.reason, ..stats })
    }

    /// Congestion control is not to look for more than the application allows; `limits` bound it
    /// otherwise.
    pub(super) fn limit_rate(&mut self, now: Instant, limits: Option<RateLimits>) {
        let Some(limits) = limits else { return };
        let most = self.bitrate_limits().max.unwrap_or(u64::MAX).clamp(limits.least, limits.most);
        let start = limits.start.min(most);
        self.media.set_rate_limits(now, RateLimits { start, most, ..limits });
    }

    /// When its allocator is to be run.
    pub(super) fn allocation_deadline(&self) -> Option<Instant> {
        self.allocation.as_ref().map(|held| held.due)
    }

    /// What is wanted from it or sent to it is something else: to be divided anew, soon.
    pub(super) fn reallocate_at(&mut self, at: Instant) {
        if let Some(held) = &mut self.allocation {
            held.due = held.due.min(at);
        }
    }
}

impl Engine {
    /// Something may have changed what is known of an endpoint's link, or the time may have come.
    pub(super) fn note_bandwidth(&mut self, now: Instant, slot: u32) {
        let Some(endpoint) = self.endpoints.at_mut(slot) else { return };
        let Some(output) = endpoint.bandwidth() else {
            if endpoint.allocation.take().is_some() {
                self.release(now, slot);
            }
            return;
        };
        let key = endpoint.id.key();
        let held = endpoint.allocation.get_or_insert_with(|| Box::new(Allocation::new(key, now)));
        held.note(now, &output);
        if held.is_to_be_told(now, &output) {
            self.events.push(Event::BandwidthChanged {
                endpoint: endpoint.id,
                target_bitrate: output.target,
                state: output.state,
                reason: output.reason,
            });
        }
        if held.due <= now {
            self.allocate(now, slot, &output);
        }
    }

    /// Divides what an endpoint's link carries.
    fn allocate(&mut self, now: Instant, slot: u32, output: &Output) {
        let moment = self.settings.moment(now);
        let Some(endpoint) = self.endpoints.at_mut(slot) else { return };
        let Some(mut held) = endpoint.allocation.take() else { return };
        let audio = self.gather(moment, slot);
        let Some(endpoint) = self.endpoints.at_mut(slot) else { return };
        let budget = Budget {
            estimate: output.target,
            audio,
            resent: endpoint.media.resent_rate(now),
            capacity: output.capacity,
            is_deaf: output.state == CongestionState::NoFeedback,
        };
        let micros = self.settings.wall.micros(now);
        let summary = held.allocator.allocate(micros, &budget, &mut self.wishes, &mut self.grants);
        held.due = self.settings.wall.at(summary.next_check.max(micros.plus(SOON)));
        (held.estimate, held.state) = (output.target, output.state);
        held.allocated = summary.allocated;
        endpoint.media.set_demand(
            now,
            Demand {
                desired: summary.desired.max(endpoint.bitrate_limits().desired.unwrap_or(0)),
                allocated: summary.allocated,
                is_short: summary.desired > 0,
                in_burst: summary.in_burst,
            },
        );
        endpoint.allocation = Some(held);
        let mut grants = std::mem::take(&mut self.grants);
        for grant in grants.drain(..) {
            let allowance = grant.layer.map_or(Allowance::Nothing, Allowance::UpTo);
            self.allow(moment, Key::from_u64(grant.id), allowance, grant.at_once);
        }
        self.grants = grants;
    }

    /// What an endpoint's subscriptions are to get, into the scratch memory; returns what sound
    /// takes.
    fn gather(&mut self, now: Moment, slot: u32) -> u64 {
        let Self { endpoints, sources, subscriptions, wishes, .. } = self;
        wishes.clear();
        let keys = endpoints.at(slot).map_or(&[][..], |endpoint| &endpoint.subscriptions);
        let mut audio = 0;
        for key in keys {
            let wish = subscriptions.get(*key).filter(|wish| wish.stream.is_some());
            let source = wish.and_then(|wish| sources.get_mut(wish.source));
            audio += source.map_or(0, |source| source.wish(now, *key, wishes));
        }
        audio
    }

    /// A subscription gets so much from now on.
    fn allow(&mut self, now: Moment, key: Key, allowance: Allowance, at_once: bool) {
        let Some(wish) = self.subscriptions.get(key) else { return };
        let (slot, receiver, stream) = (wish.source.slot(), wish.receiver, wish.stream);
        let Some(source) = self.sources.get_mut(wish.source) else { return };
        let stopped = source.set_allowance(now, key, allowance, at_once);
        let publisher = source.endpoint();
        if stopped
            && let Some(endpoint) = self.endpoints.get_mut(receiver)
            && let Some(stream) = stream
        {
            endpoint.media.give_up(stream);
        }
        self.tell_of(slot);
        self.wake_media(now.at, publisher);
        self.settle(now.at, publisher);
    }

    /// Nothing is divided any more: everybody gets everything.
    fn release(&mut self, now: Instant, slot: u32) {
        let moment = self.settings.moment(now);
        let Some(endpoint) = self.endpoints.at(slot) else { return };
        for key in endpoint.subscriptions.clone() {
            self.allow(moment, key, Allowance::All, false);
        }
    }

    /// What is sent of a source, or whether anything is, is something else than before.
    pub(super) fn reallocate_receivers(&mut self, now: Instant, source: u32) {
        let Self { sources, endpoints, timers, .. } = self;
        let Some(source) = sources.at(source) else { return };
        for (slot, _) in source.receivers() {
            let Some(endpoint) = endpoints.at_mut(slot) else { continue };
            endpoint.reallocate_at(now + COALESCED);
            if let Some(at) = endpoint.allocation_deadline()
                && endpoint.armed.is_none_or(|armed| at < armed)
            {
                endpoint.armed = Some(at);
                timers.enter(at, slot);
            }
        }
    }

    /// An endpoint wants something else: told soon, or now.
    pub(super) fn reallocate(&mut self, now: Instant, slot: u32, is_urgent: bool) {
        let at = if is_urgent { now } else { now + COALESCED };
        if let Some(endpoint) = self.endpoints.at_mut(slot) {
            endpoint.reallocate_at(at);
        }
        self.note_bandwidth(now, slot);
    }
}

/// Looks are no nearer than this.
const SOON: Micros = Micros::millis(5);
