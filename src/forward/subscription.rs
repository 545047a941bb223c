//! One receiver's side of a source: which encoding it gets, and how that encoding's numbers become
//! the receiver's. The hot state of the fan-out: one of these is read per packet and receiver.

use crate::base::{ExtSeq, Key, RtpTime, Seq};
use crate::params::MediaKind;
use crate::stream::history::Fields;
use crate::stream::send::Tail;

/// No encoding.
const NONE: u8 = u8::MAX;

/// See the module. Stands in a dense array of its source.
#[derive(Debug)]
pub(crate) struct Subscription {
    /// Its number in the engine.
    pub(crate) key: Key,
    /// Slot of the receiving endpoint.
    pub(crate) endpoint: u32,
    /// Index of the sent stream there.
    pub(crate) stream: u32,
    pub(crate) paused: bool,
    /// Encoding wanted.
    target: u8,
    /// Encoding forwarded.
    current: u8,
    /// First packet of `current` that was forwarded; earlier ones are not.
    start: ExtSeq,
    /// Added to the publisher's numbers while `current` is what it is.
    seq_offset: u64,
    timestamp_offset: u32,
    tail: Tail,
}

/// How a packet goes to one receiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Forwarded {
    /// Under this number,
    pub(crate) seq: Seq,
    /// with this added to its timestamp.
    pub(crate) timestamp_offset: u32,
    /// It is the first one: of all, after a pause, or of another encoding.
    pub(crate) started: bool,
}

impl Subscription {
    /// One that has forwarded nothing, and goes on where the sent stream's `tail` ends.
    pub(crate) const fn new(
        key: Key,
        endpoint: u32,
        stream: u32,
        target: u8,
        paused: bool,
        tail: Tail,
    ) -> Self {
        Self {
            key,
            endpoint,
            stream,
            paused,
            target,
            current: NONE,
            start: ExtSeq(0),
            seq_offset: 0,
            timestamp_offset: 0,
            tail,
        }
    }

    /// Decides about one packet of `encoding` at `now` (milliseconds of
    /// [`WallClock`](crate::base::WallClock)): how it goes out, or `None` if it does not.
    ///
    /// The encoding wanted begins at a key frame (audio: anywhere); until then the one before
    /// goes on. Within an encoding numbers are shifted, never closed up: a gap is a loss, and the
    /// receiver may ask for it.
    pub(crate) fn decide(
        &mut self,
        now: u32,
        kind: MediaKind,
        encoding: u8,
        packet: &Fields,
    ) -> Option<Forwarded> {
        if self.paused {
            return None;
        }
        let mut started = false;
        if encoding != self.current {
            let may_start = kind == MediaKind::Audio || packet.key_frame;
            if encoding != self.target || !may_start {
                return None;
            }
            self.start_at(now, kind, encoding, packet);
            started = true;
        }
        if packet.seq < self.start {
            return None;
        }
        let seq = ExtSeq(packet.seq.0.wrapping_add(self.seq_offset));
        if seq > self.tail.seq {
            self.tail.seq = seq;
            self.tail.timestamp = packet.timestamp.wrapping_add(self.timestamp_offset);
            self.tail.at = Some(now);
        }
        Some(Forwarded { seq: seq.seq(), timestamp_offset: self.timestamp_offset, started })
    }

    /// The application wants another encoding.
    pub(crate) const fn set_target(&mut self, encoding: u8) {
        self.target = encoding;
    }

    /// Begins anew at the next key frame: after a pause, or when the publisher's stream started
    /// over.
    pub(crate) const fn restart(&mut self) {
        self.current = NONE;
    }

    /// Where its numbers stand.
    pub(crate) const fn tail(&self) -> Tail {
        self.tail
    }

    /// Added to the publisher's timestamps now.
    pub(crate) const fn timestamp_offset(&self) -> u32 {
        self.timestamp_offset
    }

    /// Encoding wanted.
    pub(crate) const fn target(&self) -> u8 {
        self.target
    }

    /// Encoding forwarded now.
    pub(crate) const fn current(&self) -> Option<u8> {
        if self.current == NONE { None } else { Some(self.current) }
    }

    /// Whether it cannot go on without a key frame of its target.
    pub(crate) const fn is_waiting(&self) -> bool {
        !self.paused && self.current != self.target
    }

