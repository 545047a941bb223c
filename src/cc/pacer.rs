//! When packets may leave: a leaky bucket. What goes fills it, time empties it, and while it is
//! full only sound goes (C12).
//!
//! It lets a few packets go together, so that they leave in one system call, and then none until
//! half of what went has drained: 1 ms at least. Must not know what waits.
//! Read next: [`super::send_side`].

use super::packet::Class;
use crate::base::Micros;

/// So much goes together: what the rate carries in this time,
const BURST: Micros = Micros::millis(5);
/// or this many packets
const LEAST_BURST: u64 = 2;
/// of this many wire bytes.
const PACKET: u64 = 1_280;
/// Once closed, it stays so for so long.
const LEAST_WAIT: Micros = Micros::millis(1);
/// What went ahead of its time holds up others for no longer than this.
const MOST_DEBT: Micros = Micros::millis(250);
/// Where nothing but sound goes, one other packet does so often: to see what becomes of it (C10).
const LONE_INTERVAL: Micros = Micros::millis(500);

/// How packets leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    /// A few at a time.
    Usual,
    /// One after the other.
    OneByOne,
    /// None but sound, and one other now and then.
    AudioOnly,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pacer {
    /// Bit/s.
    rate: u64,
    /// What went and has not drained at `at`, in millionths of a bit.
    debt: u64,
    at: Micros,
    /// Packets go, until the bucket is full.
    open: bool,
    flow: Flow,
    /// When the newest that was not sound left.
    newest: Option<Micros>,
}

impl Pacer {
    /// Empty, `now`.
    pub(crate) const fn new(now: Micros, rate: u64) -> Self {
        Self { rate, debt: 0, at: now, open: true, flow: Flow::Usual, newest: None }
    }

    /// It is `now`, and packets leave at `rate` bit/s from now on.
    #[inline]
    pub(crate) fn advance(&mut self, now: Micros, rate: u64, how: Flow) {
        self.debt = self.debt.saturating_sub(self.rate.saturating_mul(now.since(self.at).0));
        self.at = self.at.max(now);
        self.flow = how;
        let rate = rate.max(1_000);
        if self.rate != rate {
            self.rate = rate;
            self.debt = self.debt.min(rate.saturating_mul(MOST_DEBT.0));
        }
        self.open |= self.debt <= self.opening();
    }

    /// Whether a packet may leave now.
    #[inline]
    pub(crate) fn may_send(&mut self, class: Class) -> bool {
        if class == Class::Audio {
            return true;
        }
        if self.flow == Flow::AudioOnly {
            return self.opens_at() <= self.at;
        }
        self.open &= self.debt + PACKET * MICROBITS <= self.burst();
        self.open
    }

    /// A packet left now.
    #[inline]
    pub(crate) fn on_sent(&mut self, class: Class, wire_bytes: u16) {
        self.debt += u64::from(wire_bytes) * MICROBITS;
        // Sound that needs more than there is would hold up all else for ever.
        self.debt = self.debt.min(self.rate.saturating_mul(MOST_DEBT.0));
        if class != Class::Audio {
            self.newest = Some(self.at);
        }
    }

    /// When packets that are not sound may leave again; not later than the time told last if they
    /// may now.
    pub(crate) fn opens_at(&self) -> Micros {
        if self.flow == Flow::AudioOnly {
            return self.newest.map_or(self.at, |newest| newest.plus(LONE_INTERVAL));
        }
        if self.open {
            return self.at;
        }
        let wait = self.debt.saturating_sub(self.opening()).div_ceil(self.rate);
        self.at.plus(Micros(wait))
    }

    /// Whether what goes now is one packet for many (C10).
    pub(crate) const fn is_audio_only(&self) -> bool {
        matches!(self.flow, Flow::AudioOnly)
    }

    /// What is left of the debt when it opens.
    fn opening(&self) -> u64 {
        let burst = self.burst();
        let closing = burst - PACKET * MICROBITS;
        (burst / 2).min(closing.saturating_sub(self.rate.saturating_mul(LEAST_WAIT.0)))
    }

    /// No more than this at once.
    fn burst(&self) -> u64 {
        if self.flow == Flow::OneByOne {
            return PACKET * MICROBITS;
        }
        self.rate.saturating_mul(BURST.0).max(LEAST_BURST * PACKET * MICROBITS)
    }
}

/// Of a byte.
const MICROBITS: u64 = 8_000_000;

#[cfg(test)]
mod tests;
