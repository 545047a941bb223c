//! One encoding of a source: its received stream, its packets, its key frames.

use std::time::Instant;

use super::key_frames::KeyFrameRequests;
use crate::base::{RtpTime, Ssrc};
use crate::params::{Codec, MediaKind, Rid};
use crate::stream::history::{Capacity, History};
use crate::stream::recv::ReceiveStream;

/// See the module.
#[derive(Debug)]
pub(crate) struct Encoding {
    pub(crate) rid: Option<Rid>,
    /// `None` before the first packet, and after a goodbye.
    pub(crate) stream: Option<ReceiveStream>,
    /// Made with the first packet: an encoding nobody sends costs nothing.
    pub(crate) history: Option<History>,
    pub(crate) key_frames: KeyFrameRequests,
    /// Codec of the newest packet.
    pub(crate) codec: Option<Codec>,
    pub(crate) key_frames_received: u64,
    /// The newest one's: what begins one (parameter sets, each slice) may come in several packets.
    key_frame_time: Option<RtpTime>,
    pub(crate) firs_sent: u64,
}

impl Encoding {
    /// One of which nothing has come yet.
    pub(crate) fn new(rid: Option<Rid>) -> Self {
        Self {
            rid,
            stream: None,
            history: None,
            key_frames: KeyFrameRequests::default(),
            codec: None,
            key_frames_received: 0,
            key_frame_time: None,
            firs_sent: 0,
        }
    }

    /// Packets of `ssrc` are coming: the stream they belong to, and whether it is a new one that
    /// follows another (the publisher started over).
    pub(crate) fn begin(
        &mut self,
        ssrc: Ssrc,
        codec: Codec,
        nack: bool,
        epoch: Instant,
    ) -> (&mut ReceiveStream, &mut History, bool) {
        let restarted = self.stream.as_ref().is_some_and(|stream| stream.ssrc() != ssrc);
        if restarted {
            self.stream = None;
        }
        self.codec = Some(codec);
        let history = self.history.get_or_insert_with(|| {
            let capacity = match codec.kind() {
                MediaKind::Audio => Capacity::AUDIO,
                MediaKind::Video => Capacity::VIDEO,
            };
            History::new(capacity, epoch)
        });
        let stream = self.stream.get_or_insert_with(|| {
            history.begin_stream();
            ReceiveStream::new(ssrc, codec.clock_rate(), nack, epoch)
        });
        (stream, history, restarted)
    }

    /// A packet came that begins a key frame.
    pub(crate) fn on_key_frame(&mut self, timestamp: RtpTime) {
        self.key_frames_received += u64::from(self.key_frame_time != Some(timestamp));
        self.key_frame_time = Some(timestamp);
        self.key_frames.on_key_frame();
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
}
