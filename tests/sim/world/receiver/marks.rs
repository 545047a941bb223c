//! When packets arrived and how they were marked, stream by stream, and telling it every 50 ms
//! (RFC 8888 §3); what came late is told again.

use std::collections::BTreeMap;

use lahn::wire::rtcp::{Arrival, ArrivalOffset, Compound};
use lahn::{EcnCodepoint, Seq, Ssrc};

use crate::net::{MS, Time};

const INTERVAL: Time = 50 * MS;
/// Arrivals of one stream that are remembered.
const KEPT: usize = 1_000;

#[derive(Default)]
pub struct Marks {
    streams: BTreeMap<u32, Log>,
    tell_at: Time,
}

#[derive(Default)]
struct Log {
    /// Number of the first that is remembered, extended.
    first: u64,
    arrivals: Vec<Option<(Time, EcnCodepoint)>>,
    /// Number of the first that is not told.
    untold: Option<u64>,
    /// One more than the highest that was told.
    next: Option<u64>,
}

impl Marks {
    /// A packet came at `local` microseconds.
    pub fn note(&mut self, ssrc: u32, seq: u16, local: Time, ecn: EcnCodepoint) {
        let log = self.streams.entry(ssrc).or_default();
        let next = log.first + log.arrivals.len() as u64;
        if log.arrivals.is_empty() {
            log.first = u64::from(seq) + (1 << 16);
        }
        let highest = if log.arrivals.is_empty() { log.first } else { next - 1 };
        let ahead = seq.wrapping_sub(highest as u16) as i16;
        let ext = highest.saturating_add_signed(i64::from(ahead));
        let Some(place) = ext.checked_sub(log.first) else { return };
        let place = place as usize;
        if log.arrivals.len() <= place {
            log.arrivals.resize(place + 1, None);
        }
        log.arrivals[place] = Some((local, ecn));
        log.untold = Some(log.untold.map_or(ext, |untold| untold.min(ext)));
    }

    /// If it is time, writes what is new; whether it did.
    pub fn tell(
        &mut self,
        now: Time,
        local: Time,
        sender: Ssrc,
        compound: &mut Compound<'_>,
    ) -> bool {
        if now < self.tell_at {
            return false;
        }
        let ready = self.streams.iter_mut().filter_map(|(ssrc, log)| log.tell(*ssrc, local));
        let ready: Vec<_> = ready.collect();
        if ready.is_empty() {
            return false;
        }
        self.tell_at = now + INTERVAL;
        let stamp = (u128::from(local) * 65_536 / 1_000_000) as u32;
        let streams = ready.iter().map(|(ssrc, begin, packets)| (*ssrc, *begin, &packets[..]));
        assert!(compound.ccfb(sender, stamp, streams), "50 ms of packets fit");
        true
    }
}

impl Log {
    fn tell(&mut self, ssrc: u32, local: Time) -> Option<(Ssrc, Seq, Vec<Option<Arrival>>)> {
        let untold = self.untold.take()?;
        // What is missing between two reports is told in the second.
        let begin = self.next.map_or(untold, |next| next.min(untold)).max(self.first);
        let news = &self.arrivals[(begin - self.first) as usize..];
        let arrival = |(at, ecn): (Time, EcnCodepoint)| {
            let before = (local - at) * 1_024 / 1_000_000;
            Arrival { ecn, offset: ArrivalOffset::new(before as i64) }
        };
        let told = news.iter().map(|arrived| arrived.map(arrival)).collect();
        self.next = Some(self.first + self.arrivals.len() as u64);
        let excess = self.arrivals.len().saturating_sub(KEPT);
        self.arrivals.drain(..excess);
        self.first += excess as u64;
        Some((Ssrc(ssrc), Seq(begin as u16), told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lahn::wire::rtcp::{self, Packet};

    fn told(marks: &mut Marks, now: Time) -> Vec<(u16, Option<EcnCodepoint>)> {
        let mut out = [0; 500];
        let mut compound = Compound::new(&mut out);
        if !marks.tell(now, now, Ssrc(1), &mut compound) {
            return Vec::new();
        }
        let len = compound.len();
        let mut packets = rtcp::parse(&out[..len]).unwrap();
        let Some(Packet::CongestionControlFeedback(feedback)) = packets.next() else {
            panic!("none")
        };
        let streams = feedback.streams().flat_map(|stream| stream.packets());
        streams.map(|(seq, arrival)| (seq.0, arrival.map(|arrival| arrival.ecn))).collect()
    }

    #[test]
    fn arrivals_marks_and_what_is_missing_between_reports_are_told() {
        let (mut marks, ce) = (Marks::default(), EcnCodepoint::Ce);
        marks.note(7, 65_535, 1_000, EcnCodepoint::Ect1);
        marks.note(7, 0, 2_000, ce);
        let first = [(65_535, Some(EcnCodepoint::Ect1)), (0, Some(ce))];
        assert_eq!(told(&mut marks, 50 * MS), first);
        assert!(told(&mut marks, 200 * MS).is_empty());
        marks.note(7, 2, 210_000, ce);
        assert_eq!(told(&mut marks, 220 * MS), [(1, None), (2, Some(ce))]);
    }
}
