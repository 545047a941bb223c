//! What each layer of an encoding takes on the wire, as a receiver gets it: counted with each
//! packet, added up when somebody asks.
//!
//! The rate of a layer is the larger of its means over one second and over four (A1). Key frames
//! count in the latter alone: one in a second is no higher rate, and each upgrade asks for one.
//! While a layer is new, it is what the publisher says of it, else what it was before, or what came
//! so far.
//!
//! Who does not get a layer yet asks what it took at most within half a minute: a camera before
//! which little moves for a moment is one that takes its usual rate again right after it.

use super::frames::{Depends, Frame, Frames};
use crate::base::Bitrate;

/// What a packet has besides its payload when it goes out: RTP header 12, extensions about 12,
/// SRTP tag 16, UDP and IP 28.
const OVERHEAD: u32 = 68;
/// A bucket, in milliseconds.
const BUCKET: u32 = 250;
/// Buckets in a second, and all that are remembered.
const SHORT: u8 = 4;
const LONG: u8 = 16;
const BUCKETS: usize = LONG as usize + 1;
/// Spans of as many buckets as are remembered, by their sums.
const SPANS: usize = 8;
/// What has come for less than so many milliseconds is taken to have come within them.
const LEAST: u32 = 500;

/// See the module. Time is in the milliseconds of [`WallClock`](crate::base::WallClock).
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates {
    parts: Vec<Part>,
    /// When the newest bucket began, its number, and how many there are before it.
    begun: u32,
    newest: u8,
    full: u8,
    /// Buckets that ended since the newest span did.
    since_span: u8,
    /// The low bits of the newest frame's number, and its part.
    frame: Option<(u32, u8)>,
}

/// What counts as one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    spatial: u8,
    temporal: u8,
    /// Layers above do without it.
    stands_alone: bool,
    is_key: bool,
}

#[derive(Clone, Debug)]
struct Part {
    place: Place,
    bytes: [u32; BUCKETS],
    /// Newest first.
    spans: [u32; SPANS],
    /// Its newest rate that was not nothing, in bytes a second.
    known: u32,
    /// What the publisher says that it takes, with all that it needs, in bit/s.
    told: Option<u64>,
}

impl Place {
    fn of(frame: Option<&Frame>, frames: Option<&Frames>) -> Self {
        let Some(frame) = frame else {
            return Self::plain(0, 0);
        };
        let stands_alone = match (frame.depends, frames.and_then(Frames::structure)) {
            (Depends::Spatial { stands_alone, .. }, _) => stands_alone,
            (Depends::Described(facts), Some(structure)) => {
                let present = facts.indications.present();
                let is_above = |target: &u8| {
                    structure.layer_of(*target).is_some_and(|(spatial, _)| spatial > frame.spatial)
                };
                !(0..structure.decode_targets())
                    .filter(is_above)
                    .any(|target| present >> target & 1 == 1)
            }
            _ => false,
        };
        let Frame { spatial, temporal, is_key, .. } = *frame;
        Self { spatial, temporal, stands_alone, is_key }
    }

    const fn plain(spatial: u8, temporal: u8) -> Self {
        Self { spatial, temporal, stands_alone: false, is_key: false }
    }

    /// Whether who gets a layer gets this.
    const fn is_part_of(self, spatial: u8, temporal: u8) -> bool {
        self.temporal <= temporal
            && (self.spatial == spatial || (self.spatial < spatial && !self.stands_alone))
    }
}

impl Rates {
    /// A packet came: of the frame with these low bits, with so much payload.
    #[inline]
    pub(super) fn count(&mut self, now: u32, low: u32, payload: usize, frames: Option<&Frames>) {
        if now.wrapping_sub(self.begun) >= BUCKET {
            self.turn(now);
        }
        let part = match self.frame {
            Some((frame, part)) if frame == low => part,
            _ => self.find(low, frames),
        };
        let part = self.parts.get_mut(usize::from(part));
        if let Some(bytes) = part.and_then(|part| part.bytes.get_mut(usize::from(self.newest))) {
            *bytes += u32::try_from(payload).unwrap_or(0) + OVERHEAD;
        }
    }

    /// Time passed.
    pub(super) fn turn(&mut self, now: u32) {
        let passed = now.wrapping_sub(self.begun) / BUCKET;
        if passed > u32::from(LONG) {
            // Nothing that is remembered says anything about now.
            self.parts.iter_mut().for_each(|part| part.bytes = [0; BUCKETS]);
            (self.begun, self.full) = (now, 0);
            return;
        }
        for _ in 0..passed {
            self.newest = (self.newest + 1) % (LONG + 1);
            self.full = (self.full + 1).min(LONG);
            self.begun = self.begun.wrapping_add(BUCKET);
            for number in 0..self.parts.len() {
                // The second in which it ends says less.
                let part = &self.parts[number];
                if self.full >= SHORT && self.bytes(part, 1) > 0 {
                    self.parts[number].known = self.bytes(part, SHORT);
                }
                self.parts[number].bytes[usize::from(self.newest)] = 0;
            }
            self.since_span += 1;
            if self.since_span == LONG {
                self.since_span = 0;
                self.end_span();
            }
        }
        if passed > 0 && self.is_silent() {
            self.full = 0;
        }
    }

