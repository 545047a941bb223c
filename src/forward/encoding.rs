//! One encoding of a source: its received stream, its packets, its frames, its key frames.

use std::time::{Duration, Instant};

use super::align::Moment;
use super::align::OutClock;
use super::frames::{Frames, Packet as FramePacket};
use super::key_frames::KeyFrameRequests;
use super::rates::Rates;
use crate::base::{RtpTime, Seq, Ssrc};
use crate::params::{Codec, CodecParams, Extension, MediaKind, Rid};
use crate::stream::carried;
use crate::stream::history::{Capacity, Fields, History, Marks, Position};
use crate::stream::recv::ReceiveStream;
use crate::wire::ext::dependency_descriptor::Places;

/// An encoding from which nothing comes for so long (so that half a second later it is replaced),
const SILENCE: Duration = Duration::from_millis(450);
/// or if it is the lowest, below which there is nothing to go to, for so long,
const BASE_SILENCE: Duration = Duration::from_secs(1);
/// while so many pictures of others do, is not sent any more.
const MISSED_PICTURES: u64 = 8;

/// See the module.
#[derive(Debug)]
pub(crate) struct Encoding {
    pub(crate) rid: Option<Rid>,
    /// `None` before the first packet, and after a goodbye.
    pub(crate) stream: Option<ReceiveStream>,
    /// Made with the first packet: an encoding nobody sends costs nothing.
    pub(crate) history: Option<History>,
    /// Of video, from the first packet on.
    pub(crate) frames: Option<Frames>,
    pub(crate) key_frames: KeyFrameRequests,
    /// Codec of the newest packet.
    pub(crate) codec: Option<Codec>,
    pub(crate) key_frames_received: u64,
    /// The newest one's: what begins one (parameter sets, each slice) may come in several packets.
    key_frame_time: Option<RtpTime>,
    pub(crate) firs_sent: u64,
    /// The newest abs-capture-time, and when it came.
    pub(crate) capture: Option<(OutClock, Instant)>,
    presence: Presence,
    /// From the first packet on.
    pub(super) rates: Option<Box<Rates>>,
    /// Of the frames, as it was when receivers last chose.
    pub(super) revision: u32,
}

/// Whether the publisher sends it.
#[derive(Clone, Copy, Debug)]
enum Presence {
    Absent,
    /// The newest packet came at `at`, when the source had begun so many pictures in all.
    Present {
        at: Instant,
        pictures: u64,
    },
}

impl Encoding {
    /// One of which nothing has come yet.
    pub(crate) fn new(rid: Option<Rid>) -> Self {
        Self {
            rid,
            stream: None,
            history: None,
            frames: None,
            key_frames: KeyFrameRequests::default(),
            codec: None,
            key_frames_received: 0,
            key_frame_time: None,
            firs_sent: 0,
            capture: None,
            presence: Presence::Absent,
            rates: None,
            revision: 0,
        }
    }

    /// Whether a packet is a new stream's that follows another: the publisher started over (R5).
    pub(crate) fn is_followed_by(&self, ssrc: Ssrc, seq: Seq) -> bool {
        let held = self.stream.as_ref();
        held.is_some_and(|stream| stream.ssrc() != ssrc || stream.is_far_behind(seq))
    }

    /// The stream that packets come from is over.
    pub(crate) fn end_stream(&mut self) {
        self.stream = None;
        self.capture = None;
    }

    /// Packets of `ssrc` are coming: the stream they belong to, and what keeps them.
    pub(crate) fn begin(
        &mut self,
        ssrc: Ssrc,
        codec: Codec,
        nack: bool,
        epoch: Instant,
    ) -> (&mut ReceiveStream, &mut History, Option<&mut Frames>) {
        self.codec = Some(codec);
        let history = self.history.get_or_insert_with(|| {
            let capacity = match codec.kind() {
                MediaKind::Audio => Capacity::AUDIO,
                MediaKind::Video => Capacity::VIDEO,
            };
            History::new(capacity, epoch)
        });
        if codec.kind() == MediaKind::Video && self.frames.is_none() {
            self.frames = Some(Frames::new());
        }
        let frames = self.frames.as_mut();
        let begins = self.stream.is_none();
        let stream = self.stream.get_or_insert_with(|| {
            history.begin_stream();
            ReceiveStream::new(ssrc, codec.clock_rate(), nack, epoch)
        });
        let mut frames = frames;
        if let Some(frames) = frames.as_mut().filter(|_| begins) {
            frames.begin_stream();
        }
        (stream, history, frames)
    }

