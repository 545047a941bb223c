//! Feedback in terms of what was sent: each packet is told of once, as arrived or as lost, and once
//! more if it arrives after all. Transport-cc and RFC 8888 come in by the same door.
//!
//! Must not know which of the two it is. Read next: [`super::send_side`].

use super::history::{History, State};
use super::packet::{Class, Ecn, Feedback, PacketResult, SentPacket};
use crate::base::{Micros, Seq};

/// Packets told of at a time; a feedback message of more is passed on in pieces.
const BATCH: usize = 256;
/// C14: what is missing is lost when what was sent so much later has arrived,
const REORDERING: Micros = Micros::millis(100);
/// or so many numbers later.
const REORDERED: u64 = 50;

/// What a message says of one packet: its number, its arrival on the far end's clock in
/// microseconds (`None`: it has not arrived), and its mark.
pub(crate) type Told = (Seq, Option<i64>, Ecn);

/// A packet that was sent and has arrived.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    number: u64,
    at: i64,
    ecn: Ecn,
}

impl History {
    /// A feedback message came, in any order, made at `made` on the far end's clock if it says
    /// so. Calls `tell` for all that is new in it.
    pub(crate) fn on_feedback(
        &mut self,
        now: Micros,
        told: impl IntoIterator<Item = Told>,
        made: Option<i64>,
        mut tell: impl FnMut(&Feedback<'_>),
    ) {
        let mut told = told.into_iter();
        let mut batch = [Arrival { number: 0, at: 0, ecn: Ecn::NotEct }; BATCH];
        loop {
            let mut count = 0;
            while count < BATCH
                && let Some((seq, arrived, ecn)) = told.next()
            {
                if let Some(arrival) = self.note(now, seq, arrived, ecn) {
                    batch[count] = arrival;
                    count += 1;
                }
            }
            batch[..count].sort_unstable_by_key(|arrival| arrival.number);
            self.tell(now, &batch[..count], made, &mut tell);
            if count < BATCH {
                return;
            }
        }
    }

    /// Takes note of what is said of one packet; the arrival if it is news.
    fn note(&mut self, now: Micros, seq: Seq, arrived: Option<i64>, ecn: Ecn) -> Option<Arrival> {
        let Some(number) = self.number(seq) else {
            self.ignored += 1;
            return None;
        };
        self.on_told(number);
        match (self.state(number), arrived) {
            (State::Sent | State::Missing | State::Lost, Some(at)) => {
                self.set_state(number, State::Arrived);
                if self.newest_arrived.is_none_or(|(newest, _)| newest < number) {
                    self.newest_arrived = Some((number, self.at(now, number)));
                }
                Some(Arrival { number, at, ecn })
            }
            (State::Sent, None) => {
                self.set_state(number, State::Missing);
                self.undecided = self.undecided.min(number);
                None
            }
            (State::Missing | State::Lost, None) | (State::Void, _) => None,
            (State::Arrived, _) => {
                self.ignored += 1;
                None
            }
        }
    }

    /// What is lost by now, then what arrived, in pieces.
    fn tell(
        &mut self,
        now: Micros,
        arrivals: &[Arrival],
        made: Option<i64>,
        tell: &mut impl FnMut(&Feedback<'_>),
    ) {
        let newest = arrivals.iter().max_by_key(|arrival| arrival.at);
        let round_trip = newest.map(|newest| {
            let waited = made.map_or(0, |made| made.saturating_sub(newest.at).max(0));
            let passed = now.since(self.at(now, newest.number));
            passed.since(Micros(waited.cast_unsigned()))
        });
        let mut results = Results { held: [NOTHING; BATCH], count: 0 };
        let mut add = |history: &Self, result| {
            results.held[results.count] = result;
            results.count += 1;
            if results.count == BATCH {
                results.tell(history.in_flight(), round_trip, tell);
            }
        };
        while let Some(number) = self.next_lost(now) {
            let sent = self.sent(now, number);
            add(self, PacketResult { sent, arrived: None, ecn: Ecn::NotEct });
        }
        for Arrival { number, at, ecn } in arrivals {
            let sent = self.sent(now, *number);
            add(self, PacketResult { sent, arrived: Some(*at), ecn: *ecn });
        }
        results.tell(self.in_flight(), round_trip, tell);
    }

    /// A packet that is missing and can hardly come any more (C14); it is lost from now on.
    fn next_lost(&mut self, now: Micros) -> Option<u64> {
        let (newest, newest_at) = self.newest_arrived?;
        let mut number = self.undecided.max(self.oldest_held());
        while number < newest
            && (newest - number >= REORDERED || newest_at.since(self.at(now, number)) >= REORDERING)
        {
            self.undecided = number + 1;
            if self.state(number) == State::Missing {
                self.set_state(number, State::Lost);
                return Some(number);
            }
            number += 1;
        }
        None
    }
}

/// What is about to be passed on.
struct Results {
    held: [PacketResult; BATCH],
    count: usize,
}

impl Results {
    fn tell(
        &mut self,
        in_flight: u64,
        round_trip: Option<Micros>,
        tell: &mut impl FnMut(&Feedback<'_>),
    ) {
        let results = &self.held[..self.count];
        if !results.is_empty() {
            tell(&Feedback { results, in_flight, round_trip });
        }
        self.count = 0;
    }
}

const NOTHING: PacketResult = PacketResult {
    sent: SentPacket {
        at: Micros(0),
        wire_bytes: 0,
        class: Class::Padding,
        probe: None,
        ect1: false,
    },
    arrived: None,
    ecn: Ecn::NotEct,
};

/// A clock of the far end that is told in a field that wraps: its ticks, counted on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FarClock(Option<i64>);

impl FarClock {
    /// `ticks` of a clock that wraps after 2^`bits`; the nearest to the time told before.
    pub(crate) fn unwrap(&mut self, ticks: i64, bits: u32) -> i64 {
        let cycle = 1_i64 << bits;
        let before = self.0.unwrap_or(ticks);
        let ahead = (ticks.wrapping_sub(before)).rem_euclid(cycle);
        let step = if ahead < cycle / 2 { ahead } else { ahead - cycle };
        *self.0.insert(before + step)
    }
}

#[cfg(test)]
mod tests;