    fn end_span(&mut self) {
        for number in 0..self.parts.len() {
            let bytes = self.bytes(&self.parts[number], LONG);
            let spans = &mut self.parts[number].spans;
            spans.rotate_right(1);
            spans[0] = bytes;
        }
    }

    /// The publisher says what a layer takes, up to a temporal layer.
    pub(super) fn tell(&mut self, spatial: u8, temporal: u8, rate: Bitrate) {
        let part = self.part(Place::plain(spatial, temporal));
        if let Some(part) = self.parts.get_mut(usize::from(part)) {
            part.told = Some(rate.as_bps());
        }
    }

    /// What it takes to get a layer up to a temporal one, with all that it needs, in bit/s.
    pub(super) fn rate(&self, now: u32, spatial: u8, temporal: u8) -> u64 {
        let sum = |with_keys: bool, bytes: &dyn Fn(&Part) -> u32| -> u64 {
            let own = self.parts.iter().filter(|part| {
                part.place.is_part_of(spatial, temporal) && (with_keys || !part.place.is_key)
            });
            own.map(|part| u64::from(bytes(part))).sum()
        };
        if self.full >= SHORT {
            let second = sum(false, &|part| self.bytes(part, SHORT)) * 8;
            if self.full < LONG {
                return second;
            }
            let seconds = u64::from(LONG / SHORT);
            return second.max(sum(true, &|part| self.bytes(part, LONG)) * 8 / seconds);
        }
        let is_it = |part: &&Part| part.place == Place::plain(spatial, temporal);
        if let Some(told) = self.parts.iter().find(is_it).and_then(|part| part.told) {
            return told;
        }
        let passed = (u32::from(self.full) * BUCKET + now.wrapping_sub(self.begun)).max(LEAST);
        let all = |part: &Part| self.bytes(part, self.full) + part.bytes[usize::from(self.newest)];
        let (other, known) = (sum(false, &all), sum(false, &|part| part.known));
        let bytes = if other > 0 { other } else { sum(true, &all) };
        (bytes * 8_000 / u64::from(passed)).max(known * 8)
    }

    /// What it took at most to get a layer up to a temporal one, with all that it needs, in bit/s: in
    /// the mean of four seconds within the last half minute, or just now.
    pub(super) fn peak(&self, now: u32, spatial: u8, temporal: u8) -> u64 {
        let own = || self.parts.iter().filter(|part| part.place.is_part_of(spatial, temporal));
        let sum = |span: usize| own().map(|part| u64::from(part.spans[span])).sum::<u64>();
        let peak = (0..SPANS).map(sum).max().unwrap_or(0) * 8 * 1_000;
        let rate = self.rate(now, spatial, temporal);
        rate.max(peak / u64::from(u32::from(LONG) * BUCKET))
    }

    /// Whether nothing came in the last second, or ever.
    fn is_silent(&self) -> bool {
        let newest = |part: &Part| part.bytes[usize::from(self.newest)];
        let is_silent =
            |part: &Part| self.bytes(part, SHORT.min(self.full)) == 0 && newest(part) == 0;
        self.parts.iter().all(is_silent)
    }

    /// What came of a part in the last so many buckets before the newest.
    fn bytes(&self, part: &Part, buckets: u8) -> u32 {
        let place = |back| usize::from((self.newest + LONG + 1 - back) % (LONG + 1));
        (1..=buckets).map(|back| part.bytes[place(back)]).sum()
    }

    #[cold]
    fn find(&mut self, low: u32, frames: Option<&Frames>) -> u8 {
        let part = self.part(Place::of(frames.and_then(|frames| frames.get(low)), frames));
        self.frame = Some((low, part));
        part
    }