    /// The packet becomes the one after the tail: the next number (one further if the picture
    /// before may be unfinished, so that the receiver sees a loss and not a torn picture), and a
    /// timestamp as much later as the clock on the wall.
    fn start_at(&mut self, now: u32, kind: MediaKind, encoding: u8, packet: &Fields) {
        let switched = self.current != NONE;
        let next = ExtSeq(self.tail.seq.0 + if switched { 2 } else { 1 });
        self.current = encoding;
        self.start = packet.seq;
        self.seq_offset = next.0.wrapping_sub(packet.seq.0);
        let ticks_per_milli: u32 = match kind {
            MediaKind::Audio => 48,
            MediaKind::Video => 90,
        };
        let timestamp = match self.tail.at {
            Some(at) => {
                // Milliseconds and timestamps wrap alike, so this is right however long it was.
                let ticks = now.wrapping_sub(at).wrapping_mul(ticks_per_milli);
                // At least one frame at 50 frames or audio packets a second.
                self.tail.timestamp.wrapping_add(ticks.max(20 * ticks_per_milli))
            }
            None => self.tail.timestamp,
        };
        self.timestamp_offset = RtpTime(timestamp.0).0.wrapping_sub(packet.timestamp.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Slab;

    fn subscription(target: u8) -> Subscription {
        let key = Slab::new().insert(());
        let tail = Tail { seq: ExtSeq(100), timestamp: RtpTime(5_000), at: None };
        Subscription::new(key, 0, 0, target, false, tail)
    }

    fn packet(seq: u64, timestamp: u32, key_frame: bool) -> Fields {
        Fields {
            seq: ExtSeq(seq),
            timestamp: RtpTime(timestamp),
            marker: false,
            key_frame,
            codec: 0,
        }
    }

    /// Soon to wrap.
    const NOW: u32 = u32::MAX - 5;

    fn forwarded(forwarded: Option<Forwarded>) -> Option<u16> {
        forwarded.map(|forwarded| forwarded.seq.0)
    }

    #[test]
    fn video_begins_at_a_key_frame_and_earlier_packets_stay_out() {
        let mut subscription = subscription(0);
        let mut decide = |seq, key_frame| {
            let packet = packet(seq, 900, key_frame);
            forwarded(subscription.decide(NOW, MediaKind::Video, 0, &packet))
        };
        assert_eq!(decide(7_000, false), None);
        assert_eq!(decide(7_002, true), Some(101));
        assert_eq!(decide(7_001, false), None);
        assert_eq!(decide(7_005, false), Some(104));
        assert_eq!(decide(7_003, false), Some(102));
    }

    #[test]
    fn old_encoding_goes_on_until_the_key_frame_of_the_new_one() {
        let mut subscription = subscription(0);
        let mut decide = |encoding, seq, timestamp, key_frame, at: u32| {
            let packet = packet(seq, timestamp, key_frame);
            let now = NOW.wrapping_add(at);
            if seq == 11 {
                subscription.set_target(1);
            }
            subscription.decide(now, MediaKind::Video, encoding, &packet)
        };
        decide(0, 10, 1_000, true, 0);
        assert_eq!(forwarded(decide(0, 11, 1_000, false, 0)), Some(102));
        assert_eq!(forwarded(decide(1, 500, 77, false, 10)), None);
        assert_eq!(forwarded(decide(0, 12, 4_000, false, 33)), Some(103));
        let Some(Forwarded { seq, timestamp_offset, started }) = decide(1, 501, 90, true, 66)
        else {
            panic!("a key frame of the target is forwarded");
        };
        assert!(started);
        // One number is left out: the receiver must not take the cut for a whole picture.
        assert_eq!(seq, Seq(105));
        assert_eq!(90u32.wrapping_add(timestamp_offset), 5_000 + 3_000 + 33 * 90);
        assert_eq!(forwarded(decide(0, 13, 4_000, false, 67)), None);
    }

    #[test]
    fn pause_leaves_no_gap_in_the_numbers_and_time_goes_on() {
        let mut subscription = subscription(0);
        subscription.decide(NOW, MediaKind::Audio, 0, &packet(10, 0, false));
        subscription.paused = true;
        assert_eq!(subscription.decide(NOW, MediaKind::Audio, 0, &packet(11, 960, false)), None);
        subscription.paused = false;
        subscription.restart();
        let later = NOW.wrapping_add(1_000);
        let Some(Forwarded { seq, timestamp_offset, .. }) =
            subscription.decide(later, MediaKind::Audio, 0, &packet(60, 48_000, false))
        else {
            panic!("audio resumes at once");
        };
        assert_eq!(seq, Seq(102));
        assert_eq!(48_000u32.wrapping_add(timestamp_offset), 5_000 + 48_000);
    }

    #[test]
    fn hot_state_fits_a_cache_line() {
        assert!(size_of::<Subscription>() <= 64, "{}", size_of::<Subscription>());
    }
}
