//! What was measured at a link: utilisation, queue delay, loss.

use super::accounts::{Class, LinkAccount};
use super::bins::BIN;
use super::numbers::percentile;
use super::window::Window;
use crate::net::{Fate, Kind, Record, SECOND, Time};
use crate::world::is_own;

impl LinkAccount {
    fn within(&self, window: Window) -> &[Record] {
        let place = |at: Time| self.records.partition_point(|record| record.left < at);
        &self.records[place(window.from)..place(window.until)]
    }

    fn own(&self, window: Window) -> impl Iterator<Item = &Record> {
        let is_own = |record: &&Record| record.kind == Kind::Media && is_own(record.flow);
        self.within(window).iter().filter(is_own)
    }

    /// Bits per second in the bin of `at`; none: no limit.
    pub fn capacity_at(&self, at: Time) -> Option<u64> {
        let place = ((at / BIN) as usize).min(self.capacity.0.len().checked_sub(1)?);
        Some(self.capacity.0[place] * SECOND / BIN)
    }

    /// What could have been carried, or the media would have had, bits.
    fn possible(&self, window: Window, most: Option<u64>) -> f64 {
        let most = most.map_or(u64::MAX, |most| most * BIN / SECOND);
        let bins = (window.from / BIN) as usize..(window.until / BIN) as usize;
        bins.filter_map(|bin| self.capacity.0.get(bin)).map(|bits| *bits.min(&most) as f64).sum()
    }

    /// Of all packets, whosever: 0-1.
    pub fn utilisation(&self, window: Window, most: Option<u64>) -> f64 {
        let used = self.within(window).iter().filter(|record| record.used_capacity());
        let bits: u64 = used.map(|record| u64::from(record.bytes) * 8).sum();
        bits as f64 / self.possible(window, most)
    }

    /// Of one flow's media: 0-1.
    pub fn share(&self, window: Window, flow: u32) -> f64 {
        let used = self.own(window).filter(|record| record.flow == flow && record.used_capacity());
        let bits: u64 = used.map(|record| u64::from(record.bytes) * 8).sum();
        bits as f64 / self.possible(window, None)
    }

    /// Time in the queue and in transmission, milliseconds.
    pub fn queue(&self, window: Window, share: f64) -> f64 {
        let served = self.within(window).iter().filter(|record| record.used_capacity());
        let mut delays: Vec<_> = served.map(Record::sojourn).collect();
        percentile(&mut delays, share) / 1e3
    }

    /// The same of sound alone.
    pub fn audio_queue(&self, window: Window, share: f64) -> f64 {
        let is_sound = |record: &&Record| record.tag == Class::Audio as u64;
        let served = self.own(window).filter(|record| record.used_capacity()).filter(is_sound);
        let mut delays: Vec<_> = served.map(Record::sojourn).collect();
        percentile(&mut delays, share) / 1e3
    }

    /// Of our media: 0-1.
    pub fn loss(&self, window: Window) -> f64 {
        let (mut lost, mut all) = (0_u64, 0_u64);
        for record in self.own(window) {
            lost += u64::from(record.fate != Fate::Served);
            all += 1;
        }
        lost as f64 / all.max(1) as f64
    }

    /// Most packets of one flow lost in a row.
    pub fn loss_burst(&self, window: Window) -> u64 {
        let mut runs = std::collections::BTreeMap::new();
        let mut longest = 0;
        for record in self.own(window) {
            let run = runs.entry(record.flow).or_insert(0);
            *run = if record.fate == Fate::Served { 0 } else { *run + 1 };
            longest = longest.max(*run);
        }
        longest
    }
}