    fn part(&mut self, place: Place) -> u8 {
        let found = self.parts.iter().position(|part| part.place == place);
        let part = found.unwrap_or_else(|| {
            self.parts.push(Part {
                place,
                bytes: [0; BUCKETS],
                spans: [0; SPANS],
                known: 0,
                told: None,
            });
            self.parts.len() - 1
        });
        // Eight spatial layers, eight temporal ones, and those that stand alone.
        u8::try_from(part).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many packets of 932 bytes, which are 1,000 on the wire, at even distances.
    fn send(rates: &mut Rates, from: u32, millis: u32, packets: u32) {
        for number in 0..packets {
            rates.count(from.wrapping_add(number * millis / packets), 0, 932, None);
        }
    }

    #[test]
    fn rate_is_the_larger_of_a_second_and_of_four() {
        for start in [0, 12_345, u32::MAX - 3_000] {
            let mut rates = Rates::default();
            let at = |millis: u32| start.wrapping_add(millis);
            send(&mut rates, at(0), 4_000, 400);
            rates.turn(at(4_000));
            assert_eq!(rates.rate(at(4_000), 0, 0), 800_000, "from {start}");
            send(&mut rates, at(4_000), 1_000, 200);
            rates.turn(at(5_000));
            assert_eq!(rates.rate(at(5_000), 0, 0), 1_600_000, "the newest second has more");
            send(&mut rates, at(5_000), 2_000, 20);
            rates.turn(at(7_000));
            let four = (100 + 200 + 20) * 8_000 / 4;
            assert_eq!(rates.rate(at(7_000), 0, 0), four, "the last four have more");
        }
    }

    #[test]
    fn new_stream_is_what_it_brought_within_half_a_second_or_what_is_said_of_it() {
        let mut rates = Rates::default();
        send(&mut rates, 10_000, 100, 10);
        assert_eq!(rates.rate(10_100, 0, 0), 160_000);
        send(&mut rates, 10_100, 650, 65);
        assert_eq!(rates.rate(10_750, 0, 0), 800_000);
        rates.tell(0, 0, Bitrate::kbps(900));
        assert_eq!(rates.rate(10_750, 0, 0), 900_000);
        send(&mut rates, 10_750, 1_000, 100);
        assert_eq!(rates.rate(11_750, 0, 0), 800_000, "measured is measured");
    }

    #[test]
    fn what_comes_back_is_taken_for_what_it_was() {
        for pause in [1_500, 3_000, 20_000] {
            let mut rates = Rates::default();
            send(&mut rates, 10_000, 5_000, 500);
            for waited in (0..pause).step_by(300) {
                rates.turn(15_000 + waited);
            }
            send(&mut rates, 15_000 + pause, 20, 2);
            assert_eq!(rates.rate(15_020 + pause, 0, 0), 800_000, "after {pause}");
        }
    }

    #[test]
    fn peak_is_remembered_for_half_a_minute() {
        for start in [0, 12_345, u32::MAX - 9_000] {
            let mut rates = Rates::default();
            let at = |seconds: u32| start.wrapping_add(seconds * 1_000);
            send(&mut rates, at(0), 8_000, 800);
            assert_eq!(rates.peak(at(8), 0, 0), 800_000, "from {start}");
            send(&mut rates, at(8), 28_000, 280);
            assert_eq!(rates.rate(at(36), 0, 0), 80_000);
            assert_eq!(rates.peak(at(36), 0, 0), 800_000, "from {start}");
            send(&mut rates, at(36), 6_000, 60);
            rates.turn(at(42));
            assert_eq!(rates.peak(at(42), 0, 0), 80_000, "from {start}");
        }
    }

    #[test]
    fn key_frame_in_a_second_is_no_higher_rate() {
        let mut rates = Rates::default();
        send(&mut rates, 10_000, 4_250, 425);
        let part = rates.part(Place { is_key: true, ..Place::plain(0, 0) });
        rates.parts[usize::from(part)].bytes[usize::from(rates.newest)] = 20_000;
        send(&mut rates, 14_250, 1_000, 100);
        rates.turn(15_250);
        assert_eq!(rates.rate(15_250, 0, 0), 840_000, "a fifth of it in each of four seconds");
    }

    #[test]
    fn layer_takes_what_it_needs_and_not_what_stands_alone() {
        let mut rates = Rates::default();
        for (spatial, temporal, stands_alone, bytes) in
            [(0, 0, false, 1_000), (0, 1, false, 2_000), (0, 0, true, 4_000), (1, 0, false, 8_000)]
        {
            let place = Place { stands_alone, ..Place::plain(spatial, temporal) };
            let mut part =
                Part { place, bytes: [0; BUCKETS], spans: [0; SPANS], known: 0, told: None };
            part.bytes[..usize::from(SHORT)].fill(bytes);
            rates.parts.push(part);
        }
        (rates.newest, rates.full) = (SHORT, SHORT);
        let kilobytes = |spatial, temporal| rates.rate(0, spatial, temporal) / 32_000;
        assert_eq!([kilobytes(0, 0), kilobytes(0, 1)], [5, 7]);
        assert_eq!([kilobytes(1, 0), kilobytes(1, 7)], [9, 11]);
    }
}
