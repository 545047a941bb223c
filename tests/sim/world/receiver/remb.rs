//! A receiver-side estimate as REMB tells it: scripted, or by a simple rule on delay. Not meant to
//! be good; meant to be what an old browser does: up 8 % a second while nothing queues, down to
//! 85 % of what arrives when something does.

use crate::net::{MS, SECOND, Time};
use crate::scenario::{Bits, Steps};

/// How often it tells.
const INTERVAL: Time = 200 * MS;

pub struct Remb {
    script: Option<Steps<Bits>>,
    tell_at: Time,
    told: u64,
    rate: u64,
    /// Least delay ever, and of the newest window.
    base: Time,
    least: Time,
    bytes: u64,
    measured_at: Time,
}

impl Remb {
    pub fn new(script: Option<Steps<Bits>>) -> Self {
        Self {
            script,
            tell_at: 0,
            told: 0,
            rate: 300_000,
            base: Time::MAX,
            least: Time::MAX,
            bytes: 0,
            measured_at: 0,
        }
    }

    /// A packet came after `delay`.
    pub fn note(&mut self, _now: Time, delay: Time, wire: u32) {
        self.base = self.base.min(delay);
        self.least = self.least.min(delay);
        self.bytes += u64::from(wire);
    }

    /// What is to be said now, if anything.
    pub fn tell(&mut self, now: Time) -> Option<u64> {
        let scripted = self.script.as_ref().map(|script| script.at(now).0);
        let changed = scripted.is_some_and(|rate| rate != self.told);
        if now < self.tell_at && !changed {
            return None;
        }
        self.tell_at = now + INTERVAL;
        self.told = scripted.unwrap_or_else(|| self.measure(now));
        Some(self.told)
    }

    fn measure(&mut self, now: Time) -> u64 {
        let over = (now - self.measured_at).max(1);
        let arrived = self.bytes * 8 * SECOND / over;
        if self.least != Time::MAX {
            let queued = self.least - self.base;
            if queued > 60 * MS {
                self.rate = self.rate.min(arrived * 85 / 100);
            } else if queued < 30 * MS {
                let grown = self.rate + self.rate * 8 / 100 * over / SECOND;
                self.rate = grown.min((arrived * 3 / 2).max(self.rate));
            }
        }
        (self.least, self.bytes, self.measured_at) = (Time::MAX, 0, now);
        self.rate = self.rate.max(30_000);
        self.rate
    }
}
