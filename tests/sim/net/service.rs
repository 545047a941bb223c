//! How long a link takes for what it sends: one packet at a time, or with Wi-Fi an aggregate.

use super::Time;
use super::capacity::{BIT, Steps};
use super::config::Rate;
use super::mahimahi::{OPPORTUNITY, Trace};
use super::rng::Pcg;
use super::wifi::Mac;

/// Largest packet, for whether one more fits into an aggregate.
const LARGEST: u64 = 1_500;

/// The state of a link's transmission.
#[derive(Clone, Debug)]
pub(super) enum Service {
    Unlimited,
    Steps { steps: Steps, began: Time, work: u128, finished: Time, credit: u128 },
    Trace { trace: Trace, next: u64, left: u64, at: Time },
    Bucket { steps: Steps, burst: u128, tokens: u128, at: Time },
    Wifi(Box<Mac>),
}

impl Service {
    pub(super) fn new(rate: Rate, rng: Pcg) -> Self {
        match rate {
            Rate::Unlimited => Self::Unlimited,
            Rate::Steps(steps) => {
                Self::Steps { steps, began: 0, work: 0, finished: Time::MAX, credit: 0 }
            }
            Rate::Trace(trace) => Self::Trace { trace, next: 0, left: 0, at: Time::MAX },
            Rate::Bucket { steps, burst } => {
                // What a µs yields is kept always: rounding must not cost capacity.
                let tokens = u128::from(burst) * 8 * BIT;
                Self::Bucket { burst: tokens.max(steps.highest().into()), steps, tokens, at: 0 }
            }
            Rate::Wifi(config) => Self::Wifi(Box::new(Mac::new(config, rng))),
        }
    }

    pub(super) fn is_unlimited(&self) -> bool {
        matches!(self, Self::Unlimited)
    }

    /// Whether another packet goes into what is to be sent now, which has so many packets and bytes.
    pub(super) fn takes_more(&self, now: Time, packets: usize, bytes: u64) -> bool {
        match self {
            Self::Wifi(mac) => {
                let (most, most_bytes) = mac.aggregate(now);
                packets == 0 || packets < most && bytes + LARGEST <= most_bytes
            }
            _ => packets == 0,
        }
    }

    /// Begins to send: when will it be through? [`None`]: never.
    pub(super) fn finish(&mut self, now: Time, bytes: u64) -> Option<Time> {
        let bits = u128::from(bytes) * 8 * BIT;
        match self {
            Self::Unlimited => Some(now),
            Self::Steps { steps, began, work, finished, credit } => {
                // Of the µs in which the last one ended, the rest is ours.
                let credit_now = if *finished == now { *credit } else { 0 };
                (*began, *work) = (now, bits.saturating_sub(credit_now));
                let (end, over) = steps.finish(now, *work)?;
                (*finished, *credit) = (end, over);
                Some(end)
            }
            Self::Trace { trace, next, left, at } => {
                if *at != now {
                    // What an opportunity had left when the queue ran empty is lost.
                    *left = 0;
                    *next = (*next).max(trace.first_from(now));
                }
                *at = now;
                while *left < bytes {
                    *left += OPPORTUNITY;
                    *at = trace.time(*next);
                    *next += 1;
                }
                *left -= bytes;
                Some(*at)
            }
            Self::Bucket { steps, burst, tokens, at } => {
                let saved = (*tokens + steps.work(*at, now)).min(*burst);
                (*at, *tokens) = match bits.saturating_sub(saved) {
                    0 => (now, saved - bits),
                    missing => steps.finish(now, missing)?,
                };
                Some(*at)
            }
            Self::Wifi(mac) => mac.finish(now, bytes),
        }
    }

    /// How long a packet would wait that has `queued` bytes before it, and `sending` bytes in
    /// transmission, at the capacity of this moment (T3).
    pub(super) fn wait(&self, now: Time, queued: u64, sending: u64) -> Time {
        let bits = |bytes: u64| u128::from(bytes) * 8 * BIT;
        let (work, rate) = match self {
            Self::Unlimited => return 0,
            Self::Steps { steps, began, work, .. } => {
                let left = match sending {
                    0 => 0,
                    _ => work.saturating_sub(steps.work(*began, now)),
                };
                (bits(queued) + left, steps.positive_at(now))
            }
            Self::Trace { trace, .. } => (bits(queued + sending), Some(trace.mean_rate())),
            Self::Bucket { steps, tokens, at, .. } => {
                let left = steps.work(now, *at);
                ((bits(queued) + left).saturating_sub(*tokens), steps.positive_at(now))
            }
            Self::Wifi(mac) => (bits(queued + sending), mac.rates.positive_at(now)),
        };
        match rate {
            Some(rate) if rate > 0 => (work / u128::from(rate)) as Time,
            _ => 0,
        }
    }

    /// Bits that could be served from `from` to `until`.
    pub(super) fn capacity(&self, from: Time, until: Time) -> Option<u64> {
        match self {
            Self::Unlimited => None,
            Self::Steps { steps, .. } | Self::Bucket { steps, .. } => Some(steps.bits(from, until)),
            Self::Trace { trace, .. } => Some(trace.bits(from, until)),
            Self::Wifi(mac) => Some(mac.rates.bits(from, until)),
        }
    }
}
