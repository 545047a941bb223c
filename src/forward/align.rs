//! When a picture was captured, and so which timestamp it has in a receiver's stream (R3): by
//! abs-capture-time, else by the publisher's sender reports, else by when it arrived.

use std::time::{Duration, Instant};

use super::Encoding;
use super::start::Entry;
use crate::base::{NtpTime, RtpTime};
use crate::params::MediaKind;
use crate::stream::send::Tail;

/// How old an abs-capture-time may be.
const CAPTURE_AGE: Duration = Duration::from_secs(5);
/// How old a sender report may be.
const REPORT_AGE: Duration = Duration::from_secs(10);
/// A picture may come so much later than the clock on the wall says, or be so much in the past, in
/// milliseconds.
const TOLERANCE: u32 = 75;
/// What is not known to be further from the picture before is so far, in milliseconds: a frame at
/// 50 a second.
const LEAST_STEP: u32 = 20;

/// A moment, twice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) at: Instant,
    /// In the milliseconds of [`WallClock`](crate::base::WallClock).
    pub(crate) millis: u32,
}

/// At a moment of the publisher's wall clock, a timestamp: of an encoding, or of a sent stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutClock {
    pub(crate) ntp: NtpTime,
    pub(crate) rtp: RtpTime,
}

impl OutClock {
    /// With this added to its timestamp.
    pub(super) const fn shifted(self, offset: u32) -> Self {
        Self { rtp: self.rtp.wrapping_add(offset), ..self }
    }

    /// What is to be added to the timestamps of `theirs` so that they go on from these.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "timestamps wrap at 32 bits, in both directions"
    )]
    fn offset_to(self, theirs: Self, clock_rate: u32) -> u32 {
        let passed = i128::from(theirs.ntp.0) - i128::from(self.ntp.0);
        let ticks = ((passed * i128::from(clock_rate) + (1 << 31)) >> 32) as u32;
        self.rtp.0.wrapping_add(ticks).wrapping_sub(theirs.rtp.0)
    }
}

/// Where a packet stands in time, next to what was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Alignment {
    /// With this added to its timestamp it stands right.
    At(u32),
    /// It is a little earlier than what was sent: right behind that, with `offset`; `aligned` would
    /// be right.
    Ahead { offset: u32, aligned: u32 },
    /// It is too early.
    Past { by_arrival: u32 },
}

/// Where the packet of `entry` stands after `tail`. `clocks`: what the stream showed; `None`: its
/// timestamps are still those that `offset` is for.
pub(super) fn align(
    entry: &Entry<'_>,
    tail: Tail,
    offset: u32,
    clocks: Option<&[Option<OutClock>; 2]>,
    theirs: Option<&Encoding>,
) -> Alignment {
    let (clock_rate, per_milli) = match entry.kind {
        MediaKind::Audio => (48_000, 48),
        MediaKind::Video => (90_000, 90),
    };
    let timestamp = entry.packet.timestamp;
    let to = |out: RtpTime| out.0.wrapping_sub(timestamp.0);
    let Some(sent_at) = tail.at else { return Alignment::At(to(tail.timestamp)) };
    // Milliseconds and timestamps wrap alike, so this is right however long it was.
    let passed = entry.at.millis.wrapping_sub(sent_at).wrapping_mul(per_milli);
    let by_arrival = to(tail.timestamp.wrapping_add(passed.max(LEAST_STEP * per_milli)));
    let aligned = match clocks {
        None => Some(offset),
        Some(ours) => {
            let theirs = theirs.map(|encoding| encoding.clocks(entry.at)).unwrap_or_default();
            let both = ours.iter().zip(theirs).find_map(|(ours, theirs)| (*ours).zip(theirs));
            both.map(|(ours, theirs)| ours.offset_to(theirs, clock_rate))
        }
    };
    let Some(aligned) = aligned else { return Alignment::At(by_arrival) };
    let ahead = timestamp.wrapping_add(aligned).since(tail.timestamp);
    let tolerance = (TOLERANCE * per_milli).cast_signed();
    let most = i64::from(passed) + i64::from(tolerance);
    if ahead <= -tolerance {
        Alignment::Past { by_arrival }
    } else if ahead <= 0 {
        Alignment::Ahead { offset: to(tail.timestamp.wrapping_add(1)), aligned }
    } else if i64::from(ahead) > most {
        Alignment::At(to(tail.timestamp.wrapping_add(passed).wrapping_add(TOLERANCE * per_milli)))
    } else {
        Alignment::At(aligned)
    }
}

impl Encoding {
    /// What its timestamps show, by abs-capture-time and by sender reports, as far as that is
    /// fresh.
    pub(super) fn clocks(&self, now: Moment) -> [Option<OutClock>; 2] {
        let is_fresh = |at: Instant, age| now.at.saturating_duration_since(at) <= age;
        let capture = self.capture.filter(|(_, at)| is_fresh(*at, CAPTURE_AGE));
        let report = self.stream.as_ref().and_then(|stream| stream.clock());
        let report = report.filter(|clock| is_fresh(clock.arrived, REPORT_AGE));
        [
            capture.map(|(clock, _)| clock),
            report.map(|clock| OutClock { ntp: clock.ntp, rtp: clock.rtp }),
        ]
    }
}
