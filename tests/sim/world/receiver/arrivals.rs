//! When packets arrived, and telling it as browsers do: transport-cc every 50-250 ms, so that it
//! costs 5 % of what arrives; what came late is told again.

use std::collections::VecDeque;

use lahn::wire::rtcp::Compound;
use lahn::{Seq, Ssrc};

use crate::net::{MS, Time};

/// How much is remembered to be told again.
const KEPT: usize = 2_000;
/// What one message weighs, IP headers included.
const MESSAGE: u64 = 68;

#[derive(Default)]
pub struct Arrivals {
    /// Number of the first of `times`, extended.
    first: u64,
    /// In ticks of 250 µs.
    times: VecDeque<Option<i64>>,
    /// Number of the first that is not told.
    untold: Option<u64>,
    /// One more than the highest that was told.
    next: Option<u64>,
    highest: Option<u64>,
    count: u8,
    tell_at: Time,
    /// Since the last message.
    bytes: u64,
    told_at: Time,
}

impl Arrivals {
    /// Packet `number` came at `local` microseconds.
    pub fn note(&mut self, number: u16, local: Time) {
        let ext = match self.highest {
            None => u64::from(number) + (1 << 16),
            Some(highest) => {
                let ahead = number.wrapping_sub(highest as u16) as i16;
                highest.saturating_add_signed(i64::from(ahead))
            }
        };
        if self.highest.is_none() {
            self.first = ext;
        }
        self.highest = self.highest.max(Some(ext));
        if ext < self.first {
            return;
        }
        let place = (ext - self.first) as usize;
        if self.times.len() <= place {
            self.times.resize(place + 1, None);
        }
        self.times[place] = Some((local / 250) as i64);
        self.untold = Some(self.untold.map_or(ext, |untold| untold.min(ext)));
        self.bytes += 1_200;
        while self.times.len() > KEPT {
            self.times.pop_front();
            self.first += 1;
        }
    }

    /// If it is time: `write` gets what writes a message, as often as there is one to write.
    pub fn tell(
        &mut self,
        now: Time,
        sender: Ssrc,
        mut write: impl FnMut(&mut dyn FnMut(&mut Compound<'_>) -> usize) -> usize,
    ) {
        if now < self.tell_at {
            return;
        }
        let Some(untold) = self.untold.take() else { return };
        let rate = self.bytes * 8 * 1_000_000 / (now - self.told_at).max(1);
        // 5 % of what arrives.
        let interval = MESSAGE * 8 * 20 * 1_000_000 / rate.max(1);
        (self.bytes, self.told_at) = (0, now);
        self.tell_at = now + interval.clamp(50 * MS, 250 * MS);
        // What is missing between two messages is told in the second.
        let begin = self.next.map_or(untold, |next| next.min(untold));
        self.next = self.highest.map(|highest| highest + 1);
        let mut from = begin.max(self.first);
        let times = self.times.make_contiguous();
        loop {
            let Some(rest) = times.get((from - self.first) as usize..) else { return };
            if rest.iter().all(Option::is_none) {
                return;
            }
            let (base, count) = (Seq(from as u16), self.count);
            let taken =
                write(&mut |compound| compound.transport_cc(sender, Ssrc(0), base, count, rest));
            if taken == 0 {
                return;
            }
            self.count = self.count.wrapping_add(1);
            from += taken as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lahn::wire::rtcp::{self, Packet};

    fn told(arrivals: &mut Arrivals, now: Time) -> Vec<(u16, Option<i64>)> {
        let mut all = Vec::new();
        arrivals.tell(now, Ssrc(1), |len_of| {
            let mut out = [0; 500];
            let mut compound = Compound::new(&mut out);
            let taken = len_of(&mut compound);
            let len = compound.len();
            for packet in rtcp::parse(&out[..len]).unwrap() {
                let Packet::TransportCc(feedback) = packet else { panic!("{packet:?}") };
                all.extend(feedback.packets().map(|(seq, at)| (seq.0, at)));
            }
            taken
        });
        all
    }

    #[test]
    fn each_arrival_is_told_once_and_late_ones_with_all_behind_them() {
        let mut arrivals = Arrivals::default();
        for (number, at) in [(65_534, 1_000), (65_535, 2_000), (1, 4_000)] {
            arrivals.note(number, at);
        }
        let expected = [(65_534, Some(4)), (65_535, Some(8)), (0, None), (1, Some(16))];
        assert_eq!(told(&mut arrivals, 50 * MS), expected);
        assert!(told(&mut arrivals, 200 * MS).is_empty(), "nothing new");
        arrivals.note(0, 5_000);
        assert_eq!(told(&mut arrivals, 400 * MS), [(0, Some(20)), (1, Some(16))]);
    }

    #[test]
    fn what_is_missing_between_two_messages_is_told_in_the_second() {
        let mut arrivals = Arrivals::default();
        arrivals.note(1, 1_000);
        assert_eq!(told(&mut arrivals, 50 * MS).len(), 1);
        arrivals.note(4, 2_000);
        assert_eq!(told(&mut arrivals, 400 * MS), [(2, None), (3, None), (4, Some(8))]);
    }

    #[test]
    fn messages_come_every_50_ms_at_video_rates_and_less_often_at_low_ones() {
        let mut arrivals = Arrivals::default();
        let (mut number, mut count) = (0_u16, 0);
        for milli in 0..1_000 {
            arrivals.note(number, milli * MS);
            number += 1;
            count += u32::from(!told(&mut arrivals, milli * MS).is_empty());
        }
        assert_eq!(count, 20);
    }
}