    /// The packet at `position` carried what others could not be read without that came before it.
    pub(super) fn read_again(&mut self, now: Moment, position: Position, codecs: &[CodecParams]) {
        let (Some(history), Some(frames)) = (&mut self.history, &mut self.frames) else { return };
        for (position, fields) in history.overtaking(position).iter() {
            let Some(packet) = history.get(*position) else { continue };
            let Some(params) = codecs.get(usize::from(fields.codec)) else { continue };
            let descriptor = carried::elements(packet.extensions)
                .find(|(extension, _)| *extension == Extension::DependencyDescriptor)
                .and_then(|(_, kept)| carried::split_descriptor(kept));
            let Some((_, descriptor)) = descriptor else { continue };
            let reading = frames.read(&FramePacket {
                now: now.millis,
                codec: params.codec,
                seq: fields.seq,
                timestamp: fields.timestamp,
                marker: fields.marks.has(Marks::MARKER),
                payload: packet.payload,
                descriptor: Some(descriptor),
                marking: None,
                patience: 0,
            });
            let fields = Fields { frame: reading.frame, marks: reading.marks, ..*fields };
            let places = reading.places.map(Places::to_bytes);
            history.revise(*position, fields, |extensions| {
                if let Some(places) = places {
                    carried::set_places(extensions, places);
                }
            });
        }
    }

    /// Now and then: what fell silent need not hold memory.
    pub(super) fn tend(&mut self, now: Moment) {
        let Some(history) = &mut self.history else { return };
        history.tend(now.at);
        if history.is_at_rest()
            && let Some(frames) = &mut self.frames
        {
            frames.rest();
        }
    }

    /// A packet came that begins a key frame.
    pub(crate) fn on_key_frame(&mut self, timestamp: RtpTime) {
        self.key_frames_received += u64::from(self.key_frame_time != Some(timestamp));
        self.key_frame_time = Some(timestamp);
        self.key_frames.on_key_frame();
    }

    /// A packet came, when the source had begun so many pictures. Whether it was absent until now.
    pub(super) fn on_presence(&mut self, at: Instant, pictures: u64) -> bool {
        let was_absent = !self.is_present();
        self.presence = Presence::Present { at, pictures };
        was_absent
    }

    /// A picture of another encoding came. Whether this one, `is_base` if it is the lowest, is
    /// absent from now on.
    pub(super) fn check_presence(&mut self, now: Instant, pictures: u64, is_base: bool) -> bool {
        let Presence::Present { at, pictures: then } = self.presence else { return false };
        let silence = if is_base { BASE_SILENCE } else { SILENCE };
        let is_missed = pictures.saturating_sub(then) >= MISSED_PICTURES;
        let is_absent = is_missed && now.saturating_duration_since(at) >= silence;
        if is_absent {
            self.presence = Presence::Absent;
        }
        is_absent
    }

    /// What it takes to get a layer of it up to a temporal one, bit/s on the wire.
    pub(super) fn bitrate(&mut self, now: u32, spatial: u8, temporal: u8) -> u64 {
        let Some(rates) = &mut self.rates else { return 0 };
        rates.turn(now);
        rates.rate(now, spatial, temporal)
    }

    /// What it took at most within the last half minute, bit/s on the wire.
    pub(super) fn peak_bitrate(&mut self, now: u32, spatial: u8, temporal: u8) -> u64 {
        let Some(rates) = &mut self.rates else { return 0 };
        rates.turn(now);
        rates.peak(now, spatial, temporal)
    }

    /// Whether the publisher sends it.
    pub(crate) const fn is_present(&self) -> bool {
        matches!(self.presence, Presence::Present { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_frame_that_begins_in_several_packets_is_one() {
        let mut encoding = Encoding::new(None);
        for timestamp in [1_000, 1_000, 1_000, 91_000] {
            encoding.on_key_frame(RtpTime(timestamp));
        }
        assert_eq!(encoding.key_frames_received, 2);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "tests need some instant to start from")]
    fn encoding_is_absent_when_others_go_on_without_it() {
        let now = Instant::now();
        let after = |millis| now + Duration::from_millis(millis);
        let mut encoding = Encoding::new(None);
        assert!(!encoding.is_present());
        assert!(encoding.on_presence(now, 100) && !encoding.on_presence(now, 100));
        assert!(!encoding.check_presence(after(449), 200, false), "too soon");
        assert!(!encoding.check_presence(after(999), 200, true), "too soon for the lowest");
        assert!(!encoding.check_presence(after(2_000), 107, true), "the others are as slow");
        let mut lowest = Encoding::new(None);
        assert!(lowest.on_presence(now, 100) && lowest.check_presence(after(1_000), 108, true));
        assert!(encoding.check_presence(after(450), 108, false) && !encoding.is_present());
        assert!(encoding.on_presence(after(2_100), 109), "it is back");
    }
}
