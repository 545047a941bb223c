//! Shapers that save up: a token bucket lets through at once what fits into it, and only then at the
//! rate that it is filled at. A short probe, or a picture, that fits shows nothing of the link but
//! its bucket.
//!
//! What the link carried when it was last full says how long a queue should be by now. Bytes that
//! should stand in it and do not came out of a bucket, or the link carries more: which of the two is
//! known once they are more than a bucket holds. How much that is shows when a queue begins after
//! all. Does not send anything: a [`Proof`] says what would have to be sent. Read next:
//! [`super::probing`].

use super::probing::Proof;
use crate::base::Micros;

/// A rate of so many percent of what the link carried is to be proved:
const CLAIM: u64 = 125;
/// an estimate goes so far, in percent, without one.
const UNPROVED: u64 = 106;
/// So many bytes more than it carried must not have had to wait,
const USUAL: u64 = 4_500;
/// or as many as it carried in so many milliseconds, if those are fewer,
const USUAL_MILLIS: u64 = 75;
/// and more than the bucket that was seen: so much, in percent of it, and so many bytes.
const BEYOND: u64 = 110;
const SURPLUS: u64 = 600;
/// Proved at so much of what the link carried, in percent: the slower, the longer it takes.
const PROOF: u64 = 160;
/// Fewer bytes than this are no bucket: times are not that exact.
const LEAST: u64 = 3_000;
/// More bytes than this are none either: the link carries more.
const MOST: u64 = 64_000;
/// What the link carried is taken for so much more, in percent: else little by little what is sent
/// at just this rate adds up,
const SLACK: u64 = 105;
/// and for no longer than this at a time.
const LONGEST: Micros = Micros::millis(3_000);
/// Full again at a rate so many percent apart it is the same link.
const SAME: u64 = 20;
/// It carries far less if it was full at less so often in turn: once it may be that others sent a
/// little, or that a run ended amid packets carried in one piece (GSO).
const OFTEN: u8 = 3;
/// No link carries far more within so long: a far end that slept for a moment sees packets arrive
/// together.
const SOON: Micros = Micros::millis(300);
/// Others stay for so long.
const SHARED: Micros = Micros::millis(20_000);
/// What a link carried, and how much its bucket held, is forgotten after so long.
const FORGOTTEN: Micros = Micros::millis(60_000);
const HELD_FORGOTTEN: Micros = Micros::millis(300_000);
/// Bit/s: no link carries more, whatever a far end's clock makes of it.
const HIGHEST: u64 = 1 << 50;
const MICROBITS: u64 = 8 * 1_000_000;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    /// What the link carried when it was full, bit/s, and when.
    carried: Option<(u64, Micros)>,
    /// How often in turn it was full at far less.
    less: u8,
    /// The largest bucket seen, bytes, and when.
    held: Option<(u64, Micros)>,
    /// When others were last found to fill the link.
    shared: Option<Micros>,
    /// What should stand in the queue, in millionths of a bit, since when, and as of when.
    due: u64,
    since: Micros,
    at: Micros,
    /// Most bytes that did not, since then.
    missing: u64,
}

impl Bucket {
    /// A packet that left at `sent` arrived; in the order of sending.
    pub(super) fn on_packet(&mut self, sent: Micros, queue: Micros, bytes: u32) {
        let Some((carried, _)) = self.carried else { return };
        let rate = carried * SLACK / 100;
        let left = sent.since(self.at).0.saturating_mul(rate);
        self.due = self.due.saturating_sub(left);
        self.at = sent;
        if self.due == 0 || sent.since(self.since) > LONGEST {
            (self.due, self.since, self.missing) = (0, sent, 0);
        }
        let stands = queue.0.saturating_mul(rate);
        self.missing = self.missing.max(self.due.saturating_sub(stands) / MICROBITS);
        self.due = self.due.saturating_add(u64::from(bytes) * MICROBITS);
        if self.missing > MOST {
            *self = Self { held: self.held, shared: self.shared, ..Self::default() };
        }
    }

    /// The link was full and carried so much, bit/s.
    pub(super) fn on_full(&mut self, now: Micros, rate: u64) {
        if self.shared.is_some_and(|at| now.since(at) < SHARED) {
            return;
        }
        let rate = rate.min(HIGHEST);
        if let Some((carried, _)) = self.carried
            && carried.abs_diff(rate) * 100 <= carried * SAME
        {
            if self.missing > LEAST {
                self.held = Some((self.missing.max(self.held(now) / 10 * 8), now));
            }
            self.carried = Some(((carried * 7 + rate) / 8, now));
            self.less = 0;
            return;
        }
        if let Some((carried, at)) = self.carried {
            self.less = if rate < carried { self.less + 1 } else { 0 };
            let is_soon = rate > carried && now.since(at) < SOON;
            if is_soon || (1..OFTEN).contains(&self.less) {
                return;
            }
        }
        (self.carried, self.less) = (Some((rate, now)), 0);
        (self.due, self.since, self.at, self.missing) = (0, now, now, 0);
    }

    /// Others fill the link, too: what it carried was our share of it.
    pub(super) fn on_others(&mut self, now: Micros) {
        *self = Self { shared: Some(now), held: self.held, ..Self::default() };
    }

    /// What has to be sent to find out whether a bucket is all that made the link seem to carry
    /// `rate`, bit/s; `None` if that is out of the question. Nobody wants more than `most`.
    pub(super) fn doubt(&self, now: Micros, rate: u64, most: u64) -> Option<Proof> {
        let carried = self.carried(now)?;
        let needed = self.needed(now, carried);
        if rate.min(most) <= carried * CLAIM / 100 || self.missing >= needed {
            return None;
        }
        let rate = rate.max(carried * PROOF / 100).min(most);
        let beyond = rate.saturating_sub(carried * SLACK / 100).max(1);
        let bytes = (needed + SURPLUS).saturating_mul(rate) / beyond;
        Some(Proof { rate, bytes: u32::try_from(bytes).unwrap_or(u32::MAX) })
    }

    /// How far an estimate may go, bit/s, until more than a bucket holds was sent beyond what the link
    /// carried.
    pub(super) fn bound(&self, now: Micros) -> Option<u64> {
        let carried = self.carried(now)?;
        let is_proved = self.missing >= self.needed(now, carried);
        (!is_proved).then_some(carried * UNPROVED / 100)
    }

    fn needed(&self, now: Micros, carried: u64) -> u64 {
        let usual = (carried * USUAL_MILLIS / 8_000).min(USUAL);
        match self.held(now) {
            0 => usual,
            held => usual.max(held * BEYOND / 100 + SURPLUS),
        }
    }

    fn held(&self, now: Micros) -> u64 {
        let held = self.held.filter(|(_, at)| now.since(*at) < HELD_FORGOTTEN);
        held.map_or(0, |(bytes, _)| bytes)
    }

    fn carried(&self, now: Micros) -> Option<u64> {
        let carried = self.carried.filter(|(_, at)| now.since(*at) < FORGOTTEN);
        carried.map(|(rate, _)| rate)
    }
}

#[cfg(test)]
mod tests;
